"""Lanes that hold their arm up or let everyone through, and who follows whom: counted, and billed by plate."""

from datetime import timedelta

import pytest

from edge.lane_config import Button, CountsBy, LaneKind, ReadPoint
from gate import signing
from gate.devices.board import Relay, Sensor
from gate.devices.screen import Face
from gate.lane import Phase
from gate.lease import Entry, Standing
from gate.messages import (
    ArmRaised,
    DeviceFault,
    LaneMode,
    Mode,
    Open,
    OpeningReason,
    Outcome,
    PassageExplained,
    PersonWanted,
    PlateRead,
    Quoted,
    TagRead,
    VehiclePassed,
    VisitMatched,
    VisitOpened,
    Why,
)
from tests.edge.desk import CAR, KEY, MOTO, Desk, lease, look
from tests.edge.fakes import MORNING

PLATE, OTHER, THIRD = "24A12378", "30K55512", "29B19965"
TAG, TAG_2 = "E28011700000020F1A2B3C4D", "E28011700000020F1A2B3C4E"
REASON = OpeningReason
LOWER = ("in-1", Relay.LOWER)


def hold(desk: Desk, lane: str, mode: LaneMode = LaneMode.OPEN) -> None:
    reply = desk.order(Mode(lane=lane, mode=mode), by="chị Lan")
    assert reply is not None
    assert reply.outcome is Outcome.DONE
    desk.turn(3)


def rolls_through(desk: Desk, lane: str, plate: str, outline: object = CAR) -> None:
    """Without a stop under a raised arm."""
    desk.arrive(lane, plate, outline)  # type: ignore[arg-type]
    desk.turn(0.5)
    desk.drives_through(lane)


def visits(desk: Desk) -> dict[str, str]:
    """The visit of each plate, as the facts tell."""
    plates = {read.approach: read.plate for read in desk.facts(PlateRead, "in-1")}
    return {plates[opened.approach]: opened.visit for opened in desk.facts(VisitOpened)}


def whose(desk: Desk, lane: str) -> list[str | None]:
    """The visit of each passage in order, told at once or explained later."""
    told = {explained.passage: explained.visit for explained in desk.facts(PassageExplained, lane)}
    return [passed.visit or told.get(passed.passage) for passed in desk.facts(VehiclePassed, lane)]


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


# --- following --------------------------------------------------------------------------------------------


def test_a_tailgater_gets_a_stay_of_its_own(desk: Desk) -> None:
    desk.arrive("in-1", PLATE)
    desk.turn(2)
    desk.sense("in-1", Sensor.SAFETY, on=True)
    desk.sense("in-1", Sensor.ARMING, on=False)
    desk.arrive("in-1", OTHER)
    desk.turn(0.5)
    for sensor, on in ((Sensor.EXIT, True), (Sensor.SAFETY, False), (Sensor.SAFETY, True), (Sensor.EXIT, False)):
        desk.sense("in-1", sensor, on=on)
    desk.drives_through("in-1")
    desk.turn(3)
    assert whose(desk, "in-1") == [visits(desk)[PLATE], visits(desk)[OTHER]]
    assert [passed.tailgate for passed in desk.facts(VehiclePassed)] == [False, True]
    assert desk.reasons() == [REASON.ADMITTED]


def test_who_stands_on_the_loop_when_the_arm_is_down_is_served_by_the_picture_already_taken(desk: Desk) -> None:
    desk.arrive("in-1", PLATE)
    desk.turn(2)
    desk.sense("in-1", Sensor.SAFETY, on=True)
    desk.sense("in-1", Sensor.ARMING, on=False)
    desk.arrive("in-1", OTHER)
    desk.turn(1)
    for sensor, on in ((Sensor.EXIT, True), (Sensor.SAFETY, False), (Sensor.EXIT, False)):
        desk.sense("in-1", sensor, on=on)
    desk.turn(5)
    assert desk.eyes.asked == ["in-1", "in-1"]
    assert desk.reasons() == [REASON.ADMITTED, REASON.ADMITTED]
    desk.drives_through("in-1")
    assert whose(desk, "in-1") == [visits(desk)[PLATE], visits(desk)[OTHER]]
    desk.turn(3)


def test_a_follower_that_goes_back_is_forgotten(desk: Desk) -> None:
    desk.arrive("in-1", PLATE)
    desk.turn(2)
    desk.sense("in-1", Sensor.SAFETY, on=True)
    desk.sense("in-1", Sensor.ARMING, on=False)
    desk.arrive("in-1", OTHER)
    desk.turn(1)
    desk.backs_out("in-1")
    for sensor, on in ((Sensor.EXIT, True), (Sensor.SAFETY, False), (Sensor.EXIT, False)):
        desk.sense("in-1", sensor, on=on)
    desk.turn(3)
    desk.comes_in(THIRD)
    assert sorted(visits(desk)) == sorted([PLATE, THIRD])


