"""Who hears a board in tests, and waits for what it says."""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from gate.devices.board import Level, Reading, Sensor

PATIENCE_S = 15.0


class Counted(NamedTuple):
    """What a board counted, and how much else had been heard by then."""

    number: int
    after: int


class Ear:
    """A BoardListener that keeps all it hears; `next`, `all_levels` and `until_counted` wait for more."""

    def __init__(self) -> None:
        self.heard: list[Reading | str] = []
        self.counts: list[Counted] = []
        self._read = 0
        self._more = threading.Condition()

    def said(self, reading: Reading) -> None:
        self._hear(reading)

    def counted(self, count: int) -> None:
        with self._more:
            self.counts.append(Counted(count, len(self.heard)))
            self._more.notify_all()

    def lost(self, why: str) -> None:
        self._hear(f"lost: {why}")

    def _hear(self, what: Reading | str) -> None:
        with self._more:
            self.heard.append(what)
            self._more.notify_all()

    @property
    def losses(self) -> int:
        """How often the board was lost."""
        return sum(isinstance(what, str) for what in self.heard)

    def next(self) -> Reading | str:
        """What comes next."""
        with self._more:
            assert self._more.wait_for(lambda: len(self.heard) > self._read, PATIENCE_S), "it says nothing more"
            self._read += 1
            return self.heard[self._read - 1]

    def all_levels(self) -> dict[Sensor, Level]:
        """The report that comes next: every input once, none as an edge."""
        said = [self.next() for _ in Sensor]
        levels = {reading.sensor: reading.level for reading in said if isinstance(reading, Reading)}
        assert len(levels) == len(Sensor), said
        assert not any(reading.edge for reading in said if isinstance(reading, Reading)), said
        return levels

    def until_counted(self, count: int, times: int = 1) -> None:
        """Wait until the board has said that it counted so many, so often."""

        def said() -> bool:
            return [counted.number for counted in self.counts].count(count) >= times

        with self._more:
            assert self._more.wait_for(said, PATIENCE_S), f"no {count}: {self.counts}"

    def until_lost(self) -> float:
        """Go on to where the board is lost; the moment."""
        while isinstance(self.next(), Reading):
            continue
        return time.monotonic()


class Changes:
    """Waits for something in a twin's world, which says when anything changes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()

    def __call__(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait. Looks now and then too: not everything rings."""
        end = time.monotonic() + PATIENCE_S
        with self._changed:
            while not holds():
                assert time.monotonic() < end, what
                self._changed.wait(0.05)
