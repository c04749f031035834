"""The course of a run, and the bell that wakes whoever waits for something to change."""

import asyncio
from collections.abc import Callable
from enum import IntEnum


class Phase(IntEnum):
    """How far the day is. Phases follow each other; none comes back."""

    ARRIVALS = 0  # vehicles come
    DRAIN = 1  # nobody comes any more, parked vehicles leave
    LAST_CALL = 2  # nobody rolls up to an arm any more; who stands at one may still go
    OVER = 3  # whoever still waits stays where they are


class Day:
    """The phase of the run. All waiting in the world goes through `until`, so that nobody waits beyond its end."""

    def __init__(self) -> None:
        self.phase = Phase.ARRIVALS
        self._bell = asyncio.Event()

    def advance(self, phase: Phase) -> None:
        """Go on to `phase`; never back."""
        self.phase = max(self.phase, phase)
        self.ring()

    def ring(self) -> None:
        """Something changed: whoever waits looks again."""
        self._bell.set()
        self._bell = asyncio.Event()

    async def until(self, holds: Callable[[], object], within_s: float | None = None) -> bool:
        """Wait until `holds()` is true, the day is over or the time is up; whether it is true then."""
        try:
            async with asyncio.timeout(within_s):
                while not holds() and self.phase < Phase.OVER:
                    await self._bell.wait()
        except TimeoutError:
            pass
        return bool(holds())

    async def rest(self, seconds: float, until: Phase = Phase.OVER) -> None:
        """Let time pass, but not beyond the start of the phase."""
        await self.until(lambda: self.phase >= until, seconds)
