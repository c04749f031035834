"""What every board's driver must do, one rule a test, each driver with its twin on a real line."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from gate.devices.board import Board, DeviceFailed, Level, Reading, Relay, Sensor
from simulator.stage.mosquitto import Mosquitto
from tests.edge.board_ear import Ear
from tests.edge.board_rigs import RIGS
from tests.edge.board_world import PULSE_MS, Rig, World, site_broker

pytestmark = pytest.mark.broker
Any_Rig = Rig[Any]
LOST_WITHIN_S = 3.0
COUNTING = [name for name, kind in RIGS.items() if kind.counts]
counting = pytest.mark.parametrize("rig", COUNTING, indirect=True)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """One for all: lines come and go."""
    with site_broker(tmp_path_factory.mktemp("boards")) as made:
        yield made


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Where the twins live."""
    made = World()
    yield made
    made.end()


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest, world: World, broker: Mosquitto) -> Iterator[Any_Rig]:
    """Each driver with its twin."""
    made = RIGS[request.param](world, broker, request.param)
    yield made
    made.end()


@contextmanager
def driven(rig: Any_Rig) -> Iterator[tuple[Board, Ear]]:
    """A driver that has reported its board; whatever a rig said before that is forgotten."""
    board, ear = rig.driver(), Ear()
    board.start(ear)
    try:
        ear.all_levels()
        yield board, ear
    finally:
        board.stop()


def true_levels(rig: Any_Rig) -> dict[Sensor, Level]:
    """What the inputs are."""
    return {sensor: rig.twin.level(sensor) for sensor in Sensor}


def test_after_start_every_input_is_reported_and_none_is_an_edge(rig: Any_Rig) -> None:
    rig.sense(Sensor.SAFETY, on=True)
    rig.sense(Sensor.BUTTON, on=True)
    board, ear = rig.driver(), Ear()
    board.start(ear)
    assert ear.all_levels() == true_levels(rig)
    board.stop()


def test_each_change_is_one_edge_and_they_come_in_order(rig: Any_Rig) -> None:
    way = [(sensor, on) for sensor in Sensor if "limit" not in sensor for on in (True, False)]
    with driven(rig) as (_, ear):
        for sensor, on in way:
            rig.sense(sensor, on=on)
            assert ear.next() == Reading(sensor, Level.ON if on else Level.OFF, edge=True)
        assert len(ear.heard) == len(Sensor) + len(way)


def test_a_vehicle_between_two_loops_is_never_nowhere(rig: Any_Rig) -> None:
    with driven(rig) as (_, ear):
        rig.sense(Sensor.SAFETY, on=True)
        assert ear.next() == Reading(Sensor.SAFETY, Level.ON, edge=True)
        rig.rolls_on(Sensor.SAFETY, Sensor.EXIT)
        assert ear.next() == Reading(Sensor.EXIT, Level.ON, edge=True)
        assert ear.next() == Reading(Sensor.SAFETY, Level.OFF, edge=True)


def test_what_changed_while_the_board_was_away_is_no_edge(rig: Any_Rig) -> None:
    rig.sense(Sensor.SAFETY, on=True)
    with driven(rig) as (_, ear):
        rig.cut()
        ear.until_lost()
        rig.sense(Sensor.SAFETY, on=False)
        rig.sense(Sensor.ARMING, on=True)
        rig.mend()
        assert ear.all_levels() == true_levels(rig)
        rig.sense(Sensor.ARMING, on=False)
        assert ear.next() == Reading(Sensor.ARMING, Level.OFF, edge=True)
        assert ear.losses == 1


def test_a_board_that_falls_silent_is_lost_within_3_s_once_and_comes_back(world: World, broker: Mosquitto) -> None:
    """All drivers at once: each needs its seconds."""
    with ExitStack() as stack:
        silent: list[tuple[Any_Rig, Ear, float]] = []
        for name, kind in RIGS.items():
            rig = kind(world, broker, name)
            stack.callback(rig.end)
            _, ear = stack.enter_context(driven(rig))
            rig.mute()
            silent.append((rig, ear, time.monotonic()))
        for rig, ear, since in silent:
            assert ear.until_lost() - since <= LOST_WITHIN_S, rig.name
        for rig, ear, _ in silent:
            rig.mend()
            ear.all_levels()
            assert ear.losses == 1, rig.name


def test_a_pulse_is_one_closing_that_opens_by_itself(rig: Any_Rig) -> None:
    with driven(rig) as (board, ear):
        board.pulse(Relay.RAISE)
        board.pulse(Relay.RAISE)  # while it is closed: it only prolongs
        rig.until(lambda twin: twin.closings[Relay.RAISE] == 1, "closed")
        rig.until(lambda twin: not twin.is_closed(Relay.RAISE), "opened")
        rig.until(lambda twin: twin.is_up, "up")
        assert rig.twin.closings == {Relay.RAISE: 1, Relay.LOWER: 0}
        assert {ear.next(), ear.next()} == {
            Reading(Sensor.LIMIT_DOWN, Level.OFF, edge=True),
            Reading(Sensor.LIMIT_UP, Level.ON, edge=True),
        }


def test_a_pulse_opens_the_other_relay_first(rig: Any_Rig) -> None:
    with driven(rig) as (board, _):
        for number, relay in enumerate([Relay.LOWER, Relay.RAISE] * 3, 1):
            board.pulse(relay)
            _until_closings(rig, number)
        rig.until(lambda twin: not any(twin.is_closed(relay) for relay in Relay), "opened")
        assert rig.twin.clashes == 0
        assert rig.twin.closings == {Relay.RAISE: 3, Relay.LOWER: 3}


