"""Which local dates a condition is about."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import vnlunar

from gate.tariff.model import Event, Season

HANOI_HOURS: Final = 7
_ONE: Final = timedelta(days=1)


@lru_cache(maxsize=4_096)
def lunar(on: date) -> tuple[int, int, bool]:
    """Month and day of the Vietnamese lunar calendar, and whether the month is a leap month."""
    said = vnlunar.convert_solar_to_lunar(on.day, on.month, on.year, HANOI_HOURS)
    return int(said["month"]), int(said["day"]), bool(said["leap"])


@lru_cache(maxsize=16_384)
def in_event(event: Event, on: date) -> bool:
    """Whether the date is one of the event's days, or near enough to one."""
    near = (on + _ONE * away for away in range(-event.after, event.before + 1))
    return any(_is_day(event, each) for each in near)


def _is_day(event: Event, on: date) -> bool:
    if on.isoformat() in event.dates:
        return True
    if event.lunar is None:
        return False
    month, day, leap = lunar(on)
    return (month, day) == (event.lunar.month, event.lunar.day) and leap is event.lunar.leap


def in_season(season: Season, on: date) -> bool:
    """Whether the date lies between the season's days, both included."""
    said = on.isoformat()
    if len(season.first) == len(said):
        return season.first <= said <= season.last
    said = said[5:]
    if season.first <= season.last:
        return season.first <= said <= season.last
    return said >= season.first or said <= season.last
