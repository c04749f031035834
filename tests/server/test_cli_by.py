"""Nobody's word is taken at the command line: whoever says something is a user whose role may say it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from barie_cli import build
from gate.findings import Code
from server.anomalies import anomaly
from server.db import transaction
from server.facts import AuditRow
from server.facts_day import CloseRow, HandOverRow, ShiftRow, WorkRow, WriteOffRow
from server.findings import sync
from server.reconcile import bounds, local_date
from server.register import SiteRow
from tests.server.box import MORNING, Box, book, reference
from tests.server.closed import DAY, heard
from tests.server.people import people
from tests.server.rows import rows
from tests.server.test_config import good, written

HOUR = timedelta(hours=1)
ON = local_date(datetime.now(UTC)) - 2 * DAY
WHY = ("--reason", "đã xem ảnh")


class Told(NamedTuple):
    """What a command said."""

    code: int
    out: str
    err: str


Run = Callable[..., Told]


@pytest.fixture
def run(sqlite: Engine, tmp_path: Path) -> Run:
    """A command on the books, at a centre that has a key and people."""
    people(sqlite)
    with transaction(sqlite) as session:
        session.get_one(SiteRow, "SPS").tolerance_vnd = 10**9
    books = ("--database", sqlite.url.render_as_string(hide_password=False))
    key = ("--config", str(written(tmp_path, good(tmp_path))))

    def told(*words: str) -> Told:
        done = CliRunner().invoke(build(words[0]), [*words, *books, *(key if "close" in words else ())])
        return Told(done.exit_code, done.stdout, done.stderr)

    return told


def said(run: Run, *words: str) -> Any:
    done = run(*words, "--json")
    assert (done.code, done.err) == (0, "")
    return json.loads(done.out)


def a_day(engine: Engine) -> None:
    """A stay on a day that is over, and a box that said so."""
    box, entered = Box(), bounds(ON)[0] + 8 * HOUR
    book(engine, *box.stays(reference(1), entered, entered + HOUR))
    heard(engine, bounds(ON)[1] + HOUR, box)


STRANGERS = [
    ("nobody", "--by: there is no user nobody"),
    ("gone", "--by: there is no user gone"),
    ("", "--by: there is no user"),
]
CLOSE = ("close", "--site", "SPS", "--date", str(ON), "--first")


@pytest.mark.parametrize(("by", "why"), [*STRANGERS, ("tam", "--by: tam (attendant) may not close days")])
def test_a_day_is_closed_by_a_known_person(run: Run, sqlite: Engine, by: str, why: str) -> None:
    a_day(sqlite)
    off = ("close", "write-off", "sps-1", "--date", str(ON), "--reason", "cháy")
    for words in (CLOSE, off):
        code, _, err = run(*words, "--by", by)
        assert (code, why in err) == (1, True), err
    assert (rows(sqlite, CloseRow), rows(sqlite, WriteOffRow)) == ([], [])
    assert run(*off, "--by", "hoa").code == 0
    assert said(run, *CLOSE, "--by", "hoa")["by"] == "hoa"
    typed = {row["what"] for row in rows(sqlite, AuditRow) if "typed_by" in row["detail"]}
    assert typed == {"close: at the command line", "write-off: at the command line"}


def test_without_a_name_nothing_is_closed_but_may_be_asked(run: Run, sqlite: Engine) -> None:
    a_day(sqlite)
    assert "--by: " in run(*CLOSE).err
    assert run("close", "--site", "SPS", "--date", f"{ON:%d/%m/%Y}", "--first", "--check").code == 0
    assert rows(sqlite, CloseRow) == []


def test_the_chain_does_not_begin_on_a_day_without_facts_by_a_slip(run: Run, sqlite: Engine) -> None:
    a_day(sqlite)
    slip = ("close", "--site", "SPS", "--date", str(ON - DAY), "--first", "--by", "hoa")
    for words in (slip, (*slip, "--check")):
        code, out, err = run(*words)
        assert (code, f"the first day with facts is {ON:%d/%m/%Y}" in out + err) == (1, True), err
    assert rows(sqlite, CloseRow) == []
    assert said(run, *slip, "--empty")["date"] == str(ON - DAY)


def test_a_site_where_nothing_happened_yet_may_begin_anywhere(run: Run, sqlite: Engine) -> None:
    code, _, err = run("close", "--site", "SPS", "--date", str(ON - DAY), "--first", "--by", "hoa")
    assert (code, "happened" in err, "was never heard" in err) == (1, False, True)
    assert rows(sqlite, CloseRow) == []


@pytest.mark.parametrize(("by", "why"), [*STRANGERS, ("hoa", "--by: hoa (finance) may not help drivers")])
def test_a_till_is_a_known_persons(run: Run, sqlite: Engine, by: str, why: str) -> None:
    book(sqlite, *(box := Box()).arrives(reference(1), MORNING), *box.is_priced(reference(1), MORNING, MORNING + HOUR))
    begin = ("shift", "begin", "--site", "SPS", "--cash", "0")
    assert why in run(*begin, "--by", by).err
    assert rows(sqlite, ShiftRow) == []
    shift = said(run, *begin, "--by", "tam")["shift"]
    cash = ("shift", "cash", shift, "--visit", reference(1), "--amount", "30000", *WHY)
    end = ("shift", "end", shift, "--counted", "30000", "--by")
    for words in ((*cash, "--by", by), (*end, by, "--to", "ba"), ("shift", "reason", "X", "--note", "x", "--by", by)):
        assert why in run(*words).err
    said(run, *cash, "--by", "tam")
    if by not in {"hoa", ""}:
        assert f"--to: there is no user {by}" in run(*end, "tam", "--to", by).err
    assert rows(sqlite, HandOverRow) == []
    assert said(run, *end, "tam", "--to", "hoa")["to"] == "hoa"
    deposit = ("shift", "deposit", shift, "--amount", "30000", "--by")
    if by != "hoa":
        assert why in run(*deposit, by).err
    assert said(run, *deposit, "hoa")["amount"] == 30_000


def case(engine: Engine, code: Code, amount: int, at: datetime = MORNING) -> None:
    with transaction(engine) as session:
        anomaly(session, code, "X", "SPS", at, {"why": "so"}, amount)
        sync(session, "SPS", at + HOUR)


@pytest.mark.parametrize(("by", "why"), [*STRANGERS, ("tam", "--by: tam (attendant) may not decide money")])
def test_a_finding_is_worked_off_by_a_known_person(run: Run, sqlite: Engine, by: str, why: str) -> None:
    case(sqlite, Code.PRICE_DIFFERS, 5_000)
    for what in ("take", "explain", "dismiss", "reopen"):
        words = ("findings", what, "price_differs", "X", "--by", by, *(WHY if what != "take" else ()))
        assert why in run(*words).err
    assert rows(sqlite, WorkRow) == []


def test_an_attendant_takes_and_explains_what_is_an_attendants_and_dismisses_nothing(run: Run, sqlite: Engine) -> None:
    case(sqlite, Code.UNREAD, 0)
    said(run, "findings", "take", "unread", "X", "--by", "tam")
    said(run, "findings", "explain", "unread", "X", *WHY, "--by", "tam")
    assert "may not decide money" in run("findings", "dismiss", "unread", "X", *WHY, "--by", "tam").err


def test_a_second_person_dismisses_and_until_then_it_says_so(run: Run, sqlite: Engine) -> None:
    case(sqlite, Code.PRICE_DIFFERS, 5_000)
    dismiss = ("findings", "dismiss", "price_differs", "X", *WHY, "--by")
    show = ("findings", "show", "price_differs", "X")
    assert "người thứ hai" not in run(*show).out
    assert said(run, *dismiss, "hoa")["settled"] is False
    assert "hoa đã bỏ qua; chờ người thứ hai · hoa dismissed it; a second must" in run(*show).out
    assert said(run, "findings", "list", "--site", "SPS")["findings"][0]["needs_second"] is True
    assert "second" in run("findings", "list", "--site", "SPS", "--lang", "en").out
    assert "a second person, hoa has dismissed it" in run(*dismiss, "hoa").err
    assert said(run, *dismiss, "lan")["settled"] is True
    assert said(run, *show)["needs_second"] is False
    assert "người thứ hai" not in run(*show).out


@pytest.mark.parametrize("on", ["23/11/2026", "2026-11-23"])
def test_dates_are_typed_as_people_write_them(run: Run, on: str) -> None:
    assert run("reconcile", "--site", "SPS", "--date", on).code == 0


@pytest.mark.parametrize("on", ["23.11.2026", "11/23/2026", "yesterday", ""])
def test_what_is_no_date_is_refused_with_an_example(run: Run, on: str) -> None:
    code, _, err = run("reconcile", "--site", "SPS", "--date", on)
    assert code == 2
    assert "23/11/2026" in err


def test_swapped_dates_are_said_to_be(run: Run, tmp_path: Path) -> None:
    span = ("--from", "30/11/2026", "--to", "2026-11-01")
    done = run("export", "--site", "SPS", *span, "--format", "csv", "-o", str(tmp_path / "x.csv"))
    assert done.code == 1
    assert "--from 2026-11-30 is after --to 2026-11-01: the two dates are swapped" in done.err
    assert not (tmp_path / "x.csv").exists()
    done = run("reconcile", "--site", "SPS", "--date", "2026-11-24", "--to", "2026-11-23")
    assert (done.code, "swapped" in done.err) == (1, True)


def test_a_dismissal_of_one_is_exported_as_not_final(run: Run, sqlite: Engine, tmp_path: Path) -> None:
    at = datetime.now(UTC) - 2 * HOUR
    case(sqlite, Code.PRICE_DIFFERS, 5_000, at)
    file = tmp_path / "days.json"

    def notes() -> list[str]:
        until = local_date(datetime.now(UTC))  # an open day is told as of the end of the last, and words are said now
        span = ("--from", f"{local_date(at):%d/%m/%Y}", "--to", f"{until:%d/%m/%Y}")
        done = run("export", "--site", "SPS", *span, "--format", "json", "-o", str(file))
        assert done.code == 0, done.err
        found = json.loads(file.read_bytes())["findings"]
        return [row["note"] for row in found if row["code"] == "price_differs"]

    assert notes() == [""]
    for by, before in (("hoa", "chờ người thứ hai · second person needed: "), ("lan", "")):
        said(run, "findings", "dismiss", "price_differs", "X", *WHY, "--by", by)
        assert notes() == [f"{before}đã xem ảnh"]
