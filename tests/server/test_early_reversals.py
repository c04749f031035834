"""A provider's word that it took money back may come before its word that there was any: the books end the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from gate.findings import Code
from server.db import reading, transaction
from server.facts import AnomalyRow, EntryRow, PaymentRow, PostingRow
from server.facts_money import TakenBackRow
from server.imports import keeping
from server.imports.keeping import File
from server.ledger import owed
from server.rebuild import rebuild
from server.waiting_money import expected
from simulator.providers.vnpay import Transaction
from simulator.statements import Taken, as_csv, settlement_table
from tests.server.box import MORNING, Box, book, reference
from tests.server.money import check
from tests.server.money_desk import TERMINAL, MoneyDesk
from tests.server.rows import rows

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(engine: Engine) -> MoneyDesk:
    """Two stays that owe 30.000 each, out of events: a rebuild knows them."""
    box = Box()
    for number in (1, 2):
        visit = reference(number)
        book(engine, *box.arrives(visit, MORNING), *box.is_priced(visit, MORNING, MORNING + HOUR))
    return MoneyDesk(engine)


def paid(desk: MoneyDesk, visit: str) -> Transaction:
    """Paid at the provider; we have not heard of it."""
    desk.vnpay_twin.pay(desk.url("vnpay", visit))
    return desk.vnpay_twin._paid[f"{visit}01"]  # noqa: SLF001 - the provider is made to err


def postings(desk: MoneyDesk, visit: str) -> list[tuple[str, str, int]]:
    """What was posted of a stay, without names and moments."""
    with reading(desk.engine) as session:
        found = select(EntryRow.kind, PostingRow.account, PostingRow.amount).join(
            PostingRow,
            PostingRow.key == EntryRow.key,  # type: ignore[arg-type] # a column's comparison
        )
        return sorted(session.exec(found.where(EntryRow.visit == visit)).all())


def taken_back(desk: MoneyDesk, visit: str) -> list[tuple[str, int, str, str]]:
    every = rows(desk.engine, TakenBackRow)
    return [(row["kind"], row["amount"], row["site"], row["note"]) for row in every if row["visit"] == visit]


def test_a_reversal_before_its_payment_ends_as_one_after_it(desk: MoneyDesk) -> None:
    for visit, statuses in ((reference(1), ("00", "04")), (reference(2), ("04", "00"))):
        done = paid(desk, visit)
        for status in (*statuses, *statuses):
            desk.told("vnpay", desk.vnpay_twin.told(done, status=status))
            desk.clock.wait(timedelta(seconds=1))
    assert [row["amount"] for row in rows(desk.engine, PaymentRow)] == [30_000, 30_000]
    assert postings(desk, reference(1)) == postings(desk, reference(2))
    assert taken_back(desk, reference(1)) == taken_back(desk, reference(2))
    with reading(desk.engine) as session:
        assert [owed(session, reference(number)) for number in (1, 2)] == [30_000, 30_000]
    assert [visit.visit for visit in desk.settled] == [reference(1)], "nobody leaves on money that went back"
    check(desk.engine)
    rebuild(desk.engine)


def test_a_payment_is_booked_after_the_reversal_that_waits_also_where_a_clock_went_back(desk: MoneyDesk) -> None:
    desk.clock.now = max(desk.clock(), datetime.now(UTC)) + HOUR
    done = paid(desk, reference(1))
    desk.told("vnpay", desk.vnpay_twin.told(done, status="04"))
    desk.clock.wait(-timedelta(minutes=5))
    desk.told("vnpay", desk.vnpay_twin.told(done))
    with reading(desk.engine) as session:
        assert owed(session, reference(1)) == 30_000
    rebuild(desk.engine)


def test_a_failed_attempt_takes_no_other_back(desk: MoneyDesk) -> None:
    """An attempt was debited and reversed, another at the same order went well: whichever is heard of first."""
    desk.clock.now = max(desk.clock(), datetime.now(UTC)) + HOUR
    for visit, reversed_first in ((reference(1), True), (reference(2), False)):
        done = paid(desk, visit)
        other = replace(done, number=f"9{done.number}")
        told = [desk.vnpay_twin.told(other, status="04"), desk.vnpay_twin.told(done)]
        for raw in told if reversed_first else told[::-1]:
            desk.told("vnpay", raw)
            desk.clock.wait(timedelta(seconds=1))
    with reading(desk.engine) as session:
        assert [owed(session, reference(number)) for number in (1, 2)] == [0, 0]
    assert postings(desk, reference(1)) == postings(desk, reference(2))
    (case,) = (row for row in rows(desk.engine, AnomalyRow) if row["code"] == Code.NOTICE_REFUSED)
    assert f"{reference(2)}01" in case["subject"], "paid, and another attempt reversed: somebody looks"
    rebuild(desk.engine)


def charged_back(desk: MoneyDesk, done: Transaction) -> None:
    """A settlement says so."""
    on = desk.clock().date()
    line = Taken(
        "VN1", on, desk.clock(), done.order, done.number, "CHARGEBACK", -30_000, 0, 0, "SPS", TERMINAL.terminal
    )
    raw = as_csv(settlement_table("vnpay", [line]))
    with transaction(desk.engine) as session:
        keeping.settlement_file(session, File("vnpay.csv", raw, "lan"), "vnpay", desk.clock())
    desk.clock.wait(timedelta(seconds=1))


def test_a_chargeback_of_a_settlement_waits_for_its_payment(desk: MoneyDesk) -> None:
    for number in (1, 2):
        done = paid(desk, reference(number))
        if number == 2:
            charged_back(desk, done)
            assert taken_back(desk, reference(2)) == []
        desk.told("vnpay", desk.vnpay_twin.told(done))
        desk.clock.wait(timedelta(seconds=1))
        if number == 1:
            charged_back(desk, done)
    assert taken_back(desk, reference(1)) == taken_back(desk, reference(2)) != []
    assert postings(desk, reference(1)) == postings(desk, reference(2))
    with reading(desk.engine) as session:
        cases = {each.visit for each in expected(session, "SPS", desk.clock()) if each.code is Code.CHARGEBACK}
    assert cases == {reference(1), reference(2)}
    rebuild(desk.engine)
