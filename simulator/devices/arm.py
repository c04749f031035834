"""A barrier's arm as physics: pure functions of the moment, in seconds of any steady clock.

Two limit switches say where it is; while it moves both are off. Its motor needs `travel_s` from end to end.
A stuck arm takes pulses and does not move, a slow one needs six times as long.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

from gate.devices.board import Relay

DOWN: Final = 0.0
UP: Final = 1.0
_SLOWER: Final = 6.0


class Fault(StrEnum):
    """What is wrong with an arm."""

    NONE = "none"
    STUCK = "stuck"
    SLOW = "slow"


class Limits(NamedTuple):
    """The two limit switches."""

    up: bool
    down: bool


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm that was at `place` (0 down, 1 up) at the moment `since` and has been heading for `heading` from there."""

    place: float = DOWN
    heading: float = DOWN
    since: float = 0.0
    travel_s: float = 1.0
    fault: Fault = Fault.NONE
    pulses: int = 0

    def __post_init__(self) -> None:
        """Refuse an arm that is nowhere."""
        if not (DOWN <= self.place <= UP and self.heading in {DOWN, UP} and self.travel_s > 0):
            raise ValueError(f"no such arm: at {self.place}, heading for {self.heading}, {self.travel_s} s")


_HAIR: Final = 1e-9
"""Of the whole way: nearer than this to its end the arm is there, or rounding would keep it on its way."""


def position(arm: Arm, now: float) -> float:
    """Where the arm is, 0 down to 1 up."""
    if arm.fault is Fault.STUCK or arm.place == arm.heading:
        return arm.place
    way = max(0.0, now - arm.since) / _full_way_s(arm)
    left = abs(arm.heading - arm.place) - way
    if left < _HAIR:
        return arm.heading
    return arm.heading - left if arm.heading == UP else arm.heading + left


def pulsed(arm: Arm, relay: Relay, now: float) -> Arm:
    """The arm after a pulse on the relay; in mid-way it turns round where it is."""
    heading = UP if relay is Relay.RAISE else DOWN
    place = position(arm, now)
    if arm.fault is Fault.STUCK:
        heading = arm.heading
    return replace(arm, place=place, heading=heading, since=now, pulses=arm.pulses + 1)


def broken(arm: Arm, fault: Fault, now: float) -> Arm:
    """The arm with this fault from now on; NONE repairs it, and it goes on to where it was heading."""
    return replace(arm, place=position(arm, now), since=now, fault=fault)


def limits(arm: Arm, now: float) -> Limits:
    """What the limit switches say; neither closes before the arm has reached its end and stands."""
    place = position(arm, now)
    return Limits(up=place == arm.heading == UP, down=place == arm.heading == DOWN)


def arrives_at(arm: Arm) -> float | None:
    """The moment at which the arm reaches its end; None when it stands or will not move."""
    if arm.fault is Fault.STUCK or arm.place == arm.heading:
        return None
    return arm.since + abs(arm.heading - arm.place) * _full_way_s(arm)


def _full_way_s(arm: Arm) -> float:
    return arm.travel_s * (_SLOWER if arm.fault is Fault.SLOW else 1.0)
