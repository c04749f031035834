"""Files that are wrong, cut off, too large or meant to harm: each one clear error, nothing kept, memory bounded."""

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import openpyxl
import pytest
import xlsxwriter

from gate.written import VIETNAM
from server.imports import bank, kinds, settlement
from server.imports.cells import LINES_MAX
from server.imports.flaws import SHOWN_MAX, BadFile, name_of
from simulator.statements import Moved, Taken, as_camt, as_csv, as_page, as_workbook, bank_table, settlement_table

ACCOUNT = "1017595600"
TODAY = date(2026, 11, 23)
HEADING = "Ngày giao dịch,Số tham chiếu,Số tiền ghi nợ,Số tiền ghi có,Mô tả"
GOOD = [Moved(TODAY, 30_000, "1.1", "SPS a"), Moved(TODAY, -11_000, "1.2", "b")]


def refusal(raw: bytes, name: str = "vcb.xlsx") -> str:
    """What is said of a file, all of it."""
    with pytest.raises(BadFile) as refused:
        bank.read(name, raw, ACCOUNT, TODAY)
    return str(refused.value)


def page(*rows: str) -> bytes:
    """A statement of Vietcombank's with these rows."""
    return "\n".join([HEADING, *rows, "Tổng số,,,,"]).encode()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2026-11-23,1,,12a,x", "row 2, column D \"Số tiền ghi có\": '12a' is no amount"),
        ("2026-11-23,1,,30000.50,x", "row 2, column D \"Số tiền ghi có\": '30000.50' has a fraction"),
        ("2026-11-23,1,,=1+1,x", "row 2, column D \"Số tiền ghi có\": '=1+1' is no amount"),
        ('2026-11-23,1,,"-30,000",x', 'row 2, column D "Số tiền ghi có": -30000 is below zero in a column'),
        ("2026-11-23,1,,99999999999999999999,x", "is no amount"),
        ("2026-11-23,1,,,x", "neither money that came nor money that went"),
        ("2026-11-23,1,5,5,x", "5 came and 5 went in one line"),
        ("1970-01-01,1,,5,x", 'row 2, column A "Ngày giao dịch": 01/01/1970 is not between'),
        ("2999-01-01,1,,5,x", "01/01/2999 is not between"),
        ("31/02/2026,1,,5,x", "'31/02/2026' is no date"),
        ("23/11/26,1,,5,x", "its year has four digits"),
        (",1,,5,x", "'' is no date"),
        ("2026-11-23,1,,5," + "x" * 5_000, 'column E "Mô tả": 5000 characters, at most 4000 are read'),
    ],
)
def test_every_error_names_file_row_and_column(row: str, said: str) -> None:
    found = refusal(page(row))
    assert found.startswith("vcb.xlsx: row 2, column ")
    assert said in found


def test_all_errors_come_at_once_and_are_bounded() -> None:
    found = refusal(page("x,1,,12a,x", "2026-11-23,1,,5,x", "y,1,,5,z")).splitlines()
    assert [line.split(":")[1].strip() for line in found[:3]] == [
        'row 2, column A "Ngày giao dịch"',
        'row 2, column D "Số tiền ghi có"',
        'row 4, column A "Ngày giao dịch"',
    ]
    many = refusal(page(*["x,1,,5,x"] * 500)).splitlines()
    assert len(many) == SHOWN_MAX + 1
    assert "and 450 more" in many[-1]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is empty"),
        (b"   \n", "is empty"),
        (b"%PDF-1.4", "is a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old or an encrypted workbook"),
        (b"\x89PNG\r\n", "is a picture"),
        (b"\x1f\x8b\x08", "is packed"),
        (b"\x81\x8d\x00\x01\x02\x03\xff", "neither text"),
        (b"a,b\n\x00\x00,c\n", "neither text"),
        (b"PK\x03\x04 is no archive", "is no whole workbook"),
        (b"hello", "has no row of headings"),
        (HEADING.encode(), "ends without a row 'Tổng số': the file is cut off"),
        (f"{HEADING}\n2026-11-23,1,,5,x".encode(), "the file is cut off"),
        (page(), "has no lines"),
        (b"<html><table><tr><td>a", "the file is cut off"),
        (b"<?xml version='1.0'?><a/>", "is no statement"),
    ],
)
def test_what_is_no_statement_is_said_to_be_none(raw: bytes, said: str) -> None:
    if said == "is no statement":
        assert "vcb.xlsx" in refusal(raw)
    else:
        assert said in refusal(raw)


