"""What an export comes to is what the report says, to the dong, whatever people decided about the money."""

import csv
import io
import json
from datetime import date, timedelta
from typing import Any, Final

import openpyxl
import pytest
from sqlalchemy import Engine

from server.db import reading
from server.effects import Kind
from server.export import Format, export, snapshot
from server.reconcile import bounds, report
from tests.server.box import MORNING, Box, book, notice, paid, reference
from tests.server.closed import closed, heard
from tests.server.money import agreed, decided, refunded

ON: Final = date(2026, 11, 23)
HOUR: Final = timedelta(hours=1)
NOON: Final = MORNING + 4 * HOUR
NEXT: Final = MORNING + 48 * HOUR
SAME: Final = ("charged", "paid", "waived", "outstanding", "received", "returned", "unapplied")
HEADINGS: Final = ("Phải thu", "Đã thu", "Miễn giảm", "Công nợ", "Tiền đến", "Hoàn lại", "Chưa khớp lượt xe")


@pytest.fixture
def decided_day(engine: Engine) -> Engine:
    """A refund taken off a stay, a waiver, a write-off in part, a credit, and money that still waits."""
    box = Box()
    for number in range(1, 6):
        book(engine, *box.stays(reference(number), MORNING, MORNING + HOUR, plate=f"24A1237{number}"))
    for number, amount in ((1, 30_000), (2, 70_000), (5, 30_000)):
        paid(engine, notice(number, reference(number), amount), MORNING + 2 * HOUR)
    paid(engine, notice(9, "tiền gửi xe", 7_000), MORNING + 2 * HOUR)
    refunded(engine, "sepay:1", NOON, to_visit=reference(1), amount=20_000)
    decided(engine, Kind.CREDIT, payment="sepay:2", to_visit=reference(3), amount=25_000, now=NOON)
    waived = decided(engine, Kind.WAIVE, visit=reference(4), amount=10_000, now=NOON)
    agreed(engine, waived.decision, now=NOON)
    given_up = decided(engine, Kind.WRITE_OFF, visit=reference(4), amount=5_000, now=NOON)
    agreed(engine, given_up.decision, now=NOON)
    heard(engine, bounds(ON)[1] + HOUR, box)
    return engine


def made(engine: Engine, kind: Format, **options: Any) -> bytes:
    stream = io.BytesIO()
    with snapshot(engine) as session:
        export(session, "SPS", ON, ON, kind, stream, now=NEXT, **options)
    return stream.getvalue()


def told(engine: Engine) -> dict[str, int]:
    with reading(engine) as session:
        money = report(session, "SPS", ON, NEXT).money
    assert (money["returned"], money["waived"], money["charged"]) == (20_000, 15_000, 150_000)
    assert money["charged"] == money["paid"] + money["waived"] + money["outstanding"]
    return {key: money[key] for key in SAME}


def sums(said: Any) -> dict[str, int]:
    """By the stays and by the payments themselves."""
    stays = {key: sum(row[key] or 0 for row in said["visits"]) for key in ("price", "paid", "waived", "outstanding")}
    money = {key: sum(row[key] for row in said["payments"]) for key in ("amount", "returned", "unapplied")}
    return {"charged": stays.pop("price"), **stays, "received": money.pop("amount"), **money}


def test_every_sheet_says_what_the_report_says(decided_day: Engine) -> None:
    said = json.loads(made(decided_day, Format.JSON))
    assert {key: said["summary"][0][key] for key in SAME} == sums(said) == told(decided_day)
    assert all(row["amount"] == row["applied"] + row["returned"] + row["unapplied"] for row in said["payments"])


def test_the_workbook_and_the_text_say_the_same(decided_day: Engine) -> None:
    wanted = [told(decided_day)[key] for key in SAME]
    sheet = openpyxl.load_workbook(io.BytesIO(made(decided_day, Format.XLSX)))["Tổng hợp"]
    headings, row, total = ([cell.value for cell in line] for line in sheet.iter_rows())
    assert [row[headings.index(name)] for name in HEADINGS] == wanted
    assert [total[headings.index(name)] for name in HEADINGS] == wanted
    text = list(csv.reader(io.StringIO(made(decided_day, Format.CSV).decode("utf-8-sig"), newline="")))
    assert [int(text[2][text[1].index(name)]) for name in HEADINGS] == wanted


def test_a_day_that_is_closed_says_it_too(decided_day: Engine) -> None:
    before = told(decided_day)
    closed(decided_day, ON)
    said = json.loads(made(decided_day, Format.JSON))
    assert {key: said["summary"][0][key] for key in SAME} == sums(said) == before


def test_findings_are_told_in_words_and_their_sums_are_of_one_kind(decided_day: Engine) -> None:
    said = json.loads(made(decided_day, Format.JSON))["findings"]
    assert said
    assert all(isinstance(row["evidence"], dict) for row in said)
    book_ = openpyxl.load_workbook(io.BytesIO(made(decided_day, Format.XLSX)))
    lines: list[list[Any]] = [[cell.value for cell in line] for line in book_["Phát hiện"].iter_rows()]
    headings, *rows, total = lines
    shown = [dict(zip(headings, row, strict=True)) for row in rows]
    for heading, state in (("Đã đến hạn", "due"), ("Chưa đến hạn", "in_transit")):
        wanted = sum(row["amount"] for row in said if row["state"] == state)
        assert total[headings.index(heading)] == sum(row[heading] or 0 for row in shown) == wanted
    assert total[headings.index("Số tiền")] is None
    assert any("Giờ vào: 23/11/2026 " in str(row["Bằng chứng"]) for row in shown)
    assert not [row for row in shown if "+00:00" in str(row["Bằng chứng"])]
    by = [row[3].value for row in book_["Mở barie"].iter_rows(min_row=2, max_row=3)]
    assert by == ["Hệ thống", "Hệ thống"]
