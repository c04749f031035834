"""A decision is taken back by as many persons as made it, and not where a close or another decision stands on it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from server import ledger, stay_changes, waiting_words
from server.days.spans import local_date
from server.db import reading, transaction
from server.effects import Kind
from server.facts_day import CloseRow
from server.money_rules import Impossible, NotYours
from server.rebuild import rebuild
from server.register import UserRow
from server.stay_changes import Change
from tests.server.box import MORNING, Box, book, notice, paid, reference
from tests.server.money import HOA, LAN, agreed, check, decided, refunded

VISIT = reference(1)
LATER = MORNING + timedelta(hours=1)


@pytest.fixture
def owing(engine: Engine) -> Engine:
    """A stay at the exit that owes 30.000, and 50.000 for nobody."""
    box = Box()
    book(engine, *box.arrives(VISIT, MORNING), *box.is_priced(VISIT, MORNING, LATER))
    paid(engine, notice(1, "tiền gửi xe", 50_000), datetime.now(UTC))
    return engine


def owed(engine: Engine) -> int:
    with reading(engine) as session:
        return ledger.owed(session, VISIT)


def missing(engine: Engine, decision: str) -> int:
    with reading(engine) as session:
        rows = session.connection().execute(waiting_words.MADE).all()
    return int(next(row.missing for row in rows if row.decision == decision))


def waived(engine: Engine) -> str:
    done = decided(engine, Kind.WAIVE, visit=VISIT)
    assert agreed(engine, done.decision).missing == 0
    return done.decision


def test_a_waiver_is_taken_back_by_two_and_the_stay_owes_again(owing: Engine) -> None:
    waiver = waived(owing)
    undo = decided(owing, Kind.UNDO, HOA, undoes=waiver)
    assert (undo.missing, missing(owing, undo.decision), owed(owing)) == (1, 1, 0)
    with pytest.raises(NotYours, match="another person"):
        agreed(owing, undo.decision, HOA)
    assert agreed(owing, undo.decision, LAN).missing == 0
    assert (missing(owing, undo.decision), owed(owing)) == (0, 30_000)
    check(owing)
    rebuild(owing)
    assert owed(owing) == 30_000


def test_what_waits_to_be_undone_still_counts_against_a_limit(owing: Engine) -> None:
    with transaction(owing) as session:
        row = UserRow(name="lan", role=LAN.role, password="", created_at=MORNING, limit_vnd=25_000)
        session.add(row)
    waiver = decided(owing, Kind.WAIVE, visit=VISIT, amount=20_000).decision
    agreed(owing, waiver)
    undo = decided(owing, Kind.UNDO, HOA, undoes=waiver).decision
    with pytest.raises(NotYours, match="25,000"):
        decided(owing, Kind.WAIVE, visit=VISIT, amount=10_000)
    agreed(owing, undo, LAN)
    assert decided(owing, Kind.WAIVE, visit=VISIT, amount=10_000).missing == 1


def test_what_a_closed_day_counted_stays(owing: Engine) -> None:
    settled = decided(owing, Kind.SETTLE, payment="sepay:1", to_visit=VISIT).decision
    today = local_date(datetime.now(UTC))
    closed(owing, today - timedelta(days=1))
    undo = decided(owing, Kind.UNDO, HOA, undoes=settled, note="nhầm xe")
    assert undo.missing == 0
    again = decided(owing, Kind.SETTLE, payment="sepay:1", to_visit=VISIT).decision
    closed(owing, today)
    with pytest.raises(Impossible, match="is closed at SPS"):
        decided(owing, Kind.UNDO, HOA, undoes=again)
    assert owed(owing) == 0


def test_a_refund_that_has_not_left_is_taken_back_after_its_day_is_closed(owing: Engine) -> None:
    done = decided(owing, Kind.REFUND, payment="sepay:1")
    agreed(owing, done.decision)
    closed(owing, local_date(datetime.now(UTC)))
    assert agreed(owing, decided(owing, Kind.UNDO, undoes=done.decision).decision).missing == 0
    check(owing)


def test_a_waiver_on_which_a_void_stands_is_not_taken_back(owing: Engine) -> None:
    waiver = waived(owing)
    with transaction(owing) as session:
        stay_changes.make(session, Change.VOID, VISIT, "", by="lan", note="quay đầu", now=datetime.now(UTC))
    with pytest.raises(Impossible, match=f"{VISIT} was voided"):
        decided(owing, Kind.UNDO, HOA, undoes=waiver)


def test_a_waiver_on_which_a_refund_stands_is_taken_back_after_it(owing: Engine) -> None:
    waiver = waived(owing)
    paid(owing, notice(2, VISIT), datetime.now(UTC))
    refunded(owing, "sepay:2")
    with pytest.raises(Impossible, match="undo that first") as told:
        decided(owing, Kind.UNDO, HOA, undoes=waiver)
    refund = str(told.value).split("the refund ")[1].split(" ")[0]
    agreed(owing, decided(owing, Kind.UNDO, undoes=refund).decision)
    assert agreed(owing, decided(owing, Kind.UNDO, undoes=waiver).decision).missing == 0
    assert owed(owing) == 30_000
    check(owing)


def closed(engine: Engine, on: date) -> None:
    """A close of the day is there."""
    row = CloseRow(
        site="SPS", on=on, body="{}", previous="", sha256="", signature="", closed_at=datetime.now(UTC), by="lan"
    )
    with transaction(engine) as session:
        session.add(row)
