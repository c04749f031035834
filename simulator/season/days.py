"""How busy a day is: weekends and holidays in Sa Pa, the lunar calendar's festivals in Bảo Hà (vietnam.md 6.5)."""

from datetime import date
from functools import cache
from typing import Final

from vnlunar import convert_lunar_to_solar

_WEEKEND: Final = 2.4
_SUMMER: Final = frozenset({6, 7, 8})
_PUBLIC: Final = frozenset({(1, 1), (4, 30), (5, 1), (9, 1), (9, 2)})
MAIN_DAY: Final = (17, 7)
"""The death day of Ông Hoàng Bảy: day 17 of the 7th lunar month."""


def weekends(day: date) -> float:
    """Sa Pa: weekends, public holidays, the new year, the summer."""
    busy = _WEEKEND if day.weekday() >= 5 else 1.0
    if (day.month, day.day) in _PUBLIC or 0 <= (day - lunar(1, 1, day.year)).days < 7:
        busy = 4.0
    return busy * (1.3 if day.month in _SUMMER else 1.0)


def festival(day: date) -> float:
    """Bảo Hà: the spring pilgrimage of the first lunar month, and the days before the main day, above all others."""
    before = (lunar(*MAIN_DAY, day.year) - day).days
    if 0 <= before <= 7:
        return 16.0 - 1.5 * before
    spring = (day - lunar(1, 1, day.year)).days
    if 0 <= spring < 30:
        return 4.0
    return 1.5 if day.weekday() >= 5 else 1.0


@cache
def lunar(day: int, month: int, year: int) -> date:
    """The solar date of a day of a lunar year."""
    found = convert_lunar_to_solar(day, month, year)
    if found is None:
        raise ValueError(f"the lunar year {year} has no day {day} in month {month}")
    return date(found[2], found[1], found[0])


def shared(total: int, weights: dict[date, float]) -> dict[date, int]:
    """`total` parted among the days by their weights, to the last one (largest remainders)."""
    whole = sum(weights.values())
    exact = {day: total * weight / whole for day, weight in weights.items()}
    counts = {day: int(share) for day, share in exact.items()}
    rest = sorted(exact, key=lambda day: (counts[day] - exact[day], day))[: total - sum(counts.values())]
    return {day: count + (day in rest) for day, count in counts.items()}
