"""What a driver knows of its board's inputs: turns what a board tells into readings, each once, and says it is lost."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from gate.devices.board import BoardListener, Level, Reading, Sensor

SETTLES_S: Final = 0.25
"""A board counts at once and tells an edge when it has debounced it: within this time."""


class Inputs:
    """One board's inputs. May be told from any thread; the listener hears all in one order."""

    def __init__(
        self,
        listener: BoardListener,
        absent: Iterable[Sensor] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`absent` inputs the lane does not have, by its configuration: they read OFF."""
        self._listener, self._clock = listener, clock
        self._held: tuple[int, float] | None = None
        self._absent = dict.fromkeys(absent, Level.OFF)
        self._known: dict[Sensor, Level] = {}
        self._told_lost = False
        self._lock = threading.RLock()

    @property
    def present(self) -> bool:
        """Whether the board answers."""
        return bool(self._known)

    def report(self, levels: Mapping[Sensor, Level], *, seamless: bool = False, count: int | None = None) -> None:
        """All inputs as they are now. Their changes are edges only where nothing can have been missed (`seamless`).

        `count` is the board's own, as it was with these levels or just before.
        """
        with self._lock:
            now = {sensor: self._absent.get(sensor) or levels.get(sensor, Level.UNKNOWN) for sensor in Sensor}
            if not self._known:
                self._known, self._told_lost = now, False
                self._count(count)  # first: who passed unheard did so before the arm was where these levels show it
                for sensor, level in now.items():
                    self._listener.said(Reading(sensor, level, edge=False))
                return
            changed = [sensor for sensor in Sensor if now[sensor] is not self._known[sensor]]
            for sensor in sorted(changed, key=lambda sensor: now[sensor] is not Level.ON):
                self._tell(sensor, now[sensor], vouched=seamless)
            if Sensor.EXIT not in changed:  # a count of just before would lack the edge that was said just now
                self._count(count)

    def change(self, sensor: Sensor, level: Level) -> None:
        """The board saw an input change. While it is away that says nothing: who knows how old the word is."""
        with self._lock:
            if self._known and sensor not in self._absent and self._known[sensor] is not level:
                self._tell(sensor, level, vouched=True)

    def lose(self, why: str) -> None:
        """The board is away: nothing it said holds any more."""
        with self._lock:
            self._known, self._held = {}, None
            if not self._told_lost:
                self._told_lost = True
                self._listener.lost(why)

    def _count(self, count: int | None) -> None:
        """Say it once it is sure that no edge in it is still to come: a clear input has none. Else an older one."""
        if count is None:
            return
        now = self._clock()
        if self._known[Sensor.EXIT] is Level.OFF:
            self._listener.counted(count)
        elif self._held is None:
            self._held = count, now
        elif now - self._held[1] >= SETTLES_S:
            self._listener.counted(self._held[0])
            self._held = count, now

    def _tell(self, sensor: Sensor, level: Level, *, vouched: bool) -> None:
        if sensor is Sensor.EXIT:
            self._held = None
        seen = Level.UNKNOWN not in {self._known[sensor], level}
        self._known[sensor] = level
        self._listener.said(Reading(sensor, level, edge=vouched and seen))


class Patience:
    """Counts turns without an answer, and begins anew when they are `over`.

    Turns, not seconds: a machine that stood still itself has missed nobody.
    """

    def __init__(self, turns: int, over: Callable[[], None]) -> None:
        self._turns, self._over = turns, over
        self._left = turns

    def answered(self) -> None:
        """The board is there."""
        self._left = self._turns

    def turn(self) -> None:
        """Another turn has passed."""
        self._left -= 1
        if self._left <= 0:
            self._left = self._turns
            self._over()
