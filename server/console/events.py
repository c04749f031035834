"""Events: a month of them, and one whole; planned with a look at what they change, undone before they begin."""

import calendar
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session, col, select

from gate.tariff import BadTariff, Tariff
from gate.tariff.days import lunar
from gate.vehicle import VehicleClass
from server import planned_events
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import Person
from server.console.events_form import BadField, plan_sent
from server.console.once import Once, sent
from server.console.page import page, say_to, seen
from server.console.prices import SiteName
from server.console.prices_refused import refusal
from server.console.sites import known_site, site_or_first, sites_of
from server.console.words import Say, named
from server.db import reading, transaction
from server.derived import LaneNowRow
from server.drafts import BadDraft
from server.planned_events import MODES, BadEvent, Event, NoSuchEvent, Plan
from server.reconcile import ZONE, local_date
from server.roles import Power
from server.shifts import on_shift

OnceDep = Annotated[Once, Depends(sent)]
Fields = Sequence[tuple[str, str]]
PEOPLE_ROWS: Final = 4
router = APIRouter()


class Day(NamedTuple):
    """A day of the calendar; `moon` as people count it."""

    on: date
    moon: str
    inside: bool
    events: tuple[Event, ...]


async def _fields(request: Request) -> Fields:
    form = await request.form()
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


FieldsDep = Annotated[Fields, Depends(_fields)]


@router.get("/events")
def first_site(centre: CentreDep, person: PersonDep) -> Response:
    """The first site's calendar."""
    needed(person, Power.SEE_BOOKS)
    with reading(centre.engine) as session:
        here = site_or_first(session, person)
    return RedirectResponse(f"/events/{here}", 303)


@router.get("/events/{site}")
def month(site: SiteName, request: Request, centre: CentreDep, person: PersonDep, month: str = "") -> Response:
    """The month of the address, else this one."""
    needed(person, Power.SEE_BOOKS)
    now = datetime.now(UTC)
    first = _month(month, local_date(now))
    with reading(centre.engine) as session:
        row = known_site(session, site)
        days = _days(session, site, first, now)
        sites = sites_of(session, person)
    near: dict[str, Any] = {
        "previous": _moved(first, -1),
        "next": _moved(first, 1),
        "first": first,
        "today": local_date(now),
    }
    return page(request, "events.html", person, site=row, sites=sites, days=days, **near)


@router.get("/events/{site}/new")
def new(site: SiteName, request: Request, centre: CentreDep, person: PersonDep, day: str = "") -> Response:
    """The form of an event."""
    needed(person, Power.SET_MODES)
    now = datetime.now(UTC)
    on = _month(day, local_date(now) + timedelta(days=1))
    with reading(centre.engine) as session:
        row = known_site(session, site)
        lanes = session.exec(select(LaneNowRow).where(LaneNowRow.site == site).order_by(col(LaneNowRow.lane))).all()
    holding = centre.tariffs.in_force(site, now)
    values: dict[str, Any] = {
        "site": row,
        "day": on,
        "lanes": lanes,
        "modes": sorted(MODES),
        "turns": _turns(holding) if person.may(Power.SET_TARIFFS) else {},
        "posts": range(PEOPLE_ROWS),
    }
    return page(request, "events_new.html", person, **values)


@router.post("/events/{site}/preview")
def preview(site: SiteName, request: Request, centre: CentreDep, person: PersonDep, fields: FieldsDep) -> Response:
    """What the event would change. Nothing is kept."""
    needed(person, Power.SET_MODES)
    say = say_to(request)
    try:
        wanted = _plan(person, fields)
        with reading(centre.engine) as session:
            found = planned_events.effect(session, site, wanted, datetime.now(UTC))
    except (BadField, BadEvent, BadTariff) as error:
        return page(request, "events_preview.html", person, why=_told(error, say), effect=None, plan=None)
    except NoSuchEvent as error:
        raise HTTPException(404, "error.no_site") from error
    return page(request, "events_preview.html", person, why="", effect=found, plan=wanted)


@router.post("/events/{site}")
def keep(
    site: SiteName, request: Request, centre: CentreDep, person: PersonDep, form: OnceDep, fields: FieldsDep
) -> Response:
    """Keep the event; what is wrong with it comes as its preview does."""
    needed(person, Power.SET_MODES)
    say = say_to(request)
    try:
        wanted = _plan(person, fields)
        with transaction(centre.engine) as session:
            if form.first(session):
                planned_events.plan(session, site, wanted, person.name, datetime.now(UTC))
    except (BadField, BadEvent, BadTariff, BadDraft) as error:
        return page(request, "events_preview.html", person, why=_told(error, say), effect=None, plan=None)
    except NoSuchEvent as error:
        raise HTTPException(404, "error.no_site") from error
    centre.live.changed(f"event:{site}")
    return seen(request, f"/events/{site}", "planned", month=wanted.since.astimezone(ZONE).strftime("%Y-%m"))


