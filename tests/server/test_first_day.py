"""Who was inside before the first day: read with all flaws named, taken whole or not at all, told to the boxes."""

import io
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from gate.lease import LEASE_MAX, Lease
from gate.signing import opened
from gate.vehicle import VehicleClass
from server import leases, told_stays
from server.db import reading, transaction
from server.derived import VisitRow
from server.facts_visits import InsideFileRow, InsideRow
from server.first_day import BadFile, read, take
from server.tariffs import Tariffs
from server.vault import VaultReadRow
from tests.server.box import MORNING, Box, book, reference
from tests.server.rows import rows

CAR, MOTO = VehicleClass.CAR9, VehicleClass.MOTO
NOW = MORNING + timedelta(hours=1)
GOOD = "Biển số;Loại xe;Vào lúc;Làn\n24A-056.78;CAR9;2026-11-22 07:30;in-1\n24B1-987.65;moto;21/11/2026 18:00;\n"


def flaws(engine: Engine, text: str) -> list[tuple[int, str]]:
    with reading(engine) as session, pytest.raises(BadFile) as refused:
        read(session, "SPS", "inside.csv", text.encode(), NOW)
    return [(flaw.row, flaw.column) for flaw in refused.value.flaws]


def test_a_list_becomes_open_visits_once(engine: Engine) -> None:
    for again in (False, True):
        with transaction(engine) as session:
            taken = take(session, "SPS", "inside.csv", GOOD.encode(), "lan", NOW)
        assert (len(taken.visits), taken.again) == (2, again)
    stays = rows(engine, VisitRow)
    assert {(stay["vehicle_class"], stay["entry_lane"]) for stay in stays} == {(CAR, "in-1"), (MOTO, "first-day")}
    assert {stay["entered_at"] for stay in stays} == {
        datetime(2026, 11, 22, 0, 30, tzinfo=UTC),
        datetime(2026, 11, 21, 11, 0, tzinfo=UTC),
    }
    assert {stay["visit"] for stay in stays} == set(taken.visits)
    assert {row["plate"] for row in rows(engine, VaultReadRow)} == {"24A05678", "24B198765"}
    assert [row["vehicles"] for row in rows(engine, InsideFileRow)] == [2]


def test_a_workbook_says_the_same(engine: Engine) -> None:
    book_, file = openpyxl.Workbook(), io.BytesIO()
    sheet = book_.active
    assert sheet is not None
    sheet.append(["since", "plate", "class", "zone"])
    sheet.append([datetime(2026, 11, 22, 7, 30), "24A-056.78", "CAR9", "in-1"])  # noqa: DTZ001 - as spreadsheets have it
    book_.save(file)
    with reading(engine) as session:
        (vehicle,) = read(session, "SPS", "inside.xlsx", file.getvalue(), NOW)
    assert vehicle == (2, "24A05678", CAR, datetime(2026, 11, 22, 0, 30, tzinfo=UTC), "in-1")


def test_all_flaws_are_named_by_row_and_column_and_nothing_is_taken(engine: Engine) -> None:
    text = (
        "plate,class,since,lane\n24A05678,CAR9,2026-11-22 07:30,in-1\n,CAR9,2026-11-22 07:30,\n24A1234,TRAM,soon,IN 1\n"
        "24A12345,BUS30,2026-11-22 07:30,\n24A05678,CAR9,2027-01-01,\n"
    )
    assert flaws(engine, text) == [
        (3, "A (plate)"),
        (4, "B (class)"),
        (4, "C (since)"),
        (4, "D (lane)"),
        (6, "C (since)"),
        (5, "class"),
    ]
    with pytest.raises(BadFile), transaction(engine) as session:
        take(session, "SPS", "inside.csv", text.encode(), "lan", NOW)
    assert rows(engine, InsideRow) == rows(engine, InsideFileRow) == rows(engine, VisitRow) == []


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", (0, "")),
        ("plate,class\n24A05678,CAR9\n", (1, "")),
        ("plate,class,since\n", (0, "")),
        ("plate,class,since\n24A05678,CAR9,2026-11-22\n24a-056.78,CAR9,2026-11-22\n", (3, "plate")),
        ("plate,class,since\n=1+1,CAR9,2026-11-22\n", (2, "A (plate)")),
        ("plate,class,since\n" + "x" * 5_000 + ",CAR9,2026-11-22\n", (2, "A (plate)")),
    ],
)
def test_bad_lists(engine: Engine, text: str, where: tuple[int, str]) -> None:
    assert flaws(engine, text) == [where]


def test_who_is_inside_already_is_a_flaw(engine: Engine) -> None:
    book(engine, *Box().arrives(reference(1), MORNING, plate="24A05678"))
    assert flaws(engine, GOOD) == [(2, "plate")]


def test_boxes_are_told_with_a_new_lease_until_the_vehicle_has_left(engine: Engine) -> None:
    key, tariffs = Ed25519PrivateKey.generate(), Tariffs(engine)

    def lease() -> Lease:
        with transaction(engine) as session:
            paper = leases.snapshot(session, tariffs, "sps-1", timedelta(hours=4), key, NOW)
        assert paper is not None
        return opened(paper.payload, Lease, key.public_key(), LEASE_MAX)

    assert lease().inside == ()
    with transaction(engine) as session:
        before = told_stays.terms(session, "SPS")
        taken = take(session, "SPS", "inside.csv", GOOD.encode(), "lan", NOW)
        assert told_stays.terms(session, "SPS") != before, "a new snapshot is due"
    found = {stay.visit: stay for stay in lease().inside}
    assert set(found) == set(taken.visits)
    car = found[taken.visits[0]]
    assert (car.plate, car.vehicle_class, car.lane) == ("24A05678", CAR, "in-1")
    box, left = Box(), NOW + timedelta(hours=1)
    book(engine, *box.is_priced(car.visit, car.since, left), *box.leaves(car.visit, left))
    assert [stay.visit for stay in lease().inside] == [taken.visits[1]]
    charged = {row["visit"]: row["left_at"] for row in rows(engine, VisitRow)}
    assert charged[car.visit] is not None, "it is priced and leaves like any other"
