"""The books once more, from what boxes and providers said: a rebuild gives the same books or changes nothing.

Replayed are the facts that something follows from, in the order of their recording, with the moments of then:
`event`, `notice`, and whatever REPLAYERS has. The vault is not rebuilt: events carry no plate. How lanes look now is
not either: boxes say that again by themselves.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session, SQLModel, col, delete, select

from gate.messages import Body, ClockQuality, Envelope
from gate.wire import decode
from server import corrections, decisions, effects, plate_parts, proving, receipts, refunds, shifts, stay_changes
from server.batch import Batch
from server.db import columns, transaction
from server.derived import InClearingRow, JournalMarkRow, StayMoneyRow, VisitRow
from server.facts import (
    ChargeRow,
    EntryRow,
    EventRow,
    ExplainedRow,
    NoticeRow,
    OpeningRow,
    PassageRow,
    PaymentRow,
    PostingRow,
    SupplementRow,
)
from server.facts_money import RefundRow, SlipRow
from server.ingest import PARKED, replay
from server.money_rules import proposing_nothing
from server.notices import book_again
from server.tariffs import Tariffs
from server.vault import VaultReadRow


class Replayer(NamedTuple):
    """Facts of which entries follow: when each was recorded with its name, and what follows from it, once more."""

    name: str
    history: Callable[[Session], Iterable[tuple[datetime, str]]]
    again: Callable[[Session, str, datetime], None]


SAME: Final = (
    PassageRow,
    ExplainedRow,
    OpeningRow,
    ChargeRow,
    SupplementRow,
    PaymentRow,
    SlipRow,
    RefundRow,
    EntryRow,
    PostingRow,
    StayMoneyRow,
    InClearingRow,
)
"""Facts, and what is kept of them beside the ledger, that a rebuild must find again as they were."""
_EMPTIED: Final = (
    StayMoneyRow,
    InClearingRow,
    SlipRow,
    RefundRow,
    PostingRow,
    EntryRow,
    ChargeRow,
    SupplementRow,
    PaymentRow,
    PassageRow,
    ExplainedRow,
    OpeningRow,
    VisitRow,
    JournalMarkRow,
)
_AT_ONCE: Final = 500


class RebuildDiffers(RuntimeError):
    """The books do not follow from what was said; the message names the tables. Nothing was changed."""


class Rebuilt(NamedTuple):
    """How many events and notices were replayed."""

    events: int
    notices: int


def rebuild(engine: Engine) -> Rebuilt:
    """Make the derived tables and the money anew. Stop ingest before. Raises RebuildDiffers."""
    tariffs = Tariffs(engine)
    with transaction(engine) as session:
        proposing_nothing(session)
        before = {table.__tablename__: _digest(session, table) for table in SAME}
        steps = list(_history(session))
        for table in _EMPTIED:
            session.exec(delete(table))
        done = Rebuilt(0, 0)
        for kind, moment, names in steps:
            if kind == "event":
                done = done._replace(events=done.events + _events(session, tariffs, moment, names))
            elif kind == "notice":
                book_again(session, session.get_one(NoticeRow, names[0]))
                done = done._replace(notices=done.notices + 1)
            else:
                _BY_NAME[kind].again(session, names[0], moment)
        plate_parts.made_again(session)
        session.flush()
        wrong = [str(table.__tablename__) for table in SAME if _digest(session, table) != before[table.__tablename__]]
        if wrong:
            raise RebuildDiffers(f"a rebuild gives other rows in {', '.join(wrong)}; nothing was changed")
    return done


REPLAYERS: Final = (
    Replayer("correction", corrections.history, corrections.again),
    Replayer("stay change", stay_changes.history, stay_changes.again),
    Replayer("file", proving.history, proving.again),
    Replayer("decision", decisions.history, decisions.again),
    Replayer("reversal", effects.reversals, effects.reverse_again),
    Replayer("refund sent", refunds.history, refunds.again),
    Replayer("cash receipt", receipts.history, receipts.again),
    Replayer("till count", shifts.history, shifts.again),
)
"""A part whose entries follow from facts of its own adds a row here."""
_BY_NAME: Final = {each.name: each for each in REPLAYERS}


class _Again(Batch):
    """A batch that writes what follows from events, and neither the events nor what boxes repeat by themselves."""

    def fact(self, table: type[SQLModel], **values: Any) -> None:
        if table not in {EventRow, VaultReadRow}:
            super().fact(table, **values)

    def flush(self) -> None:
        self.forget_lanes()
        super().flush()


_Step = tuple[str, datetime, Sequence[Any]]


def _history(session: Session) -> Iterator[_Step]:
    """Batches of events and single facts, in the order of their recording."""
    order = (col(EventRow.recorded_at), col(EventRow.box), col(EventRow.journal), col(EventRow.sequence))
    events = list(session.exec(select(EventRow.recorded_at, EventRow.message_id).order_by(*order)))
    keys = select(NoticeRow.received_at, NoticeRow.provider, NoticeRow.provider_id)
    notices: list[_Step] = [("notice", at, [(provider, number)]) for at, provider, number in session.exec(keys)]
    batches: list[_Step] = [
        ("event", at, [name for _, name in group]) for at, group in groupby(events, key=lambda row: row[0])
    ]
    others: list[_Step] = [(each.name, at, [name]) for each in REPLAYERS for at, name in each.history(session)]
    return iter(sorted([*batches, *notices, *others], key=lambda each: (each[1], each[0], str(each[2][0]))))


def _events(session: Session, tariffs: Tariffs, moment: datetime, names: Sequence[str]) -> int:
    found: list[EventRow] = []
    for start in range(0, len(names), _AT_ONCE):
        some = col(EventRow.message_id).in_(names[start : start + _AT_ONCE])
        found += session.exec(select(EventRow).where(some))
    found.sort(key=lambda row: (row.box, row.journal, row.sequence))
    session.expunge_all()
    batch = _Again(session, moment)
    for row in found:
        mark = batch.mark(row.box, row.journal)
        mark.sequence, mark.updated_at = row.sequence, moment
    replay(batch, tariffs, [_envelope(row) for row in found if row.kind != PARKED])
    session.expunge_all()
    return len(found)


def _envelope(row: EventRow) -> Envelope:
    return Envelope(
        message_id=UUID(row.message_id),
        site=row.site,
        box=row.box,
        journal=row.journal,
        sequence=row.sequence,
        boot=UUID(row.boot),
        monotonic_ms=row.monotonic_ms,
        happened_at=row.happened_at,
        clock_offset_ms=row.clock_offset_ms,
        clock_quality=ClockQuality(row.clock_quality),
        body=decode(row.body.encode(), Body),  # type: ignore[arg-type] # a union is a type to msgspec
    )


def _digest(session: Session, table: type[SQLModel]) -> str:
    """A hash of all rows, whatever their order."""
    total = 0
    for row in session.exec(select(table)):
        total ^= int.from_bytes(hashlib.sha256(repr(sorted(columns(row).items())).encode()).digest())
    session.expunge_all()
    return f"{total:x}"
