"""A vehicle that stands at an exit and is not found is read again: by itself a few times, and when the button asks."""

from datetime import timedelta

import pytest

from edge.lanes.again import LOOK_AFTER_S, LOOKS_MAX
from edge.lanes.lane_config import Button
from gate import signing
from gate.devices.board import Sensor
from gate.devices.screen import Face
from gate.lane import Phase
from gate.lease import Entry, Standing
from gate.messages import ArmRaised, Display, PersonWanted, PlateRead, Quoted, VisitMatched
from tests.edge.desk import KEY, Desk, lease, look
from tests.edge.fakes import MORNING

PLATE, MISREAD = "24A12378", "92F55512"
ASIDE = 0.5  # the desk's eyes need a tenth of a second


def at_exit(desk: Desk, *plates: str, stays_s: float = 3600) -> str:
    """A car that came in stands at the exit and is read so, look after look; its visit."""
    visit = desk.comes_in(PLATE)
    desk.turn(stays_s)
    for plate in plates:
        desk.eyes.will_see("out-1", look(plate, picture=b"picture of " + plate.encode()))
    desk.rolls_up("out-1")
    desk.turn(ASIDE)
    return visit


@pytest.mark.parametrize("first", [MISREAD, ""])
def test_a_plate_read_wrong_or_not_at_all_is_read_again_and_found(desk: Desk, first: str) -> None:
    visit = at_exit(desk, first, PLATE)
    assert desk.phase("out-1") is Phase.ATTENDED
    (wanted,) = desk.facts(PersonWanted)
    desk.turn(LOOK_AFTER_S)
    assert desk.phase("out-1") is Phase.PAYING
    assert desk.page("out-1").face is Face.PAY
    before, now = desk.facts(PlateRead, "out-1")
    (match,), (quoted,) = desk.facts(VisitMatched), desk.facts(Quoted)
    assert (before.plate, now.plate, match.visit, match.by) == (first, PLATE, visit, "rule")
    assert now.approach == match.approach == quoted.approach, "the look that found it is what the match stands on"
    assert now.approach != wanted.approach == before.approach, "and the first read stays as it was told"
    assert now.picture
    assert now.picture != before.picture
    assert desk.facts(PersonWanted) == [wanted], "nobody is called twice"
    desk.open_paid(visit)
    desk.turn(2)
    assert desk.facts(ArmRaised, "out-1")[-1].approach == now.approach


def test_one_that_owes_nothing_goes_at_once(desk: Desk) -> None:
    at_exit(desk, MISREAD, PLATE, stays_s=60)
    assert desk.phase("out-1") is Phase.ATTENDED
    desk.turn(LOOK_AFTER_S + 2)
    assert desk.phase("out-1") is Phase.OPEN


def test_it_ends_and_nobody_is_called_again(desk: Desk) -> None:
    at_exit(desk, *[MISREAD] * 9)
    desk.turn(60)
    assert desk.eyes.asked.count("out-1") == 1 + LOOKS_MAX
    assert len(desk.facts(PersonWanted)) == len(desk.facts(PlateRead, "out-1")) == 1
    assert desk.phase("out-1") is Phase.ATTENDED


def test_who_was_faster_has_decided(desk: Desk) -> None:
    visit = at_exit(desk, MISREAD, PLATE)
    here = desk.lanes["out-1"].approach
    assert here
    approach = here.approach
    desk.turn(LOOK_AFTER_S - ASIDE + 0.15)
    assert desk.eyes.asked.count("out-1") == 2, "it is being looked at"
    desk.order(Display(lane="out-1", approach=approach, visit=visit))
    desk.turn(5)
    (match,) = desk.facts(VisitMatched)
    assert (match.by, match.approach) == ("an-attendant", approach)
    assert len(desk.facts(Quoted)) == 1


def test_one_that_backs_out_is_not_looked_for(desk: Desk) -> None:
    at_exit(desk, MISREAD, PLATE)
    desk.backs_out("out-1")
    desk.turn(30)
    assert desk.eyes.asked.count("out-1") == 1
    assert desk.facts(VisitMatched) == []


def test_the_next_vehicle_gets_nothing_of_a_look_at_the_one_before(desk: Desk) -> None:
    at_exit(desk, MISREAD)
    desk.eyes.will_see("out-1", look(PLATE), after_s=4.0)  # of the first one, and late
    desk.turn(LOOK_AFTER_S)
    desk.backs_out("out-1")
    desk.turn(1)
    desk.eyes.will_see("out-1", look("30K77777"))
    desk.rolls_up("out-1")
    desk.turn(ASIDE)
    here = desk.lanes["out-1"].approach
    assert here
    desk.turn(20)
    assert desk.facts(VisitMatched) == []
    assert here.plate == "30K77777"


@pytest.mark.parametrize("button", list(Button))
def test_the_button_asks_for_it(desk: Desk, button: Button) -> None:
    desk.lane_changes["out-1"] = {"button": button}
    desk.restart()
    visit = at_exit(desk, *[MISREAD] * (1 + LOOKS_MAX))
    desk.turn(30)
    assert desk.phase("out-1") is Phase.ATTENDED
    desk.eyes.will_see("out-1", look(PLATE))
    desk.sense("out-1", Sensor.BUTTON, on=True)
    desk.sense("out-1", Sensor.BUTTON, on=False)
    desk.turn(ASIDE)
    assert [match.visit for match in desk.facts(VisitMatched)] == ([visit] if button is Button.READ else [])


def test_the_button_reads_nobody_who_is_known(desk: Desk) -> None:
    desk.lane_changes["out-1"] = {"button": Button.READ}
    desk.restart()
    at_exit(desk, PLATE)
    assert desk.phase("out-1") is Phase.PAYING
    desk.sense("out-1", Sensor.BUTTON, on=True)
    desk.turn(ASIDE)
    assert desk.eyes.asked.count("out-1") == 1


def test_at_an_entry_nobody_is_looked_for_among_those_inside(desk: Desk) -> None:
    since = MORNING - timedelta(days=1)
    denied = Entry(entry="row-1", standing=Standing.DENY, plate=MISREAD, since=since)
    desk.papers.lease_came(signing.sign(lease(2, lists=(denied,)), KEY))
    desk.comes_in(PLATE)
    desk.arrive("in-1", MISREAD)
    desk.eyes.will_see("in-1", look(PLATE))
    desk.turn(30)
    assert desk.phase("in-1") is Phase.ATTENDED
    assert desk.eyes.asked.count("in-1") == 2
    assert desk.facts(VisitMatched) == []


def test_the_same_car_on_its_second_visit_is_read_and_told_again(desk: Desk) -> None:
    first = at_exit(desk, PLATE)
    desk.open_paid(first)
    desk.turn(1)
    desk.drives_through("out-1")
    desk.turn(5)
    second = desk.comes_in(PLATE)
    assert second != first
    reads = desk.facts(PlateRead, "in-1")
    assert [read.plate for read in reads] == [PLATE, PLATE]
    assert len({read.approach for read in reads}) == 2
