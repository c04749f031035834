"""A day of a box without its centre, in compressed time: real lanes, store and outbox, twins of arms and boards.

Time is the desk's, so that a day is as long as its facts take to be written.
"""

import random
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from gate import signing
from gate.devices.board import Sensor
from gate.lane import Phase
from gate.lease import Policy, Unpaid
from gate.messages import Direction
from tests.edge.desk import KEY, Desk, lease
from tests.edge.fakes import DeskClock

DAY: Final = timedelta(hours=24)
ROUND_S: Final = 30.0
INSIDE: Final = 15
"""Rounds between a vehicle's entry and its exit: longer than the free minutes."""
IN: Final = tuple(f"in-{number}" for number in range(1, 5))
OUT: Final = tuple(f"out-{number}" for number in range(1, 5))
_LETTERS: Final = "ABCDEFGHKLMNPSTUVXYZ"


class Passed(NamedTuple):
    """A vehicle that went past an arm, as whoever stood there saw it."""

    lane: str
    direction: Direction
    plate: str
    at: datetime


class _DayDesk(Desk):
    def _made_clock(self) -> DeskClock:
        return DeskClock(wall=datetime.now(UTC) - DAY - timedelta(hours=2))


class Day:
    """The world. `passed` is the truth, in the order in which it happened."""

    def __init__(self, folder: Path, seed: int, passages: int, restarts: int) -> None:
        self._chance = random.Random(seed)
        self._desk = _DayDesk(folder, lanes=(*IN, *OUT), unleased=True)
        self._begun = self._desk.clock.wall()
        self._passages, self._restarts = passages, restarts
        self._inside: deque[tuple[int, str]] = deque()
        self._plates: set[str] = set()
        self.passed: list[Passed] = []
        self.restarted = 0

    def run(self) -> Iterator[int]:
        """Live it; says now and then how many have passed."""
        policy = Policy(unpaid=Unpaid.BILL, patience_s=5)
        until = self._begun + 2 * DAY
        paper = lease(issued_at=self._begun, expires_at=until, policy=policy, capacity=1_000)
        self._desk.papers.lease_came(signing.sign(paper, KEY))
        for lane in self._desk.lanes.values():
            lane.has_patience(policy.patience_s)
        self._desk.turn(1)
        number = 0
        while len(self.passed) < self._passages:
            self._round(number)
            number += 1
            if len(self.passed) >= self._passages * (self.restarted + 1) // (self._restarts + 1):
                self._restart()
            if number % 100 == 0:
                yield len(self.passed)
        self._desk.turn(max(0.0, (self._begun + DAY - self._desk.clock.wall()).total_seconds()))
        self._desk.store.close()

    @property
    def hours(self) -> float:
        """How long the day was."""
        return (self._desk.clock.wall() - self._begun) / timedelta(hours=1)

    def _restart(self) -> None:
        if self.restarted < self._restarts:
            self._desk.restart(after_s=self._chance.uniform(1, 60))
            self.restarted += 1
            self._desk.turn(5)

    def _round(self, number: int) -> None:
        """A vehicle at each lane, as far as there are any; all at the same time, as on a busy day."""
        began = self._desk.clock.time()
        coming = {lane: self._plate() for lane in IN} if self._to_come() else {}
        going = {lane: self._inside.popleft()[1] for lane in OUT if self._inside and self._is_due(number)}
        for lane, plate in (*coming.items(), *going.items()):
            self._desk.arrive(lane, plate)
        self._inside += [(number, plate) for plate in coming.values()]
        self._desk.turn(2)
        self._drive(coming, Direction.IN)
        self._desk.turn(6)
        self._drive(going, Direction.OUT)
        self._desk.turn(max(0.0, began + ROUND_S - self._desk.clock.time()))

    def _to_come(self) -> bool:
        return len(self.passed) + len(self._inside) < self._passages

    def _is_due(self, number: int) -> bool:
        return not self._to_come() or self._inside[0][0] + INSIDE <= number

    def _drive(self, vehicles: dict[str, str], direction: Direction) -> None:
        for lane in vehicles:
            assert self._desk.phase(lane) is Phase.OPEN, f"{lane}: {self._desk.phase(lane)}"
            self._desk.sense(lane, Sensor.SAFETY, on=True)
            self._desk.sense(lane, Sensor.ARMING, on=False)
        for sensor, on in ((Sensor.EXIT, True), (Sensor.SAFETY, False), (Sensor.EXIT, False)):
            self._desk.turn(1)
            for lane, plate in vehicles.items():
                if (sensor, on) == (Sensor.EXIT, False):
                    self.passed.append(Passed(lane, direction, plate, self._desk.clock.wall()))
                self._desk.sense(lane, sensor, on=on)

    def _plate(self) -> str:
        """New, and unlike any that is inside: misreading is another campaign's matter."""
        while True:
            chance = self._chance
            plate = f"{chance.randint(11, 99)}{chance.choice(_LETTERS)}{chance.randint(10_000, 99_999)}"
            if plate not in self._plates and all(_unlike(plate, other) for _, other in self._inside):
                self._plates.add(plate)
                return plate


def _unlike(one: str, other: str) -> bool:
    return sum(a != b for a, b in zip(one, other, strict=True)) >= 4
