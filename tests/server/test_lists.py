"""A site's lists at the centre: rows are facts with an owner, a reason and an end; what boxes do by them is counted."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from gate.lease import ENTRIES_MAX, Standing
from gate.messages import (
    ArmRaised,
    BillLine,
    Direction,
    OpeningReason,
    PersonWanted,
    Quoted,
    VehiclePassed,
    Why,
)
from gate.vehicle import VehicleClass
from gate.wire import encode
from server import lists
from server.batch import Batch
from server.db import reading, transaction
from server.derived import VisitRow
from server.facts import AuditRow
from server.ingest import Arrival
from server.listings import ListingEndedRow, ListingRow, ListingUseRow, VaultListingRow
from server.lists import BadListing, Listing, NoSuchEntry
from server.rebuild import rebuild
from tests.server.box import MORNING, Box, book, reference
from tests.server.rows import rows

DAY = timedelta(days=1)


def listing(**changes: Any) -> Listing:
    """A monthly pass."""
    settings: dict[str, Any] = {
        "standing": Standing.PASS,
        "since": MORNING,
        "until": MORNING + 30 * DAY,
        "owner": "Nguyễn Thị Lan",
        "reason": "monthly pass 11/2026",
        "plate": "24A-056.78",
    }
    return Listing(**{**settings, **changes})


def added(engine: Engine, site: str = "SPS", **changes: Any) -> str:
    with transaction(engine) as session:
        return lists.add(session, site, listing(**changes), "lan", MORNING)


def ended(engine: Engine, entry: str, site: str = "SPS", at: datetime = MORNING) -> bool:
    with transaction(engine) as session:
        return lists.end(session, site, entry, "sold the car", "lan", at)


def changes(engine: Engine, after: int, site: str = "SPS") -> lists.Changes:
    with reading(engine) as session:
        return lists.changes(session, site, after, MORNING)


# --- rows -------------------------------------------------------------------------------------------------


def test_a_row_is_entered_once_with_its_plate_in_the_vault_alone(engine: Engine) -> None:
    entry = added(engine)
    (row,), (whose,) = rows(engine, ListingRow), rows(engine, VaultListingRow)
    assert (row["entry"], row["site"], row["by"], row["reason"]) == (entry, "SPS", "lan", "monthly pass 11/2026")
    assert (row["since"], row["until"]) == (MORNING, MORNING + 30 * DAY)
    assert whose == {"entry": entry, "plate": "24A05678", "tag": "", "owner": "Nguyễn Thị Lan"}
    assert "24A05678" not in repr(row), "plates lie in the vault"
    assert "Lan" not in repr(row), "people too"
    assert "24A05678" not in repr(rows(engine, AuditRow))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"plate": ""}, "plate"),
        ({"plate": "24A<script>"}, "plate"),
        ({"plate": "A" * 17}, "plate"),
        ({"plate": "", "tag": "E2801"}, "tag"),
        ({"plate": "", "tag": "no hex at all"}, "tag"),
        ({"until": MORNING}, "until"),
        ({"since": MORNING + DAY, "until": MORNING + DAY}, "until"),
        ({"since": MORNING - 2 * DAY, "until": MORNING - DAY}, "until"),
        ({"owner": ""}, "owner"),
        ({"owner": " "}, "owner"),
        ({"owner": "x" * 101}, "owner"),
        ({"owner": "a\0b"}, "owner"),
        ({"reason": "ab"}, "reason"),
        ({"reason": "x" * 201}, "reason"),
        ({"reason": "line\nfeed"}, "reason"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused_by_field(sqlite: Engine, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(BadListing, match=field):
        added(sqlite, **wrong)
    assert not rows(sqlite, ListingRow)
    assert not rows(sqlite, VaultListingRow)


def test_there_are_no_more_rows_than_a_lease_carries(sqlite: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ENTRIES_MAX == 5_000
    monkeypatch.setattr(lists, "ENTRIES_MAX", 2)
    first, _ = added(sqlite), added(sqlite, plate="30F12345")
    with pytest.raises(BadListing, match="end those"):
        added(sqlite, plate="29B07788")
    added(sqlite, site="SPL")
    ended(sqlite, first)
    added(sqlite, plate="29B07788")


def test_a_row_is_ended_once_by_a_person_with_a_reason(engine: Engine) -> None:
    entry = added(engine)
    assert ended(engine, entry, at=MORNING + DAY)
    assert not ended(engine, entry, at=MORNING + 2 * DAY), "the first end stands"
    (over,) = rows(engine, ListingEndedRow)
    assert (over["ended_at"], over["by"], over["reason"]) == (MORNING + DAY, "lan", "sold the car")
    assert len(rows(engine, ListingRow)) == 1, "what was said stays said"
    with pytest.raises(NoSuchEntry):
        ended(engine, "SPS-L999999")
    with pytest.raises(NoSuchEntry):
        ended(engine, entry, site="SPL")


# --- what boxes are told ----------------------------------------------------------------------------------


def test_a_box_is_told_what_it_does_not_know(engine: Engine) -> None:
    one, two = added(engine), added(engine, plate="", tag="e2801160600002", vehicle_class=VehicleClass.MOTO)
    added(engine, site="SPL", plate="30F12345")
    told = changes(engine, 0)
    assert [(row.entry, row.plate, row.tag, row.vehicle_class) for row in told.listed] == [
        (one, "24A05678", "", None),
        (two, "", "E2801160600002", VehicleClass.MOTO),
    ]
    assert (told.ended, told.last) == ((), 2)
    assert changes(engine, 2) == ((), (), 2)
    ended(engine, one)
    assert changes(engine, 2) == ((), (one,), 3)
    assert [row.entry for row in changes(engine, 0).listed] == [two], "an ended row is not listed any more"


def test_rows_that_are_over_are_not_in_a_lease_and_later_ones_are(engine: Engine) -> None:
    added(engine, until=MORNING + DAY)
    later = added(engine, since=MORNING + 2 * DAY, plate="30F12345")
    with reading(engine) as session:
        assert [row.entry for row in lists.entries(session, "SPS", MORNING + DAY)] == [later]


def test_an_erased_person_is_on_no_list(engine: Engine) -> None:
    entry = added(engine)
    with transaction(engine) as session:
        session.delete(session.get_one(VaultListingRow, entry))
    with reading(engine) as session:
        assert lists.entries(session, "SPS", MORNING) == ()
        (row,) = lists.shown(session, "SPS", MORNING)
    assert (row["plate"], row["owner"]) == ("", "")


def test_changes_made_at_once_have_numbers_of_their_own(engine: Engine) -> None:
    names: list[str] = []
    together = threading.Barrier(4)

    def add(number: int) -> None:
        together.wait()
        names.append(added(engine, plate=f"24A0000{number}"))

    workers = [threading.Thread(target=add, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(names) == [f"SPS-L{number:06}" for number in range(1, 5)]
    assert [row["change"] for row in rows(engine, ListingRow)] == [1, 2, 3, 4]


def test_an_entry_of_a_lease_holds_neither_owner_nor_reason(sqlite: Engine) -> None:
    added(sqlite)
    (entry,) = changes(sqlite, 0).listed
    assert "Lan" not in encode(entry).decode()
    assert "monthly" not in encode(entry).decode()


def by_row(entry: str) -> list[Arrival]:
    """A stay that comes in and leaves by this row, as a box tells it."""
    box, visit = Box(), reference(1)
    here = list(box.arrives(visit, MORNING))
    line = BillLine(since=MORNING, until=MORNING + DAY, what="pass", amount=0)
    quoted = Quoted(
        lane="out-1",
        approach=box.id(),
        visit=visit,
        tariff="flat-1",
        vehicle_class=VehicleClass.CAR9,
        entered_at=MORNING,
        left_at=MORNING + DAY,
        total=0,
        vat=0,
        lines=(line,),
        entry=entry,
    )
    opening = box.id()
    raised = ArmRaised(
        lane="out-1", opening=opening, reason=OpeningReason.PASS, by="rule", visit=visit, entry=entry, approach=box.id()
    )
    passed = VehiclePassed(lane="out-1", direction=Direction.OUT, passage=box.id(), opening=opening, visit=visit)
    return [*here, *(box.fact(body, MORNING + DAY) for body in (quoted, raised, passed))]


def test_a_stay_by_a_row_is_computed_again_and_counted(engine: Engine) -> None:
    entry = added(engine)
    arrivals = by_row(entry)
    for _ in range(2):
        book(engine, *arrivals)
    (visit,) = rows(engine, VisitRow)
    assert (visit["quoted"], visit["recomputed"]) == (0, 0)
    assert [(row["entry"], row["kind"]) for row in rows(engine, ListingUseRow)] == [(entry, "opening")]
    assert rebuild(engine).events == len(arrivals)
    assert len(rows(engine, ListingUseRow)) == 1
    (again,) = rows(engine, VisitRow)
    assert again["recomputed"] == 0


@pytest.mark.parametrize("known", [True, False])
def test_a_stay_by_a_row_that_excuses_nobody_is_computed_at_its_price(
    engine: Engine,
    known: bool,  # noqa: FBT001 - a denial, or no row at all
) -> None:
    book(engine, *by_row(added(engine, standing=Standing.DENY) if known else "SPS-L999999"))
    (visit,) = rows(engine, VisitRow)
    assert (visit["quoted"], visit["recomputed"]) == (0, 30_000), "a difference is a finding"


# --- what follows from facts ------------------------------------------------------------------------------


def test_a_use_is_counted_once_however_often_its_fact_is_booked(engine: Engine) -> None:
    entry, box = added(engine), Box()
    raised = ArmRaised(lane="in-1", opening=box.id(), reason=OpeningReason.PASS, by="rule", entry=entry)
    kept = PersonWanted(lane="in-1", approach=box.id(), why=Why.DENIED, entry=entry)
    plain = ArmRaised(lane="in-1", opening=box.id(), reason=OpeningReason.ADMITTED, by="rule")
    said = [box.envelope(body, MORNING) for body in (raised, kept, plain)]
    for _ in range(2):
        with transaction(engine) as session:
            batch = Batch(session, MORNING)
            for envelope in said:
                lists.book_use(batch, envelope)
            batch.flush()
    assert [(row["entry"], row["kind"]) for row in rows(engine, ListingUseRow)] == [
        (entry, "opening"),
        (entry, "denied"),
    ]
    with reading(engine) as session:
        assert lists.uses(session, [entry, "SPS-L000009"]) == {entry: 2}
        assert lists.shown(session, "SPS", MORNING)[0]["uses"] == 2


@pytest.mark.parametrize(
    ("changed", "left", "excused"),
    [
        ({}, MORNING + DAY, True),
        ({}, MORNING, True),
        ({}, MORNING - timedelta(seconds=1), False),
        ({}, MORNING + 30 * DAY, False),
        ({"standing": Standing.EXEMPT}, MORNING + DAY, True),
        ({"standing": Standing.DENY}, MORNING + DAY, False),
        ({"vehicle_class": VehicleClass.CAR9}, MORNING + DAY, True),
        ({"vehicle_class": VehicleClass.MOTO}, MORNING + DAY, False),
    ],
)
def test_the_centre_says_itself_whether_a_row_excuses(
    sqlite: Engine,
    changed: dict[str, Any],
    left: datetime,
    excused: bool,  # noqa: FBT001 - a row of the table
) -> None:
    entry = added(sqlite, **changed)
    with reading(sqlite) as session:
        assert lists.excuses(session, "SPS", entry, VehicleClass.CAR9, left) is excused
        assert not lists.excuses(session, "SPL", entry, VehicleClass.CAR9, left), "another site's row"
        assert not lists.excuses(session, "SPS", "SPS-L000009", VehicleClass.CAR9, left)


def test_a_row_that_was_ended_excuses_who_left_before(engine: Engine) -> None:
    entry = added(engine)
    ended(engine, entry, at=MORNING + DAY)
    with reading(engine) as session:
        at = (MORNING + DAY - timedelta(seconds=1), MORNING + DAY)
        assert [lists.excuses(session, "SPS", entry, VehicleClass.CAR9, left) for left in at] == [True, False]
