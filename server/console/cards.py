"""What the live page shows of a site: each lane with its vehicle, its arm, who decided, who is wanted."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from gate.devices.board import Level, Sensor
from gate.ids import uuid7
from gate.messages import BillLine, ClockQuality, Command, Direction, Mode
from gate.occupancy import Estimate
from gate.wire import decode
from server.commands import LIFE
from server.console.shown import Plate, plate
from server.derived import BoxNowRow, LaneNowRow, VisitRow
from server.facts import CommandRow, PassageRow, ReplyRow
from server.facts_day import AnchorRow
from server.occupancy import estimate
from server.presence import SILENT
from server.register import SiteRow
from server.vault import VaultPictureRow, VaultReadRow
from server.vault_plates import known_as, said

ORDER_SHOWN: Final = timedelta(seconds=60)
UPLOAD_DUE: Final = timedelta(seconds=60)
MANY: Final = 10
"""Fewer facts are on their way in any busy minute."""
LOOPS: Final = (Sensor.ARMING, Sensor.SAFETY, Sensor.EXIT)
"""Where a vehicle stands, as a card shows it."""
COUNT_KEPT: Final = timedelta(seconds=5)
_counted: Final[dict[tuple[str, str], tuple[Any, datetime, Estimate]]] = {}
"""The last estimates, by books and site."""
GUARDS: Final = frozenset({Sensor.SAFETY, Sensor.EXIT, Sensor.FIRE})
"""What must be known before an arm may be lowered (docs/lane.md)."""


class Seen(NamedTuple):
    """A vehicle as a lane saw it. `picture` is a hash once the picture is here; `coming`: it should be soon."""

    plate: Plate | None
    picture: str | None
    coming: bool
    vehicle_class: str | None
    at: datetime


class Candidate(NamedTuple):
    """A visit that may be the one at the exit, with what its entry saw. `chance` is 0..1; None when nobody ranked."""

    visit: str
    vehicle_class: str
    entered_at: datetime
    lane: str
    seen: Seen | None
    chance: float | None


class Here(NamedTuple):
    """Of some reads: the pictures that are in the vault, and the plates that people said, by approach."""

    pictures: frozenset[str]
    said: dict[str, str]


class Want(NamedTuple):
    """A driver waits for a person. `entry`: how the stay that the box matched came in; `token` is of the forms here and
    now: the same however often they are drawn, another after the next order or minute."""

    why: str
    since: datetime
    approach: str
    candidates: tuple[Candidate, ...]
    entry: Candidate | None = None
    token: str = ""


class Ordered(NamedTuple):
    """A person's last order to the lane. `outcome`: done, refused, failed, or pending, late when nothing came back.
    `position`: where the arm was seen afterwards; `command` is the order's id.

    `action` is `mode.` and the mode where one was ordered.
    """

    action: str
    by: str
    outcome: str
    why: str
    position: str = ""
    command: str = ""


class Bill(NamedTuple):
    """Why the price is what it is: of which stay, since when, by which price list, line by line."""

    visit: str
    entered_at: datetime
    tariff: str
    lines: tuple[BillLine, ...]


class Card(NamedTuple):
    """One lane now."""

    row: LaneNowRow
    seen: Seen | None
    want: Want | None
    order: Ordered | None
    blind: tuple[str, ...] = ()
    fire: bool = False
    loops: tuple[tuple[str, str], ...] = ()
    bill: Bill | None = None

    @property
    def blind_all(self) -> bool:
        """Whether nothing is known: the board is away, or has just come."""
        return len(self.blind) == len(Sensor)

    @property
    def keeps_up(self) -> bool:
        """Whether what is not known forbids to lower the arm."""
        return not GUARDS.isdisjoint(self.blind)

    @property
    def waits(self) -> bool:
        """Whether a person may help and nobody's order is on its way."""
        return self.want is not None and (self.order is None or self.order.outcome != "pending")


class Box(NamedTuple):
    """A box of the site: `online`, `offline` by its own will, or `silent` since `heard_at`.

    `reader` empty: it is ready. `clock` empty: it is synchronised; `clock_offset` is how far ahead it is, if measured.
    `waiting`: facts that the centre has not confirmed yet.
    """

    name: str
    state: str
    heard_at: datetime
    reader: str
    clock: str
    clock_offset: timedelta | None
    waiting: int

    @property
    def lags(self) -> bool:
        """Whether so much waits that somebody should see it."""
        return self.waiting >= MANY


class SiteNow(NamedTuple):
    """Everything about one site that the live page shows."""

    site: SiteRow
    boxes: tuple[Box, ...]
    cards: tuple[Card, ...]
    inside: Estimate


