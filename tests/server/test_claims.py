"""*Claimed paid*: within a limit, still owing, and a debt the next morning unless the money came."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import Engine

from gate.findings import Code, Expectation
from server import claims, ledger
from server.db import reading, transaction
from server.facts_money import ClaimRow
from server.money_rules import Impossible, MoneyRules, NoSuch
from server.reconcile import ZONE
from tests.server.box import MORNING, Box, book, notice, paid, reference
from tests.server.rows import rows

HOUR = timedelta(hours=1)
RULES = MoneyRules(claims=2, claims_vnd=100_000)


@pytest.fixture
def waiting(sqlite: Engine) -> Engine:
    """Four vehicles at the exit that owe 30.000 each."""
    box = Box()
    for number in range(1, 5):
        visit = reference(number)
        book(sqlite, *box.arrives(visit, MORNING), *box.is_priced(visit, MORNING, MORNING + HOUR))
    return sqlite


def claimed(engine: Engine, number: int, rules: MoneyRules = RULES, by: str = "tam") -> ClaimRow:
    with transaction(engine) as session:
        return claims.claim(session, "out-1", reference(number), by, "ảnh chuyển khoản", rules, MORNING + HOUR)


def expected(engine: Engine) -> list[Expectation]:
    with reading(engine) as session:
        return list(claims.expected(session, "SPS", datetime.now(UTC)))


def test_it_stays_owing_until_the_money_is_seen(waiting: Engine) -> None:
    made = claimed(waiting, 1)
    (claim,) = expected(waiting)
    assert (claim.code, claim.amount, claim.met_at) == (Code.CLAIMED_NOT_SEEN, 30_000, None)
    assert claim.due.astimezone(ZONE).isoformat() == "2026-11-24T06:00:00+07:00"
    assert made.shift == "SPS:2026-11-23"
    paid(waiting, notice(1, reference(1)), datetime.now(UTC))
    assert expected(waiting)[0].met_at is not None
    with reading(waiting) as session:
        assert ledger.owed(session, reference(1)) == 0


@pytest.mark.parametrize(
    ("local", "due"),
    [
        ("2026-11-23T05:59", "2026-11-23T06:00"),
        ("2026-11-23T06:00", "2026-11-24T06:00"),
        ("2026-11-23T23:59", "2026-11-24T06:00"),
    ],
)
def test_the_next_morning_is_at_six(local: str, due: str) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=ZONE)
    assert claims.next_morning(at) == datetime.fromisoformat(due).replace(tzinfo=ZONE)


def test_the_limits_of_a_shift_hold_for_each_attendant(waiting: Engine) -> None:
    claimed(waiting, 1)
    claimed(waiting, 2)
    with pytest.raises(Impossible, match="2 are allowed"):
        claimed(waiting, 3)
    with pytest.raises(Impossible, match="60,000 may be"):
        claimed(waiting, 3, msgspec.structs.replace(RULES, claims=9, claims_vnd=60_000))
    claimed(waiting, 3, by="huong")
    assert len(rows(waiting, ClaimRow)) == 3


def test_only_who_owes_and_is_there_is_let_out_once(waiting: Engine) -> None:
    claimed(waiting, 1)
    with pytest.raises(Impossible, match="claimed paid before"):
        claimed(waiting, 1)
    paid(waiting, notice(1, reference(2)), datetime.now(UTC))
    with pytest.raises(Impossible, match="owes nothing"):
        claimed(waiting, 2)
    with pytest.raises(NoSuch, match="no visit"):
        claimed(waiting, 99)