def _until_closings(rig: Any_Rig, number: int) -> None:
    rig.until(lambda twin: sum(twin.closings.values()) == number, f"{number} closings")


def test_an_order_to_a_board_that_is_away_is_refused_and_not_kept(rig: Any_Rig) -> None:
    board, ear = rig.driver(), Ear()
    with pytest.raises(DeviceFailed):
        board.pulse(Relay.RAISE)
    board.start(ear)
    ear.all_levels()
    rig.cut()
    ear.until_lost()
    with pytest.raises(DeviceFailed, match="away"):
        board.pulse(Relay.RAISE)
    rig.mend()
    ear.all_levels()
    board.pulse(Relay.LOWER)
    rig.until(lambda twin: twin.closings[Relay.LOWER] == 1, "the first order that it hears")
    assert rig.twin.closings[Relay.RAISE] == 0
    board.stop()


def test_nonsense_from_the_board_moves_nothing_and_ends_nothing(rig: Any_Rig) -> None:
    with driven(rig) as (board, ear):
        rig.junk(ear)
        rig.sense(Sensor.ARMING, on=True)
        assert ear.next() == Reading(Sensor.ARMING, Level.ON, edge=True)
        assert sum(rig.twin.closings.values()) == 0
        board.pulse(Relay.RAISE)
        rig.until(lambda twin: twin.closings[Relay.RAISE] == 1, "an order is still obeyed")


def test_stop_leaves_no_relay_closed_and_no_thread(rig: Any_Rig) -> None:
    board, ear = rig.driver(), Ear()
    before = set(threading.enumerate())
    board.start(ear)
    ear.all_levels()
    board.pulse(Relay.RAISE)
    rig.until(lambda twin: twin.is_closed(Relay.RAISE), "closed")
    board.stop()
    assert set(threading.enumerate()) <= before
    rig.until(lambda twin: not twin.is_closed(Relay.RAISE), "opened")
    assert rig.twin.closings[Relay.RAISE] == 1
    assert rig.twin.held_s[0] >= 0.8 * PULSE_MS / 1000, "a pulse cut short moves no arm"
    with pytest.raises(DeviceFailed):
        board.pulse(Relay.RAISE)


def test_a_board_that_never_answers_is_lost_once_and_can_be_stopped(rig: Any_Rig) -> None:
    rig.cut()
    board, ear = rig.driver(), Ear()
    before = set(threading.enumerate())
    board.start(ear)
    ear.until_lost()
    board.stop()
    assert ear.losses == 1
    assert set(threading.enumerate()) <= before


def test_what_an_earlier_life_left_closed_is_opened(rig: Any_Rig) -> None:
    if not rig.opens_what_was_left:
        return
    rig.world.call(lambda: rig.twin.close(Relay.LOWER))
    with driven(rig):
        rig.until(lambda twin: not twin.is_closed(Relay.LOWER), "opened")
        assert rig.twin.closings[Relay.LOWER] == 1


@counting
def test_what_left_while_nobody_drove_the_board_is_in_its_count(rig: Any_Rig) -> None:
    rig.leaves(3)
    with driven(rig) as (_, ear):
        ear.until_counted(3, times=2)  # again and again, not only when it changes
    rig.leaves(2)
    with driven(rig) as (_, ear):
        ear.until_counted(5)


@counting
def test_what_left_while_the_board_was_away_is_in_its_count_and_no_edge(rig: Any_Rig) -> None:
    with driven(rig) as (_, ear):
        ear.until_counted(0)
        rig.cut()
        ear.until_lost()
        rig.leaves(2)
        rig.mend()
        ear.all_levels()
        ear.until_counted(2)
        assert _left(ear.heard) == 0


@counting
def test_a_count_is_that_of_the_edges_said_before_it(rig: Any_Rig) -> None:
    with driven(rig) as (_, ear):
        for number in range(1, 9):
            for on in (True, False):
                rig.sense(Sensor.EXIT, on=on)
                assert ear.next() == Reading(Sensor.EXIT, Level.ON if on else Level.OFF, edge=True)
            if number % 4 == 0:
                ear.until_counted(number)
        assert [said for said in ear.counts if said.number != _left(ear.heard[: said.after])] == []


@counting
def test_a_vehicle_that_stands_on_the_exit_loop_hides_no_count(rig: Any_Rig) -> None:
    rig.leaves(2)
    rig.sense(Sensor.EXIT, on=True)
    with driven(rig) as (_, ear):
        ear.until_counted(2)


@counting
def test_a_counter_that_began_anew_is_passed_on_as_it_is(rig: Any_Rig) -> None:
    rig.leaves(3)
    with driven(rig) as (_, ear):
        ear.until_counted(3)
        rig.world.call(rig.twin.reset_counter)
        ear.until_counted(0)
        assert ear.losses == 0


@pytest.mark.parametrize("rig", [name for name in RIGS if name not in COUNTING], indirect=True)
def test_a_board_without_a_counter_says_none(rig: Any_Rig) -> None:
    with driven(rig) as (_, ear):
        rig.sense(Sensor.EXIT, on=True)
        rig.sense(Sensor.ARMING, on=True)
        assert {ear.next(), ear.next()} == {Reading(s, Level.ON, edge=True) for s in (Sensor.EXIT, Sensor.ARMING)}
        assert ear.counts == []


def _left(heard: list[Reading | str]) -> int:
    return heard.count(Reading(Sensor.EXIT, Level.OFF, edge=True))
