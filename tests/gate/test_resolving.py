"""Every payment ends in exactly one outcome, whatever the facts."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from gate.findings import Code
from gate.resolving import RULES, SETTLING, Naming, Outcome, Policy, Resolved, Situation, Sort, Stay, Told, resolve

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
AMOUNTS = (1, 10_000, 30_000, 50_000)
DELAYS = (timedelta(seconds=2), timedelta(days=3))
STAYS = (
    None,
    *(
        Stay(priced=priced, owed=owed if priced else 0, paid=paid, refunded=refunded, left_at=left, voided=voided)
        for priced, owed, paid, refunded, left, voided in product(
            (False, True), (0, 30_000), (0, 30_000), (0, 30_000), (None, AT - timedelta(hours=1)), (False, True)
        )
    ),
)
TOLD = tuple(
    Told(amount, AT, AT + delay, naming, at_home, sort)
    for amount, delay, naming, at_home, sort in product(AMOUNTS, DELAYS, Naming, (True, False), Sort)
)


def every() -> list[tuple[Told, Stay | None, Resolved]]:
    return [(told, stay, resolve(told, stay, Policy())) for told in TOLD for stay in STAYS]


def test_every_combination_has_exactly_one_outcome_and_every_row_of_the_table_is_reached() -> None:
    found = every()
    assert len(found) == len(TOLD) * len(STAYS) > 12_000
    assert {resolved.situation for _, _, resolved in found} == set(RULES) == set(Situation)
    for told, stay, resolved in found:
        assert resolved.outcome is RULES[resolved.situation].outcome
        assert resolved.settles + resolved.waits == (told.amount if told.sort is Sort.MONEY else 0)
        assert 0 <= resolved.settles <= (stay.owed if stay else 0)
        assert resolved.settles == 0 or resolved.situation in SETTLING
        if resolved.waits and resolved.situation is not Situation.EARLY:
            assert resolved.code, "money that nobody decided is a finding"
        if resolved.outcome is Outcome.SETTLE:
            assert (resolved.waits, resolved.short, resolved.code) == (0, 0, None)


def test_nothing_uncertain_is_ever_settled_by_a_rule() -> None:
    for told, stay, resolved in every():
        if resolved.settles:
            assert told.naming is Naming.SOUND
            assert told.at_home
            assert told.sort is Sort.MONEY
            assert stay is not None
            assert not stay.voided
            assert not stay.refunded


OWES = Stay(priced=True, owed=30_000)
PAID = Stay(priced=True, owed=0, paid=30_000)
SOON, LATER = AT + timedelta(seconds=2), AT + timedelta(days=3)
CASES = {
    Situation.ON_TIME: (Told(30_000, AT, SOON), OWES, Outcome.SETTLE, 30_000, 0, 0),
    Situation.LATE: (Told(30_000, AT, LATER), OWES, Outcome.SETTLE, 30_000, 0, 0),
    Situation.EARLY: (Told(30_000, AT, SOON), None, Outcome.WAITS, 0, 30_000, 0),
    Situation.AFTER_EXIT: (
        Told(30_000, AT, SOON),
        OWES._replace(left_at=AT - timedelta(1)),
        Outcome.SETTLE,
        30_000,
        0,
        0,
    ),
    Situation.UNDER: (Told(20_000, AT, SOON), OWES, Outcome.TOP_UP, 20_000, 0, 10_000),
    Situation.OVER: (Told(50_000, AT, SOON), OWES, Outcome.REFUND, 30_000, 20_000, 0),
    Situation.DOUBLE: (Told(30_000, AT, SOON), PAID, Outcome.REFUND, 0, 30_000, 0),
    Situation.NOT_OWED: (Told(30_000, AT, SOON), Stay(priced=True, owed=0), Outcome.REFUND, 0, 30_000, 0),
    Situation.VOIDED: (Told(9, AT, SOON), Stay(priced=False, owed=0, voided=True), Outcome.REFUND, 0, 9, 0),
    Situation.AFTER_REFUND: (Told(9, AT, SOON), OWES._replace(refunded=30_000), Outcome.WAITS, 0, 9, 30_000),
    Situation.UNKNOWN_REFERENCE: (Told(9, AT, SOON, Naming.NOTHING), None, Outcome.WAITS, 0, 9, 0),
    Situation.TYPED_WRONGLY: (Told(9, AT, SOON, Naming.SLIP), None, Outcome.WAITS, 0, 9, 0),
    Situation.WRONG_ACCOUNT: (Told(9, AT, SOON, at_home=False), OWES, Outcome.WAITS, 0, 9, 30_000),
    Situation.CLAIMED: (Told(30_000, AT, SOON, sort=Sort.CLAIM), OWES, Outcome.WAITS, 0, 0, 30_000),
    Situation.CHARGEBACK: (Told(30_000, AT, SOON, sort=Sort.CHARGEBACK), PAID, Outcome.WAITS, 0, 0, 0),
    Situation.REVERSED: (Told(30_000, AT, SOON, sort=Sort.REVERSAL), PAID, Outcome.TOP_UP, 0, 0, 30_000),
}


@pytest.mark.parametrize("situation", Situation)
def test_the_table(situation: Situation) -> None:
    told, stay, outcome, settles, waits, short = CASES[situation]
    resolved = resolve(told, stay, Policy())
    assert resolved[:2] == (situation, outcome)
    assert resolved[3:] == (settles, waits, short)


@pytest.mark.parametrize("over", [Outcome.REFUND, Outcome.CREDIT, Outcome.WAITS])
def test_a_site_says_what_becomes_of_what_is_over(over: Outcome) -> None:
    resolved = resolve(Told(50_000, AT, SOON), OWES, Policy(over=over))
    assert (resolved.outcome, resolved.settles, resolved.waits) == (over, 30_000, 20_000)
    assert resolved.code is Code.AMOUNT_DIFFERS


@pytest.mark.parametrize("over", [Outcome.SETTLE, Outcome.TOP_UP])
def test_what_is_over_settles_nothing(over: Outcome) -> None:
    with pytest.raises(ValueError, match=over):
        resolve(Told(50_000, AT, SOON), OWES, Policy(over=over))
