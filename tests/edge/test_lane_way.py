"""A vehicle's way through the box: admitted, priced, let go; each opening has its one reason."""

from datetime import timedelta
from pathlib import Path

import pytest

from edge.journal.outbox import after
from edge.journal.store import Store
from edge.lanes.memory import recall
from gate.devices.board import Relay, Sensor
from gate.devices.screen import Face
from gate.lane import Phase
from gate.lease import Unpaid
from gate.messages import (
    ArmLowered,
    ArmRaised,
    Display,
    Envelope,
    Open,
    OpeningReason,
    Outcome,
    PersonWanted,
    PlateRead,
    Quoted,
    VehiclePassed,
    VisitMatched,
    VisitOpened,
    VisitVoided,
    Why,
)
from gate.vehicle import Profile, VehicleClass
from gate.vietqr import decode as decode_qr
from gate.wire import decode
from tests.edge.desk import BUS, CAR, MOTO, Desk, with_policy

PLATE, OTHER = "24A12378", "30K55512"
REASON = OpeningReason


def test_an_entry_is_admitted_opened_and_counted(desk: Desk) -> None:
    visit = desk.comes_in(PLATE)
    (read,), (opened,) = desk.facts(PlateRead), desk.facts(VisitOpened)
    assert (read.plate, read.vehicle_class, opened.visit, opened.read) == (PLATE, VehicleClass.CAR9, visit, True)
    (raised,), (passed,), (lowered,) = desk.facts(ArmRaised), desk.facts(VehiclePassed), desk.facts(ArmLowered)
    assert (raised.reason, raised.by, raised.visit) == (REASON.ADMITTED, "rule", visit)
    assert raised.approach == read.approach == opened.approach
    assert (passed.visit, passed.opening, passed.tailgate) == (visit, raised.opening, False)
    assert lowered.opening == raised.opening
    assert desk.devices.pulses == [("in-1", Relay.RAISE), ("in-1", Relay.LOWER)]
    assert [stay.visit for stay in desk.visits.inside()] == [visit]


def test_facts_are_on_disk_before_the_arm_is_asked(desk: Desk) -> None:
    seen: list[set[str]] = []

    def look(board: str, relay: Relay) -> None:
        other = Store(desk.folder / "box.db", writing=False)  # sees only what is committed
        bodies = [decode(entry.payload, Envelope).body for entry in after(other, 0, 1000)]
        whom = recall(other, board).here
        other.close()
        if relay is Relay.RAISE:
            seen.append({type(body).__name__ for body in bodies})
            assert whom is not None, "whom the arm goes up for is known even if the box dies now"
            assert whom.grant is not None

    desk.devices.before_pulse = look
    desk.comes_in(PLATE)
    desk.turn(600)
    visit = desk.facts(VisitOpened)[0].visit
    desk.arrive("out-1", PLATE)
    desk.turn(1)
    desk.open_paid(visit)
    assert len(seen) == 2
    assert {"PlateRead", "VisitOpened"} <= seen[0]
    assert {"VisitMatched", "Quoted"} <= seen[1]


def test_an_exit_within_the_free_minutes_is_free(desk: Desk) -> None:
    visit = desk.comes_in(PLATE)
    desk.arrive("out-1", PLATE)
    desk.turn(2)
    assert desk.reasons() == [REASON.ADMITTED, REASON.FREE]
    desk.drives_through("out-1")
    assert desk.facts(Quoted)[0].total == 0
    assert desk.facts(VehiclePassed, "out-1")[0].visit == visit
    assert desk.visits.inside() == []


def test_an_exit_pays_and_the_centre_opens(desk: Desk) -> None:
    visit = desk.comes_in(PLATE)
    desk.turn(3600)
    desk.arrive("out-1", PLATE)
    desk.turn(1)
    page = desk.page("out-1")
    assert (page.face, page.total, page.plate) == (Face.PAY, 30_000, PLATE)
    qr = decode_qr(page.payload)
    assert (qr.amount, qr.account, visit in qr.note) == (30_000, "1017595600", True)
    assert desk.phase("out-1") is Phase.PAYING
    desk.open_paid(visit)
    assert desk.replies == []  # not before the arm is seen up
    desk.turn(2)
    (reply,) = desk.replies
    assert (reply.outcome, reply.position) == (Outcome.DONE, "up")
    desk.drives_through("out-1")
    desk.turn(2)
    raised = desk.facts(ArmRaised, "out-1")[0]
    assert (raised.reason, raised.visit, raised.command) == (REASON.PAID, visit, reply.command)
    (match,), (quoted,) = desk.facts(VisitMatched), desk.facts(Quoted)
    assert (match.visit, quoted.visit, quoted.total) == (visit, visit, 30_000)
    assert quoted.left_at - quoted.entered_at > timedelta(hours=1)
    assert desk.visits.inside() == []


