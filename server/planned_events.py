"""Planned events: one object for a match or a festival drives its prices, the modes of its lanes, and its people.

The prices are a draft of their own that a second person approves; the lanes follow by `server.event_lanes`.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from msgspec import Meta
from msgspec.structs import replace
from sqlalchemy import func
from sqlmodel import Session, col, select

from gate.messages import LaneMode
from gate.tariff import Boundary, Per, Tariff, Turn, checked
from gate.vehicle import VehicleClass
from gate.wire import encode
from server import drafts
from server.auth import audit
from server.db import hold, insert_once
from server.derived import LaneNowRow
from server.drafts import Stage
from server.facts_events import PlannedEventRow, PlannedEventUndoneRow
from server.pricing import NoTariff, tariff_at
from server.register import SiteRow
from server.tariffs import clash
from server.turning import turns

NAME_MAX: Final = 80
WORDS_MAX: Final = 80
POSTS_MAX: Final = 40
PEOPLE_MAX: Final = 99
LONGEST: Final = timedelta(days=31)
MODES: Final = frozenset({LaneMode.CLOSED, LaneMode.FREE, LaneMode.OPEN})
"""What a lane may be for an event; else it stays as it is."""
Words = Annotated[str, Meta(max_length=WORDS_MAX)]


class BadEvent(ValueError):
    """The event cannot be planned or undone as asked; the message begins with the field."""


class NoSuchEvent(ValueError):
    """There is no event of this name."""


class Post(msgspec.Struct, frozen=True):
    """People at a place: `who` (names, or what they do), `where`, `hours` as people write them; `people`: how many of
    them have to be on shift when the event begins, 0 where nobody counts."""

    who: Words
    where: Words = ""
    hours: Words = ""
    people: Annotated[int, Meta(ge=0, le=PEOPLE_MAX)] = 0


class Plan(NamedTuple):
    """An event as a person plans it. `prices`: dong for a turn, by class; those that are missing stay as listed."""

    name: str
    since: datetime
    until: datetime
    prices: Mapping[VehicleClass, int]
    lanes: Mapping[str, LaneMode]
    staff: tuple[Post, ...]


class PriceChange(NamedTuple):
    """What a turn of a class costs without and with the event; None: by time, not by turn."""

    kind: VehicleClass
    before: int | None
    after: int


class LaneChange(NamedTuple):
    """How a lane works now, and for the event."""

    lane: str
    now: str
    then: LaneMode


class Effect(NamedTuple):
    """What a plan would change. `tariff`: the list that would be proposed; None where prices stay."""

    prices: tuple[PriceChange, ...]
    lanes: tuple[LaneChange, ...]
    tariff: Tariff | None


class Event(NamedTuple):
    """A planned event. `state`: coming, now, over, undone; `prices`: the stage of its list, None without one."""

    row: PlannedEventRow
    state: str
    lanes: dict[str, LaneMode]
    staff: tuple[Post, ...]
    prices: Stage | None
    undone: PlannedEventUndoneRow | None

    @property
    def people(self) -> int:
        """How many have to be on shift when it begins."""
        return sum(post.people for post in self.staff)


def effect(session: Session, site: str, plan: Plan, now: datetime) -> Effect:
    """What the plan would change, before anything is kept. Raises BadEvent; BadTariff for a price above the ceiling."""
    _check(plan, now)
    known = _lanes(session, site)
    for lane, mode in plan.lanes.items():
        if lane not in known:
            raise BadEvent(f"lanes: {site} has no lane {lane}")
        if mode not in MODES:
            raise BadEvent(f"lanes: {lane} cannot be {mode} for an event")
        other = _other(session, site, lane, plan)
        if other:
            raise BadEvent(f"lanes: {lane} is taken by {other.name} ({other.event})")
    lanes = tuple(LaneChange(lane, known[lane], mode) for lane, mode in sorted(plan.lanes.items()))
    if not plan.prices:
        return Effect((), lanes, None)
    base, tariff = _tariff(session, site, plan, "X")
    other_list = clash(session, site, tariff, now)
    if other_list:
        raise BadEvent(f"since: its prices would hold at the same time as {other_list}")
    return Effect(_changes(base, tariff), lanes, tariff)


def plan(session: Session, site: str, wanted: Plan, by: str, now: datetime) -> Event:
    """Keep the event; its prices wait for a second person. Raises as `effect`, and nothing is kept."""
    hold(session, f"events of {site}")
    found = effect(session, site, wanted, now)
    name = f"{site}-E{_count(session, site) + 1:05}"
    if found.tariff:
        drafts.save(session, site, encode(replace(found.tariff, code=name)), by, now)
    row = PlannedEventRow(
        event=name,
        site=site,
        name=wanted.name.strip(),
        since=wanted.since,
        until=wanted.until,
        tariff=name if found.tariff else "",
        lanes=msgspec.json.encode(dict(sorted(wanted.lanes.items()))).decode(),
        staff=msgspec.json.encode(wanted.staff).decode(),
        by=by,
        made_at=now,
    )
    session.add(row)
    session.flush()
    audit(session, by, "planned an event", site, now, {"event": name})
    return event(session, name, now)


def undo(session: Session, name: str, why: str, by: str, now: datetime) -> bool:
    """Take an event back before it begins, its prices with it; whether nobody did before. Raises BadEvent."""
    _words("why", why, 3, WORDS_MAX)
    row = session.get(PlannedEventRow, name)
    if row is None:
        raise NoSuchEvent(f"there is no event {name}")
    hold(session, f"events of {row.site}")
    if session.get(PlannedEventUndoneRow, name):
        return False
    if row.since <= now:
        raise BadEvent(f"since: {name} has begun, and what has begun runs to its end")
    found = event(session, name, now)
    if found.prices in {Stage.DRAFT, Stage.REFUSED, Stage.COMING}:
        drafts.withdraw(session, row.site, row.tariff, by, why.strip(), now)
    insert_once(session, PlannedEventUndoneRow(event=name, by=by, why=why.strip(), at=now))
    audit(session, by, "undid an event", row.site, now, {"event": name, "why": why.strip()})
    return True


def event(session: Session, name: str, now: datetime) -> Event:
    """One of them. Raises NoSuchEvent."""
    row = session.get(PlannedEventRow, name)
    if row is None:
        raise NoSuchEvent(f"there is no event {name}")
    return _event(session, row, now)


def between(session: Session, site: str, since: datetime, until: datetime, now: datetime) -> list[Event]:
    """The site's events that touch this time, undone ones too, by their beginning."""
    rows = select(PlannedEventRow).where(
        PlannedEventRow.site == site, col(PlannedEventRow.since) < until, col(PlannedEventRow.until) > since
    )
    ordered = rows.order_by(col(PlannedEventRow.since), col(PlannedEventRow.event))
    return [_event(session, row, now) for row in session.exec(ordered)]


