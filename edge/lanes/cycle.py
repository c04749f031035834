"""Whether the loops of a lane live: each is watched once per opening, as EN 12453 and UL 325 want of a sensor.

A detector that saw nothing of the vehicles of two openings in a row is dead; one that is occupied for very long is
stuck, or somebody parks on it. Both are told once, until the loop proves itself again.
"""

from collections.abc import Callable
from typing import Final

from edge.lanes.approach import Opening
from edge.lanes.facts import SINGLE
from gate.devices.board import Level, Reading, Sensor

Later = Callable[[float, Callable[[], None]], None]
"""Calls back on the deciding thread after so many seconds."""

WATCHED: Final = (Sensor.ARMING, Sensor.SAFETY)
"""The exit loop proves itself by the passage."""
OCCUPIED_S: Final = 600.0
SILENT_MAX: Final = 2
"""Openings in a row: a vehicle may go round a loop once."""


class Cycle:
    """The loops of one lane. `complain` gets the device's name and what is wrong with it, in words."""

    def __init__(self, later: Later, complain: Callable[[str, str], None]) -> None:
        self._later, self._complain = later, complain
        self._moved: set[Sensor] = set()
        self._silent = dict.fromkeys(WATCHED, 0)
        self._told: set[Sensor] = set()
        self._turns: dict[Sensor, int] = {}

    def saw(self, reading: Reading) -> None:
        """An input changed or was reported."""
        sensor = reading.sensor
        if sensor not in {*WATCHED, Sensor.EXIT} or not reading.edge:
            return
        self._moved.add(sensor)
        self._told.discard(sensor)
        turn = self._turns[sensor] = self._turns.get(sensor, 0) + 1
        if reading.level is Level.ON and sensor is not Sensor.ARMING:  # who waits there is looked after by a person
            self._later(OCCUPIED_S, lambda: self._still_occupied(sensor, turn))

    def over(self, opening: Opening | None) -> None:
        """An opening is over, if there was one; one for a single vehicle must have moved every loop."""
        passed = opening is not None and opening.passages > 0 and opening.reason in SINGLE
        for sensor in WATCHED:
            if sensor in self._moved:
                self._silent[sensor] = 0
            elif passed:
                self._silent[sensor] += 1
                if self._silent[sensor] >= SILENT_MAX:
                    self._tell(sensor, f"saw nothing of the vehicles of {SILENT_MAX} openings")
        self._moved.clear()

    def _still_occupied(self, sensor: Sensor, turn: int) -> None:
        if self._turns.get(sensor) == turn:
            self._tell(sensor, f"occupied for {OCCUPIED_S / 60:.0f} min: somebody stands there, or the loop is stuck")

    def _tell(self, sensor: Sensor, what: str) -> None:
        if sensor not in self._told:
            self._told.add(sensor)
            self._complain(f"{sensor} loop", what)
