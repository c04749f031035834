"""Vehicles on their way through a lane, step by step."""

import pytest

from gate.devices.board import Level, Sensor
from gate.lane import LIMITS, Effect, Event, Lane, Phase
from gate.sensing import position
from tests.gate.driven import OFF, ON, Driven, at_rest, let_through

ARMING, SAFETY, EXIT = Sensor.ARMING, Sensor.SAFETY, Sensor.EXIT
E, F, P = Event, Effect, Phase


def up_and_clear(phase: Phase, now: float) -> Lane:
    """The arm up, every loop known to be clear, and due to be woken now where the phase has a limit."""
    return Lane(phase, OFF, OFF, OFF, ON, OFF, OFF, pulses=1, wake_at=now if phase in LIMITS else None)


def test_a_vehicle_comes_in() -> None:
    lane = at_rest()
    lane.sees(ARMING, ON)
    assert (lane.phase, lane.asked()) == (P.IDENTIFYING, [F.IDENTIFY])
    lane.told(E.GRANTED)
    assert (lane.phase, lane.asked()) == (P.RAISING, [F.RAISE_ARM])
    lane.arm(up=True)
    assert (lane.phase, lane.asked()) == (P.OPEN, [F.COUNT_OPENING])
    lane.sees(SAFETY, ON)
    lane.sees(ARMING, OFF)
    lane.sees(EXIT, ON)
    lane.sees(SAFETY, OFF)
    assert (lane.phase, lane.asked()) == (P.PASSING, [])
    lane.sees(EXIT, OFF)
    assert (lane.phase, lane.asked()) == (P.LOWERING, [F.COUNT_PASSAGE, F.LOWER_ARM])
    lane.arm(up=False)
    assert (lane.phase, lane.asked()) == (P.IDLE, [F.COUNT_LOWERED])


def test_a_driver_pays_at_the_screen() -> None:
    lane = at_rest()
    lane.sees(ARMING, ON)
    lane.told(E.OWING)
    lane.asked()
    lane.waits(19.9)
    assert (lane.phase, lane.asked()) == (P.PAYING, [])
    lane.waits(600)
    assert (lane.phase, lane.asked()) == (P.PAYING, [F.PATIENCE_OVER]), "patience ends once, not every twenty seconds"
    lane.told(E.GRANTED)
    assert (lane.phase, lane.asked()) == (P.RAISING, [F.RAISE_ARM])


def test_the_sites_own_patience_counts() -> None:
    lane = Driven(Lane(P.IDENTIFYING, patience_s=90))
    lane.told(E.OWING)
    lane.waits(89)
    assert lane.asked() == []
    lane.waits(1)
    assert lane.asked() == [F.PATIENCE_OVER]


def test_a_picture_that_does_not_come_calls_a_person() -> None:
    lane = at_rest()
    lane.sees(ARMING, ON)
    lane.asked()
    lane.waits(6)
    assert (lane.phase, lane.asked()) == (P.ATTENDED, [F.CALL_PERSON])
    lane.told(E.OWING)
    assert lane.phase is P.PAYING


@pytest.mark.parametrize("event", [None, E.OWING, E.PERSON_NEEDED])
def test_backing_out_before_the_arm_rose_is_told(event: Event | None) -> None:
    lane = at_rest()
    lane.sees(ARMING, ON)
    if event:
        lane.told(event)
    lane.asked()
    lane.sees(ARMING, OFF)
    assert (lane.phase, lane.asked()) == (P.IDLE, [F.ABANDON])


def test_backing_out_from_under_a_raised_arm_lowers_it_without_a_passage() -> None:
    lane = let_through()
    lane.sees(ARMING, OFF)
    lane.waits(20)
    assert (lane.phase, lane.asked()) == (P.LOWERING, [F.LOWER_ARM])
    lane.arm(up=False)
    assert lane.asked() == [F.COUNT_LOWERED]


