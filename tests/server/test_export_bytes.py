"""Closed days are the same bytes from another process, from a database packed anew, and from the other database."""

import hashlib
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine

from server.db import connect
from server.export import Format
from tests.server.closed import some_closed_days
from tests.server.conftest import fill
from tests.server.test_export import FIRST, LAST, made

ROOT = Path(__file__).resolve().parents[2]


def test_another_process_and_a_packed_database_give_the_same_bytes(
    sqlite: Engine, sqlite_books: str, tmp_path: Path
) -> None:
    some_closed_days(sqlite, 7)
    before = {kind: made(sqlite, kind) for kind in (Format.CSV, Format.XLSX)}
    sqlite.dispose()
    with closing(sqlite3.connect(sqlite_books.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        connection.execute("VACUUM")
    assert {kind: made(sqlite, kind) for kind in before} == before
    days = ["--from", str(FIRST), "--to", str(LAST)]
    command = ["export", "--site", "SPS", *days, "--format", "csv", "-o", str(tmp_path / "a.csv")]
    words = [sys.executable, str(ROOT / "barie_cli.py"), *command, "--database", sqlite_books]
    subprocess.run(words, check=True, cwd=ROOT, capture_output=True)
    assert (tmp_path / "a.csv").read_bytes() == before[Format.CSV]


@pytest.mark.postgres
def test_both_databases_give_the_same_bytes(sqlite: Engine, postgres_url: str) -> None:
    fill(postgres_url)
    other = connect(postgres_url)
    some_closed_days(sqlite, 2)
    some_closed_days(other, 2)
    found = [hashlib.sha256(made(each, Format.CSV)).hexdigest() for each in (sqlite, other)]
    other.dispose()
    assert found[0] == found[1]
