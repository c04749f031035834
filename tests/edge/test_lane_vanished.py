"""A box whose safety loop lost the car under its arm."""

from pathlib import Path

from edge.lanes.lane_config import LaneKind
from gate.devices.board import Relay, Sensor
from gate.lane import Phase
from gate.messages import Close, DeviceFault
from tests.edge.desk import Desk

DOWN = ("in-1", Relay.LOWER)


def lost(folder: Path) -> Desk:
    """A car lane: its car stands under the arm, the detector's presence time is over."""
    desk = Desk(folder)
    desk.lane_changes["in-1"] = {"kind": LaneKind.CAR}
    desk.restart()
    desk.comes_in("24A12378")  # proves the loops
    desk.devices.pulses.clear()
    desk.arrive("in-1", "30K55512")
    desk.turn(2)
    for sensor, on in ((Sensor.SAFETY, True), (Sensor.ARMING, False), (Sensor.SAFETY, False)):
        desk.turn(1)
        desk.sense("in-1", sensor, on=on)
    desk.turn(600)
    return desk


def test_the_arm_stays_up_and_somebody_is_told_once(tmp_path: Path) -> None:
    desk = lost(tmp_path)
    assert DOWN not in desk.devices.pulses
    (fault,) = desk.facts(DeviceFault, "in-1")
    assert (fault.device, fault.what.partition(":")[0]) == ("safety loop", "lost a vehicle that left neither way")
    desk.arrive("in-1", "29B11111")
    desk.drives_through("in-1")
    desk.turn(3)
    assert desk.phase("in-1") is Phase.IDLE
    desk.audit()


def test_a_person_lowers_it(tmp_path: Path) -> None:
    desk = lost(tmp_path)
    desk.order(Close(lane="in-1"))
    desk.turn(3)
    assert desk.phase("in-1") is Phase.IDLE


def test_a_box_that_found_its_arm_up_does_not_lower_it_over_a_lost_car(tmp_path: Path) -> None:
    desk = lost(tmp_path)
    desk.restart()
    desk.drives_through("in-1")
    desk.turn(1)
    assert DOWN in desk.devices.pulses, "a car that is through proves that nobody is there"


def test_nor_over_one_that_is_lost_after_the_start(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.lane_changes["in-1"] = {"kind": LaneKind.CAR}
    desk.restart()
    desk.comes_in("24A12378")
    desk.arrive("in-1", "30K55512")
    desk.turn(2)
    desk.restart()
    desk.sense("in-1", Sensor.EXIT, on=True)  # somebody turns behind the arm: the exit loop is known to be clear
    desk.sense("in-1", Sensor.EXIT, on=False)
    for sensor, on in ((Sensor.SAFETY, True), (Sensor.ARMING, False), (Sensor.SAFETY, False)):
        desk.sense("in-1", sensor, on=on)
    desk.turn(60)
    assert DOWN not in desk.devices.pulses