def test_the_arm_waits_for_one_who_hesitates_before_it() -> None:
    lane = let_through()
    lane.waits(600)
    assert (lane.phase, lane.asked()) == (P.OPEN, [])


def test_a_tailgate_is_two_passages_of_one_opening() -> None:
    lane = let_through()
    lane.sees(SAFETY, ON)
    lane.sees(EXIT, ON)
    lane.sees(SAFETY, OFF)
    lane.sees(SAFETY, ON)  # the second is under the arm before the first is away
    lane.sees(EXIT, OFF)
    assert (lane.phase, lane.asked()) == (P.PASSING, [F.COUNT_PASSAGE])
    lane.sees(EXIT, ON)
    lane.sees(SAFETY, OFF)
    lane.sees(EXIT, OFF)
    assert lane.asked() == [F.COUNT_PASSAGE, F.LOWER_ARM]


def test_the_next_vehicle_on_the_loop_is_served_once_the_arm_is_down() -> None:
    lane = let_through()
    lane.sees(SAFETY, ON)
    lane.sees(ARMING, OFF)
    lane.sees(ARMING, ON)
    lane.drives(EXIT)
    lane.sees(SAFETY, OFF)
    lane.asked()
    lane.arm(up=False)
    assert (lane.phase, lane.asked()) == (P.IDENTIFYING, [F.COUNT_LOWERED, F.IDENTIFY])


def test_one_who_follows_under_a_falling_arm_lifts_it_again() -> None:
    lane = let_through()
    lane.drives(SAFETY, EXIT)
    lane.sees(Sensor.LIMIT_UP, OFF)
    lane.asked()
    lane.sees(SAFETY, ON)
    assert (lane.phase, lane.asked()) == (P.RAISING, [F.RAISE_ARM])
    lane.arm(up=True)
    assert (lane.phase, lane.asked()) == (P.PASSING, [F.COUNT_OPENING])


def test_one_who_follows_before_the_arm_moved_at_all_is_no_second_opening_and_no_fault() -> None:
    lane = let_through()
    lane.drives(SAFETY, EXIT)
    lane.sees(SAFETY, ON)
    lane.asked()
    lane.waits(4)
    assert (lane.phase, lane.asked()) == (P.PASSING, [])
    lane.sees(SAFETY, OFF)
    assert (lane.phase, lane.asked()) == (P.LOWERING, [F.LOWER_ARM])


def test_one_who_is_through_before_the_arm_is_all_up_is_counted() -> None:
    lane = at_rest()
    lane.sees(ARMING, ON)
    lane.told(E.GRANTED)
    lane.asked()
    lane.drives(ARMING, SAFETY, EXIT)
    assert (lane.phase, lane.asked()) == (P.RAISING, [F.COUNT_PASSAGE])
    lane.arm(up=True)
    lane.waits(20)
    assert (lane.phase, lane.asked()) == (P.LOWERING, [F.COUNT_OPENING, F.LOWER_ARM])


def test_one_who_drives_before_the_arm_is_all_up_is_waited_for() -> None:
    lane = at_rest()
    lane.sees(ARMING, ON)
    lane.told(E.GRANTED)
    lane.sees(SAFETY, ON)
    lane.arm(up=True)
    lane.waits(600)
    assert lane.phase is P.PASSING


def test_an_arm_stuck_down_is_a_fault_and_serves_again_after_a_person_looked() -> None:
    lane = at_rest()
    lane.sees(ARMING, ON)
    lane.told(E.GRANTED)
    lane.asked()
    lane.waits(60)
    assert (lane.phase, lane.asked()) == (P.FAULT, [F.RAISE_ARM, F.RAISE_ARM, F.REPORT_FAULT])
    lane.told(E.ORDERED_NORMAL)
    assert (lane.phase, lane.asked()) == (P.IDENTIFYING, [F.IDENTIFY]), "its switches say where it is, without an edge"


