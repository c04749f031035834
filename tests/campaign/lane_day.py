"""A day at one lane: traffic of every kind, people, and faults of every kind that this day may have."""

import random
from collections import Counter
from typing import Any, Final, Protocol

from gate.devices.board import Level, Reading, Relay, Sensor
from simulator.devices.arm import Fault
from tests.campaign.lane_line import Line, Weather
from tests.campaign.lane_oracle import Oracle
from tests.campaign.lane_site import GROUND, LENGTHS, MOTORBIKES, Ground, Move, Time, Vehicle, raised

FAULTS: Final = (
    "loss",
    "repetition",
    "reordering",
    "pulses lost",
    "line cut",
    "box restart",
    "power cut of the board",
    "input stuck on",
    "input stuck off",
    "presence time-out",
    "arm stuck",
    "arm slow",
    "arm raised by hand",
    "arm lowered by hand",
    "fire",
)
LYING: Final = frozenset(
    {"loss", "repetition", "reordering", "line cut", "power cut of the board", "input stuck off", "presence time-out"}
)
"""Faults with which a lane may believe what is not so."""

ORDERS: Final = ("down", "shut", "normal", "held", "open")

WAYS: Final = (
    ("drives through", 50),
    ("follows at once", 10),
    ("backs out before the arm", 6),
    ("backs out under the arm", 8),
    ("backs out from behind the arm", 5),
    ("stops in the zone", 8),
    ("motorbikes together", 9),
    ("motorbike round the lowered arm", 4),
)


class Subject(Protocol):
    """A lane under test. Whatever it does to the arm goes through the line."""

    steps: int
    remembers: bool
    """Whether it knows after a kill that it raised the arm."""

    def said(self, reading: Reading) -> None:
        """An input, as the line delivered it."""

    def lost(self) -> None:
        """The board is away."""

    def wake_at(self) -> float | None:
        """When it wants to be woken."""

    def wake(self) -> None:
        """It is."""

    def restart(self) -> None:
        """kill -9, and a new one that knows nothing of the board."""

    def order(self, what: str) -> None:
        """A person's order: one of ORDERS."""

    def at_rest(self) -> bool:
        """Whether the lane is in service and empty."""

    def describe(self) -> str:
        """Where it is, for a report."""


