"""A lane's ground in virtual time: vehicles over loops, detectors that lie as real ones do, an arm, a board.

A vehicle is a row of crossings: the places of its front at which a loop begins or ends to feel it. It moves from one
to the next, forward or back, so that loops overlap under it as they do under steel.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple, Protocol

from gate.devices.board import Level, Reading, Relay, Sensor
from simulator.devices.arm import UP, Arm, Fault, arrives_at, broken, limits, pulsed

GROUND: Final = {Sensor.ARMING: (-3.0, -1.0), Sensor.SAFETY: (-0.5, 1.5), Sensor.EXIT: (2.0, 4.0)}
"""Where each loop lies, metres along the lane; the arm is at 0. Nothing is shorter than the gap between two loops."""

ZONE: Final = (Sensor.SAFETY, Sensor.EXIT)
LENGTHS: Final = ((1.8, 2.2), (3.4, 5.2), (5.3, 8.5), (9.0, 12.0))
MOTORBIKES: Final = 0
_LEVEL: Final = {True: Level.ON, False: Level.OFF}


class Time:
    """A heap of what will happen."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._ticket = 0

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Call, later."""
        self._ticket += 1
        heapq.heappush(self._due, (self.now + seconds, self._ticket, call))

    def next_at(self) -> float | None:
        """When the next thing happens."""
        return self._due[0][0] if self._due else None

    def go(self) -> None:
        """Let the next thing happen."""
        when, _, call = heapq.heappop(self._due)
        self.now = when
        call()


class Board(Protocol):
    """Who hears the inputs of the ground."""

    def changed(self, sensor: Sensor, level: Level) -> None:
        """An input's level is another now."""

    def arm_came_up(self) -> None:
        """The upper limit switch closed."""


class Loop:
    """A loop and its detector. `deaf`: something stands on it that the detector does not feel."""

    __slots__ = ("count", "deaf", "level", "sensor", "stuck", "turn")

    def __init__(self, sensor: Sensor) -> None:
        self.sensor = sensor
        self.count = 0
        self.deaf = False
        self.stuck: Level | None = None
        self.level = Level.OFF
        self.turn = 0

    def feels(self) -> Level:
        """What the detector's output is now."""
        if self.stuck is not None:
            return self.stuck
        return _LEVEL[self.count > 0 and not self.deaf]


class Move(NamedTuple):
    """Go to a crossing. `waits`: only from a raised arm; `pause_s` before it begins."""

    to: int
    speed: float
    waits: bool = False
    pause_s: float = 0.0


class Vehicle:
    """One vehicle and what its driver is going to do. `at` counts the crossings behind its front."""

    __slots__ = ("at", "crossings", "moves", "on_zone", "waiting")

    def __init__(self, length: float) -> None:
        rows = [(begin, sensor, True) for sensor, (begin, _) in GROUND.items()]
        rows += [(end + length, sensor, False) for sensor, (_, end) in GROUND.items()]
        self.crossings = sorted(rows, key=lambda row: row[0])
        self.at = 0
        self.on_zone = 0
        self.moves: list[Move] = []
        self.waiting = False

    def crossing(self, sensor: Sensor, *, on: bool) -> int:
        """How many crossings are behind when the loop has just begun, or ended, to feel it."""
        return next(n for n, row in enumerate(self.crossings, 1) if row[1:] == (sensor, on))

    @property
    def end(self) -> int:
        """All crossings."""
        return len(self.crossings)


