"""What one lane does with one vehicle at a time.

Rule 1: every phase change is a row of a table in this file.
Rule 2: no clock, no I/O, no chance. The caller passes `now` (seconds of a monotonic clock), runs the effects
        that come out and calls back with ELAPSED at `wake_at`.
Rule 3: sensors may say anything at any time. An unexpected event never raises and never moves the phase.
Rule 4: the arm is asked to come down in one place, LOWERING, behind one guard: every zone known to be clear.
Rule 5: an arm that nobody here raised (by hand, by fire) is never lowered by software.

A board's readings become named events in `gate.sensing`; people, prices and plates are the caller's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

from gate.course import Course
from gate.devices.board import Level


class Phase(StrEnum):
    """Where the lane is with its vehicle."""

    STARTING = "starting"  # the arm's position is not known yet
    IDLE = "idle"
    IDENTIFYING = "identifying"  # a picture was asked for
    PAYING = "paying"  # the screen shows a price
    ATTENDED = "attended"  # a person is wanted
    RAISING = "raising"
    OPEN = "open"  # up, the vehicle has not come yet
    PASSING = "passing"  # up, something is under the arm or behind it
    LOWERING = "lowering"
    HELD = "held"  # up by order until another order: everyone passes, everyone is counted
    BY_HAND = "by_hand"  # up, and not by us
    FAULT = "fault"  # the arm does not do as told: out of service until a person looked
    CLOSED = "closed"  # the lane is shut by order


class Event(StrEnum):
    """What happened."""

    VEHICLE_ARRIVED = "vehicle_arrived"
    VEHICLE_LEFT = "vehicle_left"
    ZONE_ENTERED = "zone_entered"
    ZONE_CLEARED = "zone_cleared"
    PASSED = "passed"  # trailing edge of the exit loop, or the camera's line
    PASSED_BACK = "passed_back"  # against the lane's direction
    ARM_UP = "arm_up"  # seen to arrive there
    ARM_FOUND_UP = "arm_found_up"  # reported, and it may have been there long
    ARM_DOWN = "arm_down"
    ARM_MOVING = "arm_moving"
    VANISHED = "vanished"  # a vehicle under the arm is felt no more, and left neither way
    FIRE_ON = "fire_on"
    FIRE_OFF = "fire_off"
    BUTTON_PRESSED = "button_pressed"
    GRANTED = "granted"
    OWING = "owing"
    PERSON_NEEDED = "person_needed"
    ORDERED_DOWN = "ordered_down"
    ORDERED_SHUT = "ordered_shut"
    ORDERED_HELD = "ordered_held"
    ORDERED_NORMAL = "ordered_normal"
    ELAPSED = "elapsed"


class Effect(StrEnum):
    """What the caller must do."""

    IDENTIFY = "identify"
    NOTICE = "notice"  # another one rolls up while the arm is not down: it may follow
    ANSWER_BUTTON = "answer_button"
    ABANDON = "abandon"  # the vehicle went away before it was let through
    PATIENCE_OVER = "patience_over"
    CALL_PERSON = "call_person"
    RAISE_ARM = "raise_arm"
    LOWER_ARM = "lower_arm"
    COUNT_OPENING = "count_opening"
    COUNT_STRAY_OPENING = "count_stray_opening"  # up, and nobody here ordered it
    COUNT_PASSAGE = "count_passage"
    COUNT_PASSED_BACK = "count_passed_back"
    COUNT_LOWERED = "count_lowered"
    REPORT_FAULT = "report_fault"
    REPORT_VANISHED = "report_vanished"


PULSES_MAX: Final = 3
"""An arm that does not move is asked this often, then the lane is out of service; never endless pulsing."""

P, E, F = Phase, Event, Effect

WAITING: Final = (P.IDENTIFYING, P.PAYING, P.ATTENDED)
UP: Final = (P.OPEN, P.PASSING, P.HELD, P.BY_HAND)
MOVING: Final = (P.RAISING, P.LOWERING)

ENDS_HOLDING: Final = (E.ORDERED_NORMAL, E.ORDERED_SHUT, E.ORDERED_DOWN)

TRANSITIONS: Final[Mapping[tuple[Phase, Event], Phase]] = {
    (P.STARTING, E.ARM_DOWN): P.IDLE,
    **{(P.STARTING, event): P.BY_HAND for event in (E.ARM_UP, E.ARM_FOUND_UP)},
    (P.IDLE, E.VEHICLE_ARRIVED): P.IDENTIFYING,
    (P.IDENTIFYING, E.GRANTED): P.RAISING,
    (P.IDENTIFYING, E.OWING): P.PAYING,
    (P.IDENTIFYING, E.PERSON_NEEDED): P.ATTENDED,
    (P.PAYING, E.GRANTED): P.RAISING,
    (P.PAYING, E.PERSON_NEEDED): P.ATTENDED,
    (P.ATTENDED, E.GRANTED): P.RAISING,
    (P.ATTENDED, E.OWING): P.PAYING,
    **{(phase, E.VEHICLE_LEFT): P.IDLE for phase in WAITING},
    **{(P.RAISING, event): P.OPEN for event in (E.ARM_UP, E.ARM_FOUND_UP)},
    (P.OPEN, E.ZONE_ENTERED): P.PASSING,
    (P.PASSING, E.ZONE_CLEARED): P.LOWERING,
    (P.PASSING, E.FIRE_OFF): P.LOWERING,  # that there is no fire was not known when the zone cleared
    (P.LOWERING, E.ZONE_ENTERED): P.RAISING,  # someone followed: lift again, never press on
    (P.LOWERING, E.ARM_DOWN): P.IDLE,
    (P.LOWERING, E.ARM_UP): P.BY_HAND,  # somebody lifts it against us: it is theirs now
    **{(phase, E.ORDERED_DOWN): P.LOWERING for phase in (P.OPEN, P.PASSING)},
    (P.BY_HAND, E.ORDERED_DOWN): P.LOWERING,  # a person's order, still behind the guard
    (P.BY_HAND, E.ARM_DOWN): P.IDLE,
    (P.OPEN, E.ARM_DOWN): P.IDLE,  # somebody lowered it at the arm
    (P.PASSING, E.ARM_DOWN): P.FAULT,  # down while something is under it
    (P.FAULT, E.ARM_DOWN): P.IDLE,
    (P.FAULT, E.ORDERED_NORMAL): P.STARTING,
    (P.IDLE, E.GRANTED): P.RAISING,  # a person opens an empty lane
    **{(phase, E.ORDERED_HELD): P.RAISING for phase in (P.IDLE, P.CLOSED, P.LOWERING, *WAITING)},
    **{(phase, E.ORDERED_HELD): P.HELD for phase in (P.OPEN, P.PASSING, P.BY_HAND)},
    **{(P.HELD, event): P.LOWERING for event in (*ENDS_HOLDING, E.ZONE_CLEARED, E.FIRE_OFF)},
    (P.HELD, E.ARM_DOWN): P.FAULT,  # somebody lowered what is to be held up
    (P.IDLE, E.ORDERED_SHUT): P.CLOSED,
    (P.CLOSED, E.ORDERED_NORMAL): P.IDLE,
    (P.CLOSED, E.GRANTED): P.RAISING,  # shut for drivers, not for a person with a reason
    **{(phase, E.ARM_UP): P.BY_HAND for phase in (P.IDLE, P.CLOSED, *WAITING)},
    **{(phase, E.ARM_FOUND_UP): P.BY_HAND for phase in (P.IDLE, P.CLOSED, *WAITING)},
    **{(phase, E.FIRE_ON): P.BY_HAND for phase in Phase if phase is not P.BY_HAND},
}


class Limit(NamedTuple):
    """How long a phase may last, where its lane is not told otherwise; then another phase, or only an effect."""

    seconds: float
    target: Phase
    effect: Effect | None = None


LIMITS: Final[Mapping[Phase, Limit]] = {
    P.IDENTIFYING: Limit(6.0, P.ATTENDED),
    P.PAYING: Limit(20.0, P.PAYING, F.PATIENCE_OVER),
    P.RAISING: Limit(4.0, P.RAISING, F.RAISE_ARM),
    P.OPEN: Limit(20.0, P.LOWERING),
    P.LOWERING: Limit(4.0, P.LOWERING, F.LOWER_ARM),
}

ON_ENTRY: Final[Mapping[Phase, tuple[Effect, ...]]] = {
    P.IDENTIFYING: (F.IDENTIFY,),
    P.ATTENDED: (F.CALL_PERSON,),
    P.RAISING: (F.RAISE_ARM,),
    P.LOWERING: (F.LOWER_ARM,),
    P.FAULT: (F.REPORT_FAULT,),
}

# effects of an event that moves no phase
ON_EVENT: Final[Mapping[tuple[Phase, Event], tuple[Effect, ...]]] = {
    **{(phase, E.PASSED): (F.COUNT_PASSAGE,) for phase in Phase},  # wherever the arm is: a passage is a passage
    **{(phase, E.PASSED_BACK): (F.COUNT_PASSED_BACK,) for phase in Phase},
    **{(phase, E.VANISHED): (F.REPORT_VANISHED,) for phase in Phase},
    **{(phase, E.VEHICLE_ARRIVED): (F.NOTICE,) for phase in (*UP, *MOVING)},
    **{(phase, E.BUTTON_PRESSED): (F.ANSWER_BUTTON,) for phase, event in TRANSITIONS if event is E.GRANTED},
}

# effects of a transition itself, beyond those of the phase it enters
ON_WAY: Final[Mapping[tuple[Phase, Phase], tuple[Effect, ...]]] = {
    (P.RAISING, P.OPEN): (F.COUNT_OPENING,),
    (P.LOWERING, P.IDLE): (F.COUNT_LOWERED,),
    (P.BY_HAND, P.IDLE): (F.COUNT_LOWERED,),
    (P.OPEN, P.IDLE): (F.COUNT_LOWERED,),
    (P.PASSING, P.FAULT): (F.COUNT_LOWERED,),
    (P.HELD, P.FAULT): (F.COUNT_LOWERED,),
    (P.FAULT, P.IDLE): (F.COUNT_LOWERED,),
    **{(phase, P.IDLE): (F.ABANDON,) for phase in WAITING},
    **{(phase, P.BY_HAND): (F.COUNT_STRAY_OPENING,) for phase in Phase if phase not in UP},
}


@dataclass(frozen=True)
class Lane:
    """Everything the table needs to know. Levels are UNKNOWN until an edge proves them."""

    phase: Phase = P.STARTING
    arming: Level = Level.UNKNOWN
    safety: Level = Level.UNKNOWN
    exit: Level = Level.UNKNOWN
    limit_up: Level = Level.UNKNOWN
    limit_down: Level = Level.UNKNOWN
    fire: Level = Level.UNKNOWN
    button: Level = Level.UNKNOWN
    pulses: int = 0
    wake_at: float | None = None
    patience_s: float = LIMITS[P.PAYING].seconds
    identify_s: float = LIMITS[P.IDENTIFYING].seconds
    moves_s: float = LIMITS[P.RAISING].seconds
    open_s: float = LIMITS[P.OPEN].seconds
    shut: bool = False  # shut by order: after whatever a person let through, the lane is closed again
    held: bool = False  # held up by order: nothing but an order brings the arm down
    directed: bool = False  # cars only: the order of the loops tells forward from backward
    by_line: bool = False  # the camera's line counts, not the exit loop
    course: Course = Course.NONE
    vanished: bool = False  # a vehicle may stand under the arm though no loop feels it


class Step(NamedTuple):
    """The lane afterwards and what to do. Effects are in order."""

    lane: Lane
    effects: tuple[Effect, ...] = ()


def may_lower(lane: Lane) -> bool:
    """Whether nothing can be under the arm or in its way: known to be clear, and known that there is no fire."""
    clear = lane.safety is Level.OFF and lane.exit is Level.OFF and lane.fire is Level.OFF
    return clear and not lane.vanished


GUARDS: Final[Mapping[Phase, Callable[[Lane], bool]]] = {
    P.LOWERING: lambda lane: may_lower(lane) and not lane.held,
    P.HELD: lambda lane: lane.fire is not Level.ON,
}


def step(lane: Lane, event: Event, now: float) -> Step:
    """What the lane does when `event` happens at `now`."""
    if event is E.ELAPSED:
        return _elapsed(lane, now)
    lane = _ordered(lane, event)
    target = TRANSITIONS.get((lane.phase, event))
    effects = ON_EVENT.get((lane.phase, event), ())
    if target is None or not _allowed(lane, target):
        return Step(lane, effects)
    moved = _enter(lane, target, now)
    return Step(moved.lane, effects + moved.effects)


def _ordered(lane: Lane, event: Event) -> Lane:
    """What an order leaves behind, also where the lane can obey only later."""
    if event is E.ORDERED_NORMAL:
        return replace(lane, shut=False, held=False)
    if event is E.ORDERED_SHUT:
        return replace(lane, shut=lane.shut or lane.phase is P.HELD, held=False)
    if event is E.ORDERED_HELD:
        return replace(lane, shut=False, held=lane.held or lane.phase is P.RAISING or _may_hold(lane))
    if event is E.FIRE_ON:
        return replace(lane, held=False)
    if event is E.ORDERED_DOWN:  # by a person who sees what no loop feels
        return replace(lane, held=False, vanished=False)
    return lane


def _may_hold(lane: Lane) -> bool:
    target = TRANSITIONS.get((lane.phase, E.ORDERED_HELD))
    return target is not None and _allowed(lane, target)


def _elapsed(lane: Lane, now: float) -> Step:
    limit = LIMITS.get(lane.phase)
    if limit is None or lane.wake_at is None or now < lane.wake_at:
        return Step(lane)
    there = TRANSITIONS.get((lane.phase, position_event(lane))) if lane.phase in MOVING else None
    if there is not None:
        return _already(lane, there, now)
    may_drive = lane.phase is P.OPEN and lane.arming is not Level.OFF  # still before the arm
    if may_drive or not _allowed(lane, limit.target):
        return Step(_timed(lane, now))
    return _expired(lane, limit, now)


def _expired(lane: Lane, limit: Limit, now: float) -> Step:
    if limit.effect is None:
        return _enter(lane, limit.target, now)
    if limit.effect is F.PATIENCE_OVER:
        return Step(replace(lane, wake_at=None), (F.PATIENCE_OVER,))
    if lane.pulses >= PULSES_MAX:
        return _enter(lane, P.FAULT, now)
    return Step(replace(_timed(lane, now), pulses=lane.pulses + 1), (limit.effect,))


def _already(lane: Lane, target: Phase, now: float) -> Step:
    """The arm stands where it was sent, and did so before it was: no edge will tell, and it was not raised anew."""
    moved = _enter(lane, target, now)
    return Step(moved.lane, tuple(effect for effect in moved.effects if effect is not F.COUNT_OPENING))


def _enter(lane: Lane, target: Phase, now: float) -> Step:
    effects = (*ON_WAY.get((lane.phase, target), ()), *ON_ENTRY.get(target, ()))
    entered = _timed(replace(lane, phase=target, pulses=1, shut=lane.shut or target is P.CLOSED), now)
    onward = TRANSITIONS.get((target, _standing(entered)))
    if onward is None:
        return Step(entered, effects)
    following = _enter(entered, onward, now)
    return Step(following.lane, effects + following.effects)


def _standing(lane: Lane) -> Event:
    """What already holds as a phase begins, so that no edge will tell it; ELAPSED where nothing does."""
    if lane.phase is P.STARTING:
        return position_event(lane)
    if lane.phase is P.IDLE and lane.shut:
        return E.ORDERED_SHUT
    if lane.phase is P.IDLE and lane.arming is Level.ON:  # the next vehicle has rolled up meanwhile
        return E.VEHICLE_ARRIVED
    if lane.phase in {P.OPEN, P.PASSING} and lane.held:
        return E.ORDERED_HELD
    if lane.phase is P.OPEN and Level.ON in {lane.safety, lane.exit}:  # it drove before the arm was all up
        return E.ZONE_ENTERED
    return E.ELAPSED


def _timed(lane: Lane, now: float) -> Lane:
    lasts = {
        P.IDENTIFYING: lane.identify_s,
        P.PAYING: lane.patience_s,
        P.RAISING: lane.moves_s,
        P.OPEN: lane.open_s,
        P.LOWERING: lane.moves_s,
    }
    seconds = lasts.get(lane.phase)
    return replace(lane, wake_at=None if seconds is None else now + seconds)


def _allowed(lane: Lane, target: Phase) -> bool:
    guard = GUARDS.get(target)
    return guard is None or guard(lane)


def position_event(lane: Lane) -> Event:
    """What the limit switches say of the arm as they stand; moving where they say nothing clear."""
    if lane.limit_up is Level.ON and lane.limit_down is not Level.ON:
        return E.ARM_FOUND_UP
    if lane.limit_down is Level.ON and lane.limit_up is not Level.ON:
        return E.ARM_DOWN
    return E.ARM_MOVING
