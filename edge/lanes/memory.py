"""What a lane must still know after its box was killed: whom the arm was raised for, and who went through."""

from typing import NamedTuple
from uuid import UUID

import structlog

from edge.journal.store import Store
from edge.lanes.approach import Approach, Grant, Opening
from gate.messages import LaneMode, LaneName, Name, Natural, Note, OpeningReason, Reference
from gate.wire import Contract, Malformed, decode, encode

log = structlog.get_logger()


class Granted(Contract):
    """A vehicle that may pass, and why."""

    approach: UUID
    visit: Reference | None
    reason: OpeningReason
    by: Name
    command: UUID | None
    note: Note
    entry: Name | None = None


class Raised(Contract):
    """An opening that is not over."""

    opening: UUID
    visit: Reference | None
    passages: Natural
    reason: OpeningReason = OpeningReason.BY_HAND
    ours: bool = False


class LaneMemory(Contract):
    """One lane. `mode` is a person's order, and by whom; it outlives the box. `counted`: see `edge.lanes.tally`."""

    granted: Granted | None = None
    raised: Raised | None = None
    mode: LaneMode = LaneMode.NORMAL
    mode_by: Name = "rule"
    counted: Natural | None = None


class Recalled(NamedTuple):
    """A lane as it was."""

    here: Approach | None
    opening: Opening | None
    mode: LaneMode
    mode_by: str
    counted: int | None


def of(here: Approach | None, opening: Opening | None, mode: LaneMode, mode_by: str, counted: int | None) -> LaneMemory:
    """What to remember of a lane as it is now."""
    grant = here.grant if here else None
    granted = None
    if here and grant:
        granted = Granted(
            approach=here.approach,
            visit=here.visit,
            reason=grant.reason,
            by=grant.by,
            command=grant.command,
            note=grant.note,
            entry=grant.entry,
        )
    raised = None
    if opening:
        raised = Raised(
            opening=opening.opening,
            visit=opening.visit,
            passages=opening.passages,
            reason=opening.reason,
            ours=opening.ours,
        )
    return LaneMemory(granted=granted, raised=raised, mode=mode, mode_by=mode_by, counted=counted)


def keep(store: Store, lane: LaneName, what: LaneMemory) -> None:
    """Remember it, in the transaction of the facts that go with it."""
    body = encode(what).decode()
    store.run("INSERT INTO lane_now VALUES (?, ?) ON CONFLICT (lane) DO UPDATE SET body = excluded.body", lane, body)


def recall(store: Store, lane: LaneName) -> Recalled:
    """What was kept of the lane."""
    row = store.run("SELECT body FROM lane_now WHERE lane = ?", lane).fetchone()
    kept = _read(lane, row[0].encode()) if row else LaneMemory()
    here = opening = None
    if kept.granted:
        granted = kept.granted
        grant = Grant(granted.reason, granted.by, granted.command, granted.note, granted.entry)
        here = Approach(granted.approach, visit=granted.visit, grant=grant)
    if kept.raised:
        raised = kept.raised
        opening = Opening(raised.opening, raised.visit, raised.passages, raised.reason, raised.ours)
    return Recalled(here, opening, kept.mode, kept.mode_by, kept.counted)


def _read(lane: LaneName, body: bytes) -> LaneMemory:
    """What was kept, or nothing: a box that went back to an older version must not leave its lanes alone."""
    try:
        return decode(body, LaneMemory)
    except Malformed as error:
        log.warning("what was kept of the lane cannot be read", lane=lane, why=str(error)[:200])
        return LaneMemory()
