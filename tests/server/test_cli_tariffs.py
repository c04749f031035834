"""`barie tariffs` as people type it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from gate.wire import encode
from server.db import transaction
from server.register import UserRow
from server.roles import Role
from tests.server.box import MORNING, TARIFF, Box, book, reference
from tests.server.test_cli import answer, run

NEXT = replace(TARIFF, code="flat-2", since=datetime.now(UTC).replace(microsecond=0) + timedelta(days=400))


@pytest.fixture
def here(sqlite: Engine, sqlite_books: str) -> list[str]:
    """Where: the books with three people."""
    people = {"lan": Role.FINANCE, "minh": Role.MANAGER, "tu": Role.ATTENDANT}
    with transaction(sqlite) as session:
        for name, role in people.items():
            session.add(UserRow(name=name, role=role, password="none", created_at=MORNING))
    return ["--site", "SPS", "--database", sqlite_books]


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "next.json"
    path.write_bytes(encode(NEXT))
    return str(path)


def test_from_file_to_published(here: list[str], file: str) -> None:
    assert answer("tariffs", "check", file, "--json") == {"code": "flat-2", "sound": True}
    drafted = answer("tariffs", "draft", file, *here, "--by", "lan", "--json")
    assert (drafted["stage"], drafted["revision"]) == ("draft", 1)
    code, out, err = run("tariffs", "approve", "flat-2", *here, "--by", "lan", "--note", "đúng")
    assert (code, out, err) == (
        1,
        "",
        "barie tariffs approve: lan soạn flat-2; người thứ hai quyết · lan wrote flat-2; a second person decides\n",
    )
    code, out, _ = run("tariffs", "approve", "flat-2", *here, "--by", "minh", "--note", "đúng")
    assert (code, out) == (0, "flat-2: coming (đã duyệt, chưa có hiệu lực)\n")
    listed: Any = answer("tariffs", "list", *here, "--json")
    assert [(each["code"], each["stage"]) for each in listed["tariffs"]] == [("flat-1", "begun"), ("flat-2", "coming")]
    assert "minh" in run("tariffs", "list", *here)[1]
    shown = run("tariffs", "show", "flat-2", *here)[1]
    assert '"code":"flat-2"' in shown
    assert (
        answer("tariffs", "withdraw", "flat-2", *here, "--by", "lan", "--note", "hoãn", "--json")["stage"]
        == "withdrawn"
    )


def test_a_refused_draft(here: list[str], file: str) -> None:
    run("tariffs", "draft", file, *here, "--by", "lan")
    words = ("tariffs", "approve", "flat-2", *here, "--by", "minh", "--note", "sai", "--refuse", "--json")
    assert answer(*words)["stage"] == "refused"


def test_the_difference_in_dong(here: list[str], file: str, sqlite: Engine) -> None:
    book(sqlite, *Box().stays(reference(1), MORNING, MORNING + timedelta(hours=1)))
    dear = Path(file)
    dear.write_bytes(dear.read_bytes().replace(b"30000", b"50000"))
    days = ["--from", "2026-11-23", "--to", "2026-11-23"]
    found = answer("tariffs", "replay", *here, *days, "--tariff", file, "--json")
    assert (found["total"]["difference"], found["classes"]["CAR9"]["would"]) == (20_000, 50_000)
    assert [each["visit"] for each in found["largest"]] == [reference(1)]
    code, out, _ = run("tariffs", "replay", *here, *days, "--tariff", file)
    assert (code, "20.000" in out, reference(1) in out) == (0, True, True)
    assert answer("tariffs", "replay", *here, *days, "--code", "flat-1", "--json")["total"]["difference"] == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["show", "none"], "SPS has no tariff none"),
        (["draft", "FILE", "--by", "nobody"], "--by: nobody is no login that may set tariffs"),
        (["draft", "FILE", "--by", "tu"], "--by: tu is no login that may set tariffs"),
        (["draft", "/nowhere.json", "--by", "lan"], "/nowhere.json"),
        (["withdraw", "flat-1", "--by", "lan", "--note", "x"], "flat-1 is begun and stays so"),
        (["replay", "--from", "2026-11-23", "--to", "2026-11-23"], "--code or --tariff"),
        (["replay", "--from", "2026-11-23", "--to", "2026-11-22", "--code", "flat-1"], "is before"),
    ],
)
def test_what_is_wrong_is_named(here: list[str], file: str, words: list[str], why: str) -> None:
    code, out, err = run("tariffs", *(file if word == "FILE" else word for word in words), *here)
    assert (code, out) == (1, "")
    assert why in err
    assert err.count("\n") == 1


def test_a_file_that_is_wrong_is_named_with_its_field(file: str) -> None:
    Path(file).write_bytes(Path(file).read_bytes().replace(b'"ceiling":10000', b'"ceiling":9999'))
    code, _, err = run("tariffs", "check", file)
    assert (code, "next.json: turns.MOTO: 10000 vượt giá trần niêm yết 9999 · turns.MOTO: 10000 is above" in err) == (
        1,
        True,
    )
    assert json.loads(Path(file).read_bytes())["code"] == "flat-2"
