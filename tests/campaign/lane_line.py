"""The line between a lane's board and its box: late, cut, lost, repeated, out of order, as the day's faults will."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

from gate.devices.board import Level, Reading, Relay, Sensor
from tests.campaign.lane_oracle import Oracle
from tests.campaign.lane_site import Ground, Time

LATENCY_S: Final = (0.002, 0.05)


class Weather(NamedTuple):
    """Shares of messages that have a fault."""

    lost: float = 0.0
    repeated: float = 0.0
    reordered: float = 0.0
    pulse_lost: float = 0.0


class Line:
    """Both ways. `hear` and `lost` are the box's; `pulse` takes an order down to the arm."""

    def __init__(
        self,
        time: Time,
        rng: random.Random,
        weather: Weather,
        hear: Callable[[Reading], None],
        lost: Callable[[], None],
    ) -> None:
        self.time, self._rng, self._weather, self._hear, self._lost = time, rng, weather, hear, lost
        self.up = True
        self.faults: Counter[str] = Counter()
        self._life = 0
        self._last_at = 0.0
        self.ground: Ground
        self.oracle: Oracle

    # --- up to the box --------------------------------------------------------------------------------------

    def changed(self, sensor: Sensor, level: Level) -> None:
        """The board tells an edge."""
        reading = Reading(sensor, level, edge=True)
        weather, chance = self._weather, self._rng.random()
        if not self.up:
            self.faults["edges while the line was cut"] += 1
            self.oracle.doubtful[sensor] = "the line was cut"
        elif chance < weather.lost:
            self.faults["edges lost"] += 1
            self.oracle.doubtful[sensor] = "its edge was lost"
        elif chance < weather.lost + weather.repeated:
            self.faults["edges repeated"] += 1
            self._send(reading, 0.0)
            self._send(reading, self._rng.uniform(0.01, 5.0), doubt="an old edge came once more")
        elif chance < weather.lost + weather.repeated + weather.reordered:
            self.faults["edges out of order"] += 1
            self._send(reading, self._rng.uniform(0.05, 2.0), doubt="its edges came out of order")
        else:
            self._send(reading, 0.0)

    def _send(self, reading: Reading, extra_s: float, doubt: str = "") -> None:
        at = self.time.now + self._rng.uniform(*LATENCY_S) + extra_s
        if not extra_s:
            self._last_at = at = max(at, self._last_at)
        self.oracle.in_flight[reading.sensor] += 1
        life = self._life
        self.time.after(at - self.time.now, lambda: self._deliver(reading, life, doubt))

    def _deliver(self, reading: Reading, life: int, doubt: str) -> None:
        self.oracle.in_flight[reading.sensor] -= 1
        if life != self._life:
            self.oracle.doubtful[reading.sensor] = "the line was cut"
            return
        self.oracle.hear(reading)
        if doubt and reading.level is not self.ground.level(reading.sensor):
            self.oracle.doubtful[reading.sensor] = doubt
        self._hear(reading)
        self.oracle.heard()

    def weather_clears(self) -> None:
        """From now on every message arrives, once and in order."""
        self._weather = Weather()

    def report(self) -> None:
        """The board answers with all its levels."""
        for reading in self.ground.readings():
            self._send(reading, 0.0)

    # --- cuts -----------------------------------------------------------------------------------------------

    def cut(self, notice_s: float) -> None:
        """The line is cut; what is on its way is gone, and the box learns of it a while later."""
        self.up = False
        self._life += 1
        self.faults["line cut"] += 1
        life = self._life
        self.time.after(notice_s, lambda: self._notice(life))

    def mend(self) -> None:
        """The line stands again: the box hears that the board was away, and then what it says."""
        self._notice(self._life)
        self._life += 1
        self.up = True
        self.report()

    def _notice(self, life: int) -> None:
        if not self.up and life == self._life:
            self.oracle.forget()
            self._lost()

    def drop(self) -> None:
        """The box died: what is on its way to it is gone."""
        self._life += 1

    # --- down to the arm ------------------------------------------------------------------------------------

    def pulse(self, relay: Relay) -> bool:
        """Take an order to the board; False when the box knows that it cannot be sent."""
        self.oracle.pulsed(relay)
        if not self.up or self._rng.random() < self._weather.pulse_lost:
            self.faults["pulses lost"] += 1
        else:
            self.time.after(self._rng.uniform(*LATENCY_S), lambda: self._arrive(relay))
        return self.up

    def _arrive(self, relay: Relay) -> None:
        self.ground.pulse(relay)
        if relay is Relay.LOWER and self.ground.occupied:
            self.faults["arm began to come down over somebody"] += 1
