"""`barie money` as people type it: two persons, one effect, every word recorded, and a reason for what is refused."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from barie_cli import build
from server.db import transaction
from server.facts import AuditRow
from server.register import UserRow
from server.roles import Role
from tests.server.box import MORNING, Box, book, notice, paid, reference
from tests.server.rows import rows

VISIT, OTHER = reference(1), reference(2)
HOUR = timedelta(hours=1)
NOTE = ("--note", "theo biên bản")


@pytest.fixture
def office(sqlite: Engine) -> Engine:
    """Two of finance, an attendant, two stays that owe 30.000 and 50.000 for nobody."""
    people = {"lan": Role.FINANCE, "hoa": Role.FINANCE, "tam": Role.ATTENDANT, "gone": Role.FINANCE}
    with transaction(sqlite) as session:
        for name, role in people.items():
            row = UserRow(name=name, role=role, password="", created_at=MORNING, disabled=name == "gone")
            session.add(row)
    box = Box()
    for visit in (VISIT, OTHER):
        book(sqlite, *box.arrives(visit, MORNING), *box.is_priced(visit, MORNING, MORNING + HOUR))
    paid(sqlite, notice(1, "tiền gửi xe", 50_000), datetime.now(UTC))
    return sqlite


def run(office: Engine, *words: str) -> tuple[int, str, str]:
    database = ("--database", office.url.render_as_string(hide_password=False))
    done = CliRunner().invoke(build("money"), ["money", *words, *database])
    return done.exit_code, done.stdout, done.stderr


def answer(office: Engine, *words: str) -> Any:
    code, out, err = run(office, *words, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_settle_and_show(office: Engine) -> None:
    done = answer(office, "settle", "sepay:1", "--to", VISIT, "--by", "lan", *NOTE)
    assert done["missing"] == 0
    found = answer(office, "show", "sepay:1")
    assert (found["payment"]["waits"], found["payment"]["settles"]) == (20_000, {VISIT: 30_000})
    assert [row["kind"] for row in found["entries"]] == ["payment", "applied"]
    assert answer(office, "show", VISIT)["visit"]["owes"] == 0
    assert answer(office, "show", done["decision"])["decisions"][0]["by"] == "lan"
    code, out, _ = run(office, "show", VISIT)
    assert (code, "charge" in out) == (0, True)


def test_a_refund_from_the_first_word_to_the_file(office: Engine, tmp_path: Path) -> None:
    first = answer(office, "refund", "sepay:1", "--by", "lan", *NOTE)
    assert first["missing"] == 1
    assert run(office, "approve", first["decision"], "--by", "lan")[0] == 1
    assert answer(office, "approve", first["decision"], "--by", "hoa")["missing"] == 0
    (refund,) = (row["refund"] for row in answer(office, "show", "sepay:1")["refunds"])
    assert answer(office, "account", refund, "--by", "lan")["path"].startswith("/v1/refunds/")
    to = ("--bank", "970436", "--account", "1017595600", "--name", "Nguyễn A")
    assert answer(office, "account", refund, "--by", "lan", *to) == {"refund": refund, "given": True}
    one, two = tmp_path / "1.xlsx", tmp_path / "2.xlsx"
    made = answer(office, "transfers", "--by", "lan", "-o", str(one))
    assert (made["lines"], made["total"]) == (1, 50_000)
    assert openpyxl.load_workbook(one).active["F2"].value == refund  # type: ignore[index]
    answer(office, "transfers", "--by", "lan", "--again", made["file"], "-o", str(two))
    assert one.read_bytes() == two.read_bytes()
    assert {row["who"] for row in rows(office, AuditRow)} == {"lan", "hoa"}
    assert "1017595600" not in str(rows(office, AuditRow))


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("settle", "sepay:1", "--to", VISIT, "--by", "nobody", *NOTE), "no user nobody"),
        (("settle", "sepay:1", "--to", VISIT, "--by", "gone", *NOTE), "no user gone"),
        (("waive", VISIT, "--by", "tam", *NOTE), "tam (attendant) may decide about 0 VND"),
        (("settle", "sepay:7", "--to", VISIT, "--by", "lan", *NOTE), "no payment sepay:7"),
        (("credit", "sepay:1", "--to", VISIT, "--by", "lan", *NOTE), "settle it instead"),
        (("approve", "nothing", "--by", "lan"), "no decision nothing"),
        (("show", "=cmd|' /C calc'!A0"), "no payment, visit, refund or decision"),
        (("transfers", "--by", "lan", "-o", "file.csv"), "no refund waits"),
        (("write-off", VISIT, "--by", "lan", "--note", "x"), "say why"),
    ],
)
def test_what_is_refused_says_why_on_one_line(office: Engine, words: tuple[str, ...], why: str) -> None:
    code, out, err = run(office, *words)
    assert (code, out) == (1, "")
    assert why in err
    assert len(err.splitlines()) == 1
    assert err.startswith(f"barie money {words[0]}: ")


def test_a_claim_and_a_chargeback_are_booked(office: Engine) -> None:
    claim = answer(office, "claim", VISIT, "--lane", "out-1", "--by", "tam", "--note", "ảnh chuyển khoản")
    assert claim["amount"] == 30_000
    answer(office, "settle", "sepay:1", "--to", VISIT, "--by", "lan", *NOTE)
    assert answer(office, "charged-back", "sepay:1", "--by", "lan", *NOTE) == {"payment": "sepay:1", "new": True}
    accepted = answer(office, "accept", "sepay:1", "--by", "lan", *NOTE)
    answer(office, "approve", accepted["decision"], "--by", "hoa")
    assert answer(office, "show", VISIT)["visit"]["owes"] == 30_000
