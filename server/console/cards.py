"""What the live page shows of a site: each lane with its vehicle, its arm, who decided, who is wanted."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from gate.devices.board import Level, Sensor
from gate.ids import uuid7
from gate.messages import ClockQuality, Command, Mode
from gate.wire import decode
from server.commands import LIFE
from server.console.shown import Plate, plate
from server.derived import BoxNowRow, LaneNowRow, VisitRow
from server.facts import CommandRow, ReplyRow
from server.presence import SILENT
from server.register import SiteRow
from server.vault import VaultPictureRow, VaultReadRow

ORDER_SHOWN: Final = timedelta(seconds=60)
UPLOAD_DUE: Final = timedelta(seconds=60)
MANY: Final = 10
"""Fewer facts are on their way in any busy minute."""
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


class Want(NamedTuple):
    """A driver waits for a person."""

    why: str
    since: datetime
    approach: str
    candidates: tuple[Candidate, ...]


class Ordered(NamedTuple):
    """A person's last order to the lane. `outcome`: done, refused, failed, or pending, late when nothing came back.

    `action` is `mode.` and the mode where one was ordered.
    """

    action: str
    by: str
    outcome: str
    why: str


class Card(NamedTuple):
    """One lane now."""

    row: LaneNowRow
    seen: Seen | None
    want: Want | None
    order: Ordered | None
    blind: tuple[str, ...] = ()
    fire: bool = False

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
    inside: int


def site_now(session: Session, site: SiteRow, now: datetime, *, plates: bool) -> SiteNow:
    """The site as it is. Without `plates` no plate and no picture leaves the vault."""
    rows = session.exec(
        select(LaneNowRow, VaultReadRow)
        .join(VaultReadRow, col(VaultReadRow.approach) == col(LaneNowRow.approach), isouter=True)
        .where(LaneNowRow.site == site.site)
        .order_by(col(LaneNowRow.direction), col(LaneNowRow.lane))
    ).all()
    orders = _orders(session, site.site, now)
    here = _arrived(session, [read for _, read in rows])
    cards = []
    for row, read in rows:
        seen, want = _seen(read, here, now, plates=plates), _want(session, row, now, plates=plates)
        cards.append(_card(row, seen, want, orders.get(row.lane)))
    boxes = session.exec(select(BoxNowRow).where(BoxNowRow.site == site.site).order_by(col(BoxNowRow.box)))
    return SiteNow(site, tuple(_box(row, now) for row in boxes), tuple(cards), _inside(session, site.site))


def last_order(session: Session, site: str, lane: str, now: datetime) -> Ordered | None:
    """A person's last order to the lane, if it is still shown."""
    return _orders(session, site, now).get(lane)


def _card(row: LaneNowRow, seen: Seen | None, want: Want | None, order: Ordered | None) -> Card:
    sensors = msgspec.json.decode(row.sensors, type=dict[str, str])
    blind = tuple(name for name, level in sensors.items() if level == Level.UNKNOWN)
    return Card(row, seen, want, order, blind, fire=sensors.get(Sensor.FIRE) == Level.ON)


def open_visits(session: Session, site: str, now: datetime, part: str, most: int) -> tuple[list[Candidate], int]:
    """Those inside whose plate contains `part` (normalised), newest first, and how many more there are."""
    read_of_entry = col(VaultReadRow.approach) == col(VisitRow.entry_approach)
    inside = _is_inside(site)
    if part:
        inside = (*inside, col(VaultReadRow.plate).contains(part, autoescape=True))
    found = select(VisitRow, VaultReadRow).join(VaultReadRow, read_of_entry, isouter=True).where(*inside)
    total = session.exec(
        select(func.count()).select_from(VisitRow).join(VaultReadRow, read_of_entry, isouter=True).where(*inside)
    ).one()
    rows = session.exec(found.order_by(col(VisitRow.opened_at).desc()).limit(most)).all()
    here = _arrived(session, [read for _, read in rows])
    shown = [_candidate(visit, _seen(read, here, now, plates=True), None) for visit, read in rows]
    return shown, max(0, total - len(shown))


def _want(session: Session, row: LaneNowRow, now: datetime, *, plates: bool) -> Want | None:
    if not row.wants or row.wants_since is None:
        return None
    ranked: list[tuple[str, float]] = msgspec.json.decode(row.candidates, type=list[tuple[str, float]])
    names = [name for name, _ in ranked]
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
    return Want(row.wants, row.wants_since, row.wants_approach or "", tuple(candidates))


def _candidate(visit: VisitRow, seen: Seen | None, chance: float | None) -> Candidate:
    entered = visit.entered_at or visit.opened_at
    return Candidate(visit.visit, visit.vehicle_class, entered, visit.entry_lane, seen, chance)


def _seen(read: VaultReadRow | None, here: set[str], now: datetime, *, plates: bool) -> Seen | None:
    if read is None:
        return None
    if not plates:
        return Seen(None, None, coming=False, vehicle_class=read.vehicle_class, at=read.happened_at)
    arrived = read.picture in here
    coming = read.picture is not None and not arrived and now - read.happened_at < UPLOAD_DUE
    shown = plate(read.plate, read.confidence, read.colour, read.lines, read.vehicle_class)
    return Seen(shown, read.picture if arrived else None, coming, read.vehicle_class, read.happened_at)


def _arrived(session: Session, reads: Iterable[VaultReadRow | None]) -> set[str]:
    """Which of the pictures are in the vault: a fact is quicker than its picture."""
    names = {read.picture for read in reads if read is not None and read.picture}
    if not names:
        return set()
    return set(session.exec(select(VaultPictureRow.sha256).where(col(VaultPictureRow.sha256).in_(names))))


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
        return Ordered(_what(row), row.by, reply.outcome, reply.why)
    return Ordered(_what(row), row.by, "pending" if now - row.issued_at < LIFE else "late", "")


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


def _inside(session: Session, site: str) -> int:
    return session.exec(select(func.count()).select_from(VisitRow).where(*_is_inside(site))).one()
