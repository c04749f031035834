"""What one person's word has put aside on a statement stays a case until a second person has looked."""

from datetime import date

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from gate.findings import Code
from gate.working import DISMISSABLE
from server.db import transaction
from server.facts_bank import BankLineRow
from server.proving import explain
from simulator.statements import Moved
from tests.server.bankworld import at, contract, open_cases, settle, statement, taken

ON, NEXT = date(2026, 11, 23), date(2026, 11, 24)


def _explained(engine: Engine, meaning: str) -> str:
    with transaction(engine) as session:
        digest = session.exec(select(BankLineRow.digest)).one()
        explain(session, digest, meaning, "lan", "theo ngân hàng", at(date(2026, 11, 25)))
    return f"line:{digest}"


@pytest.mark.parametrize(
    ("amount", "meaning", "code"),
    [(9_000_000, "other", Code.SETTLEMENT_DIFFERS), (-9_000_000, "fee", Code.FEE_DIFFERS)],
)
def test_a_line_that_one_person_put_aside_is_a_case(sqlite: Engine, amount: int, meaning: str, code: Code) -> None:
    statement(sqlite, [Moved(ON, amount, "R1", "chuyen tien")], at(NEXT), opening=10_000_000)
    subject = _explained(sqlite, meaning)
    (case,) = open_cases(sqlite)[code]
    assert (case.subject, case.amount) == (subject, 9_000_000)
    assert code in DISMISSABLE


def test_what_is_over_a_payout_is_a_case(sqlite: Engine) -> None:
    contract(sqlite)
    settle(sqlite, [taken(1, 1_000_000, at(ON), ON)], at(NEXT))
    statement(sqlite, [Moved(NEXT, 9_000_000, "R1", "tien la")], at(date(2026, 11, 25)))
    subject = _explained(sqlite, f"payout:vnpay:VN{ON:%Y%m%d}")
    net = 1_000_000 - 8_000 - 800
    assert [(case.subject, case.amount) for case in open_cases(sqlite)[Code.SETTLEMENT_DIFFERS]] == [
        (subject, 9_000_000 - net)
    ]
