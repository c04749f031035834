"""Exports add up to the ledger, are the same bytes again, and carry no formula whatever strangers wrote."""

import csv
import io
import json
import zipfile
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import Engine

from gate.ledger import LedgerAccount
from gate.messages import ArmRaised, OpeningReason
from server.books import balance
from server.db import reading, transaction
from server.export import BadRange, Format, Plates, export, snapshot
from server.export.plates import masked
from server.export.sheets import EVERY, VISITS
from server.language import Language
from server.reconcile import NoSuchSite, local_date
from tests.server.box import MORNING, Box, book, notice, paid, reference

HOUR = timedelta(hours=1)
FIRST, LAST = date(2026, 11, 22), date(2026, 11, 26)
HOSTILE = ['=HYPERLINK("http://x","y")', "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", " =1", "a\nb"]
HOSTILE += ["<r><t>=1</t></r>", "<f>1+1</f>", "]]>", "&lt;f&gt;", "_x003D_1", "{=1}"]
NUL = "a\0=1"


def a_week(engine: Engine) -> None:
    """Stays over several days: paid, unpaid, paid late, paid too much, one over midnight, one still inside."""
    box = Box()
    for number in range(1, 7):
        entered = MORNING + number * 10 * HOUR
        book(engine, *box.stays(reference(number), entered, entered + 9 * HOUR, plate=f"24A1237{number}"))
    for number, (visit, amount) in enumerate([(1, 30_000), (2, 50_000), (4, 10_000), (4, 20_000), (9, 7_000)], 1):
        paid(engine, notice(number, reference(visit), amount), MORNING + number * 15 * HOUR)
    book(engine, *box.arrives(reference(7), MORNING + 60 * HOUR))
    book(engine, *(box.fact(raised(box, note), MORNING) for note in HOSTILE))


def raised(box: Box, note: str) -> ArmRaised:
    return ArmRaised(lane="in-1", opening=box.id(), reason=OpeningReason.PERSON, by="=1+1", note=note)


def made(engine: Engine, kind: Format, **options: Any) -> bytes:
    stream = io.BytesIO()
    with snapshot(engine) as session:
        export(session, "SPS", FIRST, LAST, kind, stream, **options)
    return stream.getvalue()


def workbook(data: bytes) -> dict[str, Worksheet]:
    opened = openpyxl.load_workbook(io.BytesIO(data))
    return {name: opened[name] for name in opened.sheetnames}


def cells(sheet: Worksheet) -> list[dict[str, Any]]:
    rows: list[list[Any]] = [[cell.value for cell in row] for row in sheet.iter_rows()]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def test_the_workbook_adds_up_to_the_ledger(engine: Engine) -> None:
    a_week(engine)
    sheets = workbook(made(engine, Format.XLSX))
    assert list(sheets) == [sheet.vi for sheet in EVERY]
    with reading(engine) as session:
        stands = {account: balance(session, "SPS", account) for account in LedgerAccount}
    charged = -stands[LedgerAccount.REVENUE] - stands[LedgerAccount.VAT]
    assert charged == 180_000
    for name, column in (("Tổng hợp", "Phải thu"), ("Lượt xe", "Giá"), ("VAT theo ngày", "Tổng tiền")):
        *rows, total = cells(sheets[name])
        assert sum(row[column] or 0 for row in rows) == total[column] == charged
    *visits, total = cells(sheets["Lượt xe"])
    assert sum(row["Công nợ"] or 0 for row in visits) == total["Công nợ"] == stands[LedgerAccount.RECEIVABLE]
    assert sum(row["Thuế GTGT"] or 0 for row in visits) == -stands[LedgerAccount.VAT]
    *payments, total = cells(sheets["Thu"])
    assert sum(row["Số tiền"] for row in payments) == stands[LedgerAccount.CLEARING] == total["Số tiền"]
    assert sum(row["Chưa khớp lượt xe"] for row in payments) == -stands[LedgerAccount.SUSPENSE]
    assert [row["Mã lượt"] for row in visits].count(reference(2)) == 1
    assert len(visits) == 7


def test_numbers_and_dates_are_numbers_and_dates(engine: Engine) -> None:
    a_week(engine)
    sheet = workbook(made(engine, Format.XLSX))["Lượt xe"]
    headings = [cell.value for cell in sheet[1]]
    entered, price = (sheet.cell(2, headings.index(name) + 1) for name in ("Giờ vào", "Giá"))
    assert entered.value == datetime(2026, 11, 23, 18, 0, 1, 500_000)  # noqa: DTZ001 # a cell has no zone
    assert (entered.is_date, entered.number_format) == (True, "dd/mm/yyyy hh:mm")
    assert (price.value, price.data_type, price.number_format) == (30_000, "n", "#,##0")


@pytest.mark.parametrize("kind", list(Format))
def test_the_same_books_give_the_same_bytes(engine: Engine, kind: Format) -> None:
    a_week(engine)
    assert made(engine, kind) == made(engine, kind)


def test_a_workbook_tells_no_time_of_making(sqlite: Engine) -> None:
    """Two made within a second would be alike anyway."""
    with zipfile.ZipFile(io.BytesIO(made(sqlite, Format.XLSX))) as parts:
        assert b"2026-01-01T00:00:00Z</dcterms:created>" in parts.read("docProps/core.xml")
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 31, 0, 0, 0)}


