"""What goes wrong at a lane, and what the box makes of it: never a guess, never a movement without a reason."""

from datetime import timedelta
from pathlib import Path

from gate import signing
from gate.devices.board import Relay, Sensor
from gate.lane import PULSES_MAX, Phase
from gate.messages import (
    ArmLowered,
    ArmRaised,
    Close,
    DeviceFault,
    Display,
    LaneMode,
    Mode,
    Open,
    OpeningReason,
    Outcome,
    PersonWanted,
    PlateRead,
    VehiclePassed,
    VisitOpened,
    Why,
)
from gate.vehicle import Profile, VehicleClass
from simulator.devices.arm import Fault
from tests.edge.desk import BUS, KEY, MOTO, Desk, lease, look
from tests.edge.fakes import MORNING

PLATE, OTHER = "24A12378", "30K55512"
REASON = OpeningReason


def faults(desk: Desk) -> list[tuple[str, str]]:
    """Devices that failed, with their lane."""
    return [(fault.lane, fault.device) for fault in desk.facts(DeviceFault)]


# --- the arm ----------------------------------------------------------------------------------------------


def test_a_stuck_arm_gets_few_pulses_then_the_lane_is_out_of_service(desk: Desk) -> None:
    desk.break_arm("in-1", Fault.STUCK)
    desk.arrive("in-1", PLATE)
    desk.turn(600)
    assert desk.devices.pulses == [("in-1", Relay.RAISE)] * PULSES_MAX
    assert faults(desk) == [("in-1", "arm")]
    assert desk.phase("in-1") is Phase.FAULT
    assert desk.facts(ArmRaised) == []


def test_a_person_who_opens_a_stuck_arm_is_told(desk: Desk) -> None:
    desk.break_arm("out-1", Fault.STUCK)
    assert desk.order(Open(lane="out-1", reason=REASON.PERSON, note="xe cứu thương")) is None
    desk.turn(60)
    (reply,) = desk.replies
    assert (reply.outcome, reply.position) == (Outcome.FAILED, "down")


def test_the_lane_is_back_in_service_by_order(desk: Desk) -> None:
    desk.break_arm("in-1", Fault.STUCK)
    desk.arrive("in-1", PLATE)
    desk.turn(60)
    desk.break_arm("in-1", Fault.NONE)
    desk.backs_out("in-1")
    reply = desk.order(Mode(lane="in-1", mode=LaneMode.NORMAL))
    assert reply is not None
    assert (reply.outcome, desk.phase("in-1")) == (Outcome.DONE, Phase.IDLE)
    assert desk.visits.inside() == []
    assert desk.visits.get(desk.facts(VisitOpened)[0].visit) is None, "the visit that never passed was voided"
    desk.comes_in(OTHER)


def test_an_arm_without_its_board_is_a_fault_and_no_service(desk: Desk) -> None:
    desk.devices.away.add("in-1")
    desk.arrive("in-1", PLATE)
    desk.turn(60)
    assert faults(desk) == [("in-1", "board")] * PULSES_MAX + [("in-1", "arm")]
    assert desk.facts(ArmRaised) == []
    assert desk.gear["in-1"].board.arm.pulses == 0


def test_a_lost_board_lowers_nothing(desk: Desk) -> None:
    desk.arrive("in-1", PLATE)
    desk.turn(2)
    complaints = desk.watch("in-1")
    desk.sense("in-1", Sensor.SAFETY, on=True)
    desk.loses_board("in-1")
    desk.turn(120)
    desk.has_board_again("in-1")
    desk.turn(120)
    assert ("in-1", Relay.LOWER) not in desk.devices.pulses
    desk.drives_through("in-1")
    desk.turn(5)
    assert desk.phase("in-1") is Phase.IDLE
    assert complaints == []


