"""What boxes say of themselves: state, birth and will, and what became of commands."""

from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlmodel import Session

from gate.messages import Ack, Reply
from gate.presence import Online, State
from gate.topics import Topic
from server.db import insert_once
from server.derived import BoxNowRow, JournalMarkRow, LaneNowRow
from server.facts import ReplyRow
from server.register import BoxRow

SILENT: Final = timedelta(seconds=60)
"""A box says its state every two seconds; after this long without, nobody knows how it is."""


def is_known(session: Session, topic: Topic) -> bool:
    """Whether a box of this name may speak for this site."""
    row = session.get(BoxRow, topic.box)
    return row is not None and row.site == topic.site


def state_said(session: Session, topic: Topic, state: State, now: datetime) -> BoxNowRow:
    """Take over what the box says of itself and its lanes."""
    said = BoxNowRow(
        box=state.box,
        site=topic.site,
        boot=str(state.boot),
        monotonic_ms=state.monotonic_ms,
        heard_at=now,
        online=True,
        journal=state.journal,
        last_sequence=state.last_sequence,
        waiting=state.waiting,
        lease_number=state.lease_number,
        delta_number=state.delta_number,
        reader=state.reader,
        version=state.version,
        clock_quality=state.clock_quality,
        clock_offset_ms=state.clock_offset_ms,
    )
    row = session.merge(said)
    for lane in state.lanes:
        now_row = session.get(LaneNowRow, (topic.site, lane.lane)) or LaneNowRow(
            site=topic.site, lane=lane.lane, box=state.box, direction=lane.direction, updated_at=now
        )
        now_row.phase, now_row.arm, now_row.direction, now_row.box = lane.phase, lane.arm, lane.direction, state.box
        now_row.mode, now_row.sensors = lane.mode, msgspec.json.encode(lane.sensors).decode()
        if lane.phase != "attended":
            now_row.wants = now_row.wants_approach = None
        now_row.updated_at = now
        session.add(now_row)
    return row


def mark(session: Session, state: State) -> int:
    """Up to which fact of the journal that it names the box's facts are committed."""
    row = session.get(JournalMarkRow, (state.box, state.journal))
    return row.sequence if row else 0


def answer(state: State, committed: int, now: datetime) -> Ack:
    """The answer to a state: how far its journal is, and the time here, so that the box can measure its clock."""
    return Ack(journal=state.journal, sequence=committed, at=now, echo_ms=state.monotonic_ms)


def online_said(session: Session, online: Online) -> None:
    """A birth or a will. An old boot's will says nothing about a newer one."""
    row = session.get(BoxNowRow, online.box)
    if row is not None and row.boot == str(online.boot):
        row.online = online.online
        session.add(row)


def reply_said(session: Session, reply: Reply, now: datetime) -> None:
    """What became of a command, once."""
    row = ReplyRow(
        command=str(reply.command),
        outcome=reply.outcome,
        position=reply.position,
        why=reply.why,
        recorded_at=now,
    )
    insert_once(session, row)
