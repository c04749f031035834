"""Every phase with every level of every sensor and every event: what must hold in all of them.

The space is finite, so it is enumerated: a random walk hardly ever reaches an occupied zone under a raised arm.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from operator import attrgetter
from typing import Any, Final, NamedTuple

import pytest

from gate.devices.board import Level, Reading, Sensor
from gate.lane import LIMITS, PULSES_MAX, TRANSITIONS, Effect, Event, Lane, Phase, Step, step
from gate.sensing import blinded, sensed

ON, OFF, UNKNOWN = Level.ON, Level.OFF, Level.UNKNOWN
EVENTS: Final = tuple(Event)
SENSORS: Final = tuple(sensor for sensor in Sensor if sensor is not Sensor.BUTTON)
"""The button moves nothing by its level: only a press is an event."""
ALL_OFF: Final = (OFF,) * len(SENSORS)
DETECTORS: Final = (Sensor.ARMING, Sensor.SAFETY, Sensor.EXIT)
LATE = 1_000.0
"""Long after the moment at which the lanes below asked to be woken."""
PULSE_OF: Final = {Phase.RAISING: Effect.RAISE_ARM, Phase.LOWERING: Effect.LOWER_ARM}
PULSES: Final = set(PULSE_OF.values())
AFTER_HAND: Final = {Phase.BY_HAND, Phase.IDLE, Phase.IDENTIFYING}
"""Where a lane may be after its arm was moved by hand: still up; down, and empty or with the next vehicle."""
ORDERS: Final = {Event.ORDERED_DOWN, Event.ORDERED_NORMAL, Event.ORDERED_SHUT}
HARMLESS: Final = {
    Effect.COUNT_PASSAGE,
    Effect.COUNT_PASSED_BACK,
    Effect.NOTICE,
    Effect.ANSWER_BUTTON,
    Effect.REPORT_VANISHED,
}
"""Effects that look and count, and ask nothing of the arm."""
NEVER_FOR_NOTHING: Final = {Event.PASSED, Event.PASSED_BACK, Event.FIRE_ON, Event.VANISHED}
"""Events that no lane may leave unanswered."""


class Case(NamedTuple):
    lane: Lane
    event: Event


Found = Mapping[str, list[Case]]


def lane_in(
    phase: Phase, levels_now: Iterable[Level], *, wake_at: float | None = 0.0, held: bool | None = None
) -> Lane:
    given: dict[str, Any] = dict(zip(SENSORS, levels_now, strict=True))
    return Lane(phase, pulses=1, wake_at=wake_at, held=phase is Phase.HELD if held is None else held, **given)


def every_lane() -> Iterator[Lane]:
    for phase in Phase:
        for levels_now in product(Level, repeat=len(SENSORS)):
            for held in (False, True):
                yield lane_in(phase, levels_now, held=held)
            yield replace(lane_in(phase, levels_now), vanished=True)


levels = attrgetter(*SENSORS)


def zone_was_clear(lane: Lane, _event: Event, after: Step) -> bool:
    """Said without the lane's own guard."""
    clear = lane.safety is OFF and lane.exit is OFF and lane.fire is OFF
    return clear or Effect.LOWER_ARM not in after.effects


def nobody_was_lost_under_the_arm(lane: Lane, event: Event, after: Step) -> bool:
    if not lane.vanished or event is Event.ORDERED_DOWN:
        return True
    return after.lane.vanished and Effect.LOWER_ARM not in after.effects


def the_lost_are_told(_lane: Lane, event: Event, after: Step) -> bool:
    return (Effect.REPORT_VANISHED in after.effects) == (event is Event.VANISHED)


def pulse_fits_the_phase(_lane: Lane, _event: Event, after: Step) -> bool:
    pulses = PULSES & set(after.effects)
    return not pulses or pulses == {PULSE_OF.get(after.lane.phase)}


def hand_is_respected(lane: Lane, event: Event, after: Step) -> bool:
    if lane.phase is not Phase.BY_HAND:
        return True
    if after.lane.phase is Phase.LOWERING:
        return event is Event.ORDERED_DOWN
    if after.lane.phase is Phase.HELD:
        return event is Event.ORDERED_HELD and lane.fire is not ON
    return after.lane.phase in AFTER_HAND and not PULSES & set(after.effects)