def test_loops_that_merely_read_clear_do_not_lower(desk: Desk) -> None:
    desk.order(Open(lane="in-1", reason=REASON.PERSON, note="thử barie"))
    desk.turn(2)
    reply = desk.order(Close(lane="in-1"))
    assert reply is not None
    assert reply.outcome is Outcome.REFUSED, "no loop has shown an edge since the start"
    desk.turn(120)
    assert ("in-1", Relay.LOWER) not in desk.devices.pulses
    desk.drives_through("in-1")
    desk.turn(3)
    desk.order(Open(lane="in-1", reason=REASON.PERSON, note="thử barie"))
    desk.turn(2)
    reply = desk.order(Close(lane="in-1"))
    assert reply is not None
    assert reply.outcome is Outcome.DONE
    assert desk.devices.pulses[-1] == ("in-1", Relay.LOWER)
    desk.turn(2)


def test_an_arm_raised_by_hand_is_a_stray_opening_and_stays_up(desk: Desk) -> None:
    desk.comes_in(PLATE)
    desk.gear["in-1"].board.by_hand(Relay.RAISE)
    desk.turn(600)
    raised = desk.facts(ArmRaised)[-1]
    assert (raised.reason, raised.visit, raised.by) == (REASON.BY_HAND, None, "unknown")
    assert desk.devices.pulses.count(("in-1", Relay.LOWER)) == 1, "only the entry's own"
    desk.drives_through("in-1")
    desk.turn(60)
    assert desk.devices.pulses.count(("in-1", Relay.LOWER)) == 1
    assert desk.facts(VehiclePassed)[-1].opening == raised.opening
    desk.gear["in-1"].board.by_hand(Relay.LOWER)
    desk.turn(2)
    assert (desk.facts(ArmLowered)[-1].opening, desk.phase("in-1")) == (raised.opening, Phase.IDLE)


def test_a_lane_shut_by_order_takes_nobody_until_it_is_normal_again(desk: Desk) -> None:
    reply = desk.order(Mode(lane="in-1", mode=LaneMode.CLOSED))
    assert reply is not None
    assert (reply.outcome, desk.lanes["in-1"].state().mode) == (Outcome.DONE, "closed")
    desk.arrive("in-1", PLATE)
    desk.turn(60)
    assert desk.facts(VisitOpened) == []
    desk.backs_out("in-1")
    desk.order(Mode(lane="in-1", mode=LaneMode.NORMAL))
    desk.comes_in(PLATE)


def test_fire_opens_for_its_own_reason_and_nothing_lowers(desk: Desk) -> None:
    desk.comes_in(PLATE)
    desk.sense("in-1", Sensor.FIRE, on=True)
    desk.gear["in-1"].board.by_hand(Relay.RAISE)  # the arm's controller does it
    desk.turn(60)
    assert desk.reasons() == [REASON.ADMITTED, REASON.FIRE]
    lowered = desk.devices.pulses.count(("in-1", Relay.LOWER))
    desk.drives_through("in-1")
    reply = desk.order(Close(lane="in-1"))
    assert reply is not None
    assert reply.outcome is Outcome.REFUSED
    desk.turn(600)
    assert desk.devices.pulses.count(("in-1", Relay.LOWER)) == lowered


def test_fire_while_the_arm_rises_answers_who_ordered_it_and_nobody_later(desk: Desk) -> None:
    desk.order(Open(lane="in-1", reason=REASON.PERSON, note="khách quen"))
    desk.turn(0.3)  # rising
    desk.sense("in-1", Sensor.FIRE, on=True)
    desk.turn(3)
    assert desk.outcomes() == [Outcome.FAILED]
    assert desk.reasons() == [REASON.FIRE]
    desk.sense("in-1", Sensor.FIRE, on=False)
    desk.gear["in-1"].board.by_hand(Relay.LOWER)
    desk.turn(2)
    desk.comes_in(PLATE)
    assert desk.outcomes() == [Outcome.FAILED], "the next opening is not that order's"


# --- eyes -------------------------------------------------------------------------------------------------


def test_a_reader_error_admits_unread_and_says_so(desk: Desk) -> None:
    desk.arrive("in-1", "", error="reader: did not answer")
    desk.turn(2)
    (read,), (opened,) = desk.facts(PlateRead), desk.facts(VisitOpened)
    assert (read.plate, read.error, opened.read) == ("", "reader: did not answer", False)
    assert desk.reasons() == [REASON.ADMITTED]


