"""An arm, its loops and its limit switches, as they are wired to a board: the physics that all boards' twins share.

A twin is a barrier that speaks: it is told of each change of an input, and moves the arm by its relays' contacts.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, Protocol

from gate.devices.board import Level, Relay, Sensor
from simulator.devices.arm import DOWN, UP, Arm, Fault, arrives_at, broken, limits, pulsed

PULSE_S: Final = 0.5
_EARLY_S: Final = 0.01  # an event loop may wake a hair before the moment asked for
_LEVEL: Final = {True: Level.ON, False: Level.OFF}


class Clock(Protocol):
    """A steady clock that wakes: asyncio's loop is one."""

    def time(self) -> float:
        """Seconds."""

    def call_at(self, when: float, callback: Callable[[], object]) -> Any:
        """Call back at a moment of `time`; what comes back can be cancelled."""


class Barrier:
    """One lane's arm and what is wired to its board.

    `up` is told each time the arm has reached its upper end, `danger` when the arm begins to come down, or comes
    down, over an occupied safety loop; `changed` after anything that a bystander could see. `closings` counts how
    often each contact closed, `clashes` how often both were closed at once, `held_s` how long each closing lasted.
    `counter` is the board's own count of the exit input's trailing edges: it goes on whoever listens.
    """

    def __init__(self, clock: Clock, arm: Arm | None = None) -> None:
        self.arm = arm or Arm()
        self.ups = 0
        self.counter = 0
        self.up: Callable[[], None] = _nobody
        self.danger: Callable[[], None] = _nobody
        self.changed: Callable[[], None] = _nobody
        self.closings = dict.fromkeys(Relay, 0)
        self.clashes = 0
        self.held_s: list[float] = []
        self._clock = clock
        self._levels = dict.fromkeys(Sensor, Level.OFF)
        self._levels[Sensor.LIMIT_UP], self._levels[Sensor.LIMIT_DOWN] = self._limit_levels()
        self._closed_until: dict[Relay, float] = {}
        self._closed_at = dict.fromkeys(Relay, 0.0)
        self._wake: Any = None

    @property
    def is_up(self) -> bool:
        """Whether the upper limit switch is closed."""
        return self._levels[Sensor.LIMIT_UP] is Level.ON

    @property
    def up_in_s(self) -> float:
        """The seconds until the arm, now rising, will be up; 0 when it does not rise."""
        when = arrives_at(self.arm) if self.arm.heading == UP else None
        return 0.0 if when is None else max(0.0, when - self._clock.time()) + _EARLY_S

    def level(self, sensor: Sensor) -> Level:
        """What an input reads."""
        return self._levels[sensor]

    def is_closed(self, relay: Relay) -> bool:
        """Whether a relay's contact is closed."""
        return relay in self._closed_until

    def sense(self, sensor: Sensor, *, on: bool) -> None:
        """An input closes or opens; only a change is an edge."""
        level = _LEVEL[on]
        if self._levels[sensor] is level:
            return
        self._levels[sensor] = level
        self.counter += sensor is Sensor.EXIT and not on
        self.input_changed(sensor, level)
        if sensor is Sensor.SAFETY and on and self._is_coming_down():
            self.danger()
        self.changed()

    def reset_counter(self, to: int = 0) -> None:
        """The board's power was cut, or somebody set its counter."""
        self.counter = to

    def by_hand(self, relay: Relay) -> None:
        """Somebody moves the arm at its own controller; no relay of the board takes part."""
        self._set_arm(pulsed(self.arm, relay, self._clock.time()))
        if relay is Relay.LOWER and self._is_coming_down() and self._levels[Sensor.SAFETY] is Level.ON:
            self.danger()

    def break_arm(self, fault: Fault) -> None:
        """Let the arm have a fault, or none."""
        self._set_arm(broken(self.arm, fault, self._clock.time()))

    # --- for the twin that speaks -------------------------------------------------------------------------

    def input_changed(self, sensor: Sensor, level: Level) -> None:
        """Told of each change; a board that is asked for its inputs needs not listen."""

    def relay_changed(self, relay: Relay, *, closed: bool) -> None:
        """Told when a relay is closed, prolonged or opened."""

    def close(self, relay: Relay, for_s: float = float("inf")) -> None:
        """Close the contact, for a time or until it is opened. One that is closed is only prolonged."""
        now = self._clock.time()
        is_pulse = relay not in self._closed_until
        self._closed_until[relay] = now + for_s
        self.relay_changed(relay, closed=True)
        if for_s != float("inf"):
            self._clock.call_at(now + for_s, lambda: self._time_up(relay))
        if is_pulse:
            self._closed_at[relay] = now
            self.closings[relay] += 1
            self.clashes += len(self._closed_until) - 1
            self.by_hand(relay)

    def open(self, relay: Relay) -> None:
        """Open the contact."""
        if self._closed_until.pop(relay, None) is not None:
            self.held_s.append(self._clock.time() - self._closed_at[relay])
            self.relay_changed(relay, closed=False)
            self.changed()

    def _time_up(self, relay: Relay) -> None:
        until = self._closed_until.get(relay)
        if until is not None and self._clock.time() >= until - _EARLY_S:
            self.open(relay)

    def _set_arm(self, arm: Arm) -> None:
        self.arm = arm
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        when = arrives_at(arm)
        if when is not None:
            self._wake = self._clock.call_at(when, self._arrived)
        self._read_limits()

    def _arrived(self) -> None:
        self._wake = None
        self.arm = replace(self.arm, place=self.arm.heading, since=self._clock.time())
        self._read_limits()

    def _read_limits(self) -> None:
        was_up = self.is_up
        up, down = self._limit_levels()
        self.sense(Sensor.LIMIT_UP, on=up is Level.ON)
        self.sense(Sensor.LIMIT_DOWN, on=down is Level.ON)
        if self.is_up and not was_up:
            self.ups += 1
            self.up()

    def _limit_levels(self) -> tuple[Level, Level]:
        read = limits(self.arm, self._clock.time())
        return _LEVEL[read.up], _LEVEL[read.down]

    def _is_coming_down(self) -> bool:
        return self.arm.heading == DOWN and self._levels[Sensor.LIMIT_DOWN] is Level.OFF


def _nobody() -> None:
    """Nobody listens."""
