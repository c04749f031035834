"""A control chart of one figure of one camera: against its own past, never against another's.

Observations are gathered in groups, because vehicles that follow each other have weather and sun in common. The first
groups tell what is usual; after that an exponentially weighted mean (EWMA) of the groups is held against limits, and a
single group far outside (Shewhart) counts as well. Values in, values out; moments are arguments.
"""

import math
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

GROUP: Final = 20
"""Vehicles in a group."""
LEARNT: Final = 20
"""Groups after which it is known what is usual, if they are of `DAYS_MIN` dates."""
DAYS_MIN: Final = 7
"""A week, so that its weather and its Sunday are in what is usual."""
WEIGHT: Final = 0.3
"""Of the newest group in the running mean."""
LIMIT: Final = 4.5
"""Standard deviations of the running mean: what is usual was learnt from few groups, so this is wide."""
FAR: Final = 8.0
"""Standard deviations of a group, `IN_A_ROW` of them: something happened just now."""
NEAR: Final = 1.5
"""Standard deviations of a group that is as usual; `IN_A_ROW` of them, and the trouble is over."""
IN_A_ROW: Final = 2
LASTS: Final = timedelta(hours=68)
"""Three days of rain are over before that; dirt is not."""
ANEW: Final = timedelta(days=14)
"""A figure that stays outside for so long was told, and is what is usual now."""
_SPREAD: Final = WEIGHT / (2.0 - WEIGHT)


class Side(StrEnum):
    """Where a figure may go wrong."""

    LOW = "low"
    BOTH = "both"


class Kind(NamedTuple):
    """How a figure is charted: which side is trouble, and what spread of groups is too small to be believed."""

    side: Side
    spread_min: float


@dataclass(frozen=True)
class Chart:
    """One figure under one light. `mean` and `squares` are of the groups learnt from (Welford), `now` the running mean.

    `since`: outside its limits from then on; `far`, `near`: groups in a row that were far outside, or as usual; `told`:
    it was said.
    """

    count: int = 0
    total: float = 0.0
    groups: int = 0
    mean: float = 0.0
    squares: float = 0.0
    days: int = 0
    last_day: date | None = None
    now: float = 0.0
    since: datetime | None = None
    far: int = 0
    near: int = 0
    told: bool = False

    @property
    def knows(self) -> bool:
        """Whether it is known what is usual."""
        return self.groups >= LEARNT and self.days >= DAYS_MIN


class Step(NamedTuple):
    """The chart afterwards; whether a group is full, and whether it left its limits or came back, to be told once."""

    chart: Chart
    full: bool = False
    left: bool = False
    back: bool = False


def add(chart: Chart, kind: Kind, value: float, at: datetime) -> Step:
    """One more vehicle. `at` in local time: its date counts."""
    chart = replace(chart, count=chart.count + 1, total=chart.total + value)
    if chart.count < GROUP:
        return Step(chart)
    group = chart.total / chart.count
    chart = replace(chart, count=0, total=0.0)
    return _judge(chart, kind, group, at) if chart.knows else Step(_learn(chart, group, at), full=True)


def spread(chart: Chart, kind: Kind) -> float:
    """Standard deviation of the groups when all was well."""
    return max(math.sqrt(chart.squares / max(chart.groups - 1, 1)), kind.spread_min)


def limits(chart: Chart, kind: Kind) -> tuple[float, float]:
    """Between which the running mean is well; the upper one is infinite where more is better."""
    reach = LIMIT * math.sqrt(_SPREAD) * spread(chart, kind)
    return chart.mean - reach, chart.mean + reach if kind.side is Side.BOTH else math.inf


def _learn(chart: Chart, group: float, at: datetime) -> Chart:
    groups = chart.groups + 1
    off = group - chart.mean
    mean = chart.mean + off / groups
    return replace(
        chart,
        groups=groups,
        mean=mean,
        squares=chart.squares + off * (group - mean),
        days=chart.days + (at.date() != chart.last_day),
        last_day=at.date(),
        now=mean,
    )


def _judge(chart: Chart, kind: Kind, group: float, at: datetime) -> Step:
    beyond = (group - chart.mean) / spread(chart, kind)
    held = chart.mean + min(max(beyond, -FAR), FAR) * spread(chart, kind)  # one group alone does not weigh for days
    now = (1.0 - WEIGHT) * chart.now + WEIGHT * held
    far = beyond < -FAR or (kind.side is Side.BOTH and beyond > FAR)
    near = chart.near + 1 if abs(beyond) <= NEAR or (kind.side is Side.LOW and beyond > 0) else 0
    if near >= IN_A_ROW:  # whatever it was, it is over
        return Step(
            replace(chart, now=(now + group) / 2, since=None, far=0, near=near, told=False), full=True, back=chart.told
        )
    low, high = limits(chart, kind)
    outside = far or not low <= now <= high
    since = (chart.since or at) if outside else None
    chart = replace(chart, now=now, since=since, far=chart.far + 1 if far else 0, near=near)
    if since and at - since >= ANEW:
        return Step(Chart(), full=True)
    left = not chart.told and since is not None and (at - since >= LASTS or chart.far >= IN_A_ROW)
    return Step(replace(chart, told=chart.told or left), full=True, left=left)