def test_an_arm_stuck_up_is_a_fault_until_somebody_brings_it_down() -> None:
    lane = let_through()
    lane.drives(ARMING, SAFETY, EXIT)
    lane.asked()
    lane.waits(60)
    assert (lane.phase, lane.asked()) == (P.FAULT, [F.LOWER_ARM, F.LOWER_ARM, F.REPORT_FAULT])
    lane.arm(up=False)
    assert (lane.phase, lane.asked()) == (P.IDLE, [F.COUNT_LOWERED])


def test_an_arm_stuck_up_is_nobodys_after_a_restart_of_the_lane() -> None:
    lane = let_through()
    lane.drives(ARMING, SAFETY, EXIT)
    lane.waits(60)
    lane.told(E.ORDERED_NORMAL)
    assert lane.phase is P.BY_HAND


def test_an_arm_that_falls_on_someone_is_a_fault() -> None:
    lane = let_through()
    lane.sees(SAFETY, ON)
    lane.arm(up=False)
    assert (lane.phase, lane.asked()) == (P.FAULT, [F.COUNT_LOWERED, F.REPORT_FAULT])


@pytest.mark.parametrize("event", [E.ZONE_CLEARED, E.PASSED, E.VEHICLE_LEFT, E.FIRE_OFF, E.GRANTED, E.ORDERED_SHUT])
def test_an_arm_raised_by_hand_stays_up_whatever_happens(event: Event) -> None:
    lane = at_rest()
    lane.arm(up=True)
    assert (lane.phase, lane.asked()) == (P.BY_HAND, [F.COUNT_STRAY_OPENING])
    lane.told(event)
    lane.waits(3_600)
    assert lane.phase is P.BY_HAND
    assert F.LOWER_ARM not in lane.asked()


def test_a_persons_order_brings_a_hand_raised_arm_down_behind_the_guard() -> None:
    lane = at_rest()
    lane.arm(up=True)
    lane.sees(SAFETY, ON)
    lane.asked()
    lane.told(E.ORDERED_DOWN)
    assert (lane.phase, lane.asked()) == (P.BY_HAND, [])
    lane.sees(SAFETY, OFF)
    lane.told(E.ORDERED_DOWN)
    assert (lane.phase, lane.asked()) == (P.LOWERING, [F.LOWER_ARM])
    lane.arm(up=False)
    assert (lane.phase, lane.asked()) == (P.IDLE, [F.COUNT_LOWERED])


def test_fire_holds_the_arm_up_against_the_centre() -> None:
    lane = at_rest()
    lane.sees(Sensor.FIRE, ON)
    assert (lane.phase, lane.asked()) == (P.BY_HAND, [F.COUNT_STRAY_OPENING])
    lane.arm(up=True)
    lane.told(E.ORDERED_DOWN)
    lane.waits(3_600)
    assert (lane.phase, lane.asked()) == (P.BY_HAND, [])
    lane.sees(Sensor.FIRE, OFF)
    assert lane.asked() == [], "the end of a fire lowers nothing by itself"
    lane.told(E.ORDERED_DOWN)
    assert lane.asked() == [F.LOWER_ARM]


def test_fire_stops_an_arm_on_its_way_down() -> None:
    lane = let_through()
    lane.drives(ARMING, SAFETY, EXIT)
    lane.asked()
    lane.sees(Sensor.FIRE, ON)
    lane.waits(3_600)
    assert (lane.phase, lane.asked()) == (P.BY_HAND, [F.COUNT_STRAY_OPENING])


def test_a_false_alarm_that_moved_no_arm_ends_with_a_persons_order() -> None:
    lane = at_rest()
    lane.sees(Sensor.FIRE, ON)
    lane.sees(Sensor.FIRE, OFF)
    lane.told(E.ORDERED_DOWN)
    lane.waits(4)
    assert lane.phase is P.IDLE


@pytest.mark.parametrize("phase", list(Phase))
def test_a_board_that_went_away_lowers_nothing_and_pulses_nothing_down(phase: Phase) -> None:
    lane = let_through()
    lane.lane = up_and_clear(phase, lane.now)
    lane.loses_its_board()
    lane.waits(3_600)
    lane.told(E.ORDERED_DOWN)
    lane.waits(3_600)
    assert F.LOWER_ARM not in lane.asked()
    assert position(lane.lane) == "unknown"


