"""What commands and programs ask about planned events: a site's, one, what one would change, plan it, cancel it."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from gate.messages import LaneMode
from gate.vehicle import VehicleClass
from server import planned_events
from server.days.spans import ZONE, bounds
from server.desk import Desk
from server.once import Answer
from server.planned_events import POSTS_MAX, Event, NoSuchEvent, Plan, Post
from server.roles import Power

DAYS: Final = 92
"""So many days of a calendar are told at once."""
Price = Annotated[int, Meta(ge=0, le=10**9)]


class BadPlan(ValueError):
    """A plan that cannot be read; the message names the field."""


class Planned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event as a file or a request says it; moments without an offset are local. Beyond 2000 to 2200 is refused."""

    name: str
    since: str
    until: str
    prices: dict[VehicleClass, Price] = {}
    lanes: dict[str, LaneMode] = {}
    staff: Annotated[tuple[Post, ...], Meta(max_length=POSTS_MAX)] = ()


def read(raw: bytes) -> Plan:
    """The plan that JSON says. Raises BadPlan naming the field."""
    try:
        said = msgspec.json.decode(raw, type=Planned)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BadPlan(str(error)) from error
    since, until = (_moment(field, getattr(said, field)) for field in ("since", "until"))
    return Plan(said.name, since, until, said.prices, said.lanes, said.staff)


def of_site(desk: Desk, site: str, first: date, last: date) -> Answer:
    """A site's events that touch these local dates, taken back ones too. Raises NoSuchSite, ValueError."""
    desk.needs(Power.SEE_BOOKS)
    desk.site(site)
    if not timedelta() <= last - first < timedelta(days=DAYS):
        raise ValueError(f"to: {first} to {last} are not 1 to {DAYS} days")
    found = planned_events.between(desk.session, site, bounds(first)[0], bounds(last)[1], desk.now)
    return {"site": site, "events": [told(each) for each in found]}


def one(desk: Desk, name: str) -> Answer:
    """One whole. Raises NoSuchEvent."""
    desk.needs(Power.SEE_BOOKS)
    return told(_known(desk, name))


def effect(desk: Desk, site: str, plan: Plan) -> Answer:
    """What the event would change; nothing is kept. Raises NoSuchSite, BadEvent, BadTariff."""
    _may_plan(desk, site, plan)
    found = planned_events.effect(desk.session, site, plan, desk.now)
    prices = [{"class": each.kind, "before": each.before, "after": each.after} for each in found.prices]
    return {"site": site, "name": plan.name, "prices": prices, "lanes": [each._asdict() for each in found.lanes]}


def plan(desk: Desk, site: str, wanted: Plan) -> Answer:
    """Keep the event; its prices wait for a second person. Raises NoSuchSite, BadEvent, BadTariff, BadDraft."""
    _may_plan(desk, site, wanted)
    said = [site, wanted.name, wanted.since, wanted.until, dict(wanted.prices), dict(wanted.lanes), list(wanted.staff)]

    def work() -> Answer:
        return told(planned_events.plan(desk.session, site, wanted, desk.by, desk.now))

    return desk.once("event planned", said, work)


def cancel(desk: Desk, name: str, why: str) -> Answer:
    """Take it back before it begins. `cancelled` is false where somebody did before.

    Raises NoSuchEvent, BadEvent, BadDraft.
    """
    desk.needs(Power.SET_MODES)
    row = _known(desk, name).row
    if row.tariff:
        desk.needs(Power.SET_TARIFFS)

    def work() -> Answer:
        done = planned_events.undo(desk.session, name, why, desk.by, desk.now)
        return {"event": name, "site": row.site, "cancelled": done}

    return desk.once("event cancelled", [name, why], work)


def told(it: Event) -> dict[str, Any]:
    """An event for programs: `state` is `coming`, `now`, `over` or `undone`; `prices` the stage of its price list."""
    row, undone = it.row, it.undone
    return {
        "event": row.event,
        "site": row.site,
        "name": row.name,
        "since": row.since,
        "until": row.until,
        "state": it.state,
        "tariff": row.tariff,
        "prices": it.prices.value if it.prices else None,
        "lanes": {lane: mode.value for lane, mode in it.lanes.items()},
        "staff": msgspec.to_builtins(it.staff),
        "by": row.by,
        "made_at": row.made_at,
        "undone": {"by": undone.by, "why": undone.why, "at": undone.at} if undone else None,
    }


def _known(desk: Desk, name: str) -> Event:
    found = planned_events.event(desk.session, name, desk.now)
    if not desk.person.sees(found.row.site):
        raise NoSuchEvent(f"there is no event {name}")
    return found


def _may_plan(desk: Desk, site: str, wanted: Plan) -> None:
    desk.needs(Power.SET_MODES)
    if wanted.prices:
        desk.needs(Power.SET_TARIFFS)
    desk.site(site)


def _moment(field: str, said: str) -> datetime:
    try:
        at = datetime.fromisoformat(said)
    except ValueError as error:
        raise BadPlan(f"{field}: {said[:40]!r} is no moment such as 2026-11-23T18:00") from error
    if not 2000 <= at.year <= 2200:
        raise BadPlan(f"{field}: {at.year} is not between 2000 and 2200")
    return at if at.tzinfo else at.replace(tzinfo=ZONE)
