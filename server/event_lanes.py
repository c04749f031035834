"""The lanes of a planned event: each gets its mode when the event begins, and what it had before when it is over.

What to do is one table, `next_step`, asked every few seconds of what the boxes say; an order that did not arrive is
given again. A person's own order during the event stays: the event never takes a lane twice.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from gate.ids import uuid7
from gate.messages import LaneMode, Mode
from server import commands
from server.auth import audit
from server.bus import Bus
from server.db import hold, insert_once, reading, transaction
from server.derived import LaneNowRow
from server.facts import CommandRow
from server.facts_events import PlannedEventRow, PlannedEventStepRow, PlannedEventUndoneRow
from server.planned_events import lanes_of

EVERY: Final = timedelta(seconds=5)
AGAIN: Final = timedelta(seconds=20)
"""An order is dead after `commands.LIFE`; a box says its state every few seconds."""
GIVEN_UP: Final = timedelta(days=1)
"""So long after its end a lane that cannot be reached is left as it is, for people to see on its card."""
log = structlog.get_logger()


class Step(StrEnum):
    """What a lane needs now."""

    WAIT = "wait"
    BEGIN = "begin"  # order the event's mode
    BEGUN = "begun"  # it has it: record that
    END = "end"  # order what it had before
    ENDED = "ended"  # it has it, or a person chose another mode: record that


class Lane(NamedTuple):
    """A lane of an event: the mode it should have, has, and had before (empty: not looked at yet)."""

    wanted: LaneMode
    mode: str
    before: str
    begun: bool
    ended: bool
    ordered: bool
    """An order of a mode went out lately: wait for what comes of it."""


def next_step(lane: Lane, since: datetime, until: datetime, now: datetime) -> Step:
    """The whole rule."""
    if now < since or lane.ended:
        return Step.WAIT
    return _during(lane) if now < until else _after(lane)


def _during(lane: Lane) -> Step:
    if lane.begun:
        return Step.WAIT
    if lane.mode == lane.wanted:
        return Step.BEGUN
    return Step.WAIT if lane.ordered else Step.BEGIN


def _after(lane: Lane) -> Step:
    if not lane.before:  # nobody ever ordered anything
        return Step.WAIT
    if lane.mode != lane.wanted or _restored(lane.before) is lane.wanted:
        return Step.ENDED
    return Step.WAIT if lane.ordered else Step.END


def _restored(before: str) -> LaneMode:
    """What a lane goes back to; one that waited for its lease, or was not known, to normal."""
    return LaneMode(before) if before in set(LaneMode) else LaneMode.NORMAL


class EventLanes:
    """Brings the lanes of all sites to where their events want them. Any number may run: each step is taken once."""

    def __init__(
        self,
        engine: Engine,
        bus: Bus,
        key: Ed25519PrivateKey,
        changed: Callable[[str], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine, self._bus, self._key, self._changed, self._now = engine, bus, key, changed, now

    def go(self) -> list[tuple[str, str, Step]]:
        """Take every step that is due. Says which: event, lane, step."""
        now = self._now()
        with reading(self._engine) as session:
            rows = _running(session, now)
        return [done for row in rows for lane in lanes_of(row) if (done := self._lane(row, lane, now))]

    def _lane(self, row: PlannedEventRow, lane: str, now: datetime) -> tuple[str, str, Step] | None:
        with reading(self._engine) as session:
            if next_step(_look(session, row, lane, now), row.since, row.until, now) is Step.WAIT:
                return None
        orders: list[commands.Order] = []
        try:
            with transaction(self._engine) as session:
                hold(session, f"event {row.event}")
                step = _take(session, row, lane, now, orders)
        except commands.NobodyThere:
            return None
        commands.send(self._bus, self._key, orders)
        self._changed(row.site)
        log.info("lane of an event", site=row.site, planned=row.event, lane=lane, step=step.value)
        return row.event, lane, step


def _running(session: Session, now: datetime) -> list[PlannedEventRow]:
    """Events that have begun and may have steps left."""
    undone = select(PlannedEventUndoneRow.event)
    rows = select(PlannedEventRow).where(
        col(PlannedEventRow.since) <= now,
        col(PlannedEventRow.until) > now - GIVEN_UP,
        col(PlannedEventRow.event).not_in(undone),
    )
    return list(session.exec(rows.order_by(col(PlannedEventRow.since), col(PlannedEventRow.event))))


def _take(session: Session, row: PlannedEventRow, lane: str, now: datetime, orders: list[commands.Order]) -> Step:
    """One step, with what it needs to be known later. Raises NobodyThere."""
    found = _look(session, row, lane, now)
    step = next_step(found, row.since, row.until, now)
    if step in {Step.BEGIN, Step.BEGUN}:
        _record(session, row, lane, "before", found.mode, now)
    if step in {Step.BEGUN, Step.ENDED}:
        _record(session, row, lane, step.value, found.mode, now)
    if step in {Step.BEGIN, Step.END}:
        mode = found.wanted if step is Step.BEGIN else _restored(found.before)
        order = commands.order(session, row.site, lane, Mode(lane=lane, mode=mode), by=row.by, now=now)
        detail = {"command": str(order.command.command), "event": row.event}
        audit(session, row.by, f"mode {mode}", f"{row.site}/{lane}", now, detail)
        orders.append(order)
    return step


def _record(session: Session, row: PlannedEventRow, lane: str, step: str, mode: str, now: datetime) -> None:
    insert_once(session, PlannedEventStepRow(event=row.event, lane=lane, step=step, mode=mode, at=now))


def _look(session: Session, row: PlannedEventRow, lane: str, now: datetime) -> Lane:
    lane_now = session.get(LaneNowRow, (row.site, lane))
    steps = session.exec(
        select(PlannedEventStepRow).where(PlannedEventStepRow.event == row.event, PlannedEventStepRow.lane == lane)
    )
    known = {each.step: each.mode for each in steps}
    return Lane(
        wanted=lanes_of(row)[lane],
        mode=lane_now.mode if lane_now else "unknown",
        before=known.get("before", ""),
        begun="begun" in known,
        ended="ended" in known,
        ordered=_ordered(session, row.site, lane, now),
    )


def _ordered(session: Session, site: str, lane: str, now: datetime) -> bool:
    """Whether a mode was ordered lately. A command's id begins with its time."""
    since = str(uuid7(now - AGAIN, bytes(10)))
    recent = select(CommandRow.command).where(
        CommandRow.command > since, CommandRow.site == site, CommandRow.lane == lane, CommandRow.action == "mode"
    )
    return session.exec(recent.limit(1)).first() is not None
