"""A file of passes from the command line: told by line, entered whole, and written so that it can be read again."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from server.cli_lists import app
from server.facts import AuditRow
from server.listings import ListingRow
from tests.server.people import people
from tests.server.rows import rows

HEAD = "Loại,Biển số,Đến ngày,Chủ xe,Lý do\n"
GOOD = HEAD + "Vé tháng,24A-056.78,31/12/2099,Nguyễn Thị Lan,vé tháng\n"


@pytest.fixture
def books(sqlite: Engine, sqlite_books: str) -> str:
    """Books of a centre that knows its people."""
    people(sqlite)
    return sqlite_books


def run(books: str, *words: str, by: str = "minh", site: str = "SPS") -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [*words, "--site", site, "--by", by, "--database", books])
    return done.exit_code, done.stdout.strip(), done.stderr.strip()


def test_a_file_is_told_then_entered_then_written(sqlite: Engine, books: str, tmp_path: Path) -> None:
    file, out = tmp_path / "passes.csv", tmp_path / "out.csv"
    file.write_text(GOOD + "Vé năm,,31/12/2099,Lan,vé tháng\n")
    assert run(books, "import", str(file)) == (
        1,
        "0 rows entered, 1 sound, 2 faults",
        f"{file}:3: plate: needed\n{file}:3: standing: value Vé năm",
    )
    file.write_text(GOOD)
    assert run(books, "import", str(file), "--check") == (0, "0 rows entered, 1 sound, 0 faults", "")
    assert not rows(sqlite, ListingRow)
    code, told, _ = run(books, "import", str(file), "--json")
    assert (code, json.loads(told)) == (0, {"entered": ["SPS-L000001"], "rows": 1, "faults": []})
    assert run(books, "export", "-o", str(out)) == (0, str(out), "")
    assert run(books, "import", str(out), site="SPL")[:2] == (0, "1 rows entered, 1 sound, 0 faults")
    assert "exported the lists" in {row["what"] for row in rows(sqlite, AuditRow)}


def test_who_may_not_and_what_is_not_there_is_one_line(books: str, tmp_path: Path) -> None:
    file = tmp_path / "passes.csv"
    file.write_text(GOOD)
    refused = run(books, "import", str(file), by="tam")
    assert refused == (1, "", "barie lists import: --by: tam (attendant) may not manage lists")
    assert run(books, "import", str(file), site="XXX") == (1, "", "barie lists import: there is no site XXX")
    assert run(books, "import", str(tmp_path / "none"))[2].endswith("none: No such file or directory")
    assert run(books, "export", "-o", str(tmp_path / "no" / "x"))[2].endswith("x: No such file or directory")
