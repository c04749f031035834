"""A camera's read quality as a control chart (Shewhart's p chart): which groups of reads are no chance any more.

Reads follow one another in groups of one size; each read is well or not. The share that is not has a centre, and limits
three standard deviations around it. A lens that gets dirty shows before it costs money.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

GROUP: Final = 30
RUN: Final = 8
"""So many groups on end above the centre are no chance: one in 256."""
LEARNT: Final = 20
"""Groups from which the centre is taken: the oldest that are shown."""
LEAST: Final = 5
"""Fewer groups tell no centre."""


class Sign(StrEnum):
    """What a chart says of the newest groups."""

    STEADY = "steady"
    BEYOND = "beyond"  # the last group is beyond the upper limit
    DRIFTING = "drifting"  # the last `RUN` groups are all above the centre
    LEARNING = "learning"  # too few groups for a centre


class Chart(NamedTuple):
    """Shares of reads that were not well, 0..1, oldest group first; `centre` and `upper` limit, 0 while learning."""

    shares: tuple[float, ...]
    centre: float
    upper: float
    sign: Sign


def chart(well: Sequence[bool], size: int = GROUP) -> Chart:
    """The chart of these reads, oldest first; what does not fill a group at the beginning is left out."""
    cut = well[len(well) % size :]
    groups = [cut[at : at + size] for at in range(0, len(cut), size)]
    shares = tuple((size - sum(group)) / size for group in groups)
    if len(shares) < LEAST:
        return Chart(shares, 0.0, 0.0, Sign.LEARNING)
    learnt = shares[: min(LEARNT, len(shares) - 1)]
    centre = sum(learnt) / len(learnt)
    least = max(centre, 0.5 / size)  # where nothing ever failed, a first failure is no alarm yet
    upper = min(1.0, centre + 3 * math.sqrt(least * (1 - least) / size))
    return Chart(shares, centre, upper, _sign(shares, centre, upper))


def _sign(shares: Sequence[float], centre: float, upper: float) -> Sign:
    if shares[-1] > upper:
        return Sign.BEYOND
    last = shares[-RUN:]
    return Sign.DRIFTING if len(last) == RUN and all(share > centre for share in last) else Sign.STEADY
