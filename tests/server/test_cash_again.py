"""A rebuild books cash and the counts of tills once more: the same payments, charges and postings."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from gate.ledger import LedgerAccount
from server.books import balance
from server.db import reading, transaction
from server.derived import VisitRow
from server.facts import ChargeRow, EntryRow, PaymentRow, PostingRow
from server.rebuild import RebuildDiffers, rebuild
from tests.server.box import notice, paid, reference
from tests.server.rows import ledger_sum, rows
from tests.server.test_shifts import BEGAN, HOUR, begun, ends, owing, takes

TABLES = (VisitRow, ChargeRow, PaymentRow, EntryRow, PostingRow)


def a_shift(engine: Engine) -> str:
    """Cash for two visits, one of them in two parts, and a count that is 1,000 short."""
    owing(engine, 1, 2, 3)
    with transaction(engine) as session:
        shift = begun(session)
        takes(session, shift, 1, now=BEGAN + 2 * HOUR)
        takes(session, shift, 2, 10_000, now=BEGAN + 3 * HOUR)
    paid(engine, notice(3, reference(3)), BEGAN + 3 * HOUR + timedelta(minutes=1))
    with transaction(engine) as session:
        takes(session, shift, 2, 20_000, now=BEGAN + 4 * HOUR)
        ends(session, shift, 259_000, left=200_000, note="thiếu 1.000")
    return shift


def test_a_rebuild_replays_cash_and_counts(engine: Engine) -> None:
    a_shift(engine)
    before = {table: rows(engine, table) for table in TABLES}
    assert [row["provider"] for row in before[PaymentRow]].count("cash") == 3
    rebuild(engine)
    assert {table: rows(engine, table) for table in TABLES} == before
    assert ledger_sum(engine) == 0
    with reading(engine) as session:
        assert balance(session, "SPS", LedgerAccount.TILL) == 59_000
        assert balance(session, "SPS", LedgerAccount.RECEIVABLE) == 0


def test_cash_of_no_receipt_is_found_by_a_rebuild(sqlite: Engine) -> None:
    a_shift(sqlite)
    with sqlite.begin() as connection:
        connection.execute(text("UPDATE payment SET amount = 40000 WHERE provider = 'cash' AND amount = 30000"))
    with pytest.raises(RebuildDiffers, match="payment"):
        rebuild(sqlite)
