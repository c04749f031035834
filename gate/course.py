"""Which way a vehicle goes over the safety loop and the exit loop of a car lane.

A car is longer than the gap between the two loops, so their order tells forward from backward. Where short vehicles
drive (motorbike and mixed lanes) it does not, and every trailing edge of the exit loop is a passage.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from gate.devices.board import Level, Sensor


class Course(StrEnum):
    """What is known of the vehicle on the exit loop."""

    NONE = "none"  # nobody on the exit loop
    ARRIVING = "arriving"  # came from under the arm, is on both loops
    THROUGH = "through"  # its tail has left the safety loop: it will have passed
    BEHIND = "behind"  # came onto the exit loop from outside
    AGAINST = "against"  # from outside, now on both loops
    DOUBT = "doubt"  # left the exit loop while something is still under the arm: it backs, or another follows closely
    AGAINST_UNDER = "against_under"  # from outside, now under the arm only


class Way(StrEnum):
    """What a change of the course means."""

    PASSED = "passed"
    PASSED_BACK = "passed_back"  # against the lane's direction
    TOUCHED = "touched"  # the exit loop was driven on and off from outside; the safety loop never saw it
    BACKED = "backed"  # it went back under the arm and out


class Turn(NamedTuple):
    """The next course, and what it means if anything."""

    course: Course
    way: Way | None = None


C, S = Course, Sensor
ON, OFF, UNKNOWN = Level.ON, Level.OFF, Level.UNKNOWN

ENTERS: Final[Mapping[Level, Course]] = {ON: C.ARRIVING, OFF: C.BEHIND, UNKNOWN: C.THROUGH}
"""What the safety loop says as the exit loop closes; where it is unknown, the vehicle is believed to pass."""

TURNS: Final[Mapping[tuple[Course, Sensor, Level], Turn]] = {
    (C.NONE, S.EXIT, OFF): Turn(C.NONE, Way.PASSED),  # nobody saw it come onto the loop: it is believed to pass
    (C.ARRIVING, S.SAFETY, OFF): Turn(C.THROUGH),
    (C.ARRIVING, S.EXIT, OFF): Turn(C.DOUBT),
    (C.THROUGH, S.EXIT, OFF): Turn(C.NONE, Way.PASSED),
    (C.BEHIND, S.SAFETY, ON): Turn(C.AGAINST),
    (C.BEHIND, S.EXIT, OFF): Turn(C.NONE, Way.TOUCHED),
    (C.AGAINST, S.SAFETY, OFF): Turn(C.BEHIND),
    (C.AGAINST, S.EXIT, OFF): Turn(C.AGAINST_UNDER),
    (C.AGAINST_UNDER, S.EXIT, ON): Turn(C.AGAINST),
    (C.AGAINST_UNDER, S.SAFETY, OFF): Turn(C.NONE, Way.PASSED_BACK),
    (C.DOUBT, S.SAFETY, OFF): Turn(C.NONE, Way.BACKED),
    (C.DOUBT, S.EXIT, ON): Turn(C.ARRIVING, Way.PASSED),  # another follows closely, or so it is counted and looked at
}


def turned(course: Course, sensor: Sensor, level: Level, safety: Level) -> Turn:
    """The course after an edge of the safety or the exit loop; `safety` is that loop's level now."""
    if course is C.NONE and sensor is S.EXIT and level is ON:
        return Turn(ENTERS[safety])
    return TURNS.get((course, sensor, level), Turn(course))


def ends(course: Course, turn: Turn) -> bool:
    """Whether with this turn a vehicle has been over both loops and off them: nobody can stand between them."""
    return turn.course is C.NONE and course in {C.THROUGH, C.DOUBT, C.AGAINST_UNDER}
