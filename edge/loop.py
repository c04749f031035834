"""The deciding thread: one piece of work after another, and timers; every other thread only hands it work."""

import heapq
import itertools
import queue
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

import structlog

from edge.clock import Clock
from edge.parts import Call

WAIT_MAX_S: Final = 1.0
log = structlog.get_logger()


class Loop:
    """Work and timers. `post` and `stop` may be called from any thread, everything else on this one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._work: queue.SimpleQueue[Call] = queue.SimpleQueue()
        self._timers: list[tuple[float, int, Call]] = []
        self._ticket = itertools.count()
        self._stopping = False

    def post(self, call: Call) -> None:
        """Call back on this thread, behind all that waits."""
        self._work.put(call)

    def later(self, seconds: float, call: Call) -> None:
        """Call back on this thread after a while."""
        heapq.heappush(self._timers, (self._clock.monotonic_s() + seconds, next(self._ticket), call))

    def stop(self) -> None:
        """End the loop behind all that waits."""
        self._work.put(self._end)

    def run(self, wakes: Callable[[], Iterable[tuple[float, Call]]], after: Call) -> None:
        """Turn until stopped. `wakes`: who wants to be woken when; `after` each turn."""
        while not self._stopping:
            self._turn(wakes)
            self._guarded(after)

    def _end(self) -> None:
        self._stopping = True

    def _turn(self, wakes: Callable[[], Iterable[tuple[float, Call]]]) -> None:
        with suppress(queue.Empty):
            self._guarded(self._work.get(timeout=self._time_to_next(wakes())))
        now = self._clock.monotonic_s()
        while self._timers and self._timers[0][0] <= now:
            self._guarded(heapq.heappop(self._timers)[2])
        for when, call in wakes():
            if when <= now:
                self._guarded(call)

    def _time_to_next(self, wakes: Iterable[tuple[float, Call]]) -> float:
        now = self._clock.monotonic_s()
        due = [when for when, _ in wakes] + [timer[0] for timer in self._timers[:1]]
        return min(WAIT_MAX_S, max(0.0, min(due, default=now + WAIT_MAX_S) - now))

    def _guarded(self, work: Call) -> None:
        """One bad message must not stop a site; that it was bad is logged with its trace."""
        try:
            work()
        except Exception:
            log.exception("work failed")
