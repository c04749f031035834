"""Days on which Vietnamese banks work: settlements and transfers are due on them.

The holidays of the Labour Code (45/2019/QH14 Art. 112) are rows with the years for which they hold; what the
government moves from year to year is a row of its own, to be added when it is announced.
"""

from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Final, NamedTuple

from vnlunar.core import get_solar_date


class Feast(NamedTuple):
    """A holiday of every year: `days` from (day, month), of the moon's calendar or the sun's, moved by `shift`."""

    name: str
    day: int
    month: int
    days: int = 1
    lunar: bool = False
    shift: int = 0
    since: int = 2021
    until: int = 9999


class Moved(NamedTuple):
    """A single day that works, or does not, against the rule."""

    on: date
    works: bool
    why: str


FEASTS: Final = (
    Feast("Tết Dương lịch", 1, 1),
    Feast("Tết Âm lịch", 1, 1, days=5, lunar=True, shift=-1),
    Feast("Giỗ Tổ Hùng Vương", 10, 3, lunar=True),
    Feast("Ngày Chiến thắng", 30, 4),
    Feast("Quốc tế Lao động", 1, 5),
    Feast("Quốc khánh", 2, 9, days=2, shift=-1),
)
MOVED: Final = (
    Moved(date(2026, 8, 31), works=False, why="nối nghỉ Quốc khánh 2026"),
    Moved(date(2026, 8, 22), works=True, why="làm bù cho 31/08/2026"),
)
_SEARCH_MAX: Final = 40


def works(on: date, moved: tuple[Moved, ...] = MOVED) -> bool:
    """Whether banks work on this date."""
    for each in moved:
        if each.on == on:
            return each.works
    return on.weekday() < 5 and on not in holidays(on.year)


@lru_cache(maxsize=10_000)
def after(on: date, count: int, moved: tuple[Moved, ...] = MOVED) -> date:
    """The `count`-th working day after a date; with 0 the date itself, or the first working day after it."""
    found = on
    if count == 0 and not works(on, moved):
        count = 1
    for _ in range(count):
        found = next(
            day for day in (found + timedelta(days=step) for step in range(1, _SEARCH_MAX)) if works(day, moved)
        )
    return found


@cache
def holidays(year: int) -> frozenset[date]:
    """The holidays of a year. One that falls on a weekend is made good on the next working day."""
    fixed = sorted(each for around in (year - 1, year, year + 1) for feast in FEASTS for each in _days(feast, around))
    taken = set(fixed)
    for each in fixed:
        if each.weekday() >= 5:
            steps = (each + timedelta(days=step) for step in range(1, _SEARCH_MAX))
            taken.add(next(day for day in steps if day.weekday() < 5 and day not in taken))
    return frozenset(day for day in taken if day.year == year)


def _days(feast: Feast, year: int) -> list[date]:
    if not feast.since <= year <= feast.until:
        return []
    if feast.lunar:
        solar = get_solar_date(feast.day, feast.month, year)
        first = date(solar["year"], solar["month"], solar["day"])
    else:
        first = date(year, feast.month, feast.day)
    return [first + timedelta(days=feast.shift + step) for step in range(feast.days)]