def test_no_cell_is_a_formula(engine: Engine) -> None:
    a_week(engine)
    with transaction(engine) as session:
        site = session.connection()
        site.exec_driver_sql("UPDATE vault_read SET plate = '=1+1'")
        site.exec_driver_sql("UPDATE payment SET bank_reference = '=HYPERLINK(\"http://x\")'")
    sheets = workbook(made(engine, Format.XLSX, plates=Plates.FULL))
    kinds = {cell.data_type for sheet in sheets.values() for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n", "d", "inlineStr"}
    notes = {str(row["Ghi chú"]).replace("_x000D_", "\r") for row in cells(sheets["Mở barie"])}
    assert notes >= set(HOSTILE)
    assert cells(sheets["Lượt xe"])[0]["Biển số"] == "=1+1"


def test_no_field_of_the_text_begins_like_a_formula(engine: Engine) -> None:
    a_week(engine)
    data = made(engine, Format.CSV)
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    fields = [field for row in rows for field in row]
    assert not [field for field in fields if field.lstrip().startswith(("=", "+", "-", "@"))]
    assert '\'=HYPERLINK("http://x","y")' in fields
    starts = [number for number, row in enumerate(rows) if row[1:2] == ["SPS"]]
    assert [rows[number][0] for number in starts] == [sheet.vi for sheet in EVERY]
    price = rows[starts[1] + 1].index("Giá")
    assert sum(int(row[price] or 0) for row in rows[starts[1] + 2 : starts[2] - 1]) == 180_000


def test_a_nul_harms_no_file(sqlite: Engine) -> None:
    """SQLite takes it; PostgreSQL parks its message."""
    box = Box()
    book(sqlite, box.fact(raised(box, NUL), MORNING))
    sheet = workbook(made(sqlite, Format.XLSX))["Mở barie"]
    assert cells(sheet)[0]["Ghi chú"] == "a\ufffd=1"
    assert b"\0" not in made(sqlite, Format.CSV)
    assert b"\0" not in made(sqlite, Format.JSON)


def test_json_is_for_programs(engine: Engine) -> None:
    a_week(engine)
    data = json.loads(made(engine, Format.JSON))
    assert (data["site"], data["from"], data["to"]) == ("SPS", "2026-11-22", "2026-11-26")
    assert list(data["visits"][0]) == [column.key for column in VISITS.columns]
    assert sum(row["price"] or 0 for row in data["visits"]) == 180_000
    assert data["visits"][0]["entered"].endswith("+07:00")
    assert [row["date"] for row in data["summary"]] == [f"2026-11-{day}" for day in range(22, 27)]
    codes = [row["code"] for row in data["findings"]]
    assert codes.count("left_not_paid") == 3
    assert len({(row["code"], row["subject"]) for row in data["findings"]}) == len(codes)


def test_plates_only_when_asked_and_masked_unless_asked_again(engine: Engine) -> None:
    a_week(engine)
    for kind in (Format.CSV, Format.JSON):
        assert b"2373" not in made(engine, kind)
    assert "Biển số" not in cells(workbook(made(engine, Format.XLSX))["Lượt xe"])[0]
    assert json.loads(made(engine, Format.JSON, plates=Plates.MASKED))["visits"][0]["plate"] == "24A-***.71"
    assert json.loads(made(engine, Format.JSON, plates=Plates.FULL))["visits"][0]["plate"] == "24A-123.71"


@pytest.mark.parametrize(
    ("plate", "shown"),
    [("24A-123.78", "24A-***.78"), ("24-B1 123.45", "24-B1 ***.45"), ("30A-1234", "30A-**34"), ("24A12378", "24A***78"),
     ("", ""), ("7", "7")],
)  # fmt: skip
def test_a_mask_leaves_the_last_two(plate: str, shown: str) -> None:
    assert masked(plate) == shown


def test_english_and_progress(engine: Engine) -> None:
    a_week(engine)
    steps: list[tuple[int, int]] = []
    sheets = workbook(made(engine, Format.XLSX, language=Language.EN, progress=lambda *step: steps.append(step)))
    assert list(sheets) == [sheet.en for sheet in EVERY]
    assert "Left and not paid" in {row["Finding"] for row in cells(sheets["Findings"])}
    assert steps == [(done, 5) for done in range(1, 6)]


def test_what_cannot_be_exported_says_why_and_writes_nothing(engine: Engine) -> None:
    stream = io.BytesIO()
    with snapshot(engine) as session:
        with pytest.raises(BadRange, match="are 0 days"):
            export(session, "SPS", LAST, LAST - timedelta(days=1), Format.CSV, stream)
        with pytest.raises(NoSuchSite, match="XXX"):
            export(session, "XXX", FIRST, LAST, Format.CSV, stream)
    assert stream.getvalue() == b""


def test_what_falls_due_later_today_is_not_due_now(engine: Engine) -> None:
    """A day that still runs is shown as far as it has come; once it is over, `now` changes nothing."""
    box = Box()
    entered, left = MORNING, MORNING + HOUR
    book(engine, *box.stays(reference(1), entered, left))
    on = local_date(left)

    def states(now: datetime) -> dict[str, str]:
        stream = io.BytesIO()
        with snapshot(engine) as session:
            export(session, "SPS", on, on, Format.XLSX, stream, language=Language.EN, now=now)
        sheets = workbook(stream.getvalue())
        found = {row["Finding"]: row["State"] for row in cells(sheets["Findings"]) if row["Finding"]}
        assert cells(sheets["Summary"])[0]["Findings"] == list(found.values()).count("Due")
        return found

    assert states(left + timedelta(seconds=1))["Left and not paid"] == "In transit"
    assert states(left + timedelta(hours=2))["Left and not paid"] == "Due"
