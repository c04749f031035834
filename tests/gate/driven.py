"""A lane at a desk: sensors and orders go in, effects are collected, time passes when told."""

from dataclasses import dataclass, field
from itertools import pairwise

from gate.devices.board import Level, Reading, Sensor
from gate.lane import Effect, Event, Lane, Phase, step
from gate.sensing import blinded, sensed

ON, OFF = Level.ON, Level.OFF


@dataclass
class Driven:
    """A lane and what it asked for since the last look."""

    lane: Lane = field(default_factory=Lane)
    now: float = 0.0
    effects: list[Effect] = field(default_factory=list)

    @property
    def phase(self) -> Phase:
        """Where the lane is."""
        return self.lane.phase

    def asked(self) -> list[Effect]:
        """The effects since the last look, in order."""
        effects, self.effects = self.effects, []
        return effects

    def told(self, event: Event) -> None:
        """An event that is no reading: a decision, an order."""
        moved = step(self.lane, event, self.now)
        self.lane = moved.lane
        self.effects.extend(moved.effects)

    def sees(self, sensor: Sensor, level: Level, *, edge: bool = True) -> None:
        """A reading of the board, with all that follows from it."""
        self.lane, events = sensed(self.lane, Reading(sensor, level, edge))
        for event in events:
            self.told(event)

    def loses_its_board(self) -> None:
        """Nothing is known any more."""
        self.lane = blinded(self.lane)

    def waits(self, seconds: float) -> None:
        """Time passes; whenever the lane asked to be woken, it is."""
        until = self.now + seconds
        while self.lane.wake_at is not None and self.lane.wake_at <= until:
            self.now = self.lane.wake_at
            self.told(Event.ELAPSED)
        self.now = until

    def arm(self, *, up: bool) -> None:
        """The arm moves from one end to the other."""
        left, reached = (Sensor.LIMIT_DOWN, Sensor.LIMIT_UP) if up else (Sensor.LIMIT_UP, Sensor.LIMIT_DOWN)
        self.sees(left, OFF)
        self.now += 1.5
        self.sees(reached, ON)

    def drives(self, *sensors: Sensor) -> None:
        """A vehicle goes over loops that follow one another, standing on two at once in between."""
        self.sees(sensors[0], ON)
        for behind, ahead in pairwise(sensors):
            self.sees(ahead, ON)
            self.sees(behind, OFF)
        self.sees(sensors[-1], OFF)


def at_rest() -> Driven:
    """A lane in service: arm down, nobody there, every loop proven clear by an edge."""
    driven = Driven()
    for sensor in (Sensor.ARMING, Sensor.SAFETY, Sensor.EXIT, Sensor.FIRE, Sensor.LIMIT_UP):
        driven.sees(sensor, OFF)
    driven.sees(Sensor.LIMIT_DOWN, ON)
    driven.asked()
    return driven


def let_through() -> Driven:
    """The same lane with its arm up for the vehicle that stands before it."""
    driven = at_rest()
    driven.sees(Sensor.ARMING, ON)
    driven.told(Event.GRANTED)
    driven.arm(up=True)
    driven.asked()
    return driven
