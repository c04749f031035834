"""The health of a camera from its reads: a control chart for each figure, by day and by night apart.

Four figures: how many vehicles have a sure plate, how sure the reader is, how sharp plates and how bright pictures are.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from edge.reader.chart import Chart, Kind, Side, Step, add, limits

ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
SURE: Final = 0.9
"""From here a plate counts as surely read."""
_DOUBT_MIN: Final = 1e-3


class Figure(StrEnum):
    """What is charted."""

    READ = "read rate"
    CERTAINTY = "certainty"
    SHARPNESS = "sharpness"
    BRIGHTNESS = "brightness"


KINDS: Final[Mapping[Figure, Kind]] = MappingProxyType(
    {
        Figure.READ: Kind(Side.LOW, 0.03),  # a share
        Figure.CERTAINTY: Kind(Side.LOW, 0.08),  # decades of doubt
        Figure.SHARPNESS: Kind(Side.LOW, 0.1),  # natural logarithm
        Figure.BRIGHTNESS: Kind(Side.BOTH, 12.0),  # grey levels
    }
)
ADVICE: Final[Mapping[Figure, str]] = MappingProxyType(
    {
        Figure.READ: "look at its pictures: lens, light, aim",
        Figure.CERTAINTY: "look at its pictures: lens, light, aim",
        Figure.SHARPNESS: "clean the lens and its window, then see the focus",
        Figure.BRIGHTNESS: "see its lamp, its exposure, and what shines into it",
    }
)


class Light(StrEnum):
    """Two worlds for a camera. The hours between them are left out."""

    DAY = "day"
    NIGHT = "night"


class Seen(NamedTuple):
    """What one vehicle's look gave. `certainty` 0: nothing was read; `sharpness`, `brightness` 0: not measured."""

    certainty: float
    sharpness: float
    brightness: float


@dataclass(frozen=True)
class Health:
    """One camera's charts, by figure and light (`sharpness/day`). `camera`: whose they are."""

    camera: str = ""
    charts: Mapping[str, Chart] = field(default_factory=dict)


class News(NamedTuple):
    """A figure left its limits, or came back within them; in the words that people get."""

    figure: Figure
    light: Light
    back: bool
    words: str


class Observed(NamedTuple):
    """The health afterwards, what is to be told, and whether it is worth writing down."""

    health: Health
    news: tuple[News, ...]
    keep: bool


def light_at(at: datetime) -> Light | None:
    """By the hour; None while the sun rises or sets (5 to 7 and 17 to 19 o'clock in Vietnam)."""
    hour = at.astimezone(ZONE).hour
    if hour in {5, 6, 17, 18}:
        return None
    return Light.DAY if 7 <= hour < 17 else Light.NIGHT


def observe(health: Health, seen: Seen, at: datetime) -> Observed:
    """One more vehicle at `at`, a moment with its zone."""
    light = light_at(at)
    if light is None:
        return Observed(health, (), keep=False)
    charts, news, keep = dict(health.charts), [], False
    for figure, value in _values(seen).items():
        name = f"{figure}/{light}"
        step = add(charts.get(name, Chart()), KINDS[figure], value, at.astimezone(ZONE))
        charts[name] = step.chart
        keep |= step.full
        if step.left or step.back:
            news.append(_news(figure, light, step))
    return Observed(replace(health, charts=charts), tuple(news), keep)


def troubles(health: Health) -> list[str]:
    """What is outside its limits and was told, in words."""
    return [_words(figure, light, chart) for figure, light, chart in _known(health) if chart.told]


def summary(health: Health) -> str:
    """The figures that are known, in words; how far the others are."""
    known = [f"{figure} by {light} {_shown(figure, chart.now)}" for figure, light, chart in _known(health)]
    learning = sorted(name for name, chart in health.charts.items() if not chart.knows)
    more = [f"still learning {len(learning)} figures"] if learning else []
    return "; ".join([*known, *more]) or "nothing yet"


def _values(seen: Seen) -> dict[Figure, float]:
    values = {Figure.READ: float(seen.certainty >= SURE)}
    if seen.certainty > 0:
        values[Figure.CERTAINTY] = -math.log10(max(1.0 - seen.certainty, _DOUBT_MIN))
    if seen.sharpness > 0:
        values[Figure.SHARPNESS] = math.log(seen.sharpness)
    if seen.brightness > 0:
        values[Figure.BRIGHTNESS] = seen.brightness
    return values


def _known(health: Health) -> list[tuple[Figure, Light, Chart]]:
    every = [(figure, light, health.charts.get(f"{figure}/{light}", Chart())) for figure in Figure for light in Light]
    return [each for each in every if each[2].knows]


def _news(figure: Figure, light: Light, step: Step) -> News:
    if step.back:
        words = f"{figure} by {light} is within its limits again: {_shown(figure, step.chart.now)}"
    else:
        words = _words(figure, light, step.chart)
    return News(figure, light, step.back, words)


def _words(figure: Figure, light: Light, chart: Chart) -> str:
    low, high = limits(chart, KINDS[figure])
    limit = _shown(figure, low if chart.now < chart.mean else high)
    usual, now = _shown(figure, chart.mean), _shown(figure, chart.now)
    return f"{figure} by {light} is {now}, {usual} is usual here, the limit {limit}: {ADVICE[figure]}"


def _shown(figure: Figure, value: float) -> str:
    match figure:
        case Figure.READ:
            return f"{value:.0%}"
        case Figure.CERTAINTY:
            return f"{1.0 - 10.0**-value:.3f}"
        case Figure.SHARPNESS:
            return f"{math.exp(value):.0f}"
        case Figure.BRIGHTNESS:
            return f"{value:.0f}"
