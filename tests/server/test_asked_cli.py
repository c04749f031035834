"""What pages do, by the commands as processes: shown first, done with --yes, once for each id, at one's own sites."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from server.db import transaction
from server.facts import AuditRow
from server.facts_people import UserSiteRow
from server.facts_stays import StayChangeRow
from server.register import UserRow
from server.roles import Role
from server.vault_plates import VaultPlateRow
from tests.server.box import MORNING, Box, book, reference
from tests.server.people import people
from tests.server.rows import rows

ROOT = Path(__file__).resolve().parents[2]
VISIT = reference(1)


class Shell:
    """Commands on these books, each a process of its own."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(self, *words: str, by: str = "minh") -> subprocess.CompletedProcess[str]:
        books = ("--by", by, "--database", self._url, "--json")
        return subprocess.run(
            [sys.executable, str(ROOT / "barie_cli.py"), *words, *books], capture_output=True, text=True, check=False
        )

    def says(self, *words: str, by: str = "minh") -> Any:
        done = self(*words, by=by)
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    def refuses(self, why: str, *words: str, by: str = "minh") -> None:
        done = self(*words, by=by)
        assert (done.returncode, done.stdout, why in done.stderr) == (1, "", True), done.stderr


@pytest.fixture
def shell(engine: Engine, books_url: str) -> Shell:
    people(engine)
    with transaction(engine) as session:
        session.add(UserRow(name="quan", role=Role.ADMINISTRATOR, password="", created_at=MORNING))
        session.add(UserRow(name="ho", role=Role.MANAGER, password="", created_at=MORNING))
        session.add(UserSiteRow(name="ho", site="SPL"))
    book(engine, *Box().arrives(VISIT, MORNING))
    return Shell(books_url)


def test_a_visit_is_found_corrected_and_voided(engine: Engine, shell: Shell) -> None:
    assert [row["visit"] for row in shell.says("visits", "search", "24AI23")["visits"]] == [VISIT]
    fix = ("visits", "correct", VISIT, "--plate", "24A-056.78", "--note", "on the picture", "--request", "request-1")
    assert (shell.says(*fix)["done"], rows(engine, VaultPlateRow)) == (False, [])
    assert [shell.says(*fix, "--yes")["again"] for _ in range(2)] == [False, True]
    assert len(rows(engine, VaultPlateRow)) == 1
    void = ("visits", "void", VISIT, "--note", "turned back", "--yes")
    shell.refuses(f"there is no visit {VISIT}", *void, by="ho")
    shell.refuses("hoa (finance) may not correct stays", *void, by="hoa")
    shell.refuses("--by: there is no user nobody", *void, by="nobody")
    assert shell.says(*void)["kind"] == "void"
    assert len(rows(engine, StayChangeRow)) == 1
    assert [row["who"] for row in rows(engine, AuditRow) if "visits void: at the command line" in row["what"]] == [
        "minh"
    ]


def test_people_cases_events_and_devices(shell: Shell, tmp_path: Path) -> None:
    add = ("people", "add", "lan2", "--role", "attendant", "--site", "SPS", "--request", "request-2")
    shell.refuses("minh (manager) may not manage people", *add)
    assert [bool(shell.says(*add, by="quan")["password"]) for _ in range(2)] == [True, False]
    assert shell.says("cases", "list")["cases"] == []
    shell.refuses("there is no site SPS", "devices", "list", "--site", "SPS", by="ho")
    assert [box["box"] for box in shell.says("devices", "list", "--site", "SPS")["boxes"]] == ["sps-1"]
    file = tmp_path / "match.json"
    file.write_text('{"name": "Sa Pa", "since": "2126-11-23T18:00", "until": "2126-11-23T20:00", "prices": {"X": 1}}')
    plan = ("events", "plan", str(file), "--site", "SPS", "--yes")
    shell.refuses("match.json: ", *plan)
    file.write_text(file.read_text().replace('"X": 1', '"CAR9": 25000'))
    assert shell.says(*plan)["event"] == "SPS-E00001"
    assert shell.says("events", "cancel", "SPS-E00001", "--why", "rain")["cancelled"]
