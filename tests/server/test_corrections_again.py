"""A rebuild replays what people put right: the same visits, charges and postings."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from gate.wire import encode
from server import pairings, troubled
from server.corrections import accept
from server.db import reading, transaction
from server.derived import VisitRow
from server.facts import ChargeRow, EntryRow, ExplainedRow
from server.first_day import take
from server.lost_entries import make, show
from server.rebuild import rebuild
from server.register import TariffRow
from tests.server.box import Box, book, notice, paid, reference
from tests.server.rows import ledger_sum, rows
from tests.server.test_lost_entries import CAR, LOST
from tests.server.test_pairings import lets_out

TABLES = (VisitRow, ChargeRow, EntryRow, ExplainedRow)


def test_a_rebuild_replays_corrections_lost_entries_and_the_first_day(engine: Engine) -> None:
    start = datetime.now(UTC) - timedelta(hours=8)
    box, visit = Box(), reference(1)
    with transaction(engine) as session:
        session.add(TariffRow(site="SPS", code=LOST.code, since=LOST.since, body=encode(LOST).decode()))
    there = box.arrives(visit, start)
    passage, facts = lets_out(box, start + timedelta(hours=3), "24A1237B")
    other, later = lets_out(box, start + timedelta(hours=4), "51K99999")
    book(engine, *there, *facts, *later)
    paid(engine, notice(1, visit), datetime.now(UTC))
    with reading(engine) as session:
        found = pairings.find(session, "SPS", datetime.now(UTC))
    with transaction(engine) as session:
        pairings.write(session, found, datetime.now(UTC))
        accept(session, passage, visit, "lan", "same car", datetime.now(UTC))
    approach = facts_approach(engine, other)
    since = (start - timedelta(days=1)).isoformat()
    with transaction(engine) as session:
        show(session, "SPS", approach, "lan", datetime.now(UTC), plates=True)
        make(session, "SPS", approach, CAR, "lan", "nobody's car", datetime.now(UTC))
        pairings.bind_lost(session, datetime.now(UTC))
        text = f"plate,class,since\n24A05678,CAR9,{since}\n"
        inside = take(session, "SPS", "a.csv", text.encode(), "lan", datetime.now(UTC)).visits[0]
    leaving = datetime.now(UTC)
    book(engine, *box.is_priced(inside, start - timedelta(days=1), leaving), *box.leaves(inside, leaving))
    before = {table: rows(engine, table) for table in TABLES}
    assert [row["visit"] for row in before[VisitRow] if row["left_at"] is None] == []
    assert len(before[ChargeRow]) == 3
    rebuild(engine)
    assert {table: rows(engine, table) for table in TABLES} == before
    assert ledger_sum(engine) == 0


def facts_approach(engine: Engine, passage: str) -> str:
    """The approach of a passage, as the centre finds it."""
    with reading(engine) as session:
        trouble = troubled.look(session, "SPS", datetime.now(UTC))
    return next(each.approach for each in trouble.exits if each.passage == passage)
