"""Boxes, lanes and cameras as they are now, with how well each camera reads."""

from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import text
from sqlmodel import Session, col, select

from gate.control import GROUP, Chart, chart
from gate.devices.board import Level
from gate.messages import DeviceFault
from gate.wire import decode
from server.derived import BoxNowRow, JournalMarkRow, LaneNowRow
from server.facts import FAULTS, EventRow
from server.presence import SILENT
from server.register import BoxRow, LeaseRow
from server.vault import VaultReadRow

WELL: Final = 0.9
"""A read is well from this certainty on: less wants a person's look, or costs one."""
GROUPS: Final = 40
FAULTS_SHOWN: Final = 5


class Fault(NamedTuple):
    """What a box said of a device; `lane` empty: of itself."""

    lane: str
    device: str
    what: str
    at: datetime


class Box(NamedTuple):
    """A box that is registered: what it last said, None before it ever did; the newest faults first.

    `state`: `online`, `offline` by its own will, `silent`, or `never`. `behind`: facts of its journal that are not
    committed here.
    """

    name: str
    state: str
    said: BoxNowRow | None
    lease: LeaseRow | None
    behind: int
    faults: tuple[Fault, ...]


class Lane(NamedTuple):
    """A lane as its box last said it, and the inputs that the box does not know."""

    row: LaneNowRow
    blind: tuple[str, ...]


class Camera(NamedTuple):
    """A lane's camera: its chart, and when the first and the last read of each group were."""

    lane: str
    direction: str
    chart: Chart
    groups: tuple[tuple[datetime, datetime], ...]
    reads: int


def boxes(session: Session, site: str, now: datetime) -> list[Box]:
    """Those of a site."""
    rows = session.exec(select(BoxRow).where(BoxRow.site == site).order_by(col(BoxRow.box))).all()
    return [_box(session, row.box, now) for row in rows]


def lanes(session: Session, site: str) -> list[Lane]:
    """Those that a box told of."""
    rows = select(LaneNowRow).where(LaneNowRow.site == site)
    return [_lane(row) for row in session.exec(rows.order_by(col(LaneNowRow.direction), col(LaneNowRow.lane)))]


def _lane(row: LaneNowRow) -> Lane:
    levels = msgspec.json.decode(row.sensors, type=dict[str, str])
    return Lane(row, tuple(name for name, level in levels.items() if level == Level.UNKNOWN))


def cameras(session: Session, site: str) -> list[Camera]:
    """How the lanes of a site read: their last `GROUPS` groups."""
    return [_camera(session, lane.row) for lane in lanes(session, site)]


def _box(session: Session, name: str, now: datetime) -> Box:
    said = session.get(BoxNowRow, name)
    if said is None:
        return Box(name, "never", None, None, 0, ())
    state = "offline" if not said.online else "silent" if now - said.heard_at > SILENT else "online"
    mark = session.get(JournalMarkRow, (name, said.journal))
    behind = max(0, said.last_sequence - (mark.sequence if mark else 0))
    return Box(name, state, said, session.get(LeaseRow, name), behind, _faults(session, name))


def _faults(session: Session, box: str) -> tuple[Fault, ...]:
    rows = select(EventRow).where(text(f"event.{FAULTS}"), EventRow.box == box)
    newest = session.exec(rows.order_by(col(EventRow.happened_at).desc()).limit(FAULTS_SHOWN))
    return tuple(_fault(row) for row in newest)


def _fault(row: EventRow) -> Fault:
    said = decode(row.body.encode(), DeviceFault)
    return Fault(said.lane, said.device, said.what, row.happened_at)


def _camera(session: Session, lane: LaneNowRow) -> Camera:
    newest = select(VaultReadRow.plate, VaultReadRow.confidence, VaultReadRow.happened_at).where(
        VaultReadRow.site == lane.site, VaultReadRow.lane == lane.lane
    )
    rows = session.exec(newest.order_by(col(VaultReadRow.happened_at).desc()).limit(GROUP * GROUPS)).all()
    reads = rows[::-1]
    whole = reads[len(reads) % GROUP :]
    groups = tuple((whole[at][2], whole[at + GROUP - 1][2]) for at in range(0, len(whole), GROUP))
    well = [bool(plate) and confidence >= WELL for plate, confidence, _ in reads]
    return Camera(lane.lane, lane.direction, chart(well), groups, len(reads))
