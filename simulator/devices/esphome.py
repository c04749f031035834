"""An ESPHome board's twin, with the arm and the loops that are wired to it.

Its switches turn themselves off after their time, and it counts what leaves the exit input. When its line comes back it
tells the state of each sensor anew, whether or not it changed: `born` does that.
"""

from collections.abc import Callable

from gate.devices import esphome
from gate.devices.board import Level, Relay, Sensor
from simulator.devices.arm import Arm
from simulator.devices.barrier import PULSE_S, Barrier, Clock

Publish = Callable[[str, bytes], None]


class EsphomeTwin(Barrier):
    """One board of one lane."""

    def __init__(self, name: str, publish: Publish, clock: Clock, *, arm: Arm | None = None) -> None:
        super().__init__(clock, arm)
        self.name = name
        self._publish = publish

    def born(self) -> None:
        """The line is back."""
        for sensor in Sensor:
            self.input_changed(sensor, self.level(sensor))

    def hear(self, topic: str, payload: bytes) -> None:
        """A message under `cmnd/{board}/`."""
        relay = esphome.relay_of(self.name, topic)
        if relay is not None:
            self._switch(relay, payload.upper())
        elif topic == esphome.question(self.name).topic:
            self._publish(esphome.levels_topic(self.name), esphome.levels_payload(self._levels, self.counter))

    def _switch(self, relay: Relay, said: bytes) -> None:
        if said == b"ON":
            self.close(relay, PULSE_S)
        elif said == b"OFF":
            self.open(relay)

    def input_changed(self, sensor: Sensor, level: Level) -> None:
        """A binary sensor's state."""
        self._publish(esphome.state_topic(self.name, sensor), esphome.state_payload(level))

    def relay_changed(self, relay: Relay, *, closed: bool) -> None:
        """A switch's state."""
        self._publish(f"stat/{self.name}/switch/{relay}/state", b"ON" if closed else b"OFF")
