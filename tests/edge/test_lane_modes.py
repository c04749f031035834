"""Lanes that hold their arm up or let everyone through, and who follows whom: counted, and billed by plate."""

from gate.devices.board import Relay, Sensor
from gate.devices.screen import Face
from gate.lane import Phase
from gate.messages import (
    ArmRaised,
    LaneMode,
    Mode,
    OpeningReason,
    PassageExplained,
    PersonWanted,
    Quoted,
    VehiclePassed,
)
from tests.edge.desk import Desk, look
from tests.edge.streams import OTHER, PLATE, THIRD, hold, rolls_through, visits, whose

REASON = OpeningReason
LOWER = ("in-1", Relay.LOWER)


# --- held open --------------------------------------------------------------------------------------------


def test_a_held_entry_counts_everyone_and_gives_each_a_stay(desk: Desk) -> None:
    hold(desk, "in-1")
    for plate in (PLATE, OTHER, THIRD):
        rolls_through(desk, "in-1", plate)
    desk.turn(600)
    assert desk.reasons() == [REASON.MODE]
    assert desk.facts(ArmRaised)[0].by == "chị Lan"
    assert whose(desk, "in-1") == [visits(desk)[plate] for plate in (PLATE, OTHER, THIRD)]
    assert not any(passed.tailgate for passed in desk.facts(VehiclePassed))
    assert sorted(stay.plate for stay in desk.visits.inside()) == sorted([PLATE, OTHER, THIRD])
    assert LOWER not in desk.devices.pulses
    assert desk.page("in-1").face is Face.GO


def test_a_held_exit_bills_by_plate(desk: Desk) -> None:
    visit = desk.comes_in(PLATE)
    desk.turn(3600)
    hold(desk, "out-1")
    rolls_through(desk, "out-1", PLATE)
    rolls_through(desk, "out-1", "51F00001")
    desk.turn(5)
    assert whose(desk, "out-1") == [visit, None]
    assert [(quoted.visit, quoted.total) for quoted in desk.facts(Quoted)] == [(visit, 30_000)]
    assert desk.visits.inside() == []


def test_a_picture_that_is_read_after_the_passage_explains_it(desk: Desk) -> None:
    hold(desk, "in-1")
    desk.eyes.will_see("in-1", look(PLATE), after_s=10)
    desk.rolls_up("in-1")
    desk.drives_through("in-1")
    assert [passed.visit for passed in desk.facts(VehiclePassed)] == [None]
    desk.turn(10)
    (passed,), (explained,) = desk.facts(VehiclePassed), desk.facts(PassageExplained)
    assert (explained.passage, explained.approach) == (passed.passage, passed.approach)
    assert [stay.visit for stay in desk.visits.inside()] == [explained.visit]


def test_who_waits_goes_first_when_the_lane_is_held(desk: Desk) -> None:
    visit = desk.comes_in(PLATE)
    desk.turn(3600)
    desk.arrive("out-1", PLATE)
    desk.turn(2)
    assert desk.phase("out-1") is Phase.PAYING
    hold(desk, "out-1")
    desk.drives_through("out-1")
    assert whose(desk, "out-1") == [visit]
    assert desk.reasons() == [REASON.ADMITTED, REASON.MODE]


def test_normal_again_the_arm_comes_down_and_serves(desk: Desk) -> None:
    hold(desk, "in-1")
    rolls_through(desk, "in-1", PLATE)
    desk.order(Mode(lane="in-1", mode=LaneMode.NORMAL))
    desk.turn(3)
    assert desk.phase("in-1") is Phase.IDLE
    desk.comes_in(OTHER)
    assert desk.reasons() == [REASON.MODE, REASON.ADMITTED]


def test_a_held_arm_goes_on_after_a_kill_and_a_lowered_one_is_not_raised_by_a_start(desk: Desk) -> None:
    hold(desk, "in-1")
    rolls_through(desk, "in-1", PLATE)
    desk.restart(after_s=5)
    assert (desk.phase("in-1"), desk.lanes["in-1"].mode) == (Phase.HELD, LaneMode.OPEN)
    rolls_through(desk, "in-1", OTHER)
    desk.turn(60)
    assert LOWER not in desk.devices.pulses
    assert desk.reasons() == [REASON.MODE]
    desk.killed()
    desk.gear["in-1"].board.by_hand(Relay.LOWER)
    desk.restart(after_s=5)
    desk.turn(60)
    assert desk.devices.pulses == [], "nothing moves because a box started"
    assert desk.lanes["in-1"].mode is LaneMode.NORMAL


def test_a_lane_shut_by_order_is_shut_after_a_kill(desk: Desk) -> None:
    hold(desk, "in-1", LaneMode.CLOSED)
    desk.restart(after_s=2)
    desk.arrive("in-1", PLATE)
    desk.turn(10)
    assert (desk.phase("in-1"), desk.reasons()) == (Phase.CLOSED, [])


def test_fire_ends_holding_for_good(desk: Desk) -> None:
    hold(desk, "in-1")
    desk.sense("in-1", Sensor.FIRE, on=True)
    desk.sense("in-1", Sensor.FIRE, on=False)
    desk.restart(after_s=2)
    rolls_through(desk, "in-1", PLATE)
    desk.turn(60)
    assert LOWER not in desk.devices.pulses
    assert desk.lanes["in-1"].mode is LaneMode.NORMAL


# --- free -------------------------------------------------------------------------------------------------


def test_a_free_exit_lets_everyone_go_and_bills_who_is_known(desk: Desk) -> None:
    visit = desk.comes_in(PLATE)
    desk.turn(3600)
    hold(desk, "out-1", LaneMode.FREE)
    for plate in (PLATE, "51F00001"):
        desk.arrive("out-1", plate)
        desk.turn(2)
        desk.drives_through("out-1")
        desk.turn(3)
    assert desk.reasons() == [REASON.ADMITTED, REASON.MODE, REASON.MODE]
    assert whose(desk, "out-1") == [visit, None]
    assert [quoted.total for quoted in desk.facts(Quoted)] == [30_000]
    assert desk.facts(PersonWanted) == []


def test_free_lets_go_who_waits_already(desk: Desk) -> None:
    desk.comes_in(PLATE)
    desk.turn(3600)
    desk.arrive("out-1", PLATE)
    desk.turn(2)
    hold(desk, "out-1", LaneMode.FREE)
    desk.drives_through("out-1")
    assert desk.reasons() == [REASON.ADMITTED, REASON.MODE]
