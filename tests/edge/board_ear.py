"""Who hears a board in tests, and waits for what it says."""

import threading
import time
from collections.abc import Callable

from gate.devices.board import Level, Reading, Sensor

PATIENCE_S = 15.0


class Ear:
    """A BoardListener that keeps all it hears; `next` and `all_levels` wait for more."""

    def __init__(self) -> None:
        self.heard: list[Reading | str] = []
        self._read = 0
        self._more = threading.Condition()

    def said(self, reading: Reading) -> None:
        self._hear(reading)

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
