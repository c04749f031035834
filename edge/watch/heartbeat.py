"""The deciding thread's signs of life: a byte to the supervisor, and for others a file whose time it renews.

Each beat goes behind all work that waits, so that a thread that turns but falls behind is silent too.
"""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from edge.watch.lifeline import Lifeline
from edge.watch.signs import BEAT_S, HEARS, LEAVES, TURNS

FILE_S: Final = 2.0
STALE_S: Final = 10.0

Call = Callable[[], None]


class Turning(Protocol):
    """Whose deciding thread it is."""

    def later(self, seconds: float, call: Call) -> None:
        """Call back on the deciding thread."""

    def post(self, call: Call) -> None:
        """The same, behind all that waits."""

    def hears_boards(self) -> bool:
        """Whether every lane knows where its arm is."""


class Heartbeat:
    """Beats on the deciding thread for as long as that turns."""

    def __init__(self, data: Path, turning: Turning, line: Lifeline | None = None) -> None:
        self._file, self._turning, self._line = _file(data), turning, line
        self._renewed = float("-inf")

    def beat(self) -> None:
        """Give a sign, now and again."""
        self._renew()
        if self._line:
            self._line.say(HEARS if self._turning.hears_boards() else TURNS)
        self._turning.later(BEAT_S, lambda: self._turning.post(self.beat))

    def leave(self) -> None:
        """Say that what comes now is an end in order."""
        if self._line:
            self._line.say(LEAVES)

    def end(self) -> None:
        """Take the sign away."""
        with contextlib.suppress(OSError):
            self._file.unlink()

    def _renew(self) -> None:
        """A disk that takes no more must not keep a lane from deciding."""
        now = time.monotonic()
        if now - self._renewed >= FILE_S:
            self._renewed = now
            with contextlib.suppress(OSError):
                self._file.touch(mode=0o600)


def age_s(data: Path) -> float | None:
    """How long ago the deciding thread last turned, by this machine's clock; None without a sign."""
    try:
        return time.time() - _file(data).stat().st_mtime
    except OSError:
        return None


def _file(data: Path) -> Path:
    return data / "alive"