class Ground:
    """All that is physical."""

    def __init__(self, time: Time, rng: random.Random, board: Board, presence_s: float | None) -> None:
        self.time, self.rng, self.board = time, rng, board
        self.presence_s = presence_s
        self.loops = {sensor: Loop(sensor) for sensor in GROUND}
        self.arm = Arm(travel_s=rng.uniform(0.8, 2.5))
        self.fire = self.button = Level.OFF
        self.vehicles: list[Vehicle] = []
        self.timed_out = 0
        self._arm_turn = 0
        self._limits = limits(self.arm, 0.0)

    # --- truth --------------------------------------------------------------------------------------------

    @property
    def occupied(self) -> list[Vehicle]:
        """Who is between the begin of the safety loop and the end of the exit loop."""
        return [vehicle for vehicle in self.vehicles if vehicle.on_zone]

    def level(self, sensor: Sensor) -> Level:
        """What an input of the board reads now."""
        if sensor in self.loops:
            return self.loops[sensor].level
        if sensor is Sensor.FIRE:
            return self.fire
        if sensor is Sensor.BUTTON:
            return self.button
        return _LEVEL[self._limits.up if sensor is Sensor.LIMIT_UP else self._limits.down]

    def readings(self) -> list[Reading]:
        """What the board answers when it is asked."""
        return [Reading(sensor, self.level(sensor), edge=False) for sensor in Sensor]

    # --- the arm --------------------------------------------------------------------------------------------

    @property
    def is_up(self) -> bool:
        """Whether the arm is all up."""
        return self._limits.up

    def pulse(self, relay: Relay) -> None:
        """The arm's controller is told to move."""
        self._set_arm(pulsed(self.arm, relay, self.time.now))

    def break_arm(self, fault: Fault) -> None:
        """The arm is stuck, slow, or well again."""
        self._set_arm(broken(self.arm, fault, self.time.now))

    def _set_arm(self, arm: Arm) -> None:
        self.arm = arm
        self._arm_turn += 1
        turn, when = self._arm_turn, arrives_at(arm)
        if when is not None:
            self.time.after(max(0.0, when - self.time.now), lambda: self._arrived(turn))
        self._look_at_limits()

    def _arrived(self, turn: int) -> None:
        if turn == self._arm_turn:
            self.arm = replace(self.arm, place=self.arm.heading, since=self.time.now)
            self._look_at_limits()

    def _look_at_limits(self) -> None:
        before, self._limits = self._limits, limits(self.arm, self.time.now)
        if before.down != self._limits.down:
            self.board.changed(Sensor.LIMIT_DOWN, _LEVEL[self._limits.down])
        if before.up != self._limits.up:
            self.board.changed(Sensor.LIMIT_UP, _LEVEL[self._limits.up])
            if self._limits.up:
                self.board.arm_came_up()

    # --- loops ----------------------------------------------------------------------------------------------

    def stick(self, sensor: Sensor, level: Level | None) -> None:
        """A detector's output is held, as by a broken wire, or free again."""
        self.loops[sensor].stuck = level
        self._refresh(self.loops[sensor])

    def power_cycle(self) -> int:
        """The detectors lose power and tune themselves anew: what stands there is the empty lane to them.

        Says how many are deaf now.
        """
        for loop in self.loops.values():
            loop.deaf = loop.count > 0
            loop.turn += 1
            loop.level = loop.feels()
        return sum(loop.deaf for loop in self.loops.values())

    def _refresh(self, loop: Loop) -> None:
        level = loop.feels()
        if level is loop.level:
            return
        loop.level = level
        loop.turn += 1
        if level is Level.ON and loop.stuck is None and self.presence_s:
            turn = loop.turn
            self.time.after(self.presence_s, lambda: self._presence_over(loop, turn))
        self.board.changed(loop.sensor, level)

    def _presence_over(self, loop: Loop, turn: int) -> None:
        if loop.turn == turn and loop.count > 0:
            loop.deaf = True
            self.timed_out += 1
            self._refresh(loop)

    # --- vehicles -------------------------------------------------------------------------------------------

    def comes(self, vehicle: Vehicle) -> None:
        """A vehicle begins to do what its driver wants."""
        self.vehicles.append(vehicle)
        self._next_move(vehicle)

    def arm_is_up(self) -> None:
        """Whoever waits for the arm goes, after a moment."""
        for vehicle in self.vehicles:
            if vehicle.waiting:
                vehicle.waiting = False
                self.time.after(self.rng.uniform(0.2, 1.5), lambda v=vehicle: self._start(v))  # type: ignore[misc]

    def _next_move(self, vehicle: Vehicle) -> None:
        if not vehicle.moves:
            self.vehicles.remove(vehicle)
            for loop in self.loops.values():  # nobody ends on a loop: the last move always leads off
                assert loop.count >= 0
            return
        self.time.after(vehicle.moves[0].pause_s, lambda: self._start(vehicle))

    def _start(self, vehicle: Vehicle) -> None:
        if vehicle.moves[0].waits and not self.is_up:
            vehicle.waiting = True
        else:
            self._drive(vehicle)

    def _drive(self, vehicle: Vehicle) -> None:
        move = vehicle.moves[0]
        if vehicle.at == move.to:
            vehicle.moves.pop(0)
            self._next_move(vehicle)
            return
        forward = vehicle.at < move.to
        here = vehicle.crossings[vehicle.at - 1][0] if vehicle.at else GROUND[Sensor.ARMING][0] - 1.0
        ahead = vehicle.at if forward else vehicle.at - 2
        there = vehicle.crossings[ahead][0] if ahead >= 0 else GROUND[Sensor.ARMING][0] - 1.0
        way = abs(there - here) if forward else max(0.1, abs(here - there))
        self.time.after(way / move.speed, lambda: self._cross(vehicle, forward=forward))

    def _cross(self, vehicle: Vehicle, *, forward: bool) -> None:
        row = vehicle.crossings[vehicle.at if forward else vehicle.at - 1]
        vehicle.at += 1 if forward else -1
        _, sensor, begins = row
        begins = begins if forward else not begins
        loop = self.loops[sensor]
        loop.count += 1 if begins else -1
        if sensor in ZONE:
            vehicle.on_zone += 1 if begins else -1
        if begins or loop.count == 0:  # another vehicle is felt again, and an empty loop has nothing to miss
            loop.deaf = False
        self._refresh(loop)
        self._drive(vehicle)


def raised(arm: Arm) -> bool:
    """Whether the arm is up or on its way there."""
    return arm.heading == UP
