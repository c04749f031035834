"""The box's clocks: a boot of its own, monotonic milliseconds within it, and the wall."""

import os
import time
from datetime import UTC, datetime
from uuid import UUID

from gate.ids import uuid7


class Clock:
    """One boot. Deadlines and durations are monotonic; the wall only names moments."""

    def __init__(self) -> None:
        self._started = time.monotonic_ns()
        self.boot: UUID = self.new_id()

    def monotonic_s(self) -> float:
        """Seconds since this boot."""
        return (time.monotonic_ns() - self._started) / 1e9

    def monotonic_ms(self) -> int:
        """Milliseconds since this boot."""
        return (time.monotonic_ns() - self._started) // 1_000_000

    def now(self) -> datetime:
        """The wall clock."""
        return datetime.now(UTC)

    def new_id(self) -> UUID:
        """An identifier made now."""
        return uuid7(self.now(), os.urandom(10))
