"""How finance brings files: from the command line and over HTTP, by roles, within limits, whole or not at all."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import Engine
from sqlmodel import select
from typer.testing import CliRunner

from gate.findings import Code
from server.api import imports
from server.api.caller import caller, centre_of
from server.auth import Person, add_user
from server.cli_imports import app as command
from server.cli_imports import cut
from server.db import reading, transaction
from server.facts import AuditRow, EntryRow
from server.facts_bank import BankLineRow, ContractRow, StatementRow
from server.imports import kinds
from server.roles import Role
from simulator.statements import Moved, as_csv, as_workbook, bank_table, settlement_table
from tests.server.bankworld import FIRST, SPS, at, contract, feed, line, open_cases, taken, told, visit
from tests.server.rows import rows

MOVES = [line(1, 30_000, FIRST, visit(1)), Moved(FIRST, -5_000, "9", "?")]
GOOD = as_workbook(bank_table("vietcombank-cashup", SPS, 0, MOVES))
BAD = as_csv(bank_table("vietcombank-web", SPS, 0, MOVES)).replace(b"30,000", b"3o,000")


class Shell:
    """`barie import` on the books."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._folder = url, folder

    def run(self, *words: str) -> tuple[int, str]:
        """The exit code, and all that was said."""
        done = CliRunner().invoke(command, [*words, "--database", self._url])
        return done.exit_code, done.output

    def json(self, *words: str) -> Any:
        """What it answers."""
        code, said = self.run(*words, "--json")
        assert code == 0, said
        return json.loads(said)

    def file(self, name: str, raw: bytes) -> str:
        """A file on disk."""
        path = self._folder / name
        path.write_bytes(raw)
        return str(path)


@pytest.fixture
def shell(sqlite_books: str, tmp_path: Path, sqlite: Engine) -> Shell:
    with transaction(sqlite) as session:
        for role in Role:
            add_user(session, role, role, "a password of the test", datetime.now(UTC))
    return Shell(sqlite_books, tmp_path)


def test_a_statement_from_the_command_line(shell: Shell, sqlite: Engine) -> None:
    told(sqlite, feed(1, 30_000, at(FIRST), visit(1)))
    file = shell.file("vcb.xlsx", GOOD)
    checked = shell.json("bank", file, "--site", "SPS", "--check")
    assert (checked["kept"], checked["new"], checked["proven"][SPS]["payments"]) == (False, 2, 1)
    assert rows(sqlite, BankLineRow) == []
    done = shell.json("bank", file, "--account", SPS)
    assert (done["kept"], done["mapping"], done["opening"], done["closing"]) == (True, "vietcombank-cashup", 0, 25_000)
    code, said = shell.run("bank", file, "--account", SPS)
    assert (code, "imported before, nothing was done" in said) == (0, True), said
    assert [row["what"] for row in rows(sqlite, AuditRow)] == ["imported a bank file"]
    shown = shell.json("show", "--site", "SPS", "--unknown")
    assert [each["name"] for each in shown["files"]] == ["vcb.xlsx"]
    (unknown,) = shown["lines"]
    assert (unknown["amount"], unknown["kind"]) == (-5_000, None)
    words = ("explain", unknown["digest"][:12], "--as", "fee", "--note", "SMS of October")
    assert shell.run(*words, "--by", "attendant")[0] == 1
    assert shell.run(*words, "--by", "nobody")[0] == 1
    assert shell.json(*words, "--by", "finance")["amount"] == -5_000
    assert shell.json("show", "--site", "SPS")["lines"][0]["by"] in {"finance", "matcher"}
    code, said = shell.run("show", "--site", "SPS")
    assert code == 0
    assert "vcb.xlsx" in said
    assert max(map(len, said.splitlines())) <= 80, said
    assert f"{unknown['digest'][:12]}  fee\n" in said, "the whole word for `explain` and `unexplain`"
    assert cut("a\x1b[2Jb\n" + "x" * 90).startswith("a [2Jb ")


def test_what_is_wrong_with_a_file_is_said_with_its_place_and_nothing_is_kept(shell: Shell, sqlite: Engine) -> None:
    code, said = shell.run("bank", shell.file("vcb.csv", BAD), "--account", SPS)
    assert code == 1
    assert "vcb.csv: row 6, column D \"Số tiền ghi có\": '3o,000' is no amount" in said
    for words, why in (
        (("bank", "/nowhere/x.csv", "--account", SPS), "No such file"),
        (("bank", shell.file("a.csv", GOOD), "--account", "1"), "no site has the account 1"),
        (("bank", shell.file("a.csv", GOOD), "--site", "XXX"), "there is no site XXX"),
        (("bank", shell.file("a.csv", GOOD)), "one of both"),
        (("bank", shell.file("a.csv", GOOD), "--account", SPS, "--mapping", "acb"), "is no mapping"),
        (("settlement", shell.file("a.csv", GOOD), "--provider", "vnpay"), "has no row of headings as canonical"),
    ):
        code, said = shell.run(*words)
        assert (code, why in said) == (1, True), said
    assert rows(sqlite, StatementRow) == rows(sqlite, EntryRow) == []


