"""A desk's clock, eyes and devices: they keep the constraints of the real ones."""

import heapq
import itertools
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from edge.clock import Clock
from edge.lanes.approach import Look
from gate.devices import tasmota
from gate.devices.board import DeviceFailed, Relay
from gate.devices.screen import Page
from gate.wire import encode
from simulator.devices.screen import ScreenTwin
from simulator.devices.tasmota import TasmotaTwin

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


class Timer:
    """What can be cancelled."""

    def __init__(self) -> None:
        self.live = True

    def cancel(self) -> None:
        """Do not call."""
        self.live = False


class DeskClock(Clock):
    """A boot whose time a test turns; the twins live by it too."""

    def __init__(self, monotonic_s: float = 50.0, wall: datetime = MORNING) -> None:
        self._at, self._wall = monotonic_s, wall - timedelta(seconds=monotonic_s)
        self._due: list[tuple[float, int, Timer, Callable[[], object]]] = []
        self._ticket = itertools.count()
        super().__init__()
        self.machine = f"machine-{self.boot}"

    def monotonic_s(self) -> float:
        return self._at

    def monotonic_ms(self) -> int:
        return int(self._at * 1000)

    def tick_ms(self) -> int:
        return self.monotonic_ms()

    def wall(self) -> datetime:
        return self._wall + timedelta(seconds=self._at)

    def time(self) -> float:
        """The same, as a twin asks."""
        return self._at

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        """Call back at a moment."""
        timer = Timer()
        heapq.heappush(self._due, (when, next(self._ticket), timer, callback))
        return timer

    def next_due(self) -> float | None:
        """The moment of the next call."""
        return self._due[0][0] if self._due else None

    def go(self, when: float) -> None:
        """Be then, and make the calls that are due."""
        self._at = max(self._at, when)
        while self._due and self._due[0][0] <= self._at:
            _, _, timer, callback = heapq.heappop(self._due)
            if timer.live:
                callback()


class DeskEyes:
    """Gives each lane the looks that a test laid out, in order; a lane without any is looked at for ever."""

    def __init__(self, later: Callable[[float, Callable[[], None]], None]) -> None:
        self._later = later
        self._looks: dict[str, deque[tuple[Look, float]]] = {}
        self.asked: list[str] = []

    def will_see(self, lane: str, look: Look, after_s: float = 0.1) -> None:
        """The lane's next look."""
        self._looks.setdefault(lane, deque()).append((look, after_s))

    def look(self, lane: str, done: Callable[[Look], None]) -> None:
        self.asked.append(lane)
        if self._looks.get(lane):
            look, after_s = self._looks[lane].popleft()
            self._later(after_s, lambda: done(look))


class DeskDevices:
    """Boards and screens of the desk. `before_pulse` sees what is on disk when an arm is asked to move."""

    def __init__(self, boards: dict[str, TasmotaTwin], screens: dict[str, ScreenTwin]) -> None:
        self._boards, self._screens = boards, screens
        self.away: set[str] = set()
        self.pulses: list[tuple[str, Relay]] = []
        self.before_pulse: Callable[[str, Relay], None] = lambda _board, _relay: None

    def pulse(self, board: str, relay: Relay) -> None:
        self.before_pulse(board, relay)
        if board in self.away:
            raise DeviceFailed(f"{board}: the site's broker is away")
        self.pulses.append((board, relay))
        self._boards[board].hear(tasmota.pulse_topic(board, relay), b"ON")

    def show(self, board: str, page: Page) -> None:
        self._screens[board].hear(encode(page))
