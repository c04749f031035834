"""A Tasmota board's twin, with the arm and the loops that are wired to it.

It keeps the firmware's manners: a relay with a PulseTime opens by itself and an ON while it is closed only prolongs
it, so it is no second pulse; an input tells its edges and answers `Status 10` with its levels, and with what its
counter says of the exit input where one is wired (`counts`).
"""

from collections.abc import Callable

from gate.devices import tasmota
from gate.devices.board import Level, Relay, Sensor
from simulator.devices.arm import Arm
from simulator.devices.barrier import PULSE_S, Barrier, Clock

Publish = Callable[[str, bytes], None]


class TasmotaTwin(Barrier):
    """One board of one lane."""

    def __init__(
        self, name: str, publish: Publish, clock: Clock, *, arm: Arm | None = None, counts: bool = True
    ) -> None:
        super().__init__(clock, arm)
        self.name = name
        self.counts = counts
        self._publish = publish

    def hear(self, topic: str, payload: bytes) -> None:
        """A message under `cmnd/{board}/`; words that the firmware does not know are passed over."""
        relay = tasmota.relay_of(self.name, topic)
        if relay is not None:
            self._power(relay, payload.upper())
        elif topic == tasmota.status_topic(self.name) and payload.strip() == b"10":
            counted = self.counter if self.counts else None
            self._publish(tasmota.levels_topic(self.name), tasmota.levels_payload(self._levels, counted))

    def _power(self, relay: Relay, said: bytes) -> None:
        if said in {b"ON", b"1"}:
            self.close(relay, PULSE_S)
        elif said in {b"OFF", b"0"}:
            self.open(relay)

    def input_changed(self, sensor: Sensor, level: Level) -> None:
        """An edge."""
        self._publish(tasmota.result_topic(self.name), tasmota.edge_payload(sensor, level))

    def relay_changed(self, relay: Relay, *, closed: bool) -> None:
        """The relay's state, as the firmware tells it."""
        number = tasmota.RELAY_NUMBER[relay]
        self._publish(tasmota.result_topic(self.name), f'{{"POWER{number}":"{"ON" if closed else "OFF"}"}}'.encode())
