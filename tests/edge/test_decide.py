"""Who leaves, by what, for how much: lists, tags, price lists and policy at an exit."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edge.lanes.decide import NoLease, Seen, identified, quote, reason_to_go, when_unpaid
from gate.lease import Expired, Policy, Standing, Unpaid
from gate.messages import OpeningReason
from gate.tariff import Turn
from tests.edge.desk import TARIFF, lease
from tests.edge.fakes import MORNING
from tests.edge.test_lists import CAR, DAY, MOTO, OTHER, PLATE, TAG, Box, row
from tests.edge.test_lists import box as a_box

box = a_box

HOUR = timedelta(hours=1)


# --- going out --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Standing.PASS, Standing.EXEMPT])
def test_a_listed_stay_owes_nothing_and_says_why(box: Box, kind: Standing) -> None:
    visit = box.came_in(PLATE)
    quoted = quote(box.stay(visit), lease(), MORNING + HOUR, row(kind=kind))
    (line,) = quoted.bill.lines
    assert (quoted.bill.total, quoted.bill.vat, quoted.payload, quoted.entry) == (0, 0, "", "L1")
    assert (line.what, line.amount, line.until) == (kind.value, 0, MORNING + HOUR)
    assert reason_to_go(quoted) is OpeningReason.PASS
    plain = quote(box.stay(visit), lease(), MORNING + HOUR)
    assert (plain.bill.total, plain.entry, reason_to_go(plain)) == (30_000, None, None)


def test_a_stay_is_excused_by_what_either_end_saw(box: Box) -> None:
    box.lists.add([row(tag=TAG)])
    exact, misread, tagged = box.came_in(PLATE), box.came_in("24AO5678"), box.came_in("", tag=TAG)
    assert box.excuse(exact, Seen("24AO5678")) == "L1", "the entry's read"
    assert box.excuse(misread, Seen(PLATE)) == "L1", "the exit's read"
    assert box.excuse(misread, Seen("24AO5678", TAG)) == "L1", "the exit's tag"
    assert box.excuse(tagged, Seen("")) == "L1", "the entry's tag"
    assert box.excuse(misread, Seen("24AO5678")) is None, "alike characters excuse nobody"


def test_a_pass_that_ended_during_the_stay_excuses_nobody(box: Box) -> None:
    box.lists.add([row(until=MORNING + HOUR)])
    visit = box.came_in(PLATE)
    assert box.excuse(visit, Seen(PLATE)) == "L1"
    box.clock.go(box.clock.time() + HOUR.total_seconds())
    assert box.excuse(visit, Seen(PLATE)) is None


def test_who_is_denied_leaves_like_anybody_else(box: Box) -> None:
    box.lists.add([row(), row("L2", Standing.DENY, plate=OTHER)])
    assert box.excuse(box.came_in(OTHER), Seen(OTHER)) is None
    assert box.excuse(box.came_in(PLATE), Seen(OTHER)) is None


def test_a_pass_of_another_class_excuses_nobody(box: Box) -> None:
    box.lists.add([row(vehicle_class=MOTO)])
    assert box.excuse(box.came_in(PLATE, CAR), Seen(PLATE)) is None
    assert box.excuse(box.came_in(PLATE, MOTO), Seen(PLATE)) == "L1"


# --- tags -------------------------------------------------------------------------------------------------


def test_the_same_tag_finds_its_visit_whatever_the_plate(box: Box) -> None:
    visit, _ = box.came_in(PLATE, tag=TAG), box.came_in(OTHER)
    for read in ("", "51K99999", PLATE):
        found = identified(box.visits, box.tags, "out-1", lease(), Seen(read, TAG, CAR))
        assert (found.sure, found.by, found.ranking.candidates) == (True, "tag", ((visit, 1.0),))
    by_plate = identified(box.visits, box.tags, "out-1", lease(), Seen(PLATE, "E280FFFFFF", CAR))
    assert (by_plate.sure, by_plate.by, by_plate.ranking.candidates[0].visit) == (True, "rule", visit)
    assert not identified(box.visits, box.tags, "out-1", None, Seen("", TAG)).sure, "it could not be priced"


def test_a_tag_on_anothers_car_is_for_a_person(box: Box) -> None:
    visit, other = box.came_in(PLATE, tag=TAG), box.came_in(OTHER)
    found = identified(box.visits, box.tags, "out-1", lease(), Seen(OTHER, TAG, CAR))
    assert not found.sure
    assert found.ranking.candidates == ((visit, 0.5), (other, 0.5))


def test_a_tag_that_came_in_twice_says_nothing(box: Box) -> None:
    first, _ = box.came_in(PLATE, tag=TAG), box.came_in(OTHER, tag=TAG)
    found = identified(box.visits, box.tags, "out-1", lease(), Seen(PLATE, TAG, CAR))
    assert (found.by, found.ranking.candidates[0].visit) == ("rule", first)


def test_a_tag_stays_no_longer_than_its_vehicle(box: Box) -> None:
    visit = box.came_in(PLATE, tag=TAG)
    assert (box.tags.of(visit), box.tags.visits(TAG)) == (TAG, [visit])
    box.visits.left(visit, MORNING)
    assert box.tags.visits(TAG) == []
    again = box.came_in(PLATE, tag=TAG)
    assert (box.tags.of(visit), box.tags.visits(TAG)) == ("", [again])
    assert box.tags.visits("") == []


def test_a_visit_at_another_exit_is_not_found_by_its_tag(box: Box) -> None:
    visit = box.came_in(PLATE, tag=TAG)
    box.visits.stands_at("out-2", visit)
    assert identified(box.visits, box.tags, "out-1", lease(), Seen("", TAG)).ranking.candidates == ()


# --- price lists and policy -------------------------------------------------------------------------------


def priced(code: str, since: datetime, price: int, until: datetime | None = None) -> Any:
    turns = {CAR: Turn(price=price, ceiling=price)}
    kept = {name: getattr(TARIFF, name) for name in ("legal_basis", "vat")}
    return type(TARIFF)(code=code, since=since, until=until, turns=turns, **kept)


def test_the_price_list_of_the_exit_decides(box: Box) -> None:
    """A stay is priced by the list in force when it ends, as the centre computes it again."""
    festival = priced("festival", MORNING + HOUR, 50_000, until=MORNING + DAY)
    known = lease(coming=(festival,))
    stay = box.stay(box.came_in(PLATE))
    expected = [
        (MORNING + HOUR - timedelta(seconds=1), "flat-1", 30_000),
        (MORNING + HOUR, "festival", 50_000),
        (MORNING + DAY - timedelta(seconds=1), "festival", 50_000),
        (MORNING + DAY, "flat-1", 30_000),
    ]
    for at, code, total in expected:
        quoted = quote(stay, known, at)
        assert (quoted.tariff, quoted.bill.total) == (code, total)


def test_a_price_list_that_is_over_with_none_behind_it_goes_on(box: Box) -> None:
    only = lease(tariff=priced("old", datetime(2026, 1, 1, tzinfo=UTC), 20_000, until=MORNING + HOUR))
    assert quote(box.stay(box.came_in(PLATE)), only, MORNING + DAY).bill.total == 20_000
    with pytest.raises(NoLease):
        quote(box.stay(box.came_in(PLATE, MOTO)), only, MORNING + DAY)


@pytest.mark.parametrize(
    ("unpaid", "after", "expired", "what"),
    [
        (Unpaid.BILL, Expired.CONTINUE, False, Unpaid.BILL),
        (Unpaid.BILL, Expired.CONTINUE, True, Unpaid.BILL),
        (Unpaid.BILL, Expired.HOLD, False, Unpaid.BILL),
        (Unpaid.BILL, Expired.HOLD, True, Unpaid.HOLD),
        (Unpaid.HOLD, Expired.CONTINUE, True, Unpaid.HOLD),
    ],
)
def test_who_does_not_pay_by_policy_and_age_of_the_lease(
    unpaid: Unpaid,
    after: Expired,
    expired: bool,  # noqa: FBT001 - a row of the table
    what: Unpaid,
) -> None:
    policy = Policy(unpaid=unpaid, patience_s=20, expired=after)
    assert when_unpaid(lease(policy=policy), expired=expired) is what
    assert when_unpaid(None, expired=expired) is Unpaid.HOLD
