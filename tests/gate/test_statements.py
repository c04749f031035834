"""What must hold of lines, statements and settlements, and fees under a contract."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.statements import (
    BankLine,
    BankStatement,
    FeeTerms,
    Rounding,
    Unsound,
    balanced,
    digests,
    fee_of,
    in_order,
)

ON = date(2026, 11, 23)


def line(number: int, amount: int = 30_000, balance: int | None = None, on: date = ON, text: str = "a") -> BankLine:
    """A line of a statement."""
    return BankLine(number, on, amount, "ref", text, balance)


@given(st.lists(st.integers(min_value=1, max_value=10**9), min_size=2, max_size=20), st.booleans())
def test_lines_come_in_the_order_that_their_balances_tell(amounts: list[int], newest_first: bool) -> None:  # noqa: FBT001
    stands, lines = 0, []
    for number, amount in enumerate(amounts):
        stands += amount
        lines.append(line(number, amount, stands))
    assert in_order(lines[::-1] if newest_first else lines) == tuple(lines)
    wrong = [*lines[:-1], lines[-1]._replace(balance=stands + 1)]
    with pytest.raises(Unsound, match="does not follow") as refused:
        in_order(wrong)
    assert refused.value.line == len(amounts) - 1


def test_without_balances_days_tell_the_order() -> None:
    lines = [line(1, on=date(2026, 11, 23)), line(2, on=date(2026, 11, 22))]
    assert [each.line for each in in_order(lines)] == [2, 1]
    assert in_order(()) == ()


def test_a_statement_adds_up_or_is_refused() -> None:
    good = BankStatement("1", (line(1), line(2, -10_000)), 5, 20_005)
    assert balanced(good) is good
    with pytest.raises(Unsound, match="not to the closing 20006"):
        balanced(good._replace(closing=20_006))
    assert balanced(good._replace(opening=None))


def test_equal_lines_of_a_day_have_their_own_names() -> None:
    once, more = digests("1", [line(1)]), digests("1", [line(7), line(9), line(9, text=" a ")])
    assert once[0] == more[0]
    assert len(set(more)) == 3
    assert digests("2", [line(1)]) != once
    for other in (line(1, 1), line(1, text="b"), line(1, on=date(2026, 11, 22))):
        assert digests("1", [other]) != once


@pytest.mark.parametrize(
    ("rounding", "fee", "vat"), [(Rounding.HALF_UP, 101, 10), (Rounding.DOWN, 100, 10), (Rounding.UP, 101, 11)]
)
def test_a_fee_is_rounded_as_the_contract_says(rounding: Rounding, fee: int, vat: int) -> None:
    assert fee_of(FeeTerms(80, 0, 1_000, rounding), 12_563) == (fee, vat)
    assert fee_of(FeeTerms(80, 1_100, 0, rounding), 12_563) == (fee + 1_100, 0)