def test_several_motorbikes_on_one_opening_are_normal(desk: Desk) -> None:
    desk.lane_changes["in-1"] = {"kind": LaneKind.MOTORBIKE}
    desk.restart()
    desk.arrive("in-1", PLATE, MOTO)
    desk.turn(2)
    for plate in (OTHER, THIRD):
        desk.sense("in-1", Sensor.ARMING, on=False)
        desk.arrive("in-1", plate, MOTO)
        desk.turn(0.3)
        desk.sense("in-1", Sensor.SAFETY, on=True)
        desk.sense("in-1", Sensor.EXIT, on=True)
        desk.sense("in-1", Sensor.EXIT, on=False)
    desk.drives_through("in-1")
    desk.turn(3)
    assert whose(desk, "in-1") == [visits(desk)[plate] for plate in (PLATE, OTHER, THIRD)]
    assert not any(passed.tailgate for passed in desk.facts(VehiclePassed))


def test_who_is_through_before_the_arm_is_all_up_has_an_opening_and_a_passage(desk: Desk) -> None:
    desk.arrive("in-1", PLATE)
    desk.turn(0.3)
    assert desk.phase("in-1") is Phase.RAISING
    for sensor, on in ((Sensor.SAFETY, True), (Sensor.ARMING, False), (Sensor.EXIT, True), (Sensor.SAFETY, False)):
        desk.sense("in-1", sensor, on=on)
    desk.sense("in-1", Sensor.EXIT, on=False)
    desk.turn(60)
    assert whose(desk, "in-1") == [visits(desk)[PLATE]]
    assert desk.reasons() == [REASON.ADMITTED]


def test_the_cameras_line_counts_where_the_lane_says_so(desk: Desk) -> None:
    desk.lane_changes["in-1"] = {"counts_by": CountsBy.LINE}
    desk.restart()
    desk.arrive("in-1", PLATE)
    desk.turn(2)
    desk.drives_through("in-1")
    assert desk.facts(VehiclePassed) == []
    desk.lanes["in-1"].line_crossed()
    assert len(desk.facts(VehiclePassed)) == 1
    desk.turn(3)


def test_where_the_read_point_is_the_zone_a_follower_is_looked_at_under_the_arm(desk: Desk) -> None:
    desk.lane_changes["in-1"] = {"read_at": ReadPoint.ZONE}
    desk.restart()
    hold(desk, "in-1")
    desk.arrive("in-1", PLATE)
    assert desk.eyes.asked == []
    desk.sense("in-1", Sensor.SAFETY, on=True)
    assert desk.eyes.asked == ["in-1"]
    desk.turn(1)
    for sensor, on in ((Sensor.EXIT, True), (Sensor.SAFETY, False), (Sensor.EXIT, False)):
        desk.sense("in-1", sensor, on=on)
    assert whose(desk, "in-1") == [visits(desk)[PLATE]]


# --- button, tags, lists, places --------------------------------------------------------------------------


@pytest.mark.parametrize("button", list(Button))
def test_the_button_opens_where_it_may_and_nobodys_name_stands_by_it(desk: Desk, button: Button) -> None:
    desk.lane_changes["in-1"] = {"button": button}
    desk.restart()
    desk.sense("in-1", Sensor.BUTTON, on=True)
    desk.sense("in-1", Sensor.BUTTON, on=False)
    desk.turn(3)
    opened = [(raised.reason, raised.by) for raised in desk.facts(ArmRaised)]
    assert opened == ([(REASON.BUTTON, "unknown")] if button is Button.OPEN else [])


def listed(desk: Desk, *rows: Entry, **changes: object) -> None:
    desk.papers.lease_came(signing.sign(lease(2, lists=rows, **changes), KEY))


def row(standing: Standing, plate: str = "", tag: str = "") -> Entry:
    since, until = MORNING - timedelta(days=1), MORNING + timedelta(days=30)
    return Entry(entry="row-1", standing=standing, plate=plate, tag=tag, since=since, until=until)


def test_a_pass_owes_nothing_and_each_use_is_in_the_facts(desk: Desk) -> None:
    listed(desk, row(Standing.PASS, plate=PLATE))
    visit = desk.comes_in(PLATE)
    desk.turn(3600)
    desk.arrive("out-1", PLATE)
    desk.turn(2)
    desk.drives_through("out-1")
    assert desk.reasons() == [REASON.PASS, REASON.PASS]
    assert [raised.entry for raised in desk.facts(ArmRaised)] == ["row-1", "row-1"]
    assert [(quoted.visit, quoted.total, quoted.entry) for quoted in desk.facts(Quoted)] == [(visit, 0, "row-1")]