def held_up_until_an_order(lane: Lane, event: Event, after: Step) -> bool:
    return not lane.held or event in ORDERS or Effect.LOWER_ARM not in after.effects


def fire_wins(_lane: Lane, event: Event, after: Step) -> bool:
    return event is not Event.FIRE_ON or (after.lane.phase is Phase.BY_HAND and not PULSES & set(after.effects))


def each_passage_counts_once(_lane: Lane, event: Event, after: Step) -> bool:
    counted, back = after.effects.count(Effect.COUNT_PASSAGE), after.effects.count(Effect.COUNT_PASSED_BACK)
    return (counted, back) == (event is Event.PASSED, event is Event.PASSED_BACK)


def the_unexpected_moves_nothing(lane: Lane, event: Event, after: Step) -> bool:
    if event is Event.ELAPSED or (lane.phase, event) in TRANSITIONS:
        return True
    return after.lane.phase is lane.phase and not set(after.effects) - HARMLESS


def no_level_is_invented(lane: Lane, _event: Event, after: Step) -> bool:
    return bool(levels(after.lane) == levels(lane))


RULES: Final[tuple[Callable[[Lane, Event, Step], bool], ...]] = (
    zone_was_clear,
    nobody_was_lost_under_the_arm,
    the_lost_are_told,
    pulse_fits_the_phase,
    hand_is_respected,
    held_up_until_an_order,
    fire_wins,
    each_passage_counts_once,
    the_unexpected_moves_nothing,
    no_level_is_invented,
)


@pytest.fixture(scope="module")
def seen() -> tuple[Found, set[tuple[Phase, Event]]]:
    """The broken rules with their cases, and the rows of the table that moved a lane."""
    found = defaultdict[str, list[Case]](list)
    reached = set[tuple[Phase, Event]]()
    count = 0
    for lane in every_lane():
        for event in EVENTS:
            after = step(lane, event, LATE)
            count += 1
            if after.lane is lane and not after.effects and event not in NEVER_FOR_NOTHING:
                continue
            if after.lane.phase is not lane.phase:
                reached.add((lane.phase, event))
            for rule in RULES:
                if not rule(lane, event, after):
                    found[rule.__name__].append(Case(lane, event))
    assert count == len(Phase) * len(Level) ** len(SENSORS) * 3 * len(Event) == 625_482
    return found, reached


def test_no_case_breaks_a_rule(seen: tuple[Found, set[tuple[Phase, Event]]]) -> None:
    found, _ = seen
    assert not found, {rule: (len(cases), cases[0]) for rule, cases in found.items()}


def test_every_row_of_the_table_is_reached(seen: tuple[Found, set[tuple[Phase, Event]]]) -> None:
    _, reached = seen
    assert set(TRANSITIONS) - reached == set()
    assert reached - set(TRANSITIONS) == {(phase, Event.ELAPSED) for phase in Phase} & reached


def test_every_limit_acts_when_its_time_is_over_and_not_before() -> None:
    for phase, limit in LIMITS.items():
        lane = lane_in(phase, ALL_OFF, wake_at=50.0)
        assert step(lane, Event.ELAPSED, 49.9) == Step(lane)
        after = step(lane, Event.ELAPSED, 50.0)
        assert after.lane.phase is limit.target
        assert after.effects, f"{phase} ended its wait in silence"


def test_a_phase_without_a_limit_is_never_woken() -> None:
    for phase in set(Phase) - set(LIMITS):
        lane = lane_in(phase, ALL_OFF)
        assert step(lane, Event.ELAPSED, LATE) == Step(lane)


@pytest.mark.parametrize("phase", [Phase.RAISING, Phase.LOWERING])
def test_an_arm_that_does_not_move_is_pulsed_three_times_and_no_more(phase: Phase) -> None:
    into = {Phase.RAISING: (Phase.IDENTIFYING, Event.GRANTED), Phase.LOWERING: (Phase.OPEN, Event.ORDERED_DOWN)}
    before, event = into[phase]
    now = 0.0
    lane, effects = step(lane_in(before, ALL_OFF), event, now)
    for _ in range(1_000):
        now += 60
        moved = step(lane, Event.ELAPSED, now)
        lane, effects = moved.lane, effects + moved.effects
    assert len([effect for effect in effects if effect in PULSES]) == 3 == PULSES_MAX
    assert lane.phase is Phase.FAULT
    assert effects[-1] is Effect.REPORT_FAULT


