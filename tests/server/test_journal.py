"""Journal lines: balanced day by day, equal to the ledger, under whatever chart of accounts a file says."""

import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from barie_cli import build
from gate.ledger import LedgerAccount
from server.books import balance
from server.db import reading
from server.export import BadChart, Format, chart, export, snapshot
from server.export.journal import CHART, MEMO
from server.language import Language
from tests.server.box import notice, paid, reference
from tests.server.closed import CAR, DAY, FIRST, a_day, after, closed, some_closed_days

LAST = FIRST + 3 * DAY


def some_days(engine: Engine) -> None:
    """Three closed days, the first unpaid; money for it after its close; and an open day."""
    box = some_closed_days(engine, 1, pay=False)
    for number in (1, 2):
        paid(engine, notice(900 + number, reference(number)), after(FIRST))
    for number in (1, 2):
        a_day(engine, box, FIRST + number * DAY)
        closed(engine, FIRST + number * DAY)
    a_day(engine, box, LAST)


def made(engine: Engine, kind: Format = Format.JOURNAL, **options: Any) -> bytes:
    stream = io.BytesIO()
    with snapshot(engine) as session:
        export(session, "SPS", FIRST, LAST, kind, stream, **options)
    return stream.getvalue()


def lines(data: bytes) -> list[dict[str, str]]:
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    return [dict(zip(rows[1], row, strict=True)) for row in rows[2:]]


def test_it_is_the_ledger_to_the_dong(engine: Engine) -> None:
    some_days(engine)
    sums = Counter[str]()
    for line in lines(made(engine)):
        sums[line["TK Nợ"]] += int(line["Số tiền"])
        sums[line["TK Có"]] -= int(line["Số tiền"])
        assert int(line["Số tiền"]) > 0
    with reading(engine) as session:
        stands = {account: balance(session, "SPS", account) for account in LedgerAccount if account not in MEMO}
    wanted = Counter[str]()
    for account, amount in stands.items():
        wanted[CHART[account]] += amount
    assert {code: amount for code, amount in sums.items() if amount} == {c: a for c, a in wanted.items() if a}
    assert sums["113"] == 8 * CAR
    assert sum(sums.values()) == 0


def test_an_adjustment_names_the_day_that_it_belongs_to(engine: Engine) -> None:
    some_days(engine)
    late = [line for line in lines(made(engine, language=Language.EN)) if line["Belongs to"] != line["Date"]]
    assert [(line["Date"], line["Belongs to"], line["Amount"]) for line in late] == [
        ("24/11/2026", "23/11/2026", str(2 * CAR))
    ]
    assert late[0]["Text"] == "Payments Transfer (SePay), Site SPS, 24/11/2026, adjusts 23/11/2026"


def test_the_workbook_has_the_same_lines_and_no_formula(engine: Engine) -> None:
    some_days(engine)
    text = lines(made(engine))
    sheet = openpyxl.load_workbook(io.BytesIO(made(engine, Format.JOURNAL_XLSX)))["Nhật ký chung"]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert [row[3:6] for row in cells[1:]] == [[line["TK Nợ"], line["TK Có"], int(line["Số tiền"])] for line in text]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d", "inlineStr"}


@pytest.mark.parametrize("kind", [Format.JOURNAL, Format.JOURNAL_XLSX])
def test_the_same_again(engine: Engine, kind: Format) -> None:
    some_days(engine)
    before = made(engine, kind)
    closed(engine, LAST)
    assert made(engine, kind) == before


def test_another_chart(engine: Engine, tmp_path: Path) -> None:
    some_days(engine)
    file = tmp_path / "chart.json"
    file.write_text(json.dumps({"revenue": "51131", "clearing": "1131"}))
    codes = chart(file)
    assert (codes["revenue"], codes["vat"]) == ("51131", "33311")
    used = {line["TK Có"] for line in lines(made(engine, codes=codes))}
    assert {"51131", "33311"} <= used
    assert "5113" not in used


@pytest.mark.parametrize(
    ("said", "words"),
    [("{", "truncated"), ('{"gold": "1"}', "gold: no account of ours"), ('{"vat": "=1+1"}', "vat: '=1[+]1' is no"),
     ('{"vat": 3}', "Expected `str`"), ("[]", "Expected `object`")],
)  # fmt: skip
def test_a_chart_that_cannot_be_used(tmp_path: Path, said: str, words: str) -> None:
    file = tmp_path / "chart.json"
    file.write_text(said)
    with pytest.raises(BadChart, match=words) as refused:
        chart(file)
    assert str(refused.value).startswith(f"{file}: ")
    with pytest.raises(BadChart, match="No such file"):
        chart(tmp_path / "none.json")


def test_the_command_leaves_nothing_half_written(engine: Engine, books_url: str, tmp_path: Path) -> None:
    some_days(engine)
    out, bad = tmp_path / "journal.csv", tmp_path / "bad.json"
    bad.write_text('{"vat": ""}')
    words = ["export", "--site", "SPS", "--from", str(FIRST), "--to", str(LAST), "--format", "journal", "-o", str(out)]
    refused = CliRunner().invoke(build("export"), [*words, "--database", books_url, "--accounts", str(bad)])
    assert refused.exit_code == 1
    assert "vat: '' is no account's number" in refused.stderr
    assert list(tmp_path.iterdir()) == [bad] or not out.exists()
    done = CliRunner().invoke(build("export"), [*words, "--database", books_url])
    assert (done.exit_code, done.stderr) == (0, "")
    assert out.read_bytes() == made(engine)