def test_a_late_look_at_a_vehicle_that_left_is_not_the_next_ones(desk: Desk) -> None:
    desk.eyes.will_see("in-1", look(PLATE), after_s=3.0)
    desk.rolls_up("in-1", MOTO)
    desk.turn(1)
    desk.backs_out("in-1")
    desk.arrive("in-1", OTHER, BUS)
    desk.turn(10)
    (read,), (opened,) = desk.facts(PlateRead), desk.facts(VisitOpened)
    assert (read.plate, opened.vehicle_class) == (OTHER, VehicleClass.BUS30)


def test_a_late_look_comes_while_the_next_one_still_waits_for_its_own(desk: Desk) -> None:
    desk.eyes.will_see("in-1", look(PLATE), after_s=3.0)
    desk.rolls_up("in-1", MOTO)
    desk.turn(1)
    desk.backs_out("in-1")
    desk.eyes.will_see("in-1", look(OTHER), after_s=5.0)
    desk.rolls_up("in-1", BUS)
    desk.turn(3)
    assert desk.facts(PlateRead) == []
    desk.turn(5)
    assert [read.plate for read in desk.facts(PlateRead)] == [OTHER]


def test_a_reader_that_never_answers_calls_a_person_who_lets_in_with_a_visit(desk: Desk) -> None:
    desk.rolls_up("in-1")
    desk.turn(10)
    (wanted,) = desk.facts(PersonWanted)
    assert wanted.why is Why.FAULT
    desk.order(Open(lane="in-1", reason=REASON.PERSON, approach=wanted.approach, note="đọc bằng mắt"))
    desk.turn(2)
    desk.drives_through("in-1")
    desk.turn(3)
    (opened,) = desk.facts(VisitOpened)
    assert (opened.read, desk.facts(VehiclePassed)[0].visit) == (False, opened.visit)
    assert desk.reasons() == [REASON.PERSON]
    assert [stay.visit for stay in desk.visits.inside()] == [opened.visit]


def test_an_answer_after_the_person_was_called_is_still_taken(desk: Desk) -> None:
    desk.eyes.will_see("in-1", look(PLATE), after_s=8.0)
    desk.rolls_up("in-1")
    desk.turn(7)
    assert desk.phase("in-1") is Phase.ATTENDED
    desk.turn(4)
    assert desk.reasons() == [REASON.ADMITTED]


# --- profiler ---------------------------------------------------------------------------------------------


def test_a_silent_profiler_is_a_fault_and_the_usual_class(desk: Desk) -> None:
    desk.arrive("in-1", PLATE, None)
    desk.turn(3)
    assert faults(desk) == [("in-1", "profiler")]
    assert desk.facts(VisitOpened)[0].vehicle_class is VehicleClass.CAR9


def test_the_guess_for_one_vehicle_is_not_the_next_ones_class(desk: Desk) -> None:
    desk.arrive("in-1", PLATE, None)
    desk.turn(3)
    desk.drives_through("in-1")
    desk.turn(3)
    desk.arrive("in-1", OTHER, MOTO)
    desk.turn(3)
    assert [opened.vehicle_class for opened in desk.facts(VisitOpened)] == [VehicleClass.CAR9, VehicleClass.MOTO]


def test_nonsense_of_the_profiler_is_a_fault(desk: Desk) -> None:
    desk.eyes.will_see("in-1", look(PLATE))
    desk.rolls_up("in-1", Profile(3, 1))
    desk.turn(3)
    assert faults(desk)[0] == ("in-1", "profiler")


def test_a_vehicle_that_came_while_the_board_was_away_has_not_the_class_of_who_stood_there(desk: Desk) -> None:
    desk.order(Mode(lane="in-1", mode=LaneMode.CLOSED))
    desk.rolls_up("in-1", BUS)
    desk.loses_board("in-1")
    desk.sense("in-1", Sensor.ARMING, on=False)  # unheard: the bus turns round, another vehicle takes its place
    desk.sense("in-1", Sensor.ARMING, on=True)
    desk.has_board_again("in-1")
    desk.eyes.will_see("in-1", look(PLATE))
    desk.order(Mode(lane="in-1", mode=LaneMode.NORMAL))
    desk.turn(4)
    assert desk.facts(VisitOpened)[0].vehicle_class is VehicleClass.CAR9
    assert faults(desk) == [("in-1", "profiler")]


