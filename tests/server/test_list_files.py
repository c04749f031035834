"""A CSV of passes: every fault by its line and column, then all rows or none."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from gate.lease import ENTRIES_MAX, Standing
from gate.vehicle import VehicleClass
from server import list_files, lists
from server.db import reading, transaction
from server.list_files import BYTES_MAX, BadFile, Fault, Read, checked, enter, folded, read, written
from server.listings import ListingRow, VaultListingRow
from server.reconcile import ZONE
from tests.server.box import MORNING
from tests.server.rows import rows
from tests.server.test_lists import added

HEAD = "Loại,Biển số,Đến ngày,Chủ xe,Lý do"
GOOD = "Vé tháng,24A-056.78,31/12/2026,Nguyễn Thị Lan,vé tháng 12"


def file(*lines: str, head: str = HEAD) -> bytes:
    return "\n".join((head, *lines)).encode()


def faults(*lines: str, head: str = HEAD) -> list[tuple[object, ...]]:
    return [tuple(fault) for fault in read(file(*lines, head=head), MORNING).faults]


def into(engine: Engine, data: bytes) -> list[str]:
    with transaction(engine) as session:
        return enter(session, "SPS", data, "lan", MORNING)


def held(engine: Engine, data: bytes) -> Read:
    with reading(engine) as session:
        return checked(session, "SPS", data, MORNING)


def test_a_row_is_read_as_people_mean_it() -> None:
    ((number, row),) = read(file(GOOD), MORNING).rows
    assert (number, row.standing, row.plate, row.owner) == (2, Standing.PASS, "24A-056.78", "Nguyễn Thị Lan")
    assert (row.since, row.until) == (MORNING, datetime(2027, 1, 1, tzinfo=ZONE))
    assert row.vehicle_class is None


@pytest.mark.parametrize(
    "data",
    [
        file(GOOD).decode().encode("utf-8-sig"),
        file(GOOD).decode().encode("utf-16"),
        file(GOOD).replace(b",", b";"),
        file(GOOD).replace(b",", b"\t"),
        file(GOOD).replace(b"\n", b"\r\n") + b"\r\n\r\n",
        file(GOOD, head="STANDING,bks,Hết hạn,Owner,ghi chu"),
        file("deny,24A05678,2026-12-31,x y,abc").replace(b"deny", "vé  THÁNG".encode()).replace(b"x y", b'"x, y"'),
    ],
)
def test_files_of_many_programs_are_read(data: bytes) -> None:
    found = read(data, MORNING)
    assert not found.faults
    assert [(row.standing, row.until.date().isoformat()) for _, row in found.rows] == [(Standing.PASS, "2027-01-01")]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("Vé năm,24A05678,31/12/2026,Lan,vé tháng", (2, "standing", "value", "Vé năm")),
        ("Vé tháng,24A05678,31/02/2026,Lan,vé tháng", (2, "until", "value", "31/02/2026")),
        ("Vé tháng,24A05678,01/01/9999,Lan,vé tháng", (2, "until", "value", "01/01/9999")),
        ("Vé tháng,24A05678,22/11/2026,Lan,vé tháng", (2, "until", "over", "22/11/2026")),
        ("Vé tháng,24A05678,31/12/2026,,vé tháng", (2, "owner", "needed", "")),
        ("Vé tháng,24A05678,31/12/2026,Lan,ab", (2, "reason", "words", "ab")),
        ("Vé tháng,,31/12/2026,Lan,vé tháng", (2, "plate", "needed", "")),
        ("Vé tháng,<b>24A</b>,31/12/2026,Lan,vé tháng", (2, "plate", "vehicle", "<b>24A</b>")),
        ("Vé tháng,24A05678,31/12/2026,Lan,vé tháng,more", (2, "", "cells", "6")),
        ("Vé tháng,24A05678,31/12/2026," + "x" * 500 + ",vé tháng", (2, "owner", "words", "x" * 60 + "…")),
        ("Vé tháng", (2, "owner", "needed", "")),
    ],
)
def test_a_fault_names_its_line_and_column(line: str, fault: tuple[Any, ...]) -> None:
    assert fault in faults(line)


def test_every_fault_is_told_at_once_and_good_lines_are_counted() -> None:
    found = read(file(GOOD, "x,,,,", "", '"Vé\ntháng",24A1,1/1/2027,A,abc', "Cấm,24A11111,bad,A,abc"), MORNING)
    assert [number for number, _ in found.rows] == [2, 5]  # a cell may hold a line's end
    assert {fault.line for fault in found.faults} == {3, 7}
    assert len([fault for fault in found.faults if fault.line == 3]) == 5


@pytest.mark.parametrize(
    ("head", "fault"),
    [
        ("Loại,Biển số,Đến ngày,Chủ xe", (1, "reason", "column_missing", "")),
        ("Loại,Đến ngày,Chủ xe,Lý do", (1, "plate", "column_missing", "")),
        (HEAD + ",Giá", (1, "", "column_unknown", "Giá")),
        (HEAD + ",owner", (1, "owner", "column_twice", "")),
    ],
)
def test_a_heading_that_is_not_understood_is_told(head: str, fault: tuple[Any, ...]) -> None:
    assert fault in faults(GOOD, head=head)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (HEAD.encode(), "empty"),
        (b"\xff\xfe\x00", "encoding"),
        ("Biển".encode("cp1258", "replace") + b"\x98\xe2", "encoding"),
        (b"x" * (BYTES_MAX + 1), "size"),
        (file('Vé tháng,"' + "x" * 200_000 + '",a,b,c'), "long"),
        (b"PK\x03\x04\x14\x00" + b"\x00" * 100, "excel"),
    ],
)
def test_what_is_no_such_file_is_told(data: bytes, code: str) -> None:
    found = read(data, MORNING)
    assert (found.rows, [fault.code for fault in found.faults]) == ((), [code])


@pytest.mark.parametrize(
    ("second", "fault"),
    [
        ("Vé tháng,24a 05678,31/01/2027,Minh,vé tháng", True),
        ("Cấm,24A-056.78,31/12/2026,Lan,không trả", False),
        ("Vé tháng,24A-056.79,31/12/2026,Lan,vé tháng", False),
    ],
)
def test_a_vehicle_is_listed_once_for_the_same_time(second: str, *, fault: bool) -> None:
    assert faults(GOOD, second) == ([(3, "plate", "twice", "2")] if fault else [])


def test_next_month_may_follow_this_one() -> None:
    head = HEAD + ",Từ ngày"
    assert not faults(GOOD + ",", "Vé tháng,24A05678,31/01/2027,Lan,vé tháng 1,01/01/2027", head=head)
    assert faults(GOOD + ",", "Vé tháng,24A05678,31/01/2027,Lan,vé tháng 1,31/12/2026", head=head)


def test_all_rows_are_entered_or_none(engine: Engine) -> None:
    more = "Miễn phí,24B112345,30/06/2027,Bệnh viện,xe cấp cứu"
    with pytest.raises(BadFile, match=r"1 faults, the first in line 4: value"):
        into(engine, file(GOOD, more, "x,24A11111,31/12/2026,Lan,vé tháng"))
    assert not rows(engine, ListingRow)
    assert into(engine, file(GOOD, more)) == ["SPS-L000001", "SPS-L000002"]
    assert [(row["plate"], row["owner"]) for row in rows(engine, VaultListingRow)] == [
        ("24A05678", "Nguyễn Thị Lan"),
        ("24B112345", "Bệnh viện"),
    ]
    assert [(row["change"], row["standing"]) for row in rows(engine, ListingRow)] == [(1, "pass"), (2, "exempt")]


def test_the_same_file_again_enters_nothing(engine: Engine) -> None:
    into(engine, file(GOOD))
    assert held(engine, file(GOOD)).faults == (Fault(2, "plate", "listed", "SPS-L000001"),)
    with pytest.raises(BadFile):
        into(engine, file(GOOD))
    assert len(rows(engine, ListingRow)) == 1


def test_more_rows_than_boxes_hold_are_refused(sqlite: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    added(sqlite)
    for module in (list_files, lists):
        monkeypatch.setattr(module, "ENTRIES_MAX", 2)
    lines = [f"Vé tháng,24A1000{n},31/12/2026,Lan,vé tháng" for n in range(2)]
    assert held(sqlite, file(*lines)).faults == (Fault(0, "", "full", "2"),)
    assert not held(sqlite, file(lines[0])).faults


def test_what_is_written_is_read_again_and_is_no_formula(engine: Engine) -> None:
    added(engine, owner="=HYPERLINK(1)", reason="+1 tháng", vehicle_class=VehicleClass.CAR9)
    with reading(engine) as session:
        shown = lists.shown(session, "SPS", MORNING)
    data = written(shown)
    assert b"'=HYPERLINK(1)" in data
    ((_, row),) = read(data, MORNING).rows
    assert (row.owner, row.reason, row.vehicle_class) == ("=HYPERLINK(1)", "+1 tháng", VehicleClass.CAR9)
    assert (row.since.isoformat(), row.until) == (
        MORNING.astimezone(ZONE).replace(second=0, microsecond=0).isoformat(),
        (MORNING + timedelta(days=30)).astimezone(UTC),
    )


def test_many_rows_are_read_in_little_time() -> None:
    data = file(*(f"Vé tháng,30A{n:05},31/12/2026,Lan,vé tháng" for n in range(ENTRIES_MAX)))
    assert len(read(data, MORNING).rows) == ENTRIES_MAX


def test_one_plate_for_each_day_of_years_is_read_in_little_time() -> None:
    day = MORNING.astimezone(ZONE).date()
    days = [f"{day + timedelta(n):%d/%m/%Y}" for n in range(1, ENTRIES_MAX + 1)]
    lines = (f"Vé tháng;30A12345;{on};{on};Lan;vé tháng" for on in days)
    data = "\n".join(("Loại;Biển số;Từ ngày;Đến ngày;Chủ xe;Lý do", *lines)).encode()
    before = time.process_time()
    found = read(data, MORNING)
    assert (len(found.rows), found.faults) == (ENTRIES_MAX, ())
    assert time.process_time() - before < 1.2, "each line is held against one other, not against all of them"


@pytest.mark.parametrize("line", ["x", "Vé tháng,30A12345,31/12/2026,Lan,vé tháng"])
def test_more_lines_than_a_site_has_rows_are_not_all_looked_at(line: str) -> None:
    found = read(file(*[line] * (ENTRIES_MAX + 9_000)), MORNING)
    assert max(found.faults).line == ENTRIES_MAX + 2
    assert max(found.faults).code == "full"


def test_words_are_folded() -> None:
    assert folded(" Biển_SỐ ") == "bien so"
    assert folded("Đến Ngày") == "den ngay"


def test_what_a_fault_quotes_can_be_read() -> None:
    found = read("Loại,\x00G\x1bì\x00\n".encode(), MORNING).faults
    assert [fault.value for fault in found if fault.code == "column_unknown"] == ["Gì"]
