"""The button, tags, lists and places at a lane."""

from datetime import timedelta

import pytest

from edge.lanes.lane_config import Button, LaneKind
from gate import signing
from gate.devices.board import Relay, Sensor
from gate.lane import Phase
from gate.lease import Entry, Standing
from gate.messages import (
    ArmRaised,
    Open,
    OpeningReason,
    PersonWanted,
    PlateRead,
    Quoted,
    TagRead,
    VehiclePassed,
    VisitMatched,
    Why,
)
from tests.edge.desk import KEY, Desk, lease
from tests.edge.fakes import MORNING
from tests.edge.streams import OTHER, PLATE, visits, whose

TAG, TAG_2 = "E28011700000020F1A2B3C4D", "E28011700000020F1A2B3C4E"
REASON = OpeningReason
LOWER = ("in-1", Relay.LOWER)


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


@pytest.mark.parametrize(("standing", "words"), [(Standing.PASS, "Vé tháng"), (Standing.EXEMPT, "miễn phí")])
def test_who_is_listed_owes_nothing_is_told_why_and_each_use_is_in_the_facts(
    desk: Desk, standing: Standing, words: str
) -> None:
    listed(desk, row(standing, plate=PLATE))
    desk.arrive("in-1", PLATE)
    desk.turn(2)
    assert words in desk.page("in-1").why_vi
    visit = visits(desk)[PLATE]
    desk.drives_through("in-1")
    desk.turn(3600)
    desk.arrive("out-1", PLATE)
    desk.turn(2)
    assert words in desk.page("out-1").why_vi
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


def test_the_tag_of_who_waits_behind_takes_nobody_else_out(desk: Desk) -> None:
    listed(desk, row(Standing.PASS, tag=TAG))
    visit = desk.comes_in(PLATE)
    desk.lanes["in-1"].tag_read(TAG)
    desk.comes_in(OTHER)
    desk.turn(3600)
    desk.arrive("out-1", PLATE[:-1] + "9")  # one character misread, and sure enough
    desk.turn(1)
    assert desk.phase("out-1") is Phase.PAYING
    desk.lanes["out-1"].tag_read(TAG)
    desk.turn(3)
    assert desk.phase("out-1") is Phase.ATTENDED, "a person decides"
    assert visit in [candidate for candidate, _ in desk.facts(PersonWanted)[-1].candidates]
    assert desk.reasons() == [REASON.ADMITTED, REASON.PASS]


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