@router.get("/events/{site}/one/{name}")
def one(site: SiteName, name: str, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """One event whole."""
    needed(person, Power.SEE_BOOKS)
    with reading(centre.engine) as session:
        row = known_site(session, site)
        found = _event(session, site, name)
        there = on_shift(session, site)
        lanes = session.exec(select(LaneNowRow).where(LaneNowRow.site == site)).all()
    now = {lane.lane: lane.mode for lane in lanes}
    return page(request, "events_one.html", person, site=row, event=found, modes_now=now, on_shift=there)


@router.post("/events/{site}/one/{name}/undo")
def undo(
    site: SiteName,
    name: str,
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: OnceDep,
    why: Annotated[str, Form(max_length=400)],
) -> Response:
    """Take it back before it begins."""
    needed(person, Power.SET_MODES)
    with transaction(centre.engine) as session:
        found = _event(session, site, name)
        if found.row.tariff:
            needed(person, Power.SET_TARIFFS)
        if form.first(session):
            try:
                planned_events.undo(session, name, why, person.name, datetime.now(UTC))
            except (BadEvent, BadDraft) as error:
                raise HTTPException(400, _field(error)) from error
    centre.live.changed(f"event:{site}/{name}")
    return seen(request, f"/events/{site}/one/{name}", "undone")


def _plan(person: Person, fields: Fields) -> Plan:
    wanted = plan_sent(fields)
    if wanted.prices:
        needed(person, Power.SET_TARIFFS)
    return wanted


def _event(session: Session, site: str, name: str) -> Event:
    try:
        found = planned_events.event(session, name, datetime.now(UTC))
    except NoSuchEvent as error:
        raise HTTPException(404, "error.no_event") from error
    if found.row.site != site:
        raise HTTPException(404, "error.no_event")
    return found


def _told(error: Exception, say: Say) -> str:
    """A refusal in words: of a price with its class and value, else of the field that it names."""
    price = re.fullmatch(r"turns\.(\w+)(?:\.\w+)?: (\d+) is above .* (\d+)", str(error))
    if price:
        return say("events.above", kind=named(say, "class", price[1]), price=price[2], ceiling=price[3])
    if isinstance(error, BadField):
        return say("events.bad_field", field=_called(error.field, say), value=error.value)
    lane = re.fullmatch(r"lanes: (\S+) is taken by (.*)", str(error))
    if lane:
        return say("events.taken", lane=lane[1], other=lane[2])
    if isinstance(error, BadTariff | BadDraft):
        return refusal(str(error), say)
    return say(_field(error))


def _called(field: str, say: Say) -> str:
    """A field as the form calls it: `price-CAR9`, `lane-in-1`, `people-0`, `since`."""
    head, _, rest = field.partition("-")
    if head == "price":
        return f"{say('events.prices')} · {named(say, 'class', rest)}"
    if head == "lane":
        return f"{say('events.lanes')} · {rest}"
    if head == "people":
        return f"{say('events.people')} {int(rest) + 1}"
    return say("events.since") if head == "since" else say("events.until")


def _field(error: Exception) -> str:
    """The word of a rule of `server.planned_events`, by the field that it names."""
    field = str(error).partition(":")[0]
    return f"error.event_{field if field in _FIELDS else 'name'}"


_FIELDS: Final = ("name", "since", "until", "lanes", "prices", "staff", "people", "why")


def _turns(holding: Tariff | None) -> dict[str, tuple[int, int]]:
    """Price and ceiling of a turn, by class."""
    found = holding.turns if holding else {}
    return {kind.value: (found[kind].price, found[kind].ceiling) for kind in VehicleClass if kind in found}


def _days(session: Session, site: str, first: date, now: datetime) -> list[Day]:
    """Whole weeks around the month."""
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    start, end = _midnight(weeks[0][0]), _midnight(weeks[-1][-1] + timedelta(days=1))
    found = planned_events.between(session, site, start, end, now)
    return [_day(on, first, found) for week in weeks for on in week]


def _day(on: date, first: date, found: list[Event]) -> Day:
    start, end = _midnight(on), _midnight(on + timedelta(days=1))
    here = tuple(each for each in found if each.row.since < end and each.row.until > start)
    month, day, leap = lunar(on)
    return Day(on, f"{day}/{month}{'+' if leap else ''}", on.month == first.month, here)


def _midnight(on: date) -> datetime:
    return datetime.combine(on, datetime.min.time(), ZONE)


def _month(said: str, otherwise: date) -> date:
    """`2026-11`, or a day."""
    found = re.fullmatch(r"(20\d\d|21\d\d)-(0[1-9]|1[0-2])(-\d\d)?", said, re.ASCII)
    if not found:
        return otherwise
    try:
        return date.fromisoformat(said if found[3] else f"{said}-01")
    except ValueError:
        return otherwise


def _moved(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)
