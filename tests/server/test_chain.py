"""From each fact to the next: stay, passage, opening; payment, notice, settlement, bank line; what a line proves."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from server import chain
from server.db import reading
from server.facts import EntryRow, PassageRow
from server.facts_bank import BankLineRow
from server.money_rules import NoSuch
from simulator.statements import Moved
from tests.server.bankworld import at, contract, feed, gateway, line, settle, statement, taken, told
from tests.server.box import MORNING, Box, book, notice, paid, reference

ON = date(2026, 11, 23)
HOUR = timedelta(hours=1)
VISIT = reference(1)


@pytest.fixture
def stayed(engine: Engine) -> Engine:
    """A car that came, paid by transfer, left, and whose money is on the bank's statement."""
    box = Box()
    book(engine, *box.stays(VISIT, MORNING, MORNING + HOUR))
    told(engine, feed(1, 30_000, MORNING + HOUR, VISIT), MORNING + HOUR)
    statement(engine, [line(1, 30_000, ON, VISIT)], at(ON, 20))
    return engine


def test_a_stay_leads_to_its_lanes_and_its_charge(stayed: Engine) -> None:
    with reading(stayed) as session:
        found = chain.stay(session, VISIT)
        assert found is not None
        assert [each["direction"] for each in found.passages] == ["in", "out"]
        assert {each["opening"] for each in found.openings} == {each["opening"] for each in found.passages}
        assert sum(each["total"] for each in found.charges) == 30_000
        first = chain.passage(session, found.passages[0]["passage"])
        assert first["visit"] == VISIT
        assert chain.opening(session, first["opening"])["reason"] == "admitted"


def test_a_payment_leads_to_its_bank_line_and_back(stayed: Engine) -> None:
    with reading(stayed) as session:
        found = chain.money(session, "sepay:1")
        assert found is not None
        assert [each["amount"] for each in found.lines] == [30_000]
        proven = chain.bank_line(session, found.lines[0]["digest"])
        assert [(each["kind"], each["subject"], each["amount"]) for each in proven["proves"]] == [
            ("payment", "sepay:1", 30_000)
        ]
        keys = session.exec(select(EntryRow.key).where(EntryRow.kind == "banked")).all()
        entry = chain.entry(session, keys[0])
        assert entry["digest"] == found.lines[0]["digest"]
        assert sum(each["amount"] for each in entry["postings"]) == 0


def test_a_notice_is_shown_without_its_words(engine: Engine) -> None:
    paid(engine, notice(7, "CHUYEN TIEN NGUYEN VAN A"), MORNING)
    with reading(engine) as session:
        found = chain.money(session, "sepay:7")
    assert found is not None
    assert found.notice is not None
    assert found.notice["bytes"] > 0
    assert "NGUYEN" not in repr(found)


def test_a_gateways_payment_leads_through_its_settlement_to_the_bank(engine: Engine) -> None:
    contract(engine)
    for n in (1, 2):
        told(engine, gateway(n, 100_000, at(ON, 9, n), reference(n)))
    settle(engine, [taken(n, 100_000, at(ON, 9, n), ON) for n in (1, 2)], at(ON, 20))
    with reading(engine) as session:
        session_of = chain.settlement(session, "vnpay", f"VN{ON:%Y%m%d}")
    assert (session_of.lines, session_of.net) == (2, session_of.gross - session_of.fee - session_of.fee_vat)
    next_day = ON + timedelta(days=1)
    text = f"VNPAY thanh toan phien VN{ON:%Y%m%d}"
    statement(engine, [Moved(next_day, session_of.net, "PAYOUT1", text)], at(next_day, 20))
    with reading(engine) as session:
        found = chain.money(session, "vnpay:14220001")
        assert found is not None
        assert [each["settlement_id"] for each in found.settlements] == [f"VN{ON:%Y%m%d}"]
        assert [each["amount"] for each in found.lines] == [session_of.net]
        proven = chain.bank_line(session, found.lines[0]["digest"])
        assert sum(each["amount"] for each in proven["proves"]) == proven["amount"] == session_of.net
        assert chain.settlement(session, "vnpay", f"VN{ON:%Y%m%d}").bank == found.lines


def test_an_unknown_line_says_so(engine: Engine) -> None:
    statement(engine, [Moved(ON, 77_000, "X1", "khong ro")], at(ON, 20))
    with reading(engine) as session:
        digest = session.exec(select(BankLineRow.digest)).one()
        found = chain.bank_line(session, digest)
    assert (found["told"], found["proves"], found["file"]) == (None, [], "cashup.xlsx")


def test_what_is_not_there_is_said(engine: Engine) -> None:
    with reading(engine) as session:
        assert chain.stay(session, "nobody") is None
        assert chain.money(session, "sepay:404") is None
        for look in (chain.passage, chain.opening, chain.entry, chain.bank_line):
            with pytest.raises(NoSuch, match="there is no"):
                look(session, "nobody")
        with pytest.raises(NoSuch, match="no settlement"):
            chain.settlement(session, "vnpay", "none")


def test_a_passage_that_was_explained_later_is_its_stays(engine: Engine) -> None:
    box = Box()
    book(engine, *box.arrives(VISIT, MORNING))
    with reading(engine) as session:
        passage = session.exec(select(PassageRow)).one()
        assert chain.passage(session, passage.passage)["visit"] == VISIT
        assert isinstance(chain.passage(session, passage.passage)["happened_at"], datetime)
