"""Relays and inputs on the box's own pins, through gpiozero: a relay hat, optocouplers, a Raspberry Pi.

Pins are sampled, many times in a debounce: no callback of a library's thread, and a spike shorter than the debounce is
no edge. gpiozero picks the chip's driver; tests and twins give it a factory of their own.
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, NamedTuple

from gpiozero import DigitalOutputDevice, InputDevice  # type: ignore[import-untyped]
from gpiozero.pins import Factory  # type: ignore[import-untyped]

from edge.devices.board_config import GpioBoard, Pull
from edge.devices.polled import Manner, PolledBoard
from gate.devices.board import Level, Relay, Sensor

SAMPLE_S: Final = 0.01
_PULL_UP: Final = {Pull.UP: True, Pull.DOWN: False, Pull.NONE: None}


def gpio_board(name: str, config: GpioBoard, factory: Factory | None = None) -> PolledBoard:
    """The board of this configuration. `factory` None: the chip's own."""
    manner = Manner(name, SAMPLE_S, config.pulse_ms / 1000, opens_itself=False)
    return PolledBoard(manner, lambda: GpioWire(config, factory), config.absent)


class _Sample(NamedTuple):
    level: Level
    since: float


class GpioWire:
    """The pins, taken. Raises what gpiozero raises where they are not to be had."""

    def __init__(self, config: GpioBoard, factory: Factory | None) -> None:
        self._config = config
        self._relays: dict[Relay, DigitalOutputDevice] = {}
        self._inputs: dict[Sensor, InputDevice] = {}
        self._stable: dict[Sensor, Level] = {}
        self._seen: dict[Sensor, _Sample] = {}
        try:
            self._take(config, factory)
        except BaseException:
            self.hang_up()
            raise

    def _take(self, config: GpioBoard, factory: Factory | None) -> None:
        for relay, pin in config.relays.items():
            self._relays[relay] = DigitalOutputDevice(
                pin, active_high=not config.relays_active_low, initial_value=False, pin_factory=factory
            )
        active = True if config.pull is Pull.NONE else None
        for sensor, pin in config.inputs.items():
            self._inputs[sensor] = InputDevice(
                pin, pull_up=_PULL_UP[config.pull], active_state=active, pin_factory=factory
            )

    def read(self) -> Mapping[Sensor, Level]:
        """Each input as it has been for the whole debounce."""
        return {sensor: self._debounced(sensor, pin, time.monotonic()) for sensor, pin in self._inputs.items()}

    def counted(self) -> int | None:
        """Nothing: nobody reads the pins while this box does not."""
        return None

    def close_relay(self, relay: Relay) -> None:
        """Close the contact."""
        self._relays[relay].on()

    def open_relay(self, relay: Relay) -> None:
        """Open the contact."""
        self._relays[relay].off()

    def hang_up(self) -> None:
        """Give the pins back."""
        for pin in (*self._relays.values(), *self._inputs.values()):
            with suppress(Exception):
                pin.close()

    def _debounced(self, sensor: Sensor, pin: InputDevice, now: float) -> Level:
        level = self._config.level(sensor, closed=bool(pin.is_active))
        seen = self._seen.get(sensor)
        if seen is None or seen.level is not level:
            seen = self._seen[sensor] = _Sample(level, now)
        if sensor not in self._stable or now - seen.since >= self._config.debounce_ms / 1000:
            self._stable[sensor] = level
        return self._stable[sensor]
