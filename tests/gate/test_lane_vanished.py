"""A car that the safety loop feels no more, and that left neither way: the arm stays up over it."""

from dataclasses import replace

import pytest

from gate.devices.board import Sensor
from gate.lane import Effect, Event, Phase
from tests.gate.driven import OFF, ON, Driven, at_rest, let_through

ARMING, SAFETY, EXIT = Sensor.ARMING, Sensor.SAFETY, Sensor.EXIT
E, F, P = Event, Effect, Phase


def vanished() -> Driven:
    """A car lane whose car stands under the arm and is felt no more."""
    lane = let_through()
    lane.lane = replace(lane.lane, directed=True)
    lane.sees(SAFETY, ON)
    lane.sees(ARMING, OFF)
    lane.sees(SAFETY, OFF)
    return lane


def test_the_arm_stays_up_over_a_car_that_is_felt_no_more_and_it_is_told_once() -> None:
    lane = vanished()
    assert (lane.phase, lane.asked()) == (P.PASSING, [F.REPORT_VANISHED])
    lane.sees(SAFETY, ON)
    lane.sees(SAFETY, OFF)
    lane.waits(3_600)
    assert (lane.phase, lane.asked()) == (P.PASSING, [])


def test_the_next_car_that_is_through_proves_that_nobody_stands_there() -> None:
    lane = vanished()
    lane.drives(ARMING, SAFETY, EXIT)
    assert (lane.phase, lane.asked()) == (P.LOWERING, [F.REPORT_VANISHED, F.NOTICE, F.COUNT_PASSAGE, F.LOWER_ARM])


def test_the_next_car_that_backs_from_both_loops_proves_it_as_well() -> None:
    lane = vanished()
    lane.asked()
    lane.drives(ARMING, SAFETY)
    assert lane.asked() == [F.NOTICE]
    for sensor, level in ((ARMING, ON), (SAFETY, ON), (EXIT, ON), (EXIT, OFF), (SAFETY, OFF)):
        lane.sees(sensor, level)
    assert (lane.phase, lane.asked()) == (P.LOWERING, [F.NOTICE, F.LOWER_ARM])


@pytest.mark.parametrize("sensors", [(EXIT,), (ARMING,)])
def test_one_who_is_felt_by_another_loop_alone_proves_nothing(sensors: tuple[Sensor, ...]) -> None:
    lane = vanished()
    lane.drives(*sensors)
    lane.waits(3_600)
    assert F.LOWER_ARM not in lane.asked(), "it may be another one, before the arm or behind it"


def test_one_who_comes_up_behind_it_and_backs_proves_nothing() -> None:
    lane = vanished()
    for sensor, level in ((ARMING, ON), (SAFETY, ON), (SAFETY, OFF), (ARMING, OFF)):
        lane.sees(sensor, level)
    lane.waits(3_600)
    assert F.LOWER_ARM not in lane.asked()


def test_a_person_who_looked_brings_the_arm_down() -> None:
    lane = vanished()
    lane.asked()
    lane.told(E.ORDERED_DOWN)
    assert (lane.phase, lane.asked()) == (P.LOWERING, [F.LOWER_ARM])


@pytest.mark.parametrize("order", [E.ORDERED_NORMAL, E.ORDERED_SHUT])
def test_an_order_that_is_about_the_mode_says_nothing_of_who_stands_there(order: Event) -> None:
    lane = let_through()
    lane.lane = replace(lane.lane, directed=True)
    lane.told(E.ORDERED_HELD)
    for sensor, level in ((SAFETY, ON), (ARMING, OFF), (SAFETY, OFF)):
        lane.sees(sensor, level)
    assert (lane.phase, lane.asked()) == (P.HELD, [F.REPORT_VANISHED])
    lane.told(order)
    lane.waits(3_600)
    assert (lane.phase, lane.asked()) == (P.HELD, [])
    lane.drives(ARMING, SAFETY, EXIT)
    assert F.LOWER_ARM in lane.asked()


def test_it_outlives_a_board_that_went_away() -> None:
    lane = vanished()
    lane.loses_its_board()
    assert lane.lane.vanished
    for sensor in (ARMING, EXIT, Sensor.FIRE, SAFETY):
        lane.sees(sensor, OFF)
    assert F.LOWER_ARM not in lane.asked()


def test_one_who_backs_over_the_arming_loop_left_that_way() -> None:
    lane = let_through()
    lane.lane = replace(lane.lane, directed=True)
    lane.sees(SAFETY, ON)
    lane.sees(SAFETY, OFF)
    assert (lane.phase, lane.asked()) == (P.LOWERING, [F.LOWER_ARM])


def test_under_a_lowered_arm_nobody_vanishes() -> None:
    lane = at_rest()
    lane.lane = replace(lane.lane, directed=True)
    lane.drives(SAFETY)
    assert lane.asked() == []


def test_where_short_vehicles_drive_the_gap_between_two_loops_hides_one() -> None:
    lane = let_through()
    lane.drives(SAFETY)
    assert F.REPORT_VANISHED not in lane.asked()
