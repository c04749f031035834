"""A box's own pins as a twin: gpiozero's mock factory, its pins driven by the arm and the loops.

Pins 17 and 27 raise and lower; pins 5 to 11 are the inputs in the order of `Sensor`, pulled up, closed to ground.
"""

from typing import Any, Final

from gpiozero.pins.mock import MockFactory, MockPin  # type: ignore[import-untyped]

from gate.devices.board import Level, Relay, Sensor
from simulator.devices.arm import Arm
from simulator.devices.barrier import Barrier, Clock
from simulator.devices.trouble import Trouble

RELAYS: Final = {Relay.RAISE: 17, Relay.LOWER: 27}
INPUTS: Final = {sensor: number for number, sensor in enumerate(Sensor, 5)}


class GpioTwin(Barrier):
    """The pins of one lane. `factory` is what a driver takes them from."""

    def __init__(self, clock: Clock, call: Any, *, arm: Arm | None = None) -> None:
        """`call` runs something on the clock's thread."""
        super().__init__(clock, arm)
        self.trouble = Trouble.NONE
        self._call = call
        self.factory = MockFactory(pin_class=self._pin_class())
        for sensor in INPUTS:
            self.input_changed(sensor, self.level(sensor))

    def input_changed(self, sensor: Sensor, level: Level) -> None:
        """The contact goes to ground while it is closed."""
        self._drive(sensor, low=level is Level.ON)

    def spike(self, sensor: Sensor) -> None:
        """A spike on the line, the other way, shorter than any debounce."""
        self._drive(sensor, low=self.level(sensor) is not Level.ON)
        self._drive(sensor, low=self.level(sensor) is Level.ON)

    def _drive(self, sensor: Sensor, *, low: bool) -> None:
        pin = self.factory.pin(INPUTS[sensor])
        pin.drive_low() if low else pin.drive_high()

    def _contact(self, relay: Relay, *, closed: bool) -> None:
        if closed and not self.is_closed(relay):
            self.close(relay)
        elif not closed:
            self.open(relay)

    def _pin_class(self) -> type:
        twin = self
        relays = {number: relay for relay, number in RELAYS.items()}
        sensors = {number: sensor for sensor, number in INPUTS.items()}

        class Pin(MockPin):  # type: ignore[misc]
            """A pin with something wired to it: a contact holds it, whatever pulls."""

            def _get_state(self) -> bool:
                twin.refuse_in_trouble()
                return bool(super()._get_state())

            def _set_state(self, value: float) -> None:
                twin.refuse_in_trouble()
                super()._set_state(value)
                number = int(self.info.name.removeprefix("GPIO"))
                if number in relays:
                    twin._call(lambda: twin._contact(relays[number], closed=bool(value)))

            def _set_function(self, value: str) -> None:
                super()._set_function(value)
                number = int(self.info.name.removeprefix("GPIO"))
                if number in relays and value == "input":  # nobody holds the relay any more
                    twin._call(lambda: twin._contact(relays[number], closed=False))

            def _set_pull(self, value: str) -> None:
                super()._set_pull(value)
                sensor = sensors.get(int(self.info.name.removeprefix("GPIO")))
                if sensor is not None and twin.level(sensor) is Level.ON:
                    self.drive_low()

        return Pin

    def refuse_in_trouble(self) -> None:
        """Pins whose chip has gone raise what its driver raises."""
        if self.trouble is Trouble.CUT:
            raise OSError("the chip has gone")
