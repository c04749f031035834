"""A box that is killed (kill -9) and starts again: nothing lost, nothing twice, everybody still known."""

from collections.abc import Callable

import pytest

from edge.known.papers import Refused
from edge.lanes.tally import TOGETHER, CatchUp, Tally
from gate.devices.board import Relay, Sensor
from gate.lane import Phase
from gate.messages import (
    ArmLowered,
    ArmRaised,
    DeviceFault,
    Open,
    OpeningReason,
    Quoted,
    VehiclePassed,
    VisitOpened,
    VisitVoided,
)
from tests.edge.desk import Desk, look

PLATE, OTHER = "24A12378", "30K55512"
REASON = OpeningReason


def test_visits_money_and_the_journal_outlive_the_box(desk: Desk) -> None:
    visit = desk.comes_in(PLATE)
    desk.turn(3600)
    desk.arrive("out-1", PLATE)
    desk.turn(1)
    journal, last = desk.outbox.journal, desk.outbox.last
    desk.visits.paid(visit)
    desk.eyes.will_see("out-1", look(PLATE))  # it stands on the loop still, and is read again
    desk.restart()
    assert (desk.outbox.journal, desk.outbox.last) == (journal, last)
    assert desk.papers.lease is not None
    desk.turn(4)
    desk.drives_through("out-1")
    desk.turn(3)
    assert desk.reasons() == [REASON.ADMITTED, REASON.PAID]
    assert [passed.visit for passed in desk.facts(VehiclePassed)] == [visit, visit]
    assert len({quoted.visit for quoted in desk.facts(Quoted)}) == 1
    assert desk.visits.inside() == []


@pytest.mark.parametrize("under_the_arm", [False, True])
def test_killed_with_the_arm_up_the_opening_goes_on(desk: Desk, *, under_the_arm: bool) -> None:
    desk.arrive("in-1", PLATE)
    desk.turn(2)
    if under_the_arm:
        desk.sense("in-1", Sensor.SAFETY, on=True)
    complaints = desk.watch("in-1")
    desk.restart(after_s=1)
    assert desk.phase("in-1") is Phase.BY_HAND
    desk.drives_through("in-1")
    desk.turn(3)
    visit = desk.facts(VisitOpened)[0].visit
    assert desk.reasons() == [REASON.ADMITTED], "one rise of the arm is one opening"
    (passed,) = desk.facts(VehiclePassed)
    assert (passed.visit, passed.opening, passed.tailgate) == (visit, desk.facts(ArmRaised)[0].opening, False)
    assert [stay.visit for stay in desk.visits.inside()] == [visit]
    assert desk.phase("in-1") is Phase.IDLE, "we raised it, the loops are proven clear: we lower it"
    assert desk.facts(ArmLowered)[0].opening == passed.opening
    assert complaints == []


def test_killed_with_the_arm_up_it_stays_up_until_loops_are_proven_clear(desk: Desk) -> None:
    desk.comes_in(PLATE)
    desk.arrive("in-1", "30K55512")
    desk.turn(2)
    lowered = desk.devices.pulses.count(("in-1", Relay.LOWER))
    desk.restart()
    desk.turn(3600)
    assert lowered == 1
    assert desk.devices.pulses == []


def test_killed_between_the_pulse_and_the_arms_answer(desk: Desk) -> None:
    desk.arrive("in-1", PLATE)
    desk.turn(0.2)
    assert desk.devices.pulses == [("in-1", Relay.RAISE)]
    desk.restart(after_s=3)
    (raised,) = desk.facts(ArmRaised)
    visit = desk.facts(VisitOpened)[0].visit
    assert (raised.reason, raised.visit, raised.by) == (REASON.ADMITTED, visit, "rule")
    desk.drives_through("in-1")
    assert desk.facts(VehiclePassed)[0].visit == visit
    desk.turn(3)


def test_killed_after_a_persons_order_the_opening_keeps_its_name_and_note(desk: Desk) -> None:
    desk.order(Open(lane="in-1", reason=REASON.PERSON, note="xe cứu thương"), by="chị Lan")
    desk.turn(0.2)
    desk.restart(after_s=3)
    (raised,) = desk.facts(ArmRaised)
    assert (raised.reason, raised.by, raised.note, raised.command is None) == (
        REASON.PERSON,
        "chị Lan",
        "xe cứu thương",
        False,
    )
    desk.drives_through("in-1")
    desk.turn(3)


def test_killed_and_lowered_by_hand_meanwhile_the_opening_is_over(desk: Desk) -> None:
    desk.arrive("in-1", PLATE)
    desk.turn(2)
    desk.killed()
    desk.gear["in-1"].board.by_hand(Relay.LOWER)
    desk.sense("in-1", Sensor.ARMING, on=False)
    desk.restart(after_s=3)
    (lowered,) = desk.facts(ArmLowered)
    assert lowered.opening == desk.facts(ArmRaised)[0].opening
    assert [voided.visit for voided in desk.facts(VisitVoided)] == [desk.facts(VisitOpened)[0].visit]
    assert desk.phase("in-1") is Phase.IDLE
    desk.comes_in("30K55512")


