"""A board's readings as events of the lane: what an edge, a level and a silence mean. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from gate.course import Course, Way, ends, turned
from gate.devices.board import Level, Reading, Sensor
from gate.lane import Event, Lane, position_event

E = Event

NAMED: Final[Mapping[Sensor, Mapping[Level, Event]]] = {
    # OFF of a loop comes by an edge only, so that something stood there even if before is unknown
    Sensor.ARMING: {Level.ON: E.VEHICLE_ARRIVED, Level.OFF: E.VEHICLE_LEFT},
    Sensor.FIRE: {Level.ON: E.FIRE_ON, Level.OFF: E.FIRE_OFF},
    Sensor.SAFETY: {Level.ON: E.ZONE_ENTERED},
    Sensor.EXIT: {Level.ON: E.ZONE_ENTERED},
}


FIRE_ALARM: Final = Reading(Sensor.FIRE, Level.ON, edge=True)


def sensed(lane: Lane, reading: Reading) -> tuple[Lane, tuple[Event, ...]]:
    """The lane with an input's new level, and the named events in it.

    An OFF that the board merely reports is no proof that a loop is clear; limit switches and fire are
    contacts, not detectors, and are believed.
    """
    detector = reading.sensor in {Sensor.ARMING, Sensor.SAFETY, Sensor.EXIT}
    before: Level = getattr(lane, reading.sensor.value)
    if detector and reading.level is Level.OFF and not reading.edge:
        return lane, ()
    lane = _with_level(lane, reading.sensor, reading.level)
    alarm = reading == FIRE_ALARM  # also where the end of the last one was never heard
    if reading.level in {before, Level.UNKNOWN} and not alarm:
        return lane, ()
    named = _named(lane, reading)
    if reading.sensor not in {Sensor.SAFETY, Sensor.EXIT}:
        return lane, named
    turn = turned(lane.course, reading.sensor, reading.level, lane.safety)
    events = (*_counted(lane, reading, turn.way), *named)
    lost = lane.directed and _is_lost(lane, reading, turn.course)
    proven = ends(lane.course, turn) and not lost
    told = (E.VANISHED,) if lost and not lane.vanished else ()
    lane = replace(lane, course=turn.course, vanished=lost or (lane.vanished and not proven))
    return lane, (*told, *events)


def _is_lost(lane: Lane, reading: Reading, course: Course) -> bool:
    """Whether a vehicle under the arm is felt no more by the safety loop, nor by those it must leave over.

    A car is longer than the gap to either loop, so it has gone nowhere: the detector's presence time is over, say.
    """
    cleared = (reading.sensor, reading.level) == (Sensor.SAFETY, Level.OFF)
    elsewhere = course is not Course.NONE or lane.arming is Level.ON
    return cleared and not elsewhere and lane.limit_down is not Level.ON


def _with_level(lane: Lane, sensor: Sensor, level: Level) -> Lane:
    levels: dict[str, Any] = {sensor.value: level}
    return replace(lane, **levels)


def blinded(lane: Lane) -> Lane:
    """The lane after its board went away: nothing is known any more."""
    unknown: dict[str, Any] = dict.fromkeys((sensor.value for sensor in Sensor), Level.UNKNOWN)
    return replace(lane, course=Course.NONE, **unknown)


def _named(lane: Lane, reading: Reading) -> tuple[Event, ...]:
    sensor, now = reading.sensor, reading.level
    if sensor in {Sensor.LIMIT_UP, Sensor.LIMIT_DOWN}:
        stands = position_event(lane)
        return (E.ARM_UP if reading.edge and stands is E.ARM_FOUND_UP else stands,)
    if sensor is Sensor.BUTTON:  # a finger is an edge; a button that hangs is none
        return (E.BUTTON_PRESSED,) if now is Level.ON and reading.edge else ()
    if sensor in {Sensor.SAFETY, Sensor.EXIT} and now is Level.OFF:
        return (E.ZONE_CLEARED,) if lane.safety is Level.OFF and lane.exit is Level.OFF else ()
    return (NAMED[sensor][now],)


def _counted(lane: Lane, reading: Reading, way: Way | None) -> tuple[Event, ...]:
    """The passage in an edge of the zone, if it holds one."""
    if lane.by_line:
        return ()
    if not lane.directed:
        return (E.PASSED,) if (reading.sensor, reading.level) == (Sensor.EXIT, Level.OFF) else ()
    if way is Way.PASSED or (way is Way.TOUCHED and _may_have_passed(lane)):
        return (E.PASSED,)
    return (E.PASSED_BACK,) if way is Way.PASSED_BACK else ()


def _may_have_passed(lane: Lane) -> bool:
    """A safety loop that is dead must not make vehicles uncounted: where the arm is not down, it was one."""
    return lane.limit_down is not Level.ON


def position(lane: Lane) -> str:
    """The arm as its limit switches tell it: up, down, moving or unknown."""
    if Level.UNKNOWN in {lane.limit_up, lane.limit_down}:
        return "unknown"
    if lane.limit_up is lane.limit_down:
        return "unknown" if lane.limit_up is Level.ON else "moving"
    return "up" if lane.limit_up is Level.ON else "down"
