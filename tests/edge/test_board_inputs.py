"""What a driver tells of its inputs, without a board: order, gaps, losses."""

from edge.devices.inputs import SETTLES_S, Inputs, Patience
from gate.devices.board import Level, Reading, Sensor
from tests.edge.board_ear import Ear

OFF = dict.fromkeys(Sensor, Level.OFF)


def reported(absent: tuple[Sensor, ...] = ()) -> tuple[Inputs, Ear]:
    """A board that has reported all inputs open."""
    ear = Ear()
    inputs = Inputs(ear, absent)
    inputs.report(OFF)
    ear.all_levels()
    return inputs, ear


def test_of_changes_seen_at_once_those_to_on_come_first() -> None:
    inputs, ear = reported()
    inputs.report({**OFF, Sensor.ARMING: Level.ON, Sensor.SAFETY: Level.ON}, seamless=True)
    inputs.report({**OFF, Sensor.EXIT: Level.ON}, seamless=True)
    said = [ear.next() for _ in range(5)]
    assert [(reading.sensor, reading.level) for reading in said if isinstance(reading, Reading)][2:] == [
        (Sensor.EXIT, Level.ON),
        (Sensor.ARMING, Level.OFF),
        (Sensor.SAFETY, Level.OFF),
    ]


def test_what_differs_after_a_gap_is_no_edge() -> None:
    inputs, ear = reported()
    inputs.report({**OFF, Sensor.EXIT: Level.ON})
    assert ear.next() == Reading(Sensor.EXIT, Level.ON, edge=False)
    inputs.report(OFF, seamless=True)
    assert ear.next() == Reading(Sensor.EXIT, Level.OFF, edge=True)


def test_an_edge_comes_once_and_only_while_the_board_is_there() -> None:
    ear = Ear()
    inputs = Inputs(ear)
    inputs.change(Sensor.SAFETY, Level.OFF)
    inputs.report(OFF)
    ear.all_levels()
    for _ in range(2):
        inputs.change(Sensor.SAFETY, Level.ON)
    inputs.lose("gone")
    inputs.lose("gone")
    inputs.change(Sensor.SAFETY, Level.OFF)
    assert [ear.next(), ear.next()] == [Reading(Sensor.SAFETY, Level.ON, edge=True), "lost: gone"]
    assert len(ear.heard) == len(Sensor) + 2


def test_an_input_of_which_the_board_says_nothing_is_unknown_and_its_first_word_is_no_edge() -> None:
    ear = Ear()
    inputs = Inputs(ear)
    inputs.report({sensor: Level.OFF for sensor in Sensor if sensor is not Sensor.SAFETY})
    assert ear.all_levels()[Sensor.SAFETY] is Level.UNKNOWN
    inputs.change(Sensor.SAFETY, Level.OFF)
    assert ear.next() == Reading(Sensor.SAFETY, Level.OFF, edge=False)


def test_an_absent_input_is_off_whatever_the_board_says() -> None:
    inputs, ear = reported((Sensor.FIRE,))
    inputs.change(Sensor.FIRE, Level.ON)
    inputs.report({**OFF, Sensor.FIRE: Level.ON, Sensor.EXIT: Level.ON})
    assert ear.next() == Reading(Sensor.EXIT, Level.ON, edge=False)
    assert len(ear.heard) == len(Sensor) + 1


def test_patience_is_over_after_its_turns_and_begins_anew() -> None:
    over: list[int] = []
    patience = Patience(3, lambda: over.append(1))
    for _ in range(2):
        patience.turn()
    patience.answered()
    for _ in range(5):
        patience.turn()
    assert len(over) == 1
    patience.turn()
    assert len(over) == 2


class Counting:
    """A board that counts, the clock that it is judged by, and who hears it."""

    def __init__(self) -> None:
        self.now, self.ear = 100.0, Ear()
        self.inputs = Inputs(self.ear, clock=lambda: self.now)

    def reports(self, count: int | None, exit_loop: Level = Level.OFF, *, seamless: bool = False) -> list[int]:
        """It reports; what was said of its count by then."""
        self.inputs.report({**OFF, Sensor.EXIT: exit_loop}, seamless=seamless, count=count)
        return [counted.number for counted in self.ear.counts]


def test_a_count_comes_before_the_first_levels_and_with_every_answer() -> None:
    board = Counting()
    assert board.reports(7) == [7]
    assert board.ear.counts[0].after == 0, "who passed unheard did so before the arm was where the levels show it"
    assert board.reports(7) == [7, 7]
    assert board.reports(None) == [7, 7]


def test_a_count_waits_for_the_edge_that_it_may_hold() -> None:
    board = Counting()
    board.reports(7)
    board.inputs.change(Sensor.EXIT, Level.ON)
    assert board.reports(8, Level.ON) == [7], "the board has counted and still debounces the input"
    board.inputs.change(Sensor.EXIT, Level.OFF)
    assert board.reports(8) == [7, 8]


def test_a_vehicle_that_stays_on_the_exit_loop_lets_an_older_count_through() -> None:
    board = Counting()
    assert board.reports(7, Level.ON) == []
    board.now += SETTLES_S / 2
    assert board.reports(8, Level.ON) == []
    board.now += SETTLES_S / 2
    assert board.reports(8, Level.ON) == [7]
    board.now += SETTLES_S
    assert board.reports(8, Level.ON) == [7, 8]


def test_a_count_of_before_an_edge_is_not_said_after_it() -> None:
    board = Counting()
    board.reports(7, Level.ON)
    board.inputs.change(Sensor.EXIT, Level.OFF)
    board.inputs.change(Sensor.EXIT, Level.ON)
    board.now += 1
    assert board.reports(8, Level.ON) == [], "7 lacks the edge"
    board.now += 1
    assert board.reports(8, Level.ON) == [8]
    assert board.reports(8, seamless=True) == [8], "read before the input: it may lack the edge that was seen just now"
    assert board.reports(9) == [8, 9]


def test_a_count_of_before_a_loss_is_forgotten() -> None:
    board = Counting()
    board.reports(7, Level.ON)
    board.inputs.lose("gone")
    board.now += 1
    assert board.reports(3, Level.ON) == []
    board.now += 1
    assert board.reports(3, Level.ON) == [3]