@pytest.mark.parametrize("phase", [P.OPEN, P.PASSING, P.LOWERING])
def test_a_board_that_comes_back_and_reports_all_clear_is_not_trusted_until_an_edge(phase: Phase) -> None:
    lane = let_through()
    lane.lane = up_and_clear(phase, lane.now)
    lane.loses_its_board()
    for sensor, level in zip(Sensor, (OFF, OFF, OFF, ON, OFF, OFF, OFF), strict=True):
        lane.sees(sensor, level, edge=False)
    lane.waits(3_600)
    lane.told(E.ORDERED_DOWN)
    assert F.LOWER_ARM not in lane.asked()
    lane.drives(ARMING, SAFETY, EXIT)
    lane.waits(30)
    assert F.LOWER_ARM in lane.asked(), "the next vehicle proves the loops"


def test_the_first_vehicle_after_a_start_is_served_and_proves_the_loops() -> None:
    lane = Driven()
    for sensor in Sensor:
        lane.sees(sensor, ON if sensor is Sensor.LIMIT_DOWN else OFF, edge=False)
    assert (lane.phase, lane.lane.safety) == (P.IDLE, Level.UNKNOWN)
    lane.sees(ARMING, ON)
    lane.told(E.GRANTED)
    lane.arm(up=True)
    lane.asked()
    lane.drives(ARMING, SAFETY, EXIT)
    assert lane.asked() == [F.COUNT_PASSAGE, F.LOWER_ARM]


def test_what_left_while_the_board_was_away_leaves_with_its_edge() -> None:
    lane = at_rest()
    lane.sees(ARMING, ON)
    lane.told(E.OWING)
    lane.asked()
    lane.loses_its_board()
    lane.sees(ARMING, OFF)
    assert (lane.phase, lane.asked()) == (P.IDLE, [F.ABANDON]), "or the next vehicle would be asked this one's price"


def test_a_start_under_a_raised_arm_leaves_it_alone() -> None:
    lane = Driven()
    lane.sees(Sensor.LIMIT_UP, ON, edge=False)
    lane.waits(3_600)
    assert (lane.phase, lane.asked()) == (P.BY_HAND, [F.COUNT_STRAY_OPENING])


def test_a_passage_with_the_arm_down_is_counted_and_moves_nothing() -> None:
    lane = at_rest()
    lane.drives(EXIT)
    assert (lane.phase, lane.asked()) == (P.IDLE, [F.COUNT_PASSAGE])


def test_a_shut_lane_opens_for_a_persons_reason_and_is_shut_again() -> None:
    lane = at_rest()
    lane.told(E.ORDERED_SHUT)
    lane.sees(ARMING, ON)
    assert (lane.phase, lane.asked()) == (P.CLOSED, [])
    lane.told(E.GRANTED)
    lane.arm(up=True)
    lane.drives(ARMING, SAFETY, EXIT)
    lane.asked()
    lane.sees(ARMING, ON)
    lane.arm(up=False)
    assert (lane.phase, lane.asked()) == (P.CLOSED, [F.NOTICE, F.COUNT_LOWERED])
    lane.told(E.ORDERED_NORMAL)
    assert (lane.phase, lane.asked()) == (P.IDENTIFYING, [F.IDENTIFY])


@pytest.mark.parametrize(
    ("up", "down", "said"),
    [
        (ON, OFF, "up"),
        (OFF, ON, "down"),
        (OFF, OFF, "moving"),
        (ON, ON, "unknown"),
        (Level.UNKNOWN, ON, "unknown"),
        (ON, Level.UNKNOWN, "unknown"),
    ],
)
def test_the_arms_position_is_what_both_switches_say(up: Level, down: Level, said: str) -> None:
    assert position(Lane(limit_up=up, limit_down=down)) == said
