"""The commands as people type them: documented output, and exit 1 with a reason for everything that is wrong."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from barie_cli import build
from gate.findings import Code
from gate.wire import encode
from server.anomalies import anomaly
from server.db import transaction
from server.facts import AuditRow
from server.facts_day import AnchorRow
from server.findings import sync
from tests.server.box import MORNING, TARIFF, Box, book, reference
from tests.server.people import people
from tests.server.rows import rows

ROOT = Path(__file__).resolve().parents[2]
PAYLOAD = (
    "00020101021238540010A00000072701240006970436011010175956000208QRIBFTTA53037045405300005802VN62130809SPSK7M2Q96304"
    "CDE6"
)
DAY = ["--from", "2026-11-23", "--to", "2026-11-23"]
CODE = ["--bin", "970436", "--account", "1017595600", "--amount", "30000", "--note", "SPSK7M2Q9"]


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(build(words[0]), list(words))
    return done.exit_code, done.stdout, done.stderr


def answer(*words: str) -> Any:
    code, out, err = run(*words)
    assert (code, err) == (0, "")
    return json.loads(out)


def test_qr_both_ways(tmp_path: Path) -> None:
    assert answer("qr", "encode", *CODE, "--json") == {"payload": PAYLOAD}
    assert run("qr", "encode", *CODE, "--png", str(tmp_path / "qr.png"))[1] == PAYLOAD + "\n"
    assert (tmp_path / "qr.png").read_bytes().startswith(b"\x89PNG")
    assert answer("qr", "decode", PAYLOAD, "--json") == {
        "bin": "970436",
        "account": "1017595600",
        "service": "QRIBFTTA",
        "amount": 30_000,
        "note": "SPSK7M2Q9",
        "dynamic": True,
    }


@pytest.mark.parametrize("payload", ["", "0002", PAYLOAD[:-1] + "0", PAYLOAD + "\n", "x" * 9_999])
def test_a_broken_payload_is_refused_with_its_reason(payload: str) -> None:
    code, out, err = run("qr", "decode", payload, "--json")
    assert (code, out) == (1, "")
    assert err.startswith("barie qr decode: ")
    assert err.count("\n") == 1


@pytest.fixture
def tariff(tmp_path: Path) -> Path:
    path = tmp_path / "tariff.json"
    path.write_bytes(encode(TARIFF))
    return path


def price(tariff: Path, *words: str) -> tuple[int, str, str]:
    return run("price", "--tariff", str(tariff), *words, "--json")


def test_a_bill_has_its_lines(tariff: Path) -> None:
    code, out, _ = price(tariff, "--class", "CAR9", "--from", "2026-11-23T08:00", "--to", "2026-11-23T09:00+07:00")
    assert code == 0
    bill = json.loads(out)
    assert (bill["total"], bill["vat"]) == (30_000, 2_222)
    (line,) = bill["lines"]
    assert line == {
        "from": "2026-11-23T08:00:00+07:00",
        "to": "2026-11-23T09:00:00+07:00",
        "what": "turn CAR9",
        "amount": 30_000,
    }


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--class", "CAR9", "--from", "today", "--to", "2026-11-23"], "--from"),
        (["--class", "CAR9", "--from", "2026-11-23", "--to", "2026-11-22"], "cannot end before"),
        (["--class", "BUS30", "--from", "2026-11-23", "--to", "2026-11-23"], "no price for BUS30"),
    ],
)
def test_a_stay_without_a_price_says_why(tariff: Path, words: list[str], why: str) -> None:
    code, out, err = price(tariff, *words)
    assert (code, out) == (1, "")
    assert why in err


def test_a_broken_tariff_is_named_with_its_field(tariff: Path, tmp_path: Path) -> None:
    words = ["--class", "CAR9", "--from", "2026-11-23", "--to", "2026-11-23"]
    tariff.write_text(tariff.read_text().replace("30000", "-1"))
    code, _, err = price(tariff, *words)
    assert (code, "turns" in err, "tariff.json" in err) == (1, True, True)
    code, _, err = price(tmp_path / "none.json", *words)
    assert (code, "none.json" in err) == (1, True)


def test_reconcile_answers_what_is_documented(engine: Engine, books_url: str) -> None:
    book(engine, *Box().stays(reference(1), MORNING, MORNING))
    found = answer("reconcile", "--site", "SPS", "--date", "2026-11-23", "--json", "--database", books_url)
    assert list(found)[:4] == ["counts", "money", "in_transit", "findings"]
    assert {"expected", "low", "high", "leaks"} <= set(found["leakage"])
    assert found["variance"]["within"] is True
    case = next(finding for finding in found["findings"] if finding["code"] == "left_not_paid")
    assert {"code", "visit", "amount", "due", "evidence"} <= set(case)
    assert (case["visit"], case["amount"]) == (reference(1), 30_000)
    code, out, _ = run("reconcile", "--site", "SPS", "--date", "2026-11-23", "--database", books_url)
    assert code == 0
    assert "30.000" in out


def test_reconcile_answers_a_line_for_each_day_of_a_range(engine: Engine, books_url: str) -> None:
    book(engine, *Box().stays(reference(1), MORNING, MORNING))
    words = ("--site", "SPS", "--date", "2026-11-21", "--to", "2026-11-23", "--database", books_url)
    code, out, _ = run("reconcile", *words, "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert (code, [line["date"] for line in lines]) == (0, ["2026-11-21", "2026-11-22", "2026-11-23"])
    assert [line["counts"]["visits"] for line in lines] == [0, 0, 1]
    code, out, _ = run("reconcile", *words)
    assert (code, "30.000" in out) == (0, True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--site", "XXX", "--date", "2026-11-23"], "no site XXX"),
        (["--site", "SPS", "--date", "2026-11-23", "--database", "sqlite:////nowhere/at/all"], "no books here"),
        (["--site", "SPS", "--date", "2026-11-23", "--database", "nonsense"], "--database"),
        (["--site", "SPS", "--date", "2026-11-23", "--config", "/nowhere.json"], "/nowhere.json"),
        (["--site", "SPS", "--date", "2026-11-23", "--to", "2026-11-22"], "the two dates are swapped"),
        (["--site", "SPS", "--date", "2024-11-22", "--to", "2026-11-23"], "1 to 366"),
    ],
)
def test_reconcile_says_what_is_wrong(sqlite_books: str, words: list[str], why: str) -> None:
    where = [] if {"--database", "--config"} & set(words) else ["--database", sqlite_books]
    code, out, err = run("reconcile", *words, *where)
    assert (code, out) == (1, "")
    assert why in err


def export(url: str, kind: str, path: Path, *words: str) -> tuple[int, str, str]:
    where = ["--database", url, "-o", str(path)]
    return run("export", "--site", "SPS", *DAY, "--format", kind, *where, *words)


@pytest.mark.parametrize("kind", ["xlsx", "csv", "json"])
def test_an_export_is_written_whole(engine: Engine, books_url: str, tmp_path: Path, kind: str) -> None:
    book(engine, *Box().stays(reference(1), MORNING, MORNING))
    path = tmp_path / f"day.{kind}"
    path.write_text("what was here before")
    assert export(books_url, kind, path) == (0, "", "")
    assert path.stat().st_size > 500
    assert [each.name for each in tmp_path.iterdir() if "day" in each.name] == [path.name]
    if kind == "xlsx":
        assert "Lượt xe" in openpyxl.load_workbook(path).sheetnames


def test_an_export_with_plates_is_recorded(sqlite: Engine, sqlite_books: str, tmp_path: Path) -> None:
    book(sqlite, *Box().stays(reference(1), MORNING, MORNING))
    assert export(sqlite_books, "csv", tmp_path / "a.csv", "--plates")[0] == 0
    assert "24A-***.78" in (tmp_path / "a.csv").read_text()
    assert [row["what"] for row in rows(sqlite, AuditRow)] == ["exported with plates"]


def test_a_failed_export_leaves_what_was_there(sqlite_books: str, tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text("before")
    words = ["--site", "XXX", *DAY, "--format", "csv", "--database", sqlite_books, "-o", str(path)]
    assert run("export", *words)[0] == 1
    assert path.read_text() == "before"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["books.sqlite", "day.csv"]
    code, _, err = export(sqlite_books, "csv", tmp_path / "no" / "such" / "folder.csv")
    assert (code, "folder.csv" in err) == (1, True)
    code, _, err = export(sqlite_books, "csv", tmp_path)
    assert (code, str(tmp_path) in err) == (1, True)


def test_the_command_itself(tariff: Path) -> None:
    """As a process: stdout is the answer and nothing else."""
    words = [
        "price",
        "--tariff",
        str(tariff),
        "--class",
        "MOTO",
        "--from",
        "2026-11-23",
        "--to",
        "2026-11-24",
        "--json",
    ]
    done = subprocess.run([sys.executable, "barie_cli.py", *words], cwd=ROOT, capture_output=True, check=True)
    assert json.loads(done.stdout)["total"] == 10_000


@pytest.mark.parametrize(("on", "why"), [("9999-12-31", "is no date of books"), ("2199-01-01", "has not begun")])
def test_a_day_that_no_books_can_have_is_refused(sqlite_books: str, on: str, why: str) -> None:
    code, out, err = run("reconcile", "--site", "SPS", "--date", on, "--json", "--database", sqlite_books)
    assert (code, out) == (1, "")
    assert err.startswith("barie reconcile: ")
    assert why in err


def test_a_day_is_told_in_either_language(sqlite_books: str) -> None:
    words = ("reconcile", "--site", "SPS", "--date", "2026-11-23", "--database", sqlite_books)
    assert "Phải thu" in run(*words)[1]
    assert "charged" in run(*words, "--lang", "en")[1]


def test_findings_are_worked_off_from_the_command_line(engine: Engine, books_url: str) -> None:
    with transaction(engine) as session:
        anomaly(session, Code.DEVICE_FAULT, "X", "SPS", MORNING, {"why": "so"})
        sync(session, "SPS", MORNING)
    people(engine)
    books = ("--database", books_url)
    by = ("--by", "hoa")
    (found,) = answer("findings", "list", "--site", "SPS", "--json", *books)["findings"]
    assert (found["code"], found["subject"], found["owner"]) == ("device_fault", "X", "engineer")
    answer("findings", "take", "device_fault", "X", *by, "--json", *books)
    assert answer("findings", "give-back", "device_fault", "X", *by, "--json", *books) == {"taken_by": ""}
    assert run("findings", "give-back", "device_fault", "X", *by, *books)[0] == 1
    assert run("findings", "dismiss", "device_fault", "X", "--reason", "", *by, *books)[0] == 1
    assert answer("findings", "dismiss", "device_fault", "X", "--reason", "board changed", *by, "--json", *books)[
        "settled"
    ]
    assert answer("findings", "list", "--site", "SPS", "--json", *books)["findings"] == []
    answer("findings", "reopen", "device_fault", "X", "--reason", "it is back", *by, "--json", *books)
    assert [each["what"] for each in answer("findings", "show", "device_fault", "X", "--json", *books)["work"]] == [
        "take",
        "give_back",
        "dismiss",
        "reopen",
    ]
    code, _, err = run("findings", "take", "tailgate", "nobody", *by, *books)
    assert (code, "no open finding tailgate nobody" in err) == (1, True)


def test_who_counts_sets_where_the_estimate_starts(engine: Engine, books_url: str) -> None:
    people(engine)
    books = ("--site", "SPS", "--json", "--database", books_url)
    assert run("findings", "count", "12", "--by", "nobody", *books)[0] == 1
    assert answer("findings", "count", "12", "--off", "2", "--by", "tam", *books) == {"count": 12, "off": 2}
    assert [row["by"] for row in rows(engine, AnchorRow)] == ["tam"]
    found = answer("findings", "inside", *books)
    assert (found["low"], found["expected"], found["high"], found["breach"]) == (10, 12, 14, "")