def test_a_tag_finds_its_visit_where_the_plate_is_not_read(desk: Desk) -> None:
    desk.lanes["in-1"].tag_read(TAG)  # before the loop
    visit = desk.comes_in(PLATE)
    desk.turn(3600)
    desk.arrive("out-1", "")
    desk.turn(2)
    assert desk.phase("out-1") is Phase.ATTENDED
    desk.lanes["out-1"].tag_read(TAG)
    assert desk.phase("out-1") is Phase.PAYING
    assert [(match.visit, match.by) for match in desk.facts(VisitMatched)] == [(visit, "tag")]
    assert len(desk.facts(PlateRead, "out-1")) == 1, "a read is told once"
    first, second = desk.facts(TagRead)
    assert first.tag_sha256 == second.tag_sha256
    assert all(TAG not in entry for entry in map(str, desk.envelopes()))
    desk.backs_out("out-1")


def test_a_tag_that_was_read_long_before_is_anothers(desk: Desk) -> None:
    desk.lanes["in-1"].tag_read(TAG_2)
    desk.turn(30)
    desk.comes_in(PLATE)
    assert desk.facts(TagRead) == []


def test_a_denied_vehicle_waits_for_a_person_and_has_a_stay_when_one_lets_it_in(desk: Desk) -> None:
    listed(desk, row(Standing.DENY, plate=PLATE))
    desk.arrive("in-1", PLATE)
    desk.turn(30)
    (wanted,) = desk.facts(PersonWanted)
    assert (wanted.why, wanted.entry, desk.phase("in-1")) == (Why.DENIED, "row-1", Phase.ATTENDED)
    desk.order(Open(lane="in-1", reason=REASON.PERSON, approach=wanted.approach, note="đã trả nợ"))
    desk.turn(3)
    desk.drives_through("in-1")
    assert len(desk.facts(PlateRead)) == 1
    assert whose(desk, "in-1") == [visits(desk)[PLATE]]


def test_a_full_car_park_lets_the_next_in_when_a_place_is_free(desk: Desk) -> None:
    listed(desk, capacity=1)
    inside = desk.comes_in(PLATE)
    desk.arrive("in-1", OTHER)
    desk.turn(30)
    (wanted,) = desk.facts(PersonWanted)
    assert (wanted.why, desk.phase("in-1")) == (Why.FULL, Phase.ATTENDED)
    desk.visits.left(inside, desk.clock.now())
    desk.turn(5)
    assert desk.reasons() == [REASON.ADMITTED, REASON.ADMITTED]
    assert (len(desk.facts(PlateRead)), len(desk.facts(PersonWanted))) == (2, 1)
    desk.drives_through("in-1")
    desk.turn(3)


def test_a_car_lane_tells_a_car_that_backs_off_the_exit_loop(desk: Desk) -> None:
    desk.lane_changes["in-1"] = {"kind": LaneKind.CAR}
    desk.restart()
    desk.arrive("in-1", PLATE)
    desk.turn(2)
    visit = desk.lanes["in-1"].approach
    assert visit is not None
    for sensor, on in ((Sensor.SAFETY, True), (Sensor.EXIT, True), (Sensor.EXIT, False), (Sensor.SAFETY, False)):
        desk.sense("in-1", sensor, on=on)
    desk.backs_out("in-1")
    desk.turn(30)
    assert desk.facts(VehiclePassed) == []
    assert desk.visits.inside() == []


# --- loops that do not live -------------------------------------------------------------------------------


def faults(desk: Desk) -> list[tuple[str, str]]:
    return [(fault.device, fault.what[:22]) for fault in desk.facts(DeviceFault)]


def test_a_safety_loop_that_saw_nothing_of_a_vehicle_is_told_once_until_it_lives_again(desk: Desk) -> None:
    desk.comes_in(PLATE)
    for plate in (OTHER, THIRD):
        desk.arrive("in-1", plate)
        desk.turn(2)
        for sensor, on in ((Sensor.ARMING, False), (Sensor.EXIT, True), (Sensor.EXIT, False)):
            desk.sense("in-1", sensor, on=on)
        desk.turn(3)
    assert faults(desk) == [("safety loop", "saw nothing of a vehic")]
    desk.comes_in("51F00001")
    desk.arrive("in-1", "51F00002")
    desk.turn(2)
    for sensor, on in ((Sensor.ARMING, False), (Sensor.EXIT, True), (Sensor.EXIT, False)):
        desk.sense("in-1", sensor, on=on)
    desk.turn(3)
    assert len(faults(desk)) == 2


def test_a_loop_that_stays_occupied_is_told_once(desk: Desk) -> None:
    desk.comes_in(PLATE)
    desk.sense("in-1", Sensor.EXIT, on=True)
    desk.turn(599)
    assert faults(desk) == []
    desk.turn(4_000)
    assert faults(desk) == [("exit loop", "occupied for 10 min: s")]
    desk.sense("in-1", Sensor.EXIT, on=False)


def test_loops_that_work_are_not_complained_of(desk: Desk) -> None:
    for _ in range(3):
        desk.comes_in(PLATE)
        desk.turn(3_600)
    assert faults(desk) == []
