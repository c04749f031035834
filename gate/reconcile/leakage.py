"""How much money a day may have lost, as one number with an error bar (docs/findings.md).

Each source is a number of items, each of which was a stay that nobody paid with some chance. Chances are assumptions
and are named here; the bounds of a known number of items are those of the binomial distribution at 95 %, those of a
gap between two counts are those of the Poisson distribution (Wilson and Hilferty's cube root). An item is worth the
day's mean charge. Sources err independently: their bounds add up by squares.
"""

from collections import Counter
from collections.abc import Iterable
from math import sqrt
from typing import Final, NamedTuple

from gate.findings import Code, Finding
from gate.messages import Direction
from gate.reconcile.facts import Day
from gate.wire import Contract

Z: Final = 1.96
"""Standard deviations on each side: 95 %."""
CHANCES: Final[dict[str, float]] = {
    "unpriced": 1.0,  # it left, and nobody ever named a price
    "lost_entry": 1.0,  # out without an entry: its stay cannot be priced
    "manual_opening": 0.5,  # no reason given: as likely as not somebody left without paying
    "tailgate": 0.5,  # in or out: only those on their way out had something to pay
    "read_miss": 0.1,  # nearly all are matched or priced by a person
}
GAP: Final = "count_gap"
UNPAID: Final = "unpaid"


class Leak(Contract):
    """One source: how many items, and what they may have cost in dong."""

    source: str
    items: int
    low: int
    expected: int
    high: int


class Leakage(Contract):
    """What the day may have lost in dong, and of what."""

    low: int
    expected: int
    high: int
    leaks: tuple[Leak, ...]


class Range(NamedTuple):
    """A number of stays with its bounds."""

    low: float
    expected: float
    high: float


def binomial(items: int, chance: float) -> Range:
    """How many of so many items, each with this chance: bounds by the normal approximation, within what is possible."""
    mean, spread = items * chance, Z * sqrt(items * chance * (1 - chance))
    return Range(max(0.0, mean - spread), mean, min(float(items), mean + spread))


def poisson(seen: int) -> Range:
    """The mean of which so many were seen."""
    low = seen * max(0.0, 1 - 1 / (9 * seen) - Z / (3 * sqrt(seen))) ** 3 if seen else 0.0
    more = seen + 1
    return Range(low, float(seen), more * (1 - 1 / (9 * more) + Z / (3 * sqrt(more))) ** 3 if seen else 0.0)


def leakage(day: Day, findings: Iterable[Finding], counts: dict[str, int], money: dict[str, int]) -> Leakage:
    """The estimate of a day from its findings that are due. One vehicle is counted by one source."""
    known = list(findings)
    mean = money["charged"] / counts["charges"] if counts["charges"] else 0.0
    items = _items(day, known)
    owed = sum(each.amount for each in known if each.code is Code.LEFT_NOT_PAID)
    number = sum(each.code is Code.LEFT_NOT_PAID for each in known)
    leaks = [Leak(source=UNPAID, items=number, low=owed, expected=owed, high=owed)]
    leaks += [_leak(source, items[source], binomial(items[source], CHANCES[source]), mean) for source in CHANCES]
    gap = _gap(day, counts)
    leaks.append(_leak(GAP, gap, poisson(gap), mean))
    return _together(leaks)


def _items(day: Day, findings: list[Finding]) -> Counter[str]:
    """How many vehicles each source has. An opening whose vehicle another source counts is not counted again."""
    subjects = {each.subject for each in findings if each.code in {Code.TAILGATE, Code.EXIT_WITHOUT_ENTRY}}
    taken = {passage.opening for passage in day.passages if passage.passage in subjects}
    items = Counter[str]()
    for each in findings:
        if each.code is Code.OPENING_UNEXPLAINED and each.subject not in taken and each.visit is None:
            items["manual_opening"] += 1
        elif each.code in _SOURCE:
            items[_SOURCE[each.code]] += 1
    return items


_SOURCE: Final = {
    Code.LEFT_NOT_PRICED: "unpriced",
    Code.EXIT_WITHOUT_ENTRY: "lost_entry",
    Code.TAILGATE: "tailgate",
    Code.UNREAD: "read_miss",
}


def _gap(day: Day, counts: dict[str, int]) -> int:
    """Exits that the loops counted over those that visits, tailgates and lost entries account for."""
    nobodys = sum(
        passage.direction is Direction.OUT and (passage.tailgate or passage.visit is None)
        for passage in day.passages
        if day.has(passage.at)
    )
    return abs(counts["exits"] - counts["visits_out"] - nobodys)


def _leak(source: str, items: int, stays: Range, mean: float) -> Leak:
    low, expected, high = (round(number * mean) for number in stays)
    return Leak(source=source, items=items, low=low, expected=expected, high=high)


def _together(leaks: list[Leak]) -> Leakage:
    expected = sum(leak.expected for leak in leaks)
    below = sqrt(sum((leak.expected - leak.low) ** 2 for leak in leaks))
    above = sqrt(sum((leak.high - leak.expected) ** 2 for leak in leaks))
    known = sum(leak.low for leak in leaks if leak.source == UNPAID)
    low, high = max(known, round(expected - below)), round(expected + above)
    return Leakage(low=low, expected=expected, high=high, leaks=tuple(leaks))