class LaneDay:
    """One day. The same seed is the same day."""

    def __init__(self, seed: str, make: Any) -> None:
        self.rng = rng = random.Random(seed)
        self.faults = frozenset(fault for fault in FAULTS if rng.random() < 0.4) if rng.random() < 0.75 else frozenset()
        self.happened: Counter[str] = Counter()
        self.time = Time()
        on = self.faults.__contains__
        weather = Weather(
            lost=0.02 * on("loss"),
            repeated=0.02 * on("repetition"),
            reordered=0.02 * on("reordering"),
            pulse_lost=0.1 * on("pulses lost"),
        )
        self.line = Line(self.time, rng, weather, self._hear, self._lost)
        presence_s = rng.uniform(20, 120) if on("presence time-out") else None
        self.ground = self.line.ground = Ground(self.time, rng, self, presence_s)
        self.oracle = self.line.oracle = Oracle(self.ground)
        self.cars_only = rng.random() < 0.3
        self.alive = True
        self.ending = False
        self.subject: Subject = make(self)

    # --- from the ground ------------------------------------------------------------------------------------

    def changed(self, sensor: Sensor, level: Level) -> None:
        """An input of the board."""
        if self.alive:
            self.line.changed(sensor, level)

    def arm_came_up(self) -> None:
        """Whoever waits may go."""
        self.ground.arm_is_up()

    def _hear(self, reading: Reading) -> None:
        self.subject.said(reading)

    def _lost(self) -> None:
        if self.alive:
            self.subject.lost()

    # --- the course of the day --------------------------------------------------------------------------------

    def live(self, steps: int) -> None:
        """Until the lane was told so many things, then let it come to rest."""
        self.line.report()
        self._traffic()
        if self.faults:
            self._trouble()
        self._people()
        self._run(lambda: self.subject.steps < steps)
        self._come_to_rest()

    def _run(self, holds: Any) -> None:
        time, subject, broken = self.time, self.subject, self.oracle.broken
        while holds() and not broken:
            wake, due = subject.wake_at() if self.alive else None, time.next_at()
            if wake is not None and (due is None or wake <= due):
                time.now = max(time.now, wake)
                subject.wake()
                again = subject.wake_at()
                if again is not None and again <= time.now:
                    broken.append(f"at {time.now:.3f}: asks to be woken without end: {subject.describe()}")
            elif due is None:
                return
            else:
                time.go()

    def _run_for(self, seconds: float) -> None:
        until = self.time.now + seconds
        self._run(lambda: self.time.now < until)

    def _come_to_rest(self) -> None:
        """No more faults, nobody new; a person sees to it, two cars go through: the lane must be in service again."""
        if self.oracle.broken:
            return
        self.ending = True
        self._heal()
        until = self.time.now + 900
        self._run(lambda: self.time.now < until and self.ground.vehicles)
        if self.oracle.broken:
            return
        for _ in range(2):
            self._see_to_it()
            self._run_for(150)
        if not self.oracle.broken and not self.subject.at_rest():
            self.oracle.broken.append(f"at {self.time.now:.3f}: never came to rest: {self.subject.describe()}")

    def _heal(self) -> None:
        for sensor in GROUND:
            self.ground.stick(sensor, None)
        self.line.weather_clears()
        self.ground.break_arm(Fault.NONE)
        self._fire(Level.OFF)
        if not self.alive:
            self._starts()
        if not self.line.up:
            self.line.mend()
        for vehicle in self.ground.vehicles:
            vehicle.moves = [Move(vehicle.end, 2.0)] if vehicle.waiting else vehicle.moves
        self.ground.pulse(Relay.RAISE)  # by hand, so that whoever is there gets out

    def _see_to_it(self) -> None:
        """What an attendant does who finds a lane out of order: a car over all loops, then the arm down."""
        vehicle = Vehicle(4.5)
        vehicle.moves = [Move(vehicle.end, 3.0)]
        self.ground.comes(vehicle)
        self.time.after(20, lambda: self.order("normal"))
        self.time.after(30, lambda: self.order("down"))
        self.time.after(60, lambda: self.ground.pulse(Relay.LOWER))
        self.time.after(70, lambda: self.order("normal"))

    # --- traffic ----------------------------------------------------------------------------------------------

    def _traffic(self) -> None:
        if self.ending:
            return
        if len(self.ground.vehicles) < 4:
            ways = [row for row in WAYS if not (self.cars_only and row[0].startswith("motorbike"))]
            way = self.rng.choices([way for way, _ in ways], [weight for _, weight in ways])[0]
            self.happened[way] += 1
            for vehicle in self._vehicles(way):
                self.ground.comes(vehicle)
        self.time.after(self.rng.expovariate(1 / 9.0), self._traffic)

    def _vehicles(self, way: str) -> list[Vehicle]:
        rng = self.rng
        if way == "motorbikes together":
            group = [self._vehicle(MOTORBIKES) for _ in range(rng.randint(2, 5))]
            for vehicle in group:
                gate = vehicle.crossing(Sensor.ARMING, on=True)
                vehicle.moves = [
                    Move(gate, 3.0, pause_s=rng.uniform(0, 2)),
                    Move(vehicle.end, rng.uniform(2, 5), waits=True, pause_s=rng.uniform(0, 2)),
                ]
            return group
        vehicle = self._vehicle(MOTORBIKES if way.startswith("motorbike") else rng.randrange(1, len(LENGTHS)))
        vehicle.moves = self._moves(way, vehicle)
        return [vehicle]

    def _vehicle(self, size: int) -> Vehicle:
        return Vehicle(self.rng.uniform(*LENGTHS[size]))

    def _moves(self, way: str, vehicle: Vehicle) -> list[Move]:
        rng, fast = self.rng, self.rng.uniform(1.0, 5.0)
        gate = vehicle.crossing(Sensor.ARMING, on=True)
        under, behind = vehicle.crossing(Sensor.SAFETY, on=True), vehicle.crossing(Sensor.EXIT, on=True)
        up = Move(gate, fast)
        if way == "follows at once":
            return [Move(vehicle.end, fast, waits=True)]
        if way == "motorbike round the lowered arm":
            return [Move(vehicle.end, fast)]
        if way == "backs out before the arm":
            return [up, Move(0, 1.0, pause_s=rng.uniform(0.5, 30))]
        if way.startswith("backs out"):
            where = under if "under" in way else behind
            return [up, Move(where, fast, waits=True), Move(0, 1.0, pause_s=rng.uniform(0.2, 20))]
        if way == "stops in the zone":
            where = rng.choice((under, behind, vehicle.end - 1))
            return [up, Move(where, fast, waits=True), Move(vehicle.end, fast, pause_s=rng.choice((5, 30, 200)))]
        return [up, Move(vehicle.end, fast, waits=True)]

    # --- people -----------------------------------------------------------------------------------------------

    def order(self, what: str) -> None:
        """Somebody at the console orders something."""
        if not self.alive:
            return
        self.happened[f"ordered {what}"] += 1
        self.oracle.ordered(what)
        self.subject.order(what)

    def _people(self) -> None:
        if not self.ending:
            self.order(self.rng.choices(ORDERS, (2, 1, 3, 1, 2))[0])
            self.time.after(self.rng.expovariate(1 / 120.0), self._people)

    # --- faults -----------------------------------------------------------------------------------------------

    def _trouble(self) -> None:
        """One of this day's faults begins."""
        if self.ending:
            return
        begin = self.rng.choice(sorted(self.faults))
        lasts = self.rng.choice((0.5, 5.0, 60.0)) * self.rng.uniform(0.5, 1.5)
        act = getattr(self, "_" + begin.replace(" ", "_").replace("-", "_"), None)
        if act is not None:
            act(lasts)
        self.time.after(self.rng.expovariate(1 / 45.0), self._trouble)

    def _line_cut(self, lasts: float) -> None:
        if self.line.up:
            self.happened["line cut"] += 1
            self.line.cut(self.rng.uniform(0.1, 25))
            self.time.after(lasts, self._mended)

    def _mended(self) -> None:
        if not self.line.up:
            self.line.mend()

    def _power_cut_of_the_board(self, lasts: float) -> None:
        if self.line.up:
            self.happened["power cut of the board"] += 1
            self.line.cut(self.rng.uniform(0.1, 25))
            self.time.after(lasts, self._powered)

    def _powered(self) -> None:
        if not self.line.up:
            if self.ground.power_cycle():
                self.happened["detector deaf after power-up"] += 1
            self.line.mend()

    def _box_restart(self, lasts: float) -> None:
        if self.alive:
            self.happened["box restart"] += 1
            self.alive = False
            self.line.drop()
            self.time.after(min(lasts, 10.0), self._starts)

    def _starts(self) -> None:
        if not self.alive:
            self.line.drop()
            self.oracle.begins_anew(remembers=self.subject.remembers)
            self.subject.restart()
            self.alive = True
            if self.line.up:
                self.line.report()

    def _input_stuck_on(self, lasts: float) -> None:
        self._stuck(Level.ON, lasts)

    def _input_stuck_off(self, lasts: float) -> None:
        self._stuck(Level.OFF, lasts)

    def _stuck(self, level: Level, lasts: float) -> None:
        sensor = self.rng.choice(list(GROUND))
        self.happened[f"input stuck {level}"] += 1
        self.ground.stick(sensor, level)
        self.time.after(lasts, lambda: self.ground.stick(sensor, None))

    def _arm_stuck(self, lasts: float) -> None:
        self._arm_breaks(Fault.STUCK, lasts)

    def _arm_slow(self, lasts: float) -> None:
        self._arm_breaks(Fault.SLOW, lasts)

    def _arm_breaks(self, fault: Fault, lasts: float) -> None:
        self.happened[f"arm {fault}"] += 1
        self.ground.break_arm(fault)
        self.time.after(lasts, lambda: self.ground.break_arm(Fault.NONE))

    def _arm_raised_by_hand(self, _lasts: float) -> None:
        if not raised(self.ground.arm):
            self.happened["arm raised by hand"] += 1
            self.ground.pulse(Relay.RAISE)

    def _arm_lowered_by_hand(self, _lasts: float) -> None:
        if raised(self.ground.arm) and not self.ground.occupied:
            self.happened["arm lowered by hand"] += 1
            self.ground.pulse(Relay.LOWER)

    def _fire(self, lasts: float | Level) -> None:
        """The fire input opens; the alarm's own line lifts the arm too, at most sites."""
        if lasts is Level.OFF:
            self._fire_is(Level.OFF)
        elif isinstance(lasts, float) and self.ground.fire is Level.OFF:
            self.happened["fire"] += 1
            self._fire_is(Level.ON)
            if self.rng.random() < 0.7:
                self.ground.pulse(Relay.RAISE)
            self.time.after(lasts, lambda: self._fire_is(Level.OFF))

    def _fire_is(self, level: Level) -> None:
        if self.ground.fire is not level:
            self.ground.fire = level
            self.changed(Sensor.FIRE, level)