def test_an_arm_over_an_unknown_zone_is_not_pulsed_however_long_it_takes() -> None:
    lane = Lane(Phase.LOWERING, OFF, UNKNOWN, OFF, pulses=1, wake_at=0.0)
    for turn in range(1_000):
        moved = step(lane, Event.ELAPSED, turn * 60.0)
        assert moved.effects == ()
        lane = moved.lane


def test_whatever_the_phase_a_blinded_lane_never_lowers() -> None:
    for lane in every_lane():
        if lane.fire is lane.limit_up is lane.limit_down is OFF:
            for event in EVENTS:
                assert Effect.LOWER_ARM not in step(blinded(lane), event, LATE).effects


def test_blinded_lanes_know_nothing_and_keep_their_phase() -> None:
    for phase in Phase:
        lane = blinded(lane_in(phase, ALL_OFF, wake_at=7.0))
        assert lane == Lane(phase, pulses=1, wake_at=7.0, held=phase is Phase.HELD)


class Sensed(NamedTuple):
    before: Lane
    reading: Reading
    after: Lane
    events: tuple[Event, ...]


@pytest.fixture(scope="module")
def every_reading() -> list[Sensed]:
    lanes = [lane_in(Phase.PASSING, levels_now) for levels_now in product(Level, repeat=len(SENSORS))]
    readings = [Reading(*each) for each in product(SENSORS, Level, (True, False))]
    return [Sensed(lane, reading, *sensed(lane, reading)) for lane in lanes for reading in readings]


def is_mere_report_of_clear(reading: Reading) -> bool:
    return reading.sensor in DETECTORS and reading.level is OFF and not reading.edge


def test_a_loop_that_is_only_reported_clear_proves_nothing(every_reading: list[Sensed]) -> None:
    for before, reading, after, events in every_reading:
        if is_mere_report_of_clear(reading):
            assert (after, events) == (before, ())


def test_every_other_reading_is_believed(every_reading: list[Sensed]) -> None:
    for before, reading, after, _ in every_reading:
        if not is_mere_report_of_clear(reading):
            assert getattr(after, reading.sensor) is reading.level
            assert sum(now is not was for now, was in zip(levels(after), levels(before), strict=True)) <= 1


def test_readings_become_these_events_and_no_others(every_reading: list[Sensed]) -> None:
    for before, reading, after, events in every_reading:
        again = reading == Reading(Sensor.FIRE, ON, edge=True)  # the end of the last alarm was never heard
        if (levels(after) == levels(before) and not again) or reading.level is UNKNOWN:
            assert events == ()
        else:
            assert set(events) == expected_events(after, reading), (before, reading)


def expected_events(after: Lane, reading: Reading) -> set[Event]:
    """What a change to ON or OFF means, said a second time and another way."""
    on = reading.level is ON
    clear = {Event.ZONE_CLEARED} if after.safety is after.exit is OFF else set[Event]()
    down_only = after.limit_down is ON and after.limit_up is not ON
    up_only = after.limit_up is ON and after.limit_down is not ON
    up = Event.ARM_UP if reading.edge else Event.ARM_FOUND_UP
    arm = up if up_only else Event.ARM_DOWN if down_only else Event.ARM_MOVING
    said: dict[Sensor, tuple[set[Event], set[Event]]] = {
        Sensor.ARMING: ({Event.VEHICLE_ARRIVED}, {Event.VEHICLE_LEFT}),
        Sensor.SAFETY: ({Event.ZONE_ENTERED}, clear),
        Sensor.EXIT: ({Event.ZONE_ENTERED}, clear | {Event.PASSED}),
        Sensor.FIRE: ({Event.FIRE_ON}, {Event.FIRE_OFF}),
        Sensor.LIMIT_UP: ({arm}, {arm}),
        Sensor.LIMIT_DOWN: ({arm}, {arm}),
    }
    return said[reading.sensor][0 if on else 1]