def test_a_visit_paid_before_the_exit_leaves_at_once(desk: Desk) -> None:
    visit = desk.comes_in(PLATE)
    desk.turn(3600)
    desk.visits.paid(visit)
    desk.arrive("out-1", PLATE)
    desk.turn(2)
    assert desk.reasons()[-1] is REASON.PAID
    assert desk.facts(Quoted)[0].payload == ""


def test_patience_ends_in_a_bill_where_policy_says_so(desk: Desk) -> None:
    visit = desk.comes_in(PLATE)
    desk.turn(3600)
    desk.arrive("out-1", PLATE)
    desk.turn(19)
    assert desk.phase("out-1") is Phase.PAYING
    desk.turn(4)
    raised = desk.facts(ArmRaised, "out-1")[0]
    assert (raised.reason, raised.visit) == (REASON.BILLED, visit)


def test_patience_ends_as_paid_when_only_the_order_to_open_got_lost(desk: Desk) -> None:
    visit = desk.comes_in(PLATE)
    desk.turn(3600)
    desk.arrive("out-1", PLATE)
    desk.turn(5)
    desk.visits.paid(visit)
    desk.turn(20)
    assert desk.reasons()[-1] is REASON.PAID


def test_patience_ends_at_a_person_where_policy_holds(desk: Desk) -> None:
    desk.papers.lease_came(with_policy(2, Unpaid.HOLD))
    visit = desk.comes_in(PLATE)
    desk.turn(3600)
    desk.arrive("out-1", PLATE)
    desk.turn(30)
    (wanted,) = desk.facts(PersonWanted)
    assert (wanted.why, wanted.candidates) == (Why.UNPAID, ((visit, 1.0),))
    assert desk.phase("out-1") is Phase.ATTENDED
    assert desk.facts(ArmRaised, "out-1") == []
    desk.turn(3600)
    assert desk.facts(ArmRaised, "out-1") == []
    desk.order(Open(lane="out-1", reason=REASON.PERSON, visit=visit, note="trả tiền mặt"))
    desk.turn(2)
    raised = desk.facts(ArmRaised, "out-1")[0]
    assert (raised.reason, raised.by, raised.note) == (REASON.PERSON, "an-attendant", "trả tiền mặt")


def test_an_unread_exit_is_shown_by_a_person_and_then_pays(desk: Desk) -> None:
    visit = desk.comes_in(PLATE)
    desk.turn(3600)
    desk.arrive("out-1", "")
    desk.turn(1)
    (wanted,) = desk.facts(PersonWanted)
    assert wanted.why is Why.UNREAD
    assert [candidate for candidate, _ in wanted.candidates] == [visit]
    assert desk.page("out-1").face is Face.WAIT
    reply = desk.order(Display(lane="out-1", approach=wanted.approach, visit=visit))
    assert reply is not None
    assert reply.outcome is Outcome.DONE
    assert desk.page("out-1").face is Face.PAY
    assert (desk.facts(VisitMatched)[0].by, desk.facts(Quoted)[0].total) == ("an-attendant", 30_000)
    desk.open_paid(visit)
    desk.turn(2)
    assert desk.reasons()[-1] is REASON.PAID


def test_two_plates_that_may_both_be_it_ask_a_person(desk: Desk) -> None:
    visits = {desk.comes_in("24A12378"), desk.comes_in("24A12373")}
    desk.turn(3600)
    desk.arrive("out-1", "24A1237B")  # B is near 8 and near 3
    desk.turn(1)
    (wanted,) = desk.facts(PersonWanted)
    assert wanted.why is Why.AMBIGUOUS
    assert {visit for visit, _ in wanted.candidates} == visits
    assert desk.facts(VisitMatched) == []
    assert desk.facts(ArmRaised, "out-1") == []


