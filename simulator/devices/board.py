"""A Tasmota board's twin, with the arm and the loops that are wired to it.

It keeps the firmware's manners: a relay with a PulseTime opens by itself and an ON while it is closed only prolongs
it, so it is no second pulse; an input tells its edges and answers `Status 10` with its levels.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, Protocol

from gate.devices import tasmota
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


Publish = Callable[[str, bytes], None]


class BoardTwin:
    """One board of one lane.

    `up` is told each time the arm has reached its upper end, `danger` when the arm begins to come down, or comes
    down, over an occupied safety loop; `changed` after anything that a bystander could see.
    """

    def __init__(self, name: str, publish: Publish, clock: Clock, *, arm: Arm | None = None) -> None:
        self.name = name
        self.arm = arm or Arm()
        self.ups = 0
        self.up: Callable[[], None] = _nobody
        self.danger: Callable[[], None] = _nobody
        self.changed: Callable[[], None] = _nobody
        self._publish = publish
        self._clock = clock
        self._levels = dict.fromkeys(Sensor, Level.OFF)
        self._levels[Sensor.LIMIT_UP], self._levels[Sensor.LIMIT_DOWN] = self._limit_levels()
        self._closed_until = dict.fromkeys(Relay, 0.0)
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

    def hear(self, topic: str, payload: bytes) -> None:
        """A message under `cmnd/{board}/`; words that the firmware does not know are passed over."""
        relay = tasmota.relay_of(self.name, topic)
        if relay is not None and payload.upper() in {b"ON", b"1"}:
            self._close(relay)
        elif topic == tasmota.status_topic(self.name) and payload.strip() == b"10":
            self._publish(tasmota.levels_topic(self.name), tasmota.levels_payload(self._levels))

    def sense(self, sensor: Sensor, *, on: bool) -> None:
        """An input closes or opens; only a change is an edge."""
        level = _LEVEL[on]
        if self._levels[sensor] is level:
            return
        self._levels[sensor] = level
        self._publish(tasmota.result_topic(self.name), tasmota.edge_payload(sensor, level))
        if sensor is Sensor.SAFETY and on and self._is_coming_down():
            self.danger()
        self.changed()

    def by_hand(self, relay: Relay) -> None:
        """Somebody moves the arm at its own controller; no relay of the board takes part."""
        self._set_arm(pulsed(self.arm, relay, self._clock.time()))
        if relay is Relay.LOWER and self._is_coming_down() and self._levels[Sensor.SAFETY] is Level.ON:
            self.danger()

    def break_arm(self, fault: Fault) -> None:
        """Let the arm have a fault, or none."""
        self._set_arm(broken(self.arm, fault, self._clock.time()))

    def _close(self, relay: Relay) -> None:
        now = self._clock.time()
        is_pulse = now >= self._closed_until[relay]
        self._closed_until[relay] = now + PULSE_S
        self._tell_relay(relay, "ON")
        self._clock.call_at(now + PULSE_S, lambda: self._open(relay))
        if is_pulse:
            self.by_hand(relay)

    def _open(self, relay: Relay) -> None:
        if self._clock.time() >= self._closed_until[relay] - _EARLY_S:
            self._tell_relay(relay, "OFF")

    def _tell_relay(self, relay: Relay, said: str) -> None:
        number = tasmota.RELAY_NUMBER[relay]
        self._publish(tasmota.result_topic(self.name), f'{{"POWER{number}":"{said}"}}'.encode())

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
