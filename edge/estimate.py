"""What UTC is at a tick of a machine: an anchor, how uncertain it is, and how a measurement changes it. Pure.

A measurement says that at an answer's arrival it was between `at` and `at` plus the round trip. Between measurements
the uncertainty grows by what a crystal may drift. Answers that agree are intersected; one that contradicts what is
known is believed when the next says the same.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, Self

from gate.messages import ClockQuality

MS: Final = timedelta(milliseconds=1)
DRIFT: Final = 500e-6
"""How much faster or slower than true a crystal may be."""
ROUND_TRIP_MAX_MS: Final = 2_000
SYNCHRONISED_MS: Final = 2_000.0
"""An anchor that is less certain than this is free running."""
PRECISION_MS: Final = 1.0
SMALL: Final = timedelta(seconds=2)
"""The box's time may be moved by so much without a word; while it is moved back it stands still."""
SAME: Final = timedelta(minutes=2)
"""Moments that are closer do not contradict each other."""
SHORT: Final = timedelta(hours=1)
"""A guess that is so soon after the last known moment is believed though another is possible."""
FIRST: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Before this no box ran: a clock that says so is wrong."""
_LEAST, _MOST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Step(NamedTuple):
    """The box's time was moved, forward or back. `again`: it had been measured before."""

    by: timedelta
    again: bool


@dataclass(frozen=True)
class Sample:
    """At `tick` it was `at`, give or take `within_ms`."""

    tick: int
    at: datetime
    within_ms: float

    @classmethod
    def between(cls, asked: int, answered: int, at: datetime) -> Self | None:
        """Of the centre's time `at` on an answer; None for one that took too long or cannot be."""
        trip = answered - asked
        if not 0 <= trip <= ROUND_TRIP_MAX_MS or not FIRST <= at < _MOST:
            return None
        return cls(answered, at.astimezone(UTC) + trip / 2 * MS, trip / 2 + PRECISION_MS)


@dataclass(frozen=True)
class Estimate:
    """At `tick` it was `anchor`, give or take `within_ms`; `doubt` contradicts it and waits for another of its kind."""

    tick: int
    anchor: datetime
    within_ms: float = 0.0
    measured: bool = False
    plausible: bool = True
    doubt: Sample | None = None

    def at(self, tick: int) -> datetime:
        """UTC at a tick."""
        return self.anchor + (tick - self.tick) * MS

    def uncertain_ms(self, tick: int) -> float:
        """How far it may be off by then, once measured."""
        return self.within_ms + abs(tick - self.tick) * DRIFT

    def quality(self, tick: int) -> ClockQuality:
        """What may be said of it."""
        if self.measured and self.doubt is None and self.uncertain_ms(tick) <= SYNCHRONISED_MS:
            return ClockQuality.SYNCHRONISED
        return ClockQuality.FREE if self.measured or self.plausible else ClockQuality.UNKNOWN

    def learn(self, sample: Sample) -> "Estimate":
        """What is known with this measurement."""
        gap, allowed = abs(sample.at - self.at(sample.tick)), self._allowed(sample)
        if gap <= allowed:
            return self._narrowed(sample)
        if not (self.measured or self.plausible):
            return _anchored(sample)
        if self.doubt is None or not _agree(self.doubt, sample):
            return replace(self, doubt=sample)
        return _anchored(sample)

    def _allowed(self, sample: Sample) -> timedelta:
        known = (self.uncertain_ms(sample.tick) + sample.within_ms) * MS
        return known if self.measured else known + SMALL

    def _narrowed(self, sample: Sample) -> "Estimate":
        """Where both may be right."""
        if not self.measured:
            return _anchored(sample)
        here, radius = self.at(sample.tick), self.uncertain_ms(sample.tick) * MS
        low = max(here - radius, sample.at - sample.within_ms * MS)
        high = min(here + radius, sample.at + sample.within_ms * MS)
        half = max((high - low) / 2, PRECISION_MS * MS)
        return replace(self, tick=sample.tick, anchor=low + (high - low) / 2, within_ms=half / MS, doubt=None)


def guessed(wall: datetime, tick: int, floor: datetime | None, offset_ms: int | None) -> Estimate:
    """Before any measurement: the wall, or the wall corrected by the `offset_ms` of before, if one of them can be.

    `floor` is past. Where both can be and they differ, the one behind which less time went is taken, and believed
    only when that is little. Where neither can be, time goes on from the floor.
    """
    past = max(floor or FIRST, FIRST)
    both = [wall] if offset_ms is None or wall < FIRST else [wall - offset_ms * MS, wall]
    possible = sorted(max(at, past) for at in both if past - SAME <= at < _MOST)
    if not possible:
        return Estimate(tick, bounded(floor or wall), plausible=False)
    sure = possible[-1] - possible[0] <= SAME or possible[0] - past <= SHORT
    return Estimate(tick, possible[0], plausible=sure)


def bounded(at: datetime) -> datetime:
    """The moment, or the nearest that a fact may carry."""
    return min(max(at, _LEAST), _MOST)


def drifted(elapsed: timedelta) -> timedelta:
    """How far two ways to time the same stretch may honestly be apart."""
    return SMALL + 2 * DRIFT * abs(elapsed)


def _anchored(sample: Sample) -> Estimate:
    return Estimate(sample.tick, sample.at, sample.within_ms, measured=True)


def _agree(one: Sample, other: Sample) -> bool:
    there = one.at + (other.tick - one.tick) * MS
    room = one.within_ms + other.within_ms + abs(other.tick - one.tick) * DRIFT
    return abs(there - other.at) <= room * MS