# --- papers -----------------------------------------------------------------------------------------------


def test_without_a_lease_an_entry_admits_and_an_exit_asks_a_person(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data", unleased=True)
    visit = desk.comes_in(PLATE)
    desk.turn(3600)
    desk.arrive("out-1", PLATE)
    desk.turn(2)
    assert [wanted.why for wanted in desk.facts(PersonWanted)] == [Why.AMBIGUOUS]
    approach = desk.facts(PersonWanted)[0].approach
    desk.order(Display(lane="out-1", approach=approach, visit=visit))
    assert faults(desk) == [("out-1", "lease")]
    assert [wanted.why for wanted in desk.facts(PersonWanted)][-1] is Why.FAULT
    assert desk.reasons() == [REASON.ADMITTED]
    desk.order(Open(lane="out-1", reason=REASON.PERSON, visit=visit, note="chưa có bảng giá"))
    desk.turn(2)
    desk.drives_through("out-1")
    assert desk.visits.inside() == []
    desk.audit()
    desk.store.close()


def test_an_expired_lease_goes_on_deciding_and_says_so(desk: Desk) -> None:
    visit = desk.comes_in(PLATE)
    assert desk.lanes["in-1"].state().mode == "normal"
    desk.turn(timedelta(days=2).total_seconds())
    assert desk.lanes["in-1"].state().mode == "lease expired"
    desk.arrive("out-1", PLATE)
    desk.turn(25)
    assert desk.facts(ArmRaised, "out-1")[0].visit == visit
    desk.papers.lease_came(signing.sign(lease(2, expires_at=MORNING + timedelta(days=9)), KEY))
    assert desk.lanes["in-1"].state().mode == "normal"


# --- orders that are not for what stands here ---------------------------------------------------------------


def test_an_order_for_another_vehicle_moves_nothing(desk: Desk) -> None:
    visit, other = desk.comes_in(PLATE), desk.comes_in(OTHER)
    desk.turn(3600)
    desk.arrive("out-1", PLATE)
    desk.turn(1)
    desk.open_paid(other)
    stranger = desk.clock.new_id()
    desk.order(Open(lane="out-1", reason=REASON.PERSON, approach=stranger))
    desk.order(Display(lane="out-1", approach=stranger, visit=visit))
    assert desk.outcomes() == [Outcome.REFUSED] * 3
    assert desk.facts(ArmRaised, "out-1") == []
    paid = desk.visits.get(other)
    assert paid is not None
    assert paid.paid, "its money is known even so"


def test_a_refused_order_leaves_no_vehicle_behind(desk: Desk) -> None:
    desk.gear["in-1"].board.by_hand(Relay.RAISE)
    desk.turn(2)
    reply = desk.order(Open(lane="in-1", reason=REASON.PERSON))
    assert reply is not None
    assert reply.outcome is Outcome.REFUSED
    assert desk.lanes["in-1"].state().approach is None


def test_a_display_is_refused_at_an_entry_and_for_a_visit_that_left(desk: Desk) -> None:
    visit = desk.comes_in(PLATE)
    desk.turn(3600)
    desk.rolls_up("in-1")
    desk.turn(7)
    approach = desk.facts(PersonWanted)[0].approach
    desk.order(Display(lane="in-1", approach=approach, visit=visit))
    assert desk.outcomes() == [Outcome.REFUSED]
    assert desk.facts(VisitOpened)[1:] == []


def test_a_second_open_while_the_arm_rises_is_refused(desk: Desk) -> None:
    desk.order(Open(lane="in-1", reason=REASON.PERSON))
    desk.turn(0.1)
    desk.order(Open(lane="in-1", reason=REASON.PERSON))
    desk.turn(2)
    assert sorted(desk.outcomes()) == [Outcome.DONE, Outcome.REFUSED]
    assert len(desk.devices.pulses) == 1
