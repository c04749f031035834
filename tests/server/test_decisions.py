"""What people decide: whose word counts, how many it needs, once, and back again where no money has left."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from gate.ledger import LedgerAccount
from server import effects, ledger, refunds
from server.db import reading, transaction
from server.effects import Kind
from server.facts import AuditRow, EntryRow
from server.facts_money import DecisionRow, WordRow
from server.money_rules import Impossible, NoSuch, NotYours, Speaker
from server.rebuild import rebuild
from server.roles import Role
from tests.server.box import MORNING, Box, book, notice, paid, reference
from tests.server.money import HOA, LAN, MINH, TAM, agreed, balances, check, decided, refunded
from tests.server.rows import rows

FIRST, SECOND = reference(1), reference(2)
HOUR = timedelta(hours=1)
A = LedgerAccount


@pytest.fixture
def owing(engine: Engine) -> Engine:
    """Two stays at the exit that owe 30.000 each, and 50.000 for nobody."""
    box = Box()
    for visit in (FIRST, SECOND):
        book(engine, *box.arrives(visit, MORNING), *box.is_priced(visit, MORNING, MORNING + HOUR))
    paid(engine, notice(1, "tiền gửi xe", 50_000), datetime.now(UTC))
    return engine


def owed(engine: Engine, visit: str) -> int:
    with reading(engine) as session:
        return ledger.owed(session, visit)


def test_settle_pays_the_stay_and_frees_it(owing: Engine) -> None:
    done = decided(owing, Kind.SETTLE, payment="sepay:1", to_visit=FIRST)
    assert (done.missing, done.freed) == (0, (("SPS", FIRST),))
    assert (owed(owing, FIRST), balances_of(owing)[A.SUSPENSE]) == (0, -20_000)
    with pytest.raises(Impossible, match="nothing to settle"):
        decided(owing, Kind.SETTLE, payment="sepay:1", to_visit=FIRST)
    check(owing)


def balances_of(engine: Engine) -> dict[str, int]:
    with reading(engine) as session:
        return balances(session)


def test_credit_takes_from_one_stay_what_it_has_too_much(owing: Engine) -> None:
    paid(owing, notice(2, FIRST, 60_000), datetime.now(UTC))
    with pytest.raises(Impossible, match="credit it"):
        decided(owing, Kind.SETTLE, payment="sepay:2", to_visit=SECOND)
    with pytest.raises(Impossible, match="settle it"):
        decided(owing, Kind.CREDIT, payment="sepay:1", to_visit=SECOND)
    assert decided(owing, Kind.CREDIT, payment="sepay:2", to_visit=SECOND).freed == (("SPS", SECOND),)
    agreed(owing, "rule:refund:sepay:2", HOA)
    with pytest.raises(Impossible, match="only 0 of sepay:2 waits"):  # the rule's proposal has nothing left
        agreed(owing, "rule:refund:sepay:2", LAN)
    check(owing)


@pytest.mark.parametrize(("kind", "account"), [(Kind.WAIVE, A.WAIVED), (Kind.WRITE_OFF, A.WRITTEN_OFF)])
def test_a_debt_is_given_up_by_two_different_persons(owing: Engine, kind: Kind, account: LedgerAccount) -> None:
    done = decided(owing, kind, visit=FIRST)
    assert done.missing == 1
    assert account not in balances_of(owing)
    with pytest.raises(NotYours, match="another person"):
        agreed(owing, done.decision, LAN)
    assert agreed(owing, done.decision).freed == (("SPS", FIRST),)
    assert balances_of(owing)[account] == 30_000
    with pytest.raises(Impossible, match="taken effect"):
        agreed(owing, done.decision, MINH)
    check(owing)


@pytest.mark.parametrize("who", [TAM, Speaker("root", Role.ADMINISTRATOR), Speaker("q", Role.MANAGER)])
def test_nobody_decides_beyond_the_limit_of_their_role(owing: Engine, who: Speaker) -> None:
    paid(owing, notice(3, "?", 3_000_000), datetime.now(UTC))
    before = rows(owing, DecisionRow)
    with pytest.raises(NotYours, match="VND at most"):
        decided(owing, Kind.REFUND, who, payment="sepay:3")
    first = decided(owing, Kind.REFUND, payment="sepay:3")
    with pytest.raises(NotYours, match="VND at most"):
        agreed(owing, first.decision, who)
    assert len(rows(owing, DecisionRow)) == len(before) + 1
    assert rows(owing, WordRow) == []


def test_a_refusal_is_for_ever(owing: Engine) -> None:
    done = decided(owing, Kind.WAIVE, visit=FIRST)
    assert agreed(owing, done.decision, agrees=False).refused
    with pytest.raises(Impossible, match="was refused"):
        agreed(owing, done.decision, MINH)
    assert owed(owing, FIRST) == 0  # quoted only: nothing was posted
    assert A.WAIVED not in balances_of(owing)


def test_what_was_decided_is_undone_by_another_decision(owing: Engine) -> None:
    settled = decided(owing, Kind.SETTLE, payment="sepay:1", to_visit=FIRST)
    decided(owing, Kind.UNDO, HOA, undoes=settled.decision)
    assert (owed(owing, FIRST), balances_of(owing)[A.SUSPENSE]) == (30_000, -50_000)
    with pytest.raises(Impossible, match="undone already"):
        decided(owing, Kind.UNDO, undoes=settled.decision)
    check(owing)


def test_a_refund_is_undone_only_while_the_money_is_here(owing: Engine) -> None:
    name = refunded(owing, "sepay:1", amount=20_000)
    decision = next(row["decision"] for row in rows(owing, DecisionRow))
    undone = decided(owing, Kind.UNDO, undoes=decision)
    assert undone.missing == 1, "two persons made it, two take it back"
    with pytest.raises(Impossible, match="waits for another"):
        decided(owing, Kind.UNDO, HOA, undoes=decision)
    assert agreed(owing, undone.decision).missing == 0
    with transaction(owing) as session:
        assert refunds.open_refunds(session) == []
        assert not refunds.close(session, name, 20_000, MORNING, "line", MORNING), "it was taken back"
    again = refunded(owing, "sepay:1", amount=20_000)
    assert again != name
    with transaction(owing) as session:
        assert refunds.close(session, again, 20_000, MORNING, "line", MORNING)
    sent = next(
        row["decision"] for row in rows(owing, DecisionRow) if row["decision"] not in {decision, undone.decision}
    )
    with pytest.raises(Impossible, match="has left"):
        decided(owing, Kind.UNDO, undoes=sent)
    check(owing)


def test_a_settlement_whose_money_went_back_is_not_undone(owing: Engine) -> None:
    settled = decided(owing, Kind.SETTLE, payment="sepay:1", to_visit=FIRST)
    refunded(owing, "sepay:1", to_visit=FIRST)
    with pytest.raises(Impossible, match="still settles"):
        decided(owing, Kind.UNDO, undoes=settled.decision)
    check(owing)


def test_a_chargeback_is_contested_or_accepted(owing: Engine) -> None:
    paid(owing, notice(2, FIRST), datetime.now(UTC))
    with pytest.raises(NoSuch, match="no chargeback"):
        decided(owing, Kind.ACCEPT, payment="sepay:2")
    for new in (True, False):
        with transaction(owing) as session:
            assert effects.charged_back(session, "sepay:2", MORNING, "lan", "khách khiếu nại", MORNING) == new
    decided(owing, Kind.CONTEST, payment="sepay:2")
    assert owed(owing, FIRST) == 0
    accepted = decided(owing, Kind.ACCEPT, payment="sepay:2")
    agreed(owing, accepted.decision)
    assert owed(owing, FIRST) == 30_000
    with pytest.raises(Impossible, match="accepted already"):
        decided(owing, Kind.ACCEPT, payment="sepay:2")
    check(owing)


@pytest.mark.parametrize(("meanwhile", "waits"), [(0, 20_000), (10_000, 30_000), (30_000, 50_000)])
def test_a_refund_off_a_stay_that_is_undone_settles_it_again(owing: Engine, meanwhile: int, waits: int) -> None:
    decided(owing, Kind.SETTLE, payment="sepay:1", to_visit=FIRST)
    refunded(owing, "sepay:1", to_visit=FIRST)
    assert owed(owing, FIRST) == 30_000
    if meanwhile:
        paid(owing, notice(2, FIRST, meanwhile), datetime.now(UTC))
    decision = next(row["decision"] for row in rows(owing, DecisionRow) if row["kind"] == Kind.REFUND)
    assert agreed(owing, decided(owing, Kind.UNDO, undoes=decision).decision).freed == (("SPS", FIRST),)
    assert (owed(owing, FIRST), balances_of(owing)[A.SUSPENSE]) == (0, -waits)
    with reading(owing) as session:
        assert ledger.settled_by(session, "sepay:1").get(FIRST, 0) == 30_000 - meanwhile
    check(owing)
    rebuild(owing)


@pytest.mark.parametrize(
    ("kind", "named", "why"),
    [
        (Kind.SETTLE, {"payment": "sepay:9", "to_visit": FIRST}, "no payment sepay:9"),
        (Kind.SETTLE, {"payment": "sepay:1", "to_visit": reference(9)}, "no visit"),
        (Kind.SETTLE, {"payment": "sepay:1", "to_visit": FIRST, "amount": 40_000}, "only 30000 is owed"),
        (Kind.REFUND, {"payment": "sepay:1", "amount": 50_001}, "only 50000 of sepay:1 waits"),
        (Kind.REFUND, {"payment": "sepay:1", "to_visit": FIRST, "amount": 1}, "only 0 of sepay:1 settles"),
        (Kind.WAIVE, {"visit": FIRST, "amount": 30_001}, "only 30000 is owed"),
        (Kind.WAIVE, {"visit": FIRST, "note": "x"}, "say why"),
        (Kind.UNDO, {"undoes": "nothing"}, "no decision nothing"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason_and_leaves_nothing(
    owing: Engine, kind: Kind, named: dict[str, Any], why: str
) -> None:
    before = [rows(owing, table) for table in (DecisionRow, EntryRow, AuditRow)]
    with pytest.raises((Impossible, NoSuch), match=why):
        decided(owing, kind, **named)
    assert [rows(owing, table) for table in (DecisionRow, EntryRow, AuditRow)] == before
