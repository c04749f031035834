"""A lane held open by order, its button, and which way a car goes over its loops."""

from dataclasses import replace

import pytest

from gate.devices.board import Level, Sensor
from gate.lane import Effect, Event, Phase
from tests.gate.driven import OFF, ON, Driven, at_rest, let_through

ARMING, SAFETY, EXIT = Sensor.ARMING, Sensor.SAFETY, Sensor.EXIT
E, F, P = Event, Effect, Phase


def test_a_lane_held_open_counts_everyone_and_lowers_for_nobody() -> None:
    lane = at_rest()
    lane.told(E.ORDERED_HELD)
    assert (lane.phase, lane.asked()) == (P.RAISING, [F.RAISE_ARM])
    lane.arm(up=True)
    assert (lane.phase, lane.asked()) == (P.HELD, [F.COUNT_OPENING])
    for _ in range(3):
        lane.drives(ARMING, SAFETY, EXIT)
        lane.waits(600)
    assert (lane.phase, lane.asked()) == (P.HELD, [F.NOTICE, F.COUNT_PASSAGE] * 3)


@pytest.mark.parametrize(("order", "after"), [(E.ORDERED_NORMAL, P.IDLE), (E.ORDERED_SHUT, P.CLOSED)])
def test_a_held_lane_comes_down_by_order_behind_whoever_is_under_it(order: Event, after: Phase) -> None:
    lane = at_rest()
    lane.told(E.ORDERED_HELD)
    lane.arm(up=True)
    lane.sees(SAFETY, ON)
    lane.asked()
    lane.told(order)
    lane.waits(600)
    assert (lane.phase, lane.asked()) == (P.HELD, []), "somebody is under the arm"
    lane.sees(SAFETY, OFF)
    assert (lane.phase, lane.asked()) == (P.LOWERING, [F.LOWER_ARM])
    lane.arm(up=False)
    assert lane.phase is after


@pytest.mark.parametrize("event", [E.OWING, E.PERSON_NEEDED, None])
def test_an_order_to_hold_lets_the_one_who_waits_through(event: Event | None) -> None:
    lane = at_rest()
    lane.sees(ARMING, ON)
    if event:
        lane.told(event)
    lane.asked()
    lane.told(E.ORDERED_HELD)
    assert (lane.phase, lane.asked()) == (P.RAISING, [F.RAISE_ARM])


def test_an_order_to_hold_while_somebody_is_let_through_keeps_the_arm_up() -> None:
    lane = let_through()
    lane.sees(SAFETY, ON)
    lane.told(E.ORDERED_HELD)
    assert lane.phase is P.HELD
    lane.drives(SAFETY, EXIT)
    lane.waits(600)
    assert F.LOWER_ARM not in lane.asked()


def test_fire_ends_holding_and_nothing_brings_that_arm_down_but_a_person() -> None:
    lane = at_rest()
    lane.told(E.ORDERED_HELD)
    lane.arm(up=True)
    lane.asked()
    lane.sees(Sensor.FIRE, ON)
    lane.told(E.ORDERED_HELD)
    lane.sees(Sensor.FIRE, OFF)
    lane.told(E.ORDERED_NORMAL)
    lane.waits(600)
    assert (lane.phase, lane.asked()) == (P.BY_HAND, [])


def test_an_arm_lowered_by_hand_while_it_is_to_be_held_is_a_fault_and_not_fought() -> None:
    lane = at_rest()
    lane.told(E.ORDERED_HELD)
    lane.arm(up=True)
    lane.asked()
    lane.arm(up=False)
    lane.waits(600)
    assert (lane.phase, lane.asked()) == (P.FAULT, [F.COUNT_LOWERED, F.REPORT_FAULT])


def test_the_button_is_answered_where_a_person_may_open_and_only_on_a_press() -> None:
    lane = at_rest()
    lane.sees(Sensor.BUTTON, ON, edge=False)
    assert lane.asked() == [], "a button that hangs at a start was not pressed"
    lane.sees(Sensor.BUTTON, OFF)
    lane.sees(Sensor.BUTTON, ON)
    assert lane.asked() == [F.ANSWER_BUTTON]
    lane.told(E.GRANTED)
    lane.asked()
    lane.sees(Sensor.BUTTON, OFF)
    lane.sees(Sensor.BUTTON, ON)
    assert lane.asked() == []


def directed() -> Driven:
    """A car lane with its arm up: the order of its loops tells forward from backward."""
    lane = let_through()
    lane.lane = replace(lane.lane, directed=True)
    return lane


