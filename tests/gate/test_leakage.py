"""What a day may have lost, and what nobody explained."""

import pytest

from gate.findings import Code
from gate.messages import OpeningReason
from gate.reconcile import Settled, Tolerance, reconcile, unexplained, within
from gate.reconcile.leakage import binomial, poisson
from tests.gate.test_reconcile import at, day, expectation, opening, passage, payment, stay, together


def test_bounds_of_a_count() -> None:
    """Garwood's exact limits for ten seen: 4.80 and 18.39 (a table of the Poisson distribution)."""
    low, mean, high = poisson(10)
    assert (round(low, 1), mean, round(high, 1)) == (4.8, 10.0, 18.4)
    assert poisson(0) == (0, 0, 0)
    assert binomial(100, 0.5) == pytest.approx((40.2, 50, 59.8))
    assert binomial(3, 1.0) == (3, 3, 3)


def test_a_day_in_order_loses_nothing() -> None:
    leak = reconcile(day(**stay("A"))).leakage
    assert (leak.low, leak.expected, leak.high) == (0, 0, 0)


def test_each_source_is_one_line_and_one_vehicle_is_counted_once() -> None:
    lost = {"openings": (opening("O", reason=OpeningReason.BY_HAND),), "passages": (passage("P", "O", None),)}
    by_hand = {"openings": (opening("N", 10, OpeningReason.BY_HAND),)}
    leak = reconcile(day(**together(stay("A"), lost, by_hand))).leakage
    items = {each.source: each.items for each in leak.leaks if each.items}
    assert items == {"lost_entry": 1, "manual_opening": 1}
    assert leak.expected == 30_000 + 15_000
    assert leak.low <= leak.expected <= leak.high


def test_a_debt_is_lost_for_certain_until_it_comes() -> None:
    leak = reconcile(day(**{**stay("A"), "payments": ()})).leakage
    assert (leak.low, leak.expected, leak.high) == (30_000, 30_000, 30_000)


def test_variance_is_what_has_no_explanation() -> None:
    unknown = {"payments": (payment("M", None, 50_000, 0),)}
    by_hand = {"openings": (opening("O", reason=OpeningReason.BY_HAND),)}
    report = reconcile(day(**together(stay("A"), unknown, by_hand)))
    assert (unexplained(report).amount, unexplained(report).count) == (50_000, 1)
    assert not report.variance.within
    assert within(report, Tolerance(vnd=50_000, count_basis_points=10_000))
    assert not within(report, Tolerance(vnd=49_999, count_basis_points=10_000))
    assert not within(report, Tolerance(vnd=50_000, count_basis_points=0))


def test_an_outstanding_debt_is_no_variance() -> None:
    report = reconcile(day(**{**stay("A"), "payments": ()}))
    assert [each.code for each in report.findings] == [Code.LEFT_NOT_PAID]
    assert report.variance.within


def test_what_people_settled_is_explained_up_to_its_amount() -> None:
    parts = stay("A", recomputed=25_000)
    for covered, left in ((5_000, 0), (4_999, 1)):
        done = Settled(code=Code.PRICE_DIFFERS, subject="A", amount=covered)
        report = reconcile(day(**parts, settled=(done,)))
        assert (len(report.findings), len(report.explained)) == (left, 1 - left)
        assert report.variance.amount == 5_000 * left


def test_what_is_expected_waits_is_met_or_is_missing() -> None:
    waiting, met, missing = expectation("W", 30), expectation("M", met=9), expectation("F")
    report = reconcile(day(expected=(waiting, met, missing), now=at(12)))
    assert [each.subject for each in report.in_transit] == ["W"]
    assert [each.subject for each in report.findings] == ["F"]
    assert report.money["in_transit"] == 1_000