def _event(session: Session, row: PlannedEventRow, now: datetime) -> Event:
    undone = session.get(PlannedEventUndoneRow, row.event)
    prices = drafts.version(session, row.site, row.tariff, now).stage if row.tariff else None
    state = "undone" if undone else "coming" if now < row.since else "now" if now < row.until else "over"
    staff = msgspec.json.decode(row.staff, type=tuple[Post, ...])
    return Event(row, state, lanes_of(row), staff, prices, undone)


def lanes_of(row: PlannedEventRow) -> dict[str, LaneMode]:
    """The modes of its lanes."""
    return msgspec.json.decode(row.lanes, type=dict[str, LaneMode])


def _check(wanted: Plan, now: datetime) -> None:
    _words("name", wanted.name, 1, NAME_MAX)
    if wanted.since <= now:
        raise BadEvent("since: an event begins in the future")
    if not timedelta() < wanted.until - wanted.since <= LONGEST:
        raise BadEvent(f"until: an event ends after it begins, within {LONGEST.days} days")
    if not (wanted.prices or wanted.lanes or wanted.staff):
        raise BadEvent("name: the event changes nothing: give prices, lanes or people")
    if len(wanted.staff) > POSTS_MAX:
        raise BadEvent(f"staff: {POSTS_MAX} lines at most")
    for post in wanted.staff:
        _words("staff", post.who, 0 if post.people else 1, WORDS_MAX)
        _words("staff", post.where, 0, WORDS_MAX)
        _words("staff", post.hours, 0, WORDS_MAX)
        if not 0 <= post.people <= PEOPLE_MAX:
            raise BadEvent(f"people: 0 to {PEOPLE_MAX} at a place")


