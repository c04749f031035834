"""The box's clocks: a boot of its own, monotonic time within it, and the best that is known of UTC.

Durations and deadlines are monotonic. A moment is an anchor plus what the monotonic clock has counted since, so that a
wall clock that jumps changes nothing. `edge.estimate` says where anchors come from, `edge.boots` what outlives a kill.
"""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

from edge.estimate import MS, SAME, SMALL, Estimate, Sample, Step, bounded, guessed
from gate.ids import uuid7
from gate.messages import ClockQuality

ASKED_MAX: Final = 64
MACHINE: Final = Path("/proc/sys/kernel/random/boot_id")


class Reading(NamedTuple):
    """A moment as the box knows it.

    `offset_ms` is how far the wall was ahead of it, None while the centre's time was never measured since the machine
    started.
    """

    at: datetime
    offset_ms: int | None
    quality: ClockQuality


class Earlier(NamedTuple):
    """What is known from before the machine started: a moment that is past, and how far the wall was ahead then."""

    floor: datetime | None = None
    offset_ms: int | None = None


class Clock:
    """One boot of the box's program; `machine` is the machine's own, whose ticks go on when the program is killed.

    For the deciding thread, but for `monotonic_s` and `monotonic_ms`.
    """

    def __init__(self) -> None:
        self._started = time.monotonic_ns()
        self.machine = _machine()
        self._earlier = Earlier()
        self._estimate: Estimate | None = None
        self._latest: datetime | None = None
        self._asked: dict[int, int] = {}
        self.boot: UUID = self.new_id()
        self.machine = self.machine or str(self.boot)

    # --- what a machine has -------------------------------------------------------------------------------

    def monotonic_s(self) -> float:
        """Seconds since this boot."""
        return (time.monotonic_ns() - self._started) / 1e9

    def monotonic_ms(self) -> int:
        """Milliseconds since this boot."""
        return (time.monotonic_ns() - self._started) // 1_000_000

    def tick_ms(self) -> int:
        """Milliseconds since the machine started."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def wall(self) -> datetime:
        """What the machine takes for UTC."""
        return datetime.now(UTC)

    # --- what is known ------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """UTC as well as the box knows it. It goes back only by a step that was measured."""
        return self.reading().at

    def reading(self) -> Reading:
        """Now, and how well that is known."""
        wall, tick = bounded(self.wall()), self.tick_ms()
        known = self._known(wall, tick)
        at = bounded(known.at(tick))
        if self._latest is not None:
            at = max(at, self._latest)
        self._latest = at
        return Reading(at, round((wall - at) / MS) if known.measured else None, known.quality(tick))

    def is_measured(self) -> bool:
        """Whether the centre's time was measured since the machine started."""
        return self._estimate is not None and self._estimate.measured

    def new_id(self) -> UUID:
        """An identifier made now."""
        return uuid7(self.now(), os.urandom(10))

    def _known(self, wall: datetime, tick: int) -> Estimate:
        """An anchor that is known to be wrong gives way to a wall that has become plausible."""
        if self._estimate is None or not (self._estimate.measured or self._estimate.plausible):
            guess = guessed(wall, tick, self._earlier.floor, self._earlier.offset_ms)
            if self._estimate is None or (guess.plausible and guess.anchor >= self._estimate.at(tick)):
                self._estimate = guess
        return self._estimate

    # --- what is learnt -----------------------------------------------------------------------------------

    def recall(self, kept: Estimate | None, earlier: Earlier) -> None:
        """Begin with what was kept: an anchor of this machine's ticks, or what is known from before it started."""
        if self.is_measured():
            return
        self._estimate, self._earlier, self._latest = kept, earlier, None

    def passed(self, moment: datetime) -> None:
        """A signed paper says that this moment is past: an unmeasured clock that is behind it is wrong."""
        wall, tick = bounded(self.wall()), self.tick_ms()
        known = self._known(wall, tick)
        if not known.measured and known.at(tick) < moment - SAME:
            self._earlier = self._earlier._replace(floor=moment)
            self._estimate = guessed(wall, tick, moment, self._earlier.offset_ms)

    def asked(self) -> int:
        """`monotonic_ms` for a question that the centre answers with its time."""
        now = self.monotonic_ms()
        self._asked[now] = self.tick_ms()
        while len(self._asked) > ASKED_MAX:
            del self._asked[next(iter(self._asked))]
        return now

    def answered(self, at: datetime, echo_ms: int) -> Step | None:
        """The centre's time came, for a question of this boot and once; a step that now() makes by it."""
        asked, tick = self._asked.pop(echo_ms, None), self.tick_ms()
        if asked is None:
            return None
        sample = Sample.between(asked, tick, at)
        known = self._known(bounded(self.wall()), tick)
        self._estimate = learnt = known.learn(sample) if sample else known
        moved = learnt.at(tick) - known.at(tick)
        if abs(moved) <= SMALL:
            return None
        self._latest = None
        return Step(moved, known.measured)

    def estimate(self) -> Estimate:
        """The anchor of this machine's ticks."""
        return self._known(bounded(self.wall()), self.tick_ms())


def _machine() -> str:
    """The name of the machine's boot; nothing where it has none, and then only this program's boot is known."""
    try:
        return MACHINE.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