def test_a_car_that_backs_off_the_exit_loop_did_not_pass() -> None:
    lane = directed()
    lane.sees(SAFETY, ON)
    lane.sees(EXIT, ON)
    lane.sees(EXIT, OFF)
    lane.sees(SAFETY, OFF)
    assert (lane.phase, lane.asked()) == (P.LOWERING, [F.LOWER_ARM])


def test_two_cars_so_close_that_the_safety_loop_sees_no_gap_are_two() -> None:
    lane = directed()
    lane.sees(SAFETY, ON)
    lane.sees(EXIT, ON)
    lane.sees(EXIT, OFF)
    lane.sees(EXIT, ON)
    lane.sees(SAFETY, OFF)
    lane.sees(EXIT, OFF)
    assert lane.asked() == [F.COUNT_PASSAGE, F.COUNT_PASSAGE, F.LOWER_ARM]


def test_a_car_against_the_direction_is_counted_as_that() -> None:
    lane = directed()
    lane.drives(EXIT, SAFETY)
    assert lane.asked() == [F.COUNT_PASSED_BACK, F.LOWER_ARM]


def test_a_car_that_comes_against_the_direction_and_goes_back_passed_nowhere() -> None:
    lane = directed()
    lane.arm(up=False)
    lane.asked()
    lane.sees(EXIT, ON)
    lane.sees(SAFETY, ON)
    lane.sees(SAFETY, OFF)
    lane.sees(EXIT, OFF)
    assert lane.asked() == []


def test_a_dead_safety_loop_leaves_no_car_uncounted() -> None:
    lane = directed()
    lane.drives(ARMING)
    lane.drives(EXIT)
    assert F.COUNT_PASSAGE in lane.asked()


def test_short_vehicles_are_counted_whatever_the_order() -> None:
    lane = let_through()
    lane.drives(SAFETY)
    lane.drives(EXIT)
    lane.sees(EXIT, ON)
    lane.sees(SAFETY, ON)
    lane.sees(EXIT, OFF)
    assert lane.asked().count(F.COUNT_PASSAGE) == 2


def test_where_the_cameras_line_counts_the_loop_does_not() -> None:
    lane = let_through()
    lane.lane = replace(lane.lane, by_line=True)
    lane.drives(SAFETY, EXIT)
    lane.told(E.PASSED)
    assert lane.asked().count(F.COUNT_PASSAGE) == 1


def test_an_arm_that_somebody_lifts_against_us_is_theirs() -> None:
    lane = let_through()
    lane.drives(ARMING, SAFETY, EXIT)
    lane.sees(Sensor.LIMIT_UP, OFF)
    lane.asked()
    lane.sees(Sensor.LIMIT_UP, ON)
    lane.waits(600)
    assert (lane.phase, lane.asked()) == (P.BY_HAND, [F.COUNT_STRAY_OPENING])


def test_an_arm_that_is_only_reported_up_did_not_obey_yet() -> None:
    lane = let_through()
    lane.drives(ARMING, SAFETY, EXIT)
    lane.asked()
    lane.loses_its_board()
    lane.sees(Sensor.LIMIT_UP, ON, edge=False)
    lane.sees(Sensor.LIMIT_DOWN, OFF, edge=False)
    lane.sees(Sensor.FIRE, OFF, edge=False)
    assert lane.phase is P.LOWERING
    lane.drives(ARMING, SAFETY, EXIT)
    lane.waits(30)
    assert F.LOWER_ARM in lane.asked()


def test_a_zone_that_cleared_before_the_fire_contact_was_known_is_not_forgotten() -> None:
    lane = let_through()
    lane.lane = replace(lane.lane, fire=Level.UNKNOWN)
    lane.drives(SAFETY, EXIT)
    assert (lane.phase, lane.asked()) == (P.PASSING, [F.COUNT_PASSAGE])
    lane.sees(Sensor.FIRE, OFF, edge=False)
    assert (lane.phase, lane.asked()) == (P.LOWERING, [F.LOWER_ARM])


def test_an_alarm_is_one_though_the_end_of_the_last_was_never_heard() -> None:
    lane = let_through()
    lane.sees(Sensor.FIRE, ON)
    lane.told(E.ORDERED_DOWN)
    lane.lane = replace(lane.lane, phase=P.OPEN)
    lane.sees(Sensor.FIRE, ON)
    assert lane.phase is P.BY_HAND