def test_totals_and_balances_must_agree() -> None:
    table = bank_table("vietcombank-web", ACCOUNT, 0, GOOD)
    table[-2][3] = "30,001"
    assert "the total is 30001, the lines come to 30000" in refusal(as_csv(table))
    table = bank_table("bidv", ACCOUNT, 100, GOOD)
    table[5][5] = "19.101"
    assert "row 6: the balance 19101 does not follow" in refusal(as_csv(table))
    table = bank_table("bidv", ACCOUNT, 100, GOOD)
    table[-1][5] = "20.000"
    assert "not to the closing 20000" in refusal(as_csv(table))


def test_money_and_accounts_of_others_are_refused() -> None:
    said = refusal(
        as_csv([["Số tài khoản: 4455667788"], ["Loại tiền: USD"], *bank_table("agribank", ACCOUNT, 0, GOOD)])
    )
    assert "row 1: is of account 4455667788, not of 1017595600" in said
    assert "row 2: is in USD, not in VND" in said
    camt = as_camt(ACCOUNT, 0, GOOD).replace(b"<Amt Ccy='VND'>30000.00", b"<Amt Ccy='EUR'>30000.00")
    assert "row 1, column Ntry/Amt/@Ccy: 'EUR' is not VND" in refusal(camt)
    assert "column Stmt/Acct/Id: '99' is another account" in refusal(as_camt("99", 0, GOOD))


BOMB = (
    """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><Document><a>&c;</a></Document>"""
)
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><Document>&b;</Document>"""


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (BOMB.encode(), "declares entities"),
        (OUTSIDE.encode(), "declares entities"),
        (as_camt(ACCOUNT, 0, GOOD)[:900], "is no whole XML"),
        (b"<Document>" + b"<a>" * 50, "nests deeper"),
        (as_camt(ACCOUNT, 0, GOOD).replace(b"30000.00", b"1E+30"), "column Ntry/Amt: '1E+30' is no whole amount"),
        (as_camt(ACCOUNT, 0, GOOD).replace(b"30000.00", b"NaN"), "'NaN' is no whole amount"),
        (as_camt(ACCOUNT, 0, GOOD).replace(b"30000.00", b"-5"), "'-5' is no whole amount"),
        (
            as_camt(ACCOUNT, 0, GOOD).replace(b"DBIT</CdtDbtInd><Sts>", b"NONE</CdtDbtInd><Sts>"),
            "neither CRDT nor DBIT",
        ),
        (as_camt(ACCOUNT, 0, GOOD).replace(b"2026-11-23</Dt></BookgDt>", b"1970-01-01</Dt></BookgDt>"), "01/01/1970"),
        (as_camt(ACCOUNT, 0, GOOD).replace(b"SPS a", b"S" * 5_000), "more than 4000 characters"),
        (as_camt(ACCOUNT, 0, GOOD).replace(b">19000<", b">19001<"), "not to the closing 19001"),
        (as_camt(ACCOUNT, 0, GOOD).replace(b"camt.053", b"camt.054"), "is 'camt.054.001.08', not a statement"),
    ],
)
def test_hostile_xml_is_refused(raw: bytes, said: str) -> None:
    found = refusal(raw, "x.xml")
    assert said in found
    assert "hostname" not in found.replace("x.xml", "")


def workbook(fill: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    """A workbook filled so."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        fill(book)
    return file.getvalue()


def with_sheet(content: bytes) -> bytes:
    """A workbook with this content in place of its sheet."""
    made, out = zipfile.ZipFile(io.BytesIO(as_workbook([["a", "b"]]))), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in made.namelist():
            packed.writestr(name, content if name == "xl/worksheets/sheet1.xml" else made.read(name))
    return out.getvalue()


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "more than"),
        (b'<row r="1"><c r="XFD1"><v>1</v></c></row>', "more than 200 columns"),
        (b'<row r="200001"><c r="GA200001"><v>1</v></c></row>', "has a sheet of 200001 rows"),
        (b"<!DOCTYPE a>", "declares entities"),
    ],
)
def test_a_sheet_that_reaches_far_out_is_refused_before_it_takes_memory(cells: bytes, said: str) -> None:
    tracemalloc.start()
    found = refusal(with_sheet(SHEET % cells))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert said in found
    assert most < 20_000_000