def test_an_arm_raised_by_hand_while_the_box_was_dead_is_a_stray_opening(desk: Desk) -> None:
    desk.comes_in(PLATE)
    desk.killed()
    desk.gear["in-1"].board.by_hand(Relay.RAISE)
    desk.restart(after_s=3)
    desk.drives_through("in-1")
    desk.turn(60)
    assert desk.reasons() == [REASON.ADMITTED, REASON.BY_HAND]
    assert desk.devices.pulses == [], "nobody here raised it, nobody here lowers it"


@pytest.mark.parametrize("fire", [False, True])
def test_what_hand_or_fire_raised_before_a_kill_is_not_lowered_after_it(desk: Desk, *, fire: bool) -> None:
    if fire:
        desk.arrive("in-1", PLATE)
        desk.turn(2)
        desk.sense("in-1", Sensor.FIRE, on=True)
        desk.sense("in-1", Sensor.FIRE, on=False)
    else:
        desk.comes_in(PLATE)  # its loops are proven
        desk.gear["in-1"].board.by_hand(Relay.RAISE)
        desk.turn(2)
    desk.restart()
    desk.drives_through("in-1")
    desk.turn(60)
    assert desk.phase("in-1") is Phase.BY_HAND
    assert desk.devices.pulses == []


def test_fire_while_the_box_was_dead_is_fire(desk: Desk) -> None:
    desk.comes_in(PLATE)
    desk.killed()
    desk.sense("in-1", Sensor.FIRE, on=True)
    desk.gear["in-1"].board.by_hand(Relay.RAISE)
    desk.restart(after_s=3)
    desk.turn(60)
    assert desk.devices.pulses == []
    assert len(desk.facts(ArmRaised)) == 2


def test_fire_holds_up_what_the_box_raised_before_it_was_killed(desk: Desk) -> None:
    desk.arrive("in-1", PLATE)
    desk.turn(2)
    desk.restart()
    desk.sense("in-1", Sensor.FIRE, on=True)
    desk.drives_through("in-1")
    desk.sense("in-1", Sensor.FIRE, on=False)
    desk.drives_through("in-1")
    desk.turn(60)
    assert desk.devices.pulses == []


def test_a_memory_of_another_version_does_not_keep_the_box_from_starting(desk: Desk) -> None:
    visit = desk.comes_in(PLATE)
    desk.store.run("UPDATE lane_now SET body = json_set(body, '$.newer', 1)")
    desk.restart()
    assert [stay.visit for stay in desk.visits.inside()] == [visit]
    desk.comes_in(OTHER)
    assert len(desk.facts(VehiclePassed)) == 2


def test_a_command_is_good_for_one_boot_only(desk: Desk) -> None:
    command = desk.command(Open(lane="in-1", reason=REASON.PERSON), seconds=3600)
    desk.papers.command_came(command)
    desk.restart()
    with pytest.raises(Refused, match="another boot"):
        desk.papers.command_came(command)


def test_the_sequence_goes_on_without_a_gap_over_many_kills(desk: Desk) -> None:
    for number in range(5):
        desk.comes_in(f"30K5551{number}")
        desk.restart()
    assert len(desk.visits.inside()) == 5
    desk.audit()


def test_an_arm_that_somebody_lifts_as_the_box_starts_is_theirs(desk: Desk) -> None:
    desk.arrive("in-1", PLATE)
    desk.turn(2)
    desk.drives_through("in-1")
    desk.turn(0.3)  # it comes down
    desk.restart(after_s=0.2)
    desk.gear["in-1"].board.by_hand(Relay.RAISE)
    desk.turn(3)
    desk.drives_through("in-1")
    desk.turn(60)
    assert desk.phase("in-1") is Phase.BY_HAND
    assert desk.devices.pulses == []
    assert desk.reasons() == [REASON.ADMITTED, REASON.BY_HAND]


# --- what the board counted by itself ---------------------------------------------------------------------


def went(desk: Desk) -> list[str | None]:
    return [passed.visit for passed in desk.facts(VehiclePassed)]


def test_who_drove_through_while_the_box_was_dead_is_counted_as_its_visit(desk: Desk) -> None:
    desk.comes_in(OTHER)
    desk.arrive("in-1", PLATE)
    desk.turn(2)
    desk.killed()
    desk.drives_through("in-1")
    desk.restart(after_s=2)
    visit = desk.facts(VisitOpened)[1].visit
    assert went(desk) == [desk.facts(VisitOpened)[0].visit, visit]
    assert [stay.visit for stay in desk.visits.inside()][-1] == visit
    assert desk.phase("in-1") is Phase.BY_HAND, "its loops are not proven clear"
    desk.turn(3_600)
    desk.drives_through("in-1")
    desk.turn(3)
    assert len(went(desk)) == 3, "nothing is counted twice"


