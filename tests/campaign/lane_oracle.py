"""Who judges a lane: its own record of the words that were delivered, and the ground's truth. It asks the lane nothing.

What could be known is what the delivered words say: a detector is clear when its last word since the lane began to
listen is OFF by an edge. Where somebody stands in the zone all the same, a lie that happened must explain it.
"""

from collections import Counter
from typing import Final

from gate.devices.board import Level, Reading, Relay, Sensor
from tests.campaign.lane_site import ZONE, Ground

PULSES_MAX: Final = 3
LOWERS_FOR_S: Final = 3.9  # then the lane asks again, or gives the arm up
DETECTORS: Final = frozenset({Sensor.ARMING, Sensor.SAFETY, Sensor.EXIT})
LIMIT_SWITCHES: Final = frozenset({Sensor.LIMIT_UP, Sensor.LIMIT_DOWN})


class Oracle:
    """Words, pulses and broken promises of one lane."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.words: dict[Sensor, Level] = {}
        self.in_flight: Counter[Sensor] = Counter()
        self.doubtful: dict[Sensor, str] = {}
        self.broken: list[str] = []
        self.counts: Counter[str] = Counter()
        self.excused: Counter[str] = Counter()
        self._ours = self._not_ours = self._came_up = self._came_down = self._unfinished = False
        self._new = True
        self._last_off: Sensor | None = None
        self._lift_due = False
        self._vain, self._pulsed_at = 0, 0.0
        self._last: Relay | None = None
        self.forget()

    def forget(self) -> None:
        """The lane has lost what it knew: nothing that was said holds any more."""
        self.words = dict.fromkeys(Sensor, Level.UNKNOWN)
        self._pulsed_at = -LOWERS_FOR_S  # nor is it known whether the arm heard the order

    def begins_anew(self, *, remembers: bool) -> None:
        """The lane is another process. One that remembers nothing never raised anything."""
        self.forget()
        self._new = True
        self._ours = remembers and self._unfinished and not self._not_ours
        self._vain, self._last = 0, None

    def hear(self, reading: Reading) -> None:
        """The lane is told this."""
        sensor, level, edge = reading
        before = self.words[sensor]
        if sensor in DETECTORS and level is Level.OFF and not edge:
            return
        self.words[sensor] = level
        self._lift_due = sensor in ZONE and level is Level.ON and before is not level and self._is_lowering()
        if sensor in ZONE and level is Level.OFF:
            self._last_off = sensor
        if level is self.ground.level(sensor):
            self.doubtful.pop(sensor, None)
        if sensor is Sensor.FIRE and level is Level.ON:
            self._not_ours = True
        if sensor in LIMIT_SWITCHES:
            self._vain = 0
            told = edge or before is Level.OFF or self._new
            self._new = False
            self._hear_limit(sensor, level, told=told and before is not level)

    def _is_lowering(self) -> bool:
        """Whether, by all words, the arm is on its way down because the lane asked for it just now."""
        just_now = self.ground.time.now - self._pulsed_at < LOWERS_FOR_S
        told = self.words[Sensor.FIRE] is not Level.ON and not self._not_ours and not self._came_down
        return self._last is Relay.LOWER and just_now and told

    def heard(self) -> None:
        """The lane has done what it does about the word."""
        if self._lift_due and self._last is not Relay.RAISE:
            self._complain("pressed on while somebody entered the zone")
        self._lift_due = False

    def _hear_limit(self, sensor: Sensor, level: Level, *, told: bool) -> None:
        """`told`: the words show that it moved, and are no mere answer after a silence."""
        up, down = self.words[Sensor.LIMIT_UP], self.words[Sensor.LIMIT_DOWN]
        if down is Level.ON and up is not Level.ON:
            self._came_down = True
            # where it has not come up since, the order to rise is newer than this word
            self._ours = self._unfinished = self._ours and not self._came_up
            self._not_ours = self.words[Sensor.FIRE] is Level.ON
        if told and sensor is Sensor.LIMIT_UP and level is Level.ON and down is not Level.ON:
            self._came_up = True
            self._not_ours = self._not_ours or not self._ours

    def ordered(self, what: str) -> None:
        """A person's order. `down` lets the arm come down whoever raised it; `held` makes it the person's own."""
        self._vain = 0
        if what == "down" or (what == "held" and self.words[Sensor.FIRE] is not Level.ON):
            self._not_ours = False

    def granted(self) -> None:
        """Somebody may pass: the arm has a new reason to move."""
        self._vain = 0

    def pulsed(self, relay: Relay) -> None:
        """The lane asks the arm to move."""
        self.counts[f"{relay} pulses"] += 1
        self._vain = self._vain + 1 if relay is self._last else 1
        self._last, self._pulsed_at = relay, self.ground.time.now
        if self._vain > PULSES_MAX:
            self._complain(f"{relay} pulsed {self._vain} times with no movement told")
        if relay is Relay.RAISE:
            self._ours, self._unfinished, self._came_up = True, True, False
            self._not_ours = self._not_ours and self.words[Sensor.LIMIT_DOWN] is not Level.ON
            return
        self._ours = self._came_down = False
        self._lowered()

    def _lowered(self) -> None:
        unknown = [sensor for sensor in (*ZONE, Sensor.FIRE) if self.words[sensor] is not Level.OFF]
        if unknown:
            said = ", ".join(f"{sensor} is {self.words[sensor]}" for sensor in unknown)
            self._complain(f"lowered while {said}")
        if self._not_ours:
            self._complain("lowered an arm that a hand or fire had raised")
        if self.ground.occupied:
            self._explain(unknown)

    def _explain(self, unknown: list[Sensor]) -> None:
        """Somebody is there: which lie kept the lane from knowing?"""
        self.counts["lowered over somebody whom no word told of"] += not unknown
        vanished = self._last_off is Sensor.SAFETY and self.words[Sensor.ARMING] is Level.OFF
        self.counts["lowered over somebody who, by the loops' order, had vanished under the arm"] += vanished
        covered = [loop for sensor, loop in self.ground.loops.items() if sensor in ZONE and loop.count]
        causes = {self._cause(loop.sensor) for loop in covered}
        if "" in causes and not unknown:
            self._complain(f"lowered on a vehicle over {', '.join(loop.sensor for loop in covered)}")
        self.excused.update(causes - {""})

    def _cause(self, sensor: Sensor) -> str:
        loop = self.ground.loops[sensor]
        if loop.stuck is Level.OFF:
            return "stuck off, as by a broken wire"
        if loop.deaf:
            return "deaf after power-up or a presence time-out"
        if self.in_flight[sensor]:
            return "the word was on its way"
        return self.doubtful.get(sensor, "")

    def _complain(self, what: str) -> None:
        self.broken.append(f"at {self.ground.time.now:.3f}: {what}")
