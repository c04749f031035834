"""What a box decides by the site's lists, its places and its tags: exact tables, no network, no lane."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.journal.store import Store
from edge.known import places
from edge.known.lists import Lists
from edge.known.tags import Tags
from edge.known.visits import Stay, Visits
from edge.lanes.decide import (
    Admit,
    AskPerson,
    Seen,
    admission,
    excused,
    place_free,
    standing,
)
from gate.lease import Entry, Lease, Policy, Standing, Unpaid
from gate.messages import OpeningReason, Why
from gate.vehicle import VehicleClass
from tests.edge.desk import SECRET, lease
from tests.edge.fakes import MORNING, DeskClock

CAR, MOTO = VehicleClass.CAR9, VehicleClass.MOTO
PLATE, OTHER, TAG = "24A05678", "30F12345", "E2801160600002"
DAY = timedelta(days=1)
PASSED, ADMITTED = OpeningReason.PASS, OpeningReason.ADMITTED


def row(name: str = "L1", kind: Standing = Standing.PASS, **changes: Any) -> Entry:
    """A row of this morning's lists."""
    settings: dict[str, Any] = {"entry": name, "standing": kind, "since": MORNING - DAY, "plate": PLATE}
    return Entry(**{**settings, **changes})


class Box:
    """A box's store and what is made of it."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock = store, DeskClock()
        self.lists, self.tags = Lists(store), Tags(store)
        self.visits = Visits(store, self.clock, "SPS", SECRET.encode())

    def came_in(self, plate: str, kind: VehicleClass = CAR, tag: str = "") -> str:
        """A stay that has begun."""
        visit = self.visits.open(plate, kind, "in-1")
        if tag:
            self.tags.keep(visit, tag)
        self.visits.entered(visit, self.clock.now())
        return visit

    def stay(self, visit: str) -> Stay:
        found = self.visits.get(visit)
        assert found is not None
        return found

    def inside(self) -> int:
        return places.taken(self.store, self.clock.now())

    def at_entry(self, seen: Seen, of: Lease | None = None) -> Admit | AskPerson:
        return admission(self.lists, of or lease(), seen, self.inside(), self.clock.now())

    def excuse(self, visit: str, seen: Seen) -> str | None:
        entry = excused(self.lists, self.tags, self.stay(visit), seen, self.clock.now())
        return entry.entry if entry else None


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    store = Store(tmp_path / "box.db")
    yield Box(store)
    store.close()


# --- rows -------------------------------------------------------------------------------------------------


def test_rows_are_kept_as_they_came_and_outlive_the_box(box: Box, tmp_path: Path) -> None:
    rows = [row(until=MORNING + DAY, vehicle_class=CAR), row("L2", Standing.DENY, plate="", tag=TAG)]
    box.lists.add(rows)
    again = Store(tmp_path / "box.db")
    assert Lists(again).of(PLATE, TAG) == rows
    again.close()


def test_a_snapshot_replaces_a_change_adds_and_ends(box: Box) -> None:
    box.lists.replace([row(), row("L2", plate=OTHER)])
    box.lists.replace([row("L3")])
    box.lists.add([row("L4", plate=OTHER), row("L3", Standing.EXEMPT)])
    assert [(each.entry, each.standing) for each in box.lists.of(PLATE, "")] == [("L3", Standing.EXEMPT)]
    box.lists.end(["L3", "never known"])
    assert (box.lists.of(PLATE, ""), len(box.lists)) == ([], 1)


@pytest.mark.parametrize(("plate", "tag"), [("", ""), ("24A0567", ""), ("", TAG[:-2]), ("%", "%")])
def test_nothing_seen_is_on_no_list(box: Box, plate: str, tag: str) -> None:
    box.lists.add([row(tag=TAG), row("L2", plate="", tag=TAG), row("L3", tag="")])
    assert box.lists.of(plate, tag) == []


@pytest.mark.parametrize("written", ["24A-056.78", "24a 05678", " 24A05678"])
def test_separators_and_case_do_not_matter(box: Box, written: str) -> None:
    box.lists.add([row(plate=written)])
    assert standing(box.lists, PLATE, "", CAR, MORNING) is not None


# --- which row counts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", [Standing.PASS, Standing.EXEMPT])
def test_a_denial_wins_however_the_rows_are_named(box: Box, other: Standing) -> None:
    for names in (("L1", "L2"), ("L2", "L1")):
        box.lists.replace([row(names[0], other), row(names[1], Standing.DENY)])
        found = standing(box.lists, PLATE, "", CAR, MORNING)
        assert found is not None
        assert found.standing is Standing.DENY
    box.lists.replace([row("L1", other), row("L2", Standing.DENY, plate="", tag=TAG)])
    found = standing(box.lists, PLATE, TAG, CAR, MORNING)
    assert found is not None
    assert found.entry == "L2", "by its tag as well"


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (MORNING - timedelta(microseconds=1), False),
        (MORNING, True),
        (MORNING + DAY - timedelta(microseconds=1), True),
        (MORNING + DAY, False),
    ],
)
def test_a_row_counts_from_its_beginning_until_before_its_end(
    box: Box,
    at: datetime,
    counts: bool,  # noqa: FBT001 - a row of the table
) -> None:
    box.lists.add([row(since=MORNING, until=MORNING + DAY)])
    assert (standing(box.lists, PLATE, "", CAR, at) is not None) is counts


@pytest.mark.parametrize(
    ("kind", "seen", "counts"), [(MOTO, CAR, False), (CAR, CAR, True), (None, CAR, True), (MOTO, None, True)]
)
def test_a_pass_is_for_its_class(
    box: Box,
    kind: VehicleClass | None,
    seen: VehicleClass | None,
    counts: bool,  # noqa: FBT001 - a row of the table
) -> None:
    box.lists.add([row(vehicle_class=kind)])
    assert (standing(box.lists, PLATE, "", seen, MORNING) is not None) is counts
    box.lists.add([row(kind=Standing.DENY, vehicle_class=kind)])
    assert standing(box.lists, PLATE, "", seen, MORNING) is not None, "a denial does not ask for the class"


# --- coming in --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Standing.PASS, Standing.EXEMPT])
@pytest.mark.parametrize("seen", [Seen(PLATE, kind=CAR), Seen("", TAG, CAR), Seen(OTHER, TAG, CAR)])
def test_who_is_listed_comes_in_by_the_row(box: Box, kind: Standing, seen: Seen) -> None:
    box.lists.add([row(kind=kind, tag=TAG)])
    assert box.at_entry(seen) == Admit(PASSED, "L1", kind)
    assert box.at_entry(Seen(OTHER)) == Admit(ADMITTED)


def test_a_pass_is_never_given_for_alike_characters(box: Box) -> None:
    box.lists.add([row()])
    for misread in ("24AO5678", "24A0567B", "24A05679", "24A0567"):
        for confidence in (0.2, 0.99):
            assert box.at_entry(Seen(misread, kind=CAR, confidence=confidence)) == Admit(ADMITTED)


@pytest.mark.parametrize(
    ("plate", "confidence", "asked"),
    [
        (PLATE, 0.99, True),
        (PLATE, 0.1, True),
        ("24AO5678", 0.89, True),  # one alike
        ("24AOS678", 0.5, True),  # two
        ("24AOS67B", 0.5, False),  # three
        ("24AO5678", 0.9, False),  # sure enough by the site's policy: another plate
        ("24A95678", 0.1, False),  # nothing alike
        ("24AO567", 0.1, False),
        ("", 0.0, False),
    ],
)
def test_a_denial_by_an_uncertain_read_asks_a_person(
    box: Box,
    plate: str,
    confidence: float,
    asked: bool,  # noqa: FBT001 - a row of the table
) -> None:
    box.lists.add([row(kind=Standing.DENY)])
    expected = AskPerson(Why.DENIED, "L1") if asked else Admit(ADMITTED)
    assert box.at_entry(Seen(plate, kind=CAR, confidence=confidence)) == expected


def test_a_pass_of_its_own_is_surer_than_anothers_denial(box: Box) -> None:
    box.lists.add([row(), row("L2", Standing.DENY, plate="24AO5678")])
    assert box.at_entry(Seen(PLATE, kind=CAR, confidence=0.5)) == Admit(PASSED, "L1", Standing.PASS)


def test_a_denial_that_is_over_asks_nobody(box: Box) -> None:
    box.lists.add([row(kind=Standing.DENY, until=MORNING)])
    assert box.at_entry(Seen("24AO5678", confidence=0.1)) == Admit(ADMITTED)
    assert box.at_entry(Seen(PLATE)) == Admit(ADMITTED)


# --- places -----------------------------------------------------------------------------------------------


def test_a_full_park_lets_nobody_in_until_a_place_is_free(box: Box) -> None:
    two = lease(capacity=2)
    visits = [box.came_in("29B07788")]
    assert box.at_entry(Seen(OTHER), two) == Admit(ADMITTED)
    visits.append(box.visits.open(OTHER, CAR, "in-1"))
    assert (box.inside(), box.at_entry(Seen(PLATE), two)) == (2, AskPerson(Why.FULL)), "let in and under way counts"
    assert not place_free(two, box.inside())
    box.visits.left(visits[0], box.clock.now())
    assert place_free(two, box.inside())
    assert box.at_entry(Seen(PLATE), two) == Admit(ADMITTED)


def test_a_vehicle_that_never_came_in_gives_its_place_back(box: Box) -> None:
    voided, lost, inside = (box.visits.open(PLATE, CAR, "in-1") for _ in range(3))
    box.visits.voided(voided)
    box.visits.entered(inside, box.clock.now())
    assert box.inside() == 2
    box.clock.go(box.clock.time() + places.ON_ITS_WAY.total_seconds() + 1)
    assert box.inside() == 1
    box.visits.entered(lost, box.clock.now())
    assert box.inside() == 2, "it came in after all"


def test_without_a_capacity_nobody_counts(box: Box) -> None:
    for _ in range(3):
        box.came_in(OTHER)
    assert box.at_entry(Seen(PLATE), lease(capacity=0)) == Admit(ADMITTED)
    assert place_free(lease(capacity=0), 10**6)
    assert place_free(None, 10**6), "a box without a lease admits"


@pytest.mark.parametrize(
    ("kind", "policy", "enters"),
    [
        (Standing.PASS, True, True),
        (Standing.PASS, False, False),
        (Standing.EXEMPT, True, True),
        (Standing.EXEMPT, False, True),
        (Standing.DENY, True, False),
    ],
)
def test_who_enters_a_full_park(
    box: Box,
    kind: Standing,
    policy: bool,  # noqa: FBT001 - a row of the table
    enters: bool,  # noqa: FBT001
) -> None:
    full = lease(capacity=1, policy=Policy(unpaid=Unpaid.BILL, patience_s=20, pass_when_full=policy))
    box.came_in(OTHER)
    box.lists.add([row(kind=kind)])
    refused = AskPerson(Why.DENIED, "L1") if kind is Standing.DENY else AskPerson(Why.FULL)
    assert box.at_entry(Seen(PLATE), full) == (Admit(PASSED, "L1", kind) if enters else refused)
