"""A person's limit is not passed in parts."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from server.effects import Kind
from server.money_rules import NotYours
from tests.server.box import notice, paid
from tests.server.money import HOA, MINH, agreed, decided

PART = 2_000_000


@pytest.fixture
def much(sqlite: Engine) -> Engine:
    """5,000,000 that wait; a manager's limit is 2,000,000."""
    paid(sqlite, notice(1, "tiền gửi xe", 5_000_000), datetime.now(UTC))
    return sqlite


def test_a_first_word_in_parts(much: Engine) -> None:
    decided(much, Kind.REFUND, MINH, payment="sepay:1", amount=PART)
    with pytest.raises(NotYours, match="at most"):
        decided(much, Kind.REFUND, MINH, payment="sepay:1", amount=PART)


def test_a_second_word_in_parts(much: Engine) -> None:
    first, second = (decided(much, Kind.REFUND, HOA, payment="sepay:1", amount=PART).decision for _ in range(2))
    agreed(much, first, MINH)
    with pytest.raises(NotYours, match="at most"):
        agreed(much, second, MINH)


def test_what_was_refused_does_not_count(much: Engine) -> None:
    agreed(much, decided(much, Kind.REFUND, MINH, payment="sepay:1", amount=PART).decision, HOA, agrees=False)
    decided(much, Kind.REFUND, MINH, payment="sepay:1", amount=PART)
