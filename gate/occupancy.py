"""How many vehicles are inside: an estimate with its error bar, never clamped.

It starts at the last count by a person and adds what came in and takes off what went out. Each passage may have been
missed or counted twice; those that look odd are more likely to be wrong. The variances add up, so the bar grows until
somebody counts again.
"""

from datetime import datetime
from math import ceil, sqrt
from typing import Final, NamedTuple

from gate.wire import Contract

Z: Final = 1.96
"""Standard deviations on each side: 95 %."""
PLAIN: Final = 0.001
"""Of a passage that nothing speaks against: one in a thousand is missed or counted twice."""
ODD: Final = 0.25
"""Of a tailgate, a passage of nobody's, or one under a fault: as likely as not there was one vehicle more or less."""


class Counted(NamedTuple):
    """What a person counted, how far it may be off, and when."""

    vehicles: int
    off: int
    at: datetime


class Since(NamedTuple):
    """Passages since then: each way, and how many of them are odd each way."""

    entries: int
    exits: int
    odd_entries: int
    odd_exits: int


class Estimate(Contract):
    """Vehicles inside, from `low` to `high` at 95 %. `breach` names the likely missed event, empty when there is none.

    `since` is None when nobody ever counted: then the open visits are the start.
    """

    expected: int
    low: int
    high: int
    since: datetime | None
    breach: str


def estimate(counted: Counted, since: Since, capacity: int, *, by_person: bool = True) -> Estimate:
    """The estimate. `capacity` 0: nobody counts the places."""
    expected = counted.vehicles + since.entries - since.exits
    odd = since.odd_entries + since.odd_exits
    variance = (counted.off / Z) ** 2 + PLAIN * (since.entries + since.exits - odd) + ODD * odd
    spread = ceil(Z * sqrt(variance))
    return Estimate(
        expected=expected,
        low=expected - spread,
        high=expected + spread,
        since=counted.at if by_person else None,
        breach=_breach(expected, since, capacity),
    )


def _breach(expected: int, since: Since, capacity: int) -> str:
    """Below nothing or above all places something was missed; which, by where the odd passages are."""
    if expected < 0:
        return "exit counted twice" if since.odd_exits > since.odd_entries else "entry not counted"
    if capacity and expected > capacity:
        return "entry counted twice" if since.odd_entries > since.odd_exits else "exit not counted"
    return ""