def test_a_packed_gigabyte_is_refused() -> None:
    raw = with_sheet(SHEET % (b" " * 200_000_000))
    assert len(raw) < 500_000
    assert "unpacks to more than 128 MiB" in refusal(raw)


def test_a_part_that_lies_about_its_size_shows_no_more_than_it_says() -> None:
    raw = bytearray(with_sheet(SHEET % b""))
    place = raw.rindex(b"PK\x01\x02", 0, raw.rindex(b"xl/worksheets/sheet1.xml"))
    struct.pack_into("<L", raw, place + 24, 10)  # the central directory's word for its size unpacked
    assert "is no whole workbook" in refusal(bytes(raw))


def test_a_formula_is_no_banks_figure() -> None:
    book = openpyxl.load_workbook(io.BytesIO(as_workbook(bank_table("bidv", ACCOUNT, 0, GOOD))))
    book.worksheets[0]["E5"] = "=15000+15000"
    file = io.BytesIO()
    book.save(file)
    assert 'row 5, column E "GHI CÓ": holds a formula' in refusal(file.getvalue())


def test_a_million_rows_are_refused_in_bounded_memory() -> None:
    raw = (HEADING + "\n" + ",,,,\n" * 1_000_000).encode()
    assert f"has more than {LINES_MAX} lines" in refusal(raw)
    assert f"at most {kinds.BYTES_MAX} are read" in refusal(b"x," * (kinds.BYTES_MAX // 2 + 1))


@pytest.mark.parametrize("kind", ["vcb", "xlsx", "html", "camt"])
def test_a_file_cut_anywhere_is_refused_or_says_less_never_crashes(kind: str) -> None:
    table = bank_table("vietcombank-web", ACCOUNT, 0, GOOD)
    whole = {
        "vcb": as_csv(table),
        "xlsx": as_workbook(table),
        "html": as_page(table),
        "camt": as_camt(ACCOUNT, 0, GOOD),
    }
    raw = whole[kind]
    for end in range(0, len(raw) - 8, max(1, len(raw) // 60)):
        try:
            found = bank.read("x", raw[:end], ACCOUNT, TODAY)
        except BadFile:
            continue
        assert [line.amount for line in found.statement.lines] == [30_000, -11_000]


def test_a_heading_among_others_and_two_that_fit() -> None:
    assert "has no row of headings that any of" in refusal(b"a,b,c\n1,2,3\n")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\vcb.xlsx", "vcb.xlsx"),
        ("a\x1b[31m\u202eb.csv", "a[31mb.csv"),
        ("", "file"),
        ("x" * 500, "x" * 120),
    ],
)
def test_a_files_name_is_only_a_name(name: str, shown: str) -> None:
    assert name_of(name) == shown


def settled(change: Callable[[list[list[str | int]]], None]) -> str:
    """What is said of a settlement after a change to its cells."""
    at = datetime(2026, 11, 20, 12, tzinfo=VIETNAM)
    lines = [Taken("S1", at.date(), at, f"O{n}", f"P{n}", "PAY", 30_000, 240, 24, "SPS") for n in range(2)]
    table = settlement_table("vnpay", lines)
    change(table)
    with pytest.raises(BadFile) as refused:
        settlement.read("s.csv", as_csv(table), "vnpay", TODAY)
    return str(refused.value)


@pytest.mark.parametrize(
    ("row", "column", "value", "said"),
    [
        (1, 11, 29_737, 's.csv: row 2, column L "net_vnd": gross 30000 - fee 240 - VAT 24 is 29736, not 29737'),
        (2, 5, "P0", "row 3, column provider_ref: PAY 'P0' is in row 2 already"),
        (1, 5, "", 'column F "provider_ref": the provider\'s own reference is missing'),
        (1, 7, "GIFT", "'GIFT' is none of PAY, REFUND, ADJUST, FEE, CHARGEBACK"),
        (1, 0, "momo", "'momo' is not vnpay"),
        (1, 7, "REFUND", "what is taken back is below zero, not 30000"),
        (1, 8, -5, "a payment of -5"),
        (1, 1, "a:b", "'a:b' has a colon"),
        (1, 3, "yesterday", "'yesterday' is no date"),
    ],
)
def test_a_settlement_line_that_contradicts_itself_is_refused(
    row: int, column: int, value: str | int, said: str
) -> None:
    def change(table: list[list[str | int]]) -> None:
        table[row][column] = value

    assert said in settled(change)