def test_who_drove_through_and_the_arm_came_down_while_the_box_was_dead(desk: Desk) -> None:
    desk.comes_in(OTHER)
    desk.arrive("in-1", PLATE)
    desk.turn(0.2)  # the pulse is out, the arm has not answered
    desk.killed()
    desk.turn(3)
    desk.drives_through("in-1")
    desk.gear["in-1"].board.by_hand(Relay.LOWER)
    desk.restart(after_s=3)
    visit = desk.facts(VisitOpened)[1].visit
    assert went(desk)[-1] == visit
    assert desk.facts(VisitVoided) == []
    assert desk.reasons() == [REASON.ADMITTED, REASON.ADMITTED]
    assert desk.facts(ArmLowered)[-1].opening == desk.facts(ArmRaised)[-1].opening


def test_a_second_one_behind_it_is_a_passage_that_nobody_knows(desk: Desk) -> None:
    desk.comes_in(OTHER)
    desk.arrive("in-1", PLATE)
    desk.turn(2)
    desk.killed()
    desk.drives_through("in-1")
    desk.drives_through("in-1")
    desk.restart(after_s=2)
    desk.turn(1)
    assert went(desk)[1:] == [desk.facts(VisitOpened)[1].visit, None]


def test_what_passed_while_the_boards_line_was_cut_is_counted(desk: Desk) -> None:
    desk.comes_in(OTHER)
    desk.arrive("in-1", PLATE)
    desk.turn(2)
    desk.loses_board("in-1")
    desk.drives_through("in-1")
    desk.has_board_again("in-1")
    desk.turn(2)
    assert went(desk)[-1] == desk.facts(VisitOpened)[1].visit
    assert [fault.device for fault in desk.facts(DeviceFault)] == ["board"]


def test_a_counter_that_begins_anew_is_told_and_counts_nobody(desk: Desk) -> None:
    desk.comes_in(PLATE)
    desk.gear["in-1"].board.reset_counter()
    desk.ask_levels("in-1")
    desk.turn(2)
    desk.comes_in(OTHER)
    assert len(went(desk)) == 2
    assert [fault.what for fault in desk.facts(DeviceFault)] == ["its counter began anew at 0"]


@pytest.mark.parametrize("starting", [True, False])
def test_a_count_that_leaps_is_another_counter_and_counts_nobody(desk: Desk, *, starting: bool) -> None:
    desk.comes_in(PLATE)
    desk.ask_levels("in-1")
    desk.turn(2)
    leap = 4_000_000_000
    if starting:
        desk.restart(before_boards=lambda: desk.lanes["in-1"].board_counted(leap))
    else:
        desk.lanes["in-1"].board_counted(leap)
        desk.turn(2)
    assert len(went(desk)) == 1
    assert [fault.what for fault in desk.facts(DeviceFault)][:1] == [f"its counter began anew at {leap}"]


def test_many_that_nobody_heard_are_counted_a_few_at_a_time() -> None:
    turns: list[Callable[[], None]] = []
    passed: list[int] = []
    said: list[str] = []
    tally = Tally(5)
    catch_up = CatchUp(tally, lambda _s, call: turns.append(call), lambda: passed.append(len(turns)), said.append)
    catch_up.up_to(105)
    while turns:
        catch_up.up_to(105)  # the board says it again and again
        before = len(passed)
        turns.pop()()
        assert len(passed) - before <= TOGETHER
        assert len(turns) <= 1, "one at a time"
    assert len(passed) == 100
    assert said == ["counted 100 passages that nobody heard"]
    assert tally.known == 105


def found_raised(desk: Desk) -> None:
    """What the supervisor hands over."""
    desk.lanes["in-1"].found_raised()


@pytest.mark.parametrize("coming_down", [True, False])
def test_an_arm_that_the_supervisor_raised_is_nobodys_to_lower(desk: Desk, *, coming_down: bool) -> None:
    desk.comes_in(OTHER)
    if coming_down:  # and an opening that was not over
        desk.arrive("in-1", PLATE)
        desk.turn(2)
        desk.drives_through("in-1")
        desk.turn(0.5)
    desk.killed()
    desk.gear["in-1"].board.by_hand(Relay.RAISE)
    desk.restart(after_s=2, before_boards=lambda: found_raised(desk))
    desk.drives_through("in-1")
    desk.turn(60)
    assert desk.phase("in-1") is Phase.BY_HAND
    assert desk.devices.pulses == []
    last = desk.facts(ArmRaised)[-1]
    assert (last.reason, last.by) == (REASON.BY_HAND, "supervisor")