def site_now(session: Session, site: SiteRow, now: datetime, *, plates: bool) -> SiteNow:
    """The site as it is. Without `plates` no plate and no picture leaves the vault."""
    rows = session.exec(
        select(LaneNowRow, VaultReadRow)
        .join(VaultReadRow, col(VaultReadRow.approach) == col(LaneNowRow.approach), isouter=True)
        .where(LaneNowRow.site == site.site)
        .order_by(col(LaneNowRow.direction), col(LaneNowRow.lane))
    ).all()
    orders = _orders(session, site.site, now)
    bills = _bills(session, [row for row, _ in rows])
    here = _arrived(session, [read for _, read in rows])
    cards = []
    for row, read in rows:
        order = orders.get(row.lane)
        seen, want = _seen(read, here, now, plates=plates), _want(session, row, now, order, plates=plates)
        cards.append(
            _card(row, seen, want, order)._replace(bill=bills.get(row.visit or "") if row.price is not None else None)
        )
    boxes = session.exec(select(BoxNowRow).where(BoxNowRow.site == site.site).order_by(col(BoxNowRow.box)))
    return SiteNow(site, tuple(_box(row, now) for row in boxes), tuple(cards), inside(session, site.site, now))


def last_order(session: Session, site: str, lane: str, now: datetime) -> Ordered | None:
    """A person's last order to the lane, if it is still shown."""
    return _orders(session, site, now).get(lane)


def _card(row: LaneNowRow, seen: Seen | None, want: Want | None, order: Ordered | None) -> Card:
    sensors = msgspec.json.decode(row.sensors, type=dict[str, str])
    blind = tuple(name for name, level in sensors.items() if level == Level.UNKNOWN)
    loops = tuple((name.value, sensors[name]) for name in LOOPS if name in sensors)
    return Card(row, seen, want, order, blind, fire=sensors.get(Sensor.FIRE) == Level.ON, loops=loops)


def _bills(session: Session, lanes: Iterable[LaneNowRow]) -> dict[str, Bill]:
    """Why each priced lane shows its price, by visit."""
    names = [row.visit for row in lanes if row.visit and row.price is not None]
    if not names:
        return {}
    rows = session.exec(select(VisitRow).where(col(VisitRow.visit).in_(names), col(VisitRow.quoted_lines).is_not(None)))
    return {row.visit: _bill(row) for row in rows}


def _bill(row: VisitRow) -> Bill:
    lines = msgspec.json.decode(row.quoted_lines or "[]", type=tuple[BillLine, ...])
    return Bill(row.visit, row.entered_at or row.opened_at, row.quoted_tariff or "", lines)


def inside(session: Session, site: str, now: datetime) -> Estimate:
    """How many vehicles are inside, with the error bar. Counted anew when another vehicle passed or somebody counted,
    and every few seconds: many pages ask at the same moment."""
    passed = select(PassageRow.passage).where(PassageRow.site == site).order_by(col(PassageRow.happened_at).desc())
    counted = select(AnchorRow.anchor).where(AnchorRow.site == site).order_by(col(AnchorRow.at).desc())
    seen = (session.exec(passed.limit(1)).first(), session.exec(counted.limit(1)).first())
    key = (str(session.get_bind().engine.url), site)
    known = _counted.get(key)
    if known is not None and known[0] == seen and timedelta(0) <= now - known[1] < COUNT_KEPT:
        return known[2]
    found = estimate(session, site, now)
    _counted[key] = (seen, now, found)
    return found


def open_visits(session: Session, site: str, now: datetime, part: str, most: int) -> tuple[list[Candidate], int]:
    """Those inside whose plate contains `part` (normalised), newest first, and how many more there are."""
    read_of_entry = col(VaultReadRow.approach) == col(VisitRow.entry_approach)
    inside = _is_inside(site)
    if part:
        inside = (*inside, known_as().contains(part, autoescape=True))
    found = select(VisitRow, VaultReadRow).join(VaultReadRow, read_of_entry, isouter=True).where(*inside)
    total = session.exec(
        select(func.count()).select_from(VisitRow).join(VaultReadRow, read_of_entry, isouter=True).where(*inside)
    ).one()
    rows = session.exec(found.order_by(col(VisitRow.opened_at).desc()).limit(most)).all()
    here = _arrived(session, [read for _, read in rows])
    shown = [_candidate(visit, _seen(read, here, now, plates=True), None) for visit, read in rows]
    return shown, max(0, total - len(shown))


def seen_at(session: Session, approaches: Iterable[str], now: datetime, *, plates: bool) -> dict[str, Seen]:
    """What lanes saw at these approaches; those of which nothing is in the vault are left out."""
    reads = session.exec(select(VaultReadRow).where(col(VaultReadRow.approach).in_(list(approaches)))).all()
    here = _arrived(session, reads)
    return {read.approach: seen for read in reads if (seen := _seen(read, here, now, plates=plates)) is not None}


