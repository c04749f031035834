"""Files and words about bank lines that come at the same microsecond: the books add up, and a rebuild agrees."""

from datetime import date, timedelta

from sqlalchemy import Engine

from gate.ledger import LedgerAccount as A
from server.books import balance
from server.db import reading, transaction
from server.facts import EntryRow
from server.facts_bank import BankLineRow, ExplanationRow
from server.proving import explain
from server.rebuild import rebuild
from simulator.statements import Moved
from tests.server.bankworld import at, contract, settle, statement, taken
from tests.server.rows import ledger_sum, rows

ON, NEXT = date(2026, 11, 23), date(2026, 11, 24)
NOW = at(date(2026, 11, 25))


def test_a_line_told_unknown_and_explained_at_one_moment(engine: Engine) -> None:
    statement(engine, [Moved(ON, -9_000, "R1", "phi gi do")], NOW, opening=10_000)
    (line,) = rows(engine, BankLineRow)
    with transaction(engine) as session:
        explain(session, line["digest"], "fee", "lan", "theo ngân hàng", NOW)
    (told,) = rows(engine, ExplanationRow)
    assert told["at"] - line["recorded_at"] == timedelta(microseconds=1)
    assert {row["kind"] for row in rows(engine, EntryRow)} == {"bank_unknown", "undone", "banked"}
    with reading(engine) as session:
        assert [balance(session, "SPS", account) for account in (A.SUSPENSE, A.FEES, A.BANK)] == [0, 9_000, -9_000]
    assert ledger_sum(engine) == 0
    rebuild(engine)


def test_a_payout_and_its_settlement_at_one_moment(engine: Engine) -> None:
    contract(engine)
    net = 1_000_000 - 8_000 - 800
    statement(engine, [Moved(NEXT, net, "R1", f"VNPAY VN{ON:%Y%m%d}")], NOW)
    settle(engine, [taken(1, 1_000_000, at(ON), ON)], NOW)
    with reading(engine) as session:
        assert [balance(session, "SPS", account) for account in (A.SUSPENSE, A.PAYOUT, A.BANK)] == [0, 0, net]
    rebuild(engine)
