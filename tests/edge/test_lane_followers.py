"""Who follows whom under a raised arm, and loops that do not live."""

from edge.lanes.lane_config import CountsBy, LaneKind, ReadPoint
from gate.devices.board import Sensor
from gate.lane import Phase
from gate.messages import (
    DeviceFault,
    OpeningReason,
    VehiclePassed,
    VisitOpened,
)
from gate.vehicle import VehicleClass
from tests.edge.desk import MOTO, Desk
from tests.edge.streams import OTHER, PLATE, THIRD, hold, visits, whose

REASON = OpeningReason


# --- following --------------------------------------------------------------------------------------------


def somebody_follows(desk: Desk) -> None:
    """One is under the arm, and another has rolled up to the loop behind it."""
    desk.arrive("in-1", PLATE)
    desk.turn(2)
    desk.sense("in-1", Sensor.SAFETY, on=True)
    desk.sense("in-1", Sensor.ARMING, on=False)
    desk.arrive("in-1", OTHER)


def gets_out(desk: Desk) -> None:
    """Whoever is under the arm goes on over the exit loop."""
    for sensor, on in ((Sensor.EXIT, True), (Sensor.SAFETY, False), (Sensor.EXIT, False)):
        desk.sense("in-1", sensor, on=on)


def test_a_tailgater_gets_a_stay_of_its_own(desk: Desk) -> None:
    somebody_follows(desk)
    desk.turn(0.5)
    for sensor, on in ((Sensor.EXIT, True), (Sensor.SAFETY, False), (Sensor.SAFETY, True), (Sensor.EXIT, False)):
        desk.sense("in-1", sensor, on=on)
    desk.drives_through("in-1")
    desk.turn(3)
    assert whose(desk, "in-1") == [visits(desk)[PLATE], visits(desk)[OTHER]]
    assert [passed.tailgate for passed in desk.facts(VehiclePassed)] == [False, True]
    assert desk.reasons() == [REASON.ADMITTED]


def test_who_stands_on_the_loop_when_the_arm_is_down_is_served_by_the_picture_already_taken(desk: Desk) -> None:
    somebody_follows(desk)
    desk.turn(1)
    gets_out(desk)
    desk.turn(5)
    assert desk.eyes.asked == ["in-1", "in-1"]
    assert desk.reasons() == [REASON.ADMITTED, REASON.ADMITTED]
    desk.drives_through("in-1")
    assert whose(desk, "in-1") == [visits(desk)[PLATE], visits(desk)[OTHER]]
    desk.turn(3)


def test_a_follower_that_goes_back_is_forgotten(desk: Desk) -> None:
    somebody_follows(desk)
    desk.turn(1)
    desk.backs_out("in-1")
    gets_out(desk)
    desk.turn(3)
    desk.comes_in(THIRD)
    assert sorted(visits(desk)) == sorted([PLATE, THIRD])


def test_a_measure_that_got_lost_is_not_taken_from_the_next_vehicle(desk: Desk) -> None:
    hold(desk, "in-1")
    desk.arrive("in-1", PLATE, None)
    desk.sense("in-1", Sensor.ARMING, on=False)
    desk.arrive("in-1", OTHER, MOTO)
    desk.turn(0.5)
    for _ in range(2):
        desk.drives_through("in-1")
    kinds = {opened.visit: opened.vehicle_class for opened in desk.facts(VisitOpened)}
    assert [kinds[visit] for visit in whose(desk, "in-1") if visit] == [VehicleClass.CAR9, VehicleClass.MOTO]
    assert faults(desk) == [("profiler", "measured nothing")], "a guess is a case"


def test_one_who_was_never_measured_is_served_when_the_arm_is_down(desk: Desk) -> None:
    desk.arrive("in-1", PLATE)
    desk.turn(2)
    desk.sense("in-1", Sensor.SAFETY, on=True)
    desk.sense("in-1", Sensor.ARMING, on=False)
    desk.arrive("in-1", OTHER, None)
    desk.turn(1)
    for sensor, on in ((Sensor.EXIT, True), (Sensor.SAFETY, False), (Sensor.EXIT, False)):
        desk.sense("in-1", sensor, on=on)
    desk.turn(4)
    assert desk.reasons() == [REASON.ADMITTED, REASON.ADMITTED]
    desk.drives_through("in-1")
    desk.turn(3)


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
    gets_out(desk)
    assert whose(desk, "in-1") == [visits(desk)[PLATE]]


# --- loops that do not live -------------------------------------------------------------------------------


def faults(desk: Desk) -> list[tuple[str, str]]:
    return [(fault.device, fault.what[:22]) for fault in desk.facts(DeviceFault)]


def goes_round_the_safety_loop(desk: Desk, plate: str) -> None:
    desk.arrive("in-1", plate)
    desk.turn(2)
    for sensor, on in ((Sensor.ARMING, False), (Sensor.EXIT, True), (Sensor.EXIT, False)):
        desk.sense("in-1", sensor, on=on)
    desk.turn(3)


def test_a_safety_loop_that_saw_nothing_of_two_vehicles_is_told_once_until_it_lives_again(desk: Desk) -> None:
    desk.comes_in(PLATE)
    goes_round_the_safety_loop(desk, OTHER)
    assert faults(desk) == []
    for plate in (THIRD, "51F00001"):
        goes_round_the_safety_loop(desk, plate)
    assert faults(desk) == [("safety loop", "saw nothing of the veh")]
    desk.comes_in("51F00002")
    for plate in ("51F00003", "51F00004"):
        goes_round_the_safety_loop(desk, plate)
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