def test_one_stay_stands_at_one_exit(tmp_path: Path) -> None:
    """A copied plate at the other exit is not the same stay, neither by rule nor by a person's word."""
    desk = Desk(tmp_path, lanes=("in-1", "out-1", "out-2"))
    visit = desk.comes_in(PLATE)
    desk.turn(3600)
    desk.arrive("out-1", PLATE)
    desk.turn(1)
    desk.arrive("out-2", PLATE)
    desk.turn(1)
    assert [match.lane for match in desk.facts(VisitMatched)] == ["out-1"]
    (wanted,) = desk.facts(PersonWanted)
    assert (wanted.lane, wanted.why) == ("out-2", Why.NO_MATCH)
    desk.order(Display(lane="out-2", approach=wanted.approach, visit=visit))
    desk.backs_out("out-1")
    desk.order(Display(lane="out-2", approach=wanted.approach, visit=visit))
    assert [reply.outcome for reply in desk.replies] == [Outcome.REFUSED, Outcome.DONE]
    desk.store.close()


def test_a_stranger_at_the_exit_asks_a_person(desk: Desk) -> None:
    desk.comes_in(PLATE)
    desk.turn(3600)
    desk.arrive("out-1", OTHER)
    desk.turn(1)
    assert desk.facts(PersonWanted)[0].why in {Why.NO_MATCH, Why.AMBIGUOUS}
    assert desk.facts(Quoted) == []


def test_backing_out_before_the_arm_is_asked_leaves_no_visit(desk: Desk) -> None:
    desk.rolls_up("in-1")
    desk.backs_out("in-1")
    desk.turn(30)
    assert desk.facts(VisitOpened) == []
    assert desk.facts(ArmRaised) == []


def test_backing_out_voids_the_visit(desk: Desk) -> None:
    desk.comes_in(OTHER)  # the loops are known to be clear now
    desk.arrive("in-1", PLATE)
    desk.turn(2)
    visit = desk.facts(VisitOpened)[1].visit
    desk.backs_out("in-1")
    assert desk.phase("in-1") is Phase.OPEN
    desk.turn(30)
    assert desk.phase("in-1") is Phase.IDLE
    (voided,) = desk.facts(VisitVoided)
    assert voided.visit == visit
    assert visit not in [stay.visit for stay in desk.visits.inside()]
    assert desk.visits.get(visit) is None


def test_a_tailgater_is_a_passage_of_its_own_without_a_visit(desk: Desk) -> None:
    desk.arrive("in-1", PLATE)
    desk.turn(2)
    visit = desk.facts(VisitOpened)[0].visit
    desk.drives_through("in-1", leaves_loop=False)  # another one presses on behind
    desk.drives_through("in-1")
    desk.turn(5)
    first, second = desk.facts(VehiclePassed)
    assert (first.visit, first.tailgate) == (visit, False)
    assert (second.visit, second.tailgate) == (None, True)
    assert second.opening in [raised.opening for raised in desk.facts(ArmRaised)]


def test_the_next_vehicle_on_the_loop_is_its_own(desk: Desk) -> None:
    desk.arrive("in-1", PLATE, MOTO)
    desk.turn(2)
    desk.sense("in-1", Sensor.SAFETY, on=True)
    desk.backs_out("in-1")  # its tail has left the arming loop
    desk.arrive("in-1", OTHER, BUS)  # and the next one is on it, measured, while the first is under the arm
    assert len(desk.facts(VisitOpened)) == 1
    for sensor, on in ((Sensor.EXIT, True), (Sensor.SAFETY, False), (Sensor.EXIT, False)):
        desk.turn(1)
        desk.sense("in-1", sensor, on=on)
    desk.turn(6)
    first, second = desk.facts(VisitOpened)
    assert (first.vehicle_class, second.vehicle_class) == (VehicleClass.MOTO, VehicleClass.BUS30)
    assert first.approach != second.approach
    assert [read.plate for read in desk.facts(PlateRead)] == [PLATE, OTHER]
    assert len(desk.facts(ArmRaised)) == 2


@pytest.mark.parametrize(("first", "second"), [(MOTO, CAR), (BUS, MOTO)])
def test_a_vehicle_that_nobody_measured_is_not_given_the_outline_of_another(
    desk: Desk, first: Profile, second: Profile
) -> None:
    desk.rolls_up("in-1", first)  # measured, but it turns away before it is read
    desk.backs_out("in-1")
    desk.arrive("in-1", PLATE, None)
    desk.turn(0.5)
    assert desk.facts(VisitOpened) == []
    desk.lanes["in-1"].measured(second)
    expected = {CAR: VehicleClass.CAR9, MOTO: VehicleClass.MOTO}[second]
    assert [opened.vehicle_class for opened in desk.facts(VisitOpened)] == [expected]
    desk.turn(2)
