"""When a word of a person settles a finding."""

from itertools import permutations

import pytest

from gate.findings import Code
from gate.working import DISMISSABLE, Standing, What, Word, standings

OPENING, FAULT, PRICE = Code.OPENING_UNEXPLAINED, Code.DEVICE_FAULT, Code.PRICE_DIFFERS


def stands(*words: tuple[What, str], code: Code = FAULT, amount: int = 0) -> Standing:
    said = [Word(code, "X", what, by, amount) for what, by in words]
    return standings(said)[code, "X"]


def test_a_reason_settles_an_opening_and_nothing_else() -> None:
    assert stands((What.EXPLAIN, "lan"), code=OPENING).settled == 0
    assert stands((What.EXPLAIN, "lan"), code=PRICE).settled is None


def test_a_dismissal_settles_what_is_worth_nothing() -> None:
    assert stands((What.DISMISS, "lan")).settled == 0


@pytest.mark.parametrize(("people", "settled"), [(["lan"], None), (["lan", "lan"], None), (["lan", "minh"], 5_000)])
def test_money_needs_two_different_persons(people: list[str], settled: int | None) -> None:
    assert stands(*((What.DISMISS, by) for by in people), code=PRICE, amount=5_000).settled == settled


def test_reopening_takes_back_all_words_but_whose_it_is() -> None:
    words = [(What.TAKE, "lan"), (What.DISMISS, "lan"), (What.DISMISS, "minh"), (What.REOPEN, "hoa")]
    assert stands(*words, code=PRICE, amount=1) == Standing(taken_by="lan")
    again = [*words, (What.DISMISS, "lan")]
    assert stands(*again, code=PRICE, amount=1).settled is None, "the first person's word before does not count"


def test_findings_do_not_settle_one_another() -> None:
    said = [Word(FAULT, "X", What.DISMISS, "lan", 0), Word(FAULT, "Y", What.TAKE, "lan", 0)]
    for order in permutations(said):
        assert standings(order)[FAULT, "Y"].settled is None


def test_a_debt_is_never_dismissed() -> None:
    owed = {Code.LEFT_NOT_PAID, Code.PAYMENT_UNKNOWN, Code.NOT_IN_BANK, Code.LEDGER_UNBALANCED, Code.REFUND_OPEN}
    assert not owed & DISMISSABLE
