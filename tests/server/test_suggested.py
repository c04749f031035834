"""What is proposed about a finding: shown before it is done, and then just that."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, func
from sqlmodel import Session, SQLModel, select

from gate.findings import Code
from server import ledger, receiving, suggested
from server.auth import audit
from server.db import reading, transaction
from server.derived import FindingRow
from server.facts import AuditRow, EntryRow, PaymentRow
from server.facts_day import WorkRow
from server.facts_money import DecisionRow, WordRow
from server.facts_visits import CorrectionRow, PairingWordRow
from server.findings import sync
from server.money_rules import NotYours
from server.suggested import Accepted, Change, Doing, Stay, Suggested
from tests.server.box import MORNING, Box, book, notice, paid, reference
from tests.server.money import HOA, LAN, MINH, RULES
from tests.server.test_pairings import EVENING, HOUR, NOON, proposed, troubled

__all__ = ["troubled"]
NOTE = "looked at both pictures"


def case(session: Session, code: Code) -> FindingRow:
    """The one open finding of this code."""
    return session.exec(select(FindingRow).where(FindingRow.code == code, FindingRow.closed_at == None)).one()  # noqa: E711


def counted(session: Session) -> list[int]:
    """How many rows there are of what could be left behind."""
    tables: list[type[SQLModel]] = [
        AuditRow, CorrectionRow, DecisionRow, EntryRow, PairingWordRow, WordRow, WorkRow
    ]  # fmt: skip
    return [session.exec(select(func.count()).select_from(table)).one() for table in tables]


@pytest.fixture
def matched(troubled: tuple[Engine, str, str]) -> tuple[Engine, str, str]:
    """A proposal on the screens."""
    engine, passage, visit = troubled
    proposed(engine)
    with transaction(engine) as session:
        sync(session, "SPS", EVENING)
    return engine, passage, visit


def test_what_a_match_would_do_is_shown_and_nothing_of_it_stays(matched: tuple[Engine, str, str]) -> None:
    engine, passage, visit = matched
    with transaction(engine) as session:
        it = suggested.suggestion(session, case(session, Code.MATCH_PROPOSED))
        assert it is not None
        assert (it.doing, it.visit, it.passage, it.before, it.amount) == (Doing.MATCH, visit, passage, "", 30_000)
        assert it.chance is not None
        assert it.chance > 0.9
        before = counted(session)
        shown = suggested.effect(session, it, MINH, RULES, NOTE, EVENING)
        assert counted(session) == before
        audit(session, "minh", "looked", "", EVENING, {})  # the chain goes on
    after = Stay(30_000, 30_000, NOON)
    assert shown.changes == (Change(visit, Stay(None, 0, None), after),)
    assert (shown.refused, shown.missing) == ("", 0)
    with transaction(engine) as session:
        row = case(session, Code.MATCH_PROPOSED)
        assert suggested.accept(session, row, it, MINH, RULES, NOTE, EVENING) == Accepted((), 0)
    with reading(engine) as session:
        assert ledger.owed(session, visit) == 30_000
        assert session.get_one(FindingRow, (row.code, row.subject)).closed_at == EVENING
        assert suggested.suggestion(session, row) is None
        (word,) = session.exec(select(WorkRow)).all()
        assert (word.what, word.by, word.note) == ("accept", "minh", NOTE)


def test_what_cannot_be_done_is_shown_as_its_refusal(matched: tuple[Engine, str, str]) -> None:
    engine, passage, visit = matched
    gone = Suggested(Doing.MATCH, reference(2), 0, passage=passage)
    with transaction(engine) as session:
        before = counted(session)
        shown = suggested.effect(session, gone, MINH, RULES, NOTE, EVENING)
        assert (shown.changes, counted(session)) == ((), before)
    assert f"nobody proposed that passage {passage}" in shown.refused
    assert visit not in shown.refused


def test_a_match_that_moved_a_stay_shows_both(matched: tuple[Engine, str, str]) -> None:
    engine, passage, visit = matched
    paid(engine, notice(1, f"GUI XE {visit}", 30_000), NOON + HOUR)
    with transaction(engine) as session:
        it = suggested.suggestion(session, case(session, Code.MATCH_PROPOSED))
        assert it is not None
        shown = suggested.effect(session, it._replace(before=reference(2)), MINH, RULES, NOTE, EVENING)
        assert [change.visit for change in shown.changes] == [visit, reference(2)]
        assert shown.changes[0].after == Stay(30_000, 0, NOON)
        assert shown.changes[1].before == shown.changes[1].after
        row = case(session, Code.MATCH_PROPOSED)
        assert suggested.accept(session, row, it, MINH, RULES, NOTE, EVENING).freed == (("SPS", visit),)
    assert passage == it.passage


@pytest.fixture
def twice(engine: Engine) -> Engine:
    """A stay that was paid, and paid again."""
    box, visit, now = Box(), reference(1), datetime.now(UTC)
    book(engine, *box.arrives(visit, now - HOUR), *box.is_priced(visit, now - HOUR, now))
    for number in (1, 2):
        paid(engine, notice(number, f"GUI XE {visit}", 30_000), now)
    with transaction(engine) as session:
        sync(session, "SPS", datetime.now(UTC))
    return engine


def test_a_refund_that_a_rule_proposed_needs_two_persons(twice: Engine) -> None:
    now = datetime.now(UTC)
    with transaction(twice) as session:
        row = case(session, Code.PAID_TWICE)
        it = suggested.suggestion(session, row)
        assert it is not None
        assert (it.doing, it.payment, it.amount) == (Doing.REFUND, "sepay:2", 30_000)
        assert suggested.effect(session, it, LAN, RULES, NOTE, now).missing == 1
        assert suggested.accept(session, row, it, LAN, RULES, NOTE, now).missing == 1
        assert row.closed_at is None, "it waits for the second"
    with transaction(twice) as session:
        row = case(session, Code.PAID_TWICE)
        again = suggested.suggestion(session, row)
        assert again == it
        assert "has spoken already" in suggested.effect(session, it, LAN, RULES, NOTE, now).refused
        with pytest.raises(NotYours):
            suggested.accept(session, row, it, LAN, RULES, NOTE, now)
        assert suggested.accept(session, row, it, HOA, RULES, NOTE, now).missing == 0
        assert row.closed_at == now


def test_money_with_a_slip_is_proposed_for_the_one_stay_that_it_can_be_for(engine: Engine) -> None:
    box, visit, now = Box(), reference(1), datetime.now(UTC)
    book(engine, *box.arrives(visit, now - HOUR), *box.is_priced(visit, now - HOUR, now))
    wrong = visit[:-1] + ("A" if visit[-1] != "A" else "C")
    paid(engine, notice(1, f"GUI XE {wrong}", 30_000), now)
    with transaction(engine) as session:
        sync(session, "SPS", datetime.now(UTC))
        row = case(session, Code.PAYMENT_UNKNOWN)
        it = suggested.suggestion(session, row)
        assert it == Suggested(Doing.SETTLE, visit, 30_000, payment="sepay:1")
        shown = suggested.effect(session, it, LAN, RULES, NOTE, now)
        assert shown.changes == (Change(visit, Stay(None, 0, None), Stay(30_000, 0, None)),)
        assert suggested.accept(session, row, it, LAN, RULES, NOTE, now) == Accepted((("SPS", visit),), 0)


def test_money_that_could_be_for_two_stays_is_proposed_for_none(engine: Engine) -> None:
    box, first, now = Box(), reference(1), datetime.now(UTC)
    meant = [first[:-1] + last for last in "ACE" if last != first[-1]][:2]
    for visit in meant:
        book(engine, *box.arrives(visit, now - HOUR), *box.is_priced(visit, now - HOUR, now))
    wrong = first[:-1] + next(last for last in "HKN" if last != first[-1])
    paid(engine, notice(1, f"GUI XE {wrong}", 30_000), now)
    with transaction(engine) as session:
        sync(session, "SPS", datetime.now(UTC))
        payment = session.exec(select(PaymentRow)).one()
        assert len(receiving.likely(session, payment)) == 2
        assert suggested.suggestion(session, case(session, Code.PAYMENT_UNKNOWN)) is None


def test_nothing_is_proposed_where_a_person_must_find_out(engine: Engine) -> None:
    paid(engine, notice(1, "tiền gửi xe", 50_000), MORNING)
    with transaction(engine) as session:
        sync(session, "SPS", MORNING + HOUR)
        row = case(session, Code.PAYMENT_UNKNOWN)
        assert suggested.suggestion(session, row) is None
        row.subject = "nobody's"
        assert suggested.suggestion(session, row) is None
        session.expunge(row)