def _want(session: Session, row: LaneNowRow, now: datetime, order: Ordered | None, *, plates: bool) -> Want | None:
    if not row.wants or row.wants_since is None:
        return None
    ranked: list[tuple[str, float]] = msgspec.json.decode(row.candidates, type=list[tuple[str, float]])
    names = [name for name, _ in ranked] + ([row.visit] if row.visit and row.direction == Direction.OUT else [])
    found = session.exec(
        select(VisitRow, VaultReadRow)
        .join(VaultReadRow, col(VaultReadRow.approach) == col(VisitRow.entry_approach), isouter=True)
        .where(col(VisitRow.visit).in_(names), VisitRow.site == row.site)
    ).all()
    here = _arrived(session, [read for _, read in found])
    known = {visit.visit: (visit, read) for visit, read in found}
    candidates = [
        _candidate(known[name][0], _seen(known[name][1], here, now, plates=plates), chance)
        for name, chance in ranked
        if name in known
    ]
    own = known.get(row.visit or "") if row.visit not in dict(ranked) else None
    entry = _candidate(own[0], _seen(own[1], here, now, plates=plates), None) if own else None
    token = steady(row.site, row.lane, row.wants_approach or "", order.command if order else "", f"{now:%Y%m%d%H%M}")
    return Want(row.wants, row.wants_since, row.wants_approach or "", tuple(candidates), entry, token)


def steady(*of: str) -> str:
    """A token for a form that is drawn many times over."""
    return hashlib.sha256("\n".join(of).encode()).hexdigest()[:32]


def _candidate(visit: VisitRow, seen: Seen | None, chance: float | None) -> Candidate:
    entered = visit.entered_at or visit.opened_at
    return Candidate(visit.visit, visit.vehicle_class, entered, visit.entry_lane, seen, chance)


def _seen(read: VaultReadRow | None, here: Here, now: datetime, *, plates: bool) -> Seen | None:
    if read is None:
        return None
    if not plates:
        return Seen(None, None, coming=False, vehicle_class=read.vehicle_class, at=read.happened_at)
    arrived = read.picture in here.pictures
    coming = read.picture is not None and not arrived and now - read.happened_at < UPLOAD_DUE
    corrected = here.said.get(read.approach)
    text, sure = (corrected, 1.0) if corrected else (read.plate, read.confidence)
    shown = plate(text, sure, read.colour, read.lines, read.vehicle_class)
    return Seen(shown, read.picture if arrived else None, coming, read.vehicle_class, read.happened_at)


def _arrived(session: Session, reads: Iterable[VaultReadRow | None]) -> Here:
    """What is known of these: a fact is quicker than its picture, and a person may have corrected its plate."""
    there = [read for read in reads if read is not None]
    names = {read.picture for read in there if read.picture}
    rows = select(VaultPictureRow.sha256).where(col(VaultPictureRow.sha256).in_(names))
    return Here(frozenset(session.exec(rows) if names else ()), said(session, [read.approach for read in there]))


def _orders(session: Session, site: str, now: datetime) -> dict[str, Ordered]:
    """People's last orders by lane. A command's id begins with its time, so the newest are found by their key."""
    oldest = str(uuid7(now - ORDER_SHOWN, bytes(10)))
    recent = (
        select(CommandRow, ReplyRow)
        .join(ReplyRow, col(ReplyRow.command) == col(CommandRow.command), isouter=True)
        .where(CommandRow.command > oldest, CommandRow.site == site, CommandRow.by != "rule")
        .order_by(col(CommandRow.command))
    )
    return {row.lane: _order(row, reply, now) for row, reply in session.exec(recent)}


def _order(row: CommandRow, reply: ReplyRow | None, now: datetime) -> Ordered:
    if reply is not None:
        return Ordered(_what(row), row.by, reply.outcome, reply.why, reply.position, row.command)
    outcome = "pending" if now - row.issued_at < LIFE else "late"
    return Ordered(_what(row), row.by, outcome, "", command=row.command)


def _what(row: CommandRow) -> str:
    if row.action != Mode.__struct_config__.tag:
        return row.action
    action = decode(row.body.encode(), Command).action
    return f"mode.{action.mode}" if isinstance(action, Mode) else row.action


def _box(row: BoxNowRow, now: datetime) -> Box:
    silent = now - row.heard_at > SILENT
    ahead = None if row.clock_offset_ms is None else timedelta(milliseconds=row.clock_offset_ms)
    return Box(
        row.box,
        "offline" if not row.online else "silent" if silent else "online",
        row.heard_at,
        "" if row.reader == "ready" else row.reader,
        "" if row.clock_quality == ClockQuality.SYNCHRONISED else row.clock_quality,
        ahead,
        row.waiting,
    )


def _is_inside(site: str) -> tuple[ColumnElement[bool], ...]:
    return (
        col(VisitRow.site) == site,
        col(VisitRow.left_at).is_(None),
        col(VisitRow.entered_at).is_not(None),
        col(VisitRow.voided).is_(False),
    )