def _words(field: str, text: str, least: int, most: int) -> None:
    if not least <= len(text.strip()) <= len(text) <= most:
        raise BadEvent(f"{field}: {least} to {most} characters are needed")
    if turns(text) or any(unicodedata.category(char) in {"Cc", "Cs"} for char in text):
        raise BadEvent(f"{field}: it holds characters that cannot be shown")


def _lanes(session: Session, site: str) -> dict[str, str]:
    """The site's lanes with their modes now. Raises NoSuchEvent where there is no such site."""
    if session.get(SiteRow, site) is None:
        raise NoSuchEvent(f"there is no site {site}")
    rows: Iterable[LaneNowRow] = session.exec(select(LaneNowRow).where(LaneNowRow.site == site))
    return {row.lane: row.mode for row in rows}


def _other(session: Session, site: str, lane: str, wanted: Plan) -> PlannedEventRow | None:
    """An event that has this lane at the same time, or up to the very moment."""
    undone = select(PlannedEventUndoneRow.event)
    rows = select(PlannedEventRow).where(
        PlannedEventRow.site == site,
        col(PlannedEventRow.since) <= wanted.until,
        col(PlannedEventRow.until) >= wanted.since,
        col(PlannedEventRow.event).not_in(undone),
    )
    return next((row for row in session.exec(rows) if lane in lanes_of(row)), None)


def _tariff(session: Session, site: str, wanted: Plan, code: str) -> tuple[Tariff, Tariff]:
    """The list that holds when the event begins, and one with its prices for a turn under the same ceilings."""
    try:
        base = tariff_at(session, site, wanted.since)
    except NoTariff as error:
        raise BadEvent(f"prices: {error}") from error
    unknown: Sequence[str] = [kind for kind in wanted.prices if kind not in base.turns]
    if unknown:
        raise BadEvent(f"prices: {base.code} has no price for {unknown[0]}")
    turns = {kind: _turn(turn, wanted.prices.get(kind)) for kind, turn in base.turns.items()}
    flat: dict[str, Any] = {"rates": (), "surcharges": (), "events": (), "per": Per.TURN, "boundary": Boundary.FOLLOW}
    flat |= {"falling": None, "both_from_minutes": None, "rounding": None}
    return base, checked(replace(base, code=code, since=wanted.since, until=wanted.until, turns=turns, **flat))


def _turn(turn: Turn, price: int | None) -> Turn:
    """The same limits; a cap below the price would lessen it."""
    if price is None:
        return turn
    return replace(turn, price=price, cap=None if turn.cap is not None and turn.cap < price else turn.cap)


def _changes(base: Tariff, tariff: Tariff) -> tuple[PriceChange, ...]:
    timed = {kind for rate in base.rates for kind in rate.rows}
    return tuple(
        PriceChange(kind, None if kind in timed else base.turns[kind].price, tariff.turns[kind].price)
        for kind in VehicleClass
        if kind in tariff.turns
    )


def _count(session: Session, site: str) -> int:
    return session.exec(select(func.count()).select_from(PlannedEventRow).where(PlannedEventRow.site == site)).one()