def test_a_mapping_of_ones_own(shell: Shell) -> None:
    mapping = {
        "name": "acb",
        "about": "ACB",
        "kind": "bank",
        "columns": {
            "date": {"words": ["Ngày hiệu lực"]},
            "amount": {"words": ["Số tiền"]},
            "text": {"words": ["Diễn giải"]},
            "reference": {"words": ["Số GD"]},
        },
        "order": "mdy",
        "scale": 100,
    }
    path = shell.file("acb.json", json.dumps(mapping).encode())
    raw = "Ngày hiệu lực;Số GD;Số tiền;Diễn giải\n10/30/2026;77;3.000.000;a\n10/30/2026;78;-500.000;b\n".encode()
    done = shell.json("bank", shell.file("acb.csv", raw), "--account", SPS, "--mapping", path)
    assert (done["mapping"], done["new"], done["since"]) == ("acb", 2, "2026-10-30")
    for change, why in (
        ({"colour": 1}, "unknown field `colour`"),
        ({"columns": {"date": {"words": ["a"]}}}, "date and text must be there"),
        ({"fill_down": ["balance"]}, "fill_down: balance has no column"),
        ({"columns": {**mapping["columns"], "debit": {"words": ["x"]}, "credit": {"words": ["y"]}}}, "either debit"),  # type: ignore[dict-item]
        ({"values": {"colour": "x"}}, "colour is no field of a bank file"),
    ):
        path = shell.file("bad.json", json.dumps({**mapping, **change}).encode())
        code, said = shell.run("bank", shell.file("acb.csv", raw), "--account", SPS, "--mapping", path)
        assert (code, why in said) == (1, True), said
        assert "bad.json" in said


def test_a_settlement_and_its_contract_from_the_command_line(shell: Shell, sqlite: Engine) -> None:
    words = ("contract", "--provider", "vnpay", "--date", "2026-01-01", "--rate-bp", "80", "--payout-account", SPS)
    assert shell.run(*words, "--by", "manager")[0] == 0
    assert "on already" in shell.run(*words, "--by", "finance")[1]
    assert shell.run(*words[:3], "--date", "2027-01-01", "--rate-bp", "90", "--by", "attendant")[0] == 1
    assert [row["rate_bp"] for row in rows(sqlite, ContractRow)] == [80]
    raw = as_csv(settlement_table("vnpay", [taken(1, 100_000, at(FIRST), FIRST, off=5)]))
    done = shell.json("settlement", shell.file("v.csv", raw), "--provider", "vnpay")
    assert (done["new"], done["source"]) == (1, "vnpay")
    assert [each.amount for each in open_cases(sqlite)[Code.FEE_DIFFERS]] == [5]


class _Centre:
    """As much of a centre as the endpoints use."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine


@pytest.fixture
def office(sqlite: Engine) -> FastAPI:
    app = FastAPI()
    app.include_router(imports.router)
    app.dependency_overrides[centre_of] = lambda: _Centre(sqlite)
    return app


class Asking:
    """Requests of one person."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def __call__(self, method: str, url: str, **said: Any) -> Response:
        async def once() -> Response:
            async with AsyncClient(transport=ASGITransport(self._app), base_url="http://centre") as client:
                return await client.request(method, url, **said)

        return asyncio.run(once())

    def get(self, url: str, **said: Any) -> Response:
        return self("GET", url, **said)

    def post(self, url: str, **said: Any) -> Response:
        return self("POST", url, **said)


def asks(office: FastAPI, role: Role) -> Asking:
    """Requests of somebody of this role."""
    office.dependency_overrides[caller] = lambda: Person(f"{role}-1", role, "")
    return Asking(office)


async def megabytes(count: int) -> AsyncIterator[bytes]:
    """A body without an end in sight."""
    for _ in range(count):
        yield b"x" * 2**20


def test_over_http_finance_imports_and_others_do_not(office: FastAPI, sqlite: Engine) -> None:
    url = f"/v1/imports/bank/{SPS}"
    assert asks(office, Role.ATTENDANT).post(url, content=GOOD).status_code == 403
    finance = asks(office, Role.FINANCE)
    told(sqlite, feed(1, 30_000, at(FIRST), visit(1)))
    done = finance.post(url, params={"name": "../vcb.xlsx"}, content=GOOD).json()
    assert (done["name"], done["new"], done["proven"][SPS]["payments"]) == ("vcb.xlsx", 2, 1)
    refused = finance.post(url, params={"name": "vcb.csv"}, content=BAD)
    assert refused.status_code == 422
    assert refused.json()["detail"]["flaws"][0]["row"] == 6
    assert finance.post(url, params={"mapping": "acb"}, content=GOOD).status_code == 422
    assert finance.get("/v1/imports").json()["files"][0]["by"] == "finance-1"
    (unknown,) = finance.get(f"/v1/imports/lines/{SPS}", params={"unknown": True}).json()["lines"]
    body = {"meaning": "fee", "note": "SMS"}
    path = f"/v1/imports/explain/{unknown['digest']}"
    assert asks(office, Role.ATTENDANT).post(path, json=body).status_code == 403
    assert asks(office, Role.FINANCE).post(path, json=body).json()["as"] == "fee"
    assert asks(office, Role.FINANCE).post(path, json=body).status_code == 422
    with reading(sqlite) as session:
        whats = session.exec(select(AuditRow.what).where(AuditRow.who == "finance-1")).all()
    assert sorted(whats) == ["explained a bank line", "imported a bank file", "looked at bank lines"]


def test_over_http_a_settlement_and_a_file_too_large(office: FastAPI, sqlite: Engine) -> None:
    contract(sqlite)
    finance = asks(office, Role.FINANCE)
    raw = as_csv(settlement_table("vnpay", [taken(1, 100_000, at(FIRST), FIRST)]))
    assert finance.post("/v1/imports/settlement/vnpay", content=raw).json()["new"] == 1
    large = megabytes(kinds.BYTES_MAX // 2**20 + 1)
    assert finance.post("/v1/imports/settlement/vnpay", content=large).status_code == 413
