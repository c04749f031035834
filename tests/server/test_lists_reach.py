"""How people reach a site's lists: over HTTP by their roles, and from the command line."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import Engine
from typer.testing import CliRunner

from server.app import application
from server.auth import add_user
from server.centre import Centre
from server.cli_lists import app as command
from server.db import reading, transaction
from server.facts import AuditRow
from server.listings import ListingRow
from server.register import SiteRow
from server.roles import Role
from tests.server.box import MORNING
from tests.server.people import people
from tests.server.rows import rows
from tests.server.test_notices_open import centre as a_centre

centre = a_centre
DAY = timedelta(days=1)
PASSWORD = "a password of the test"

# --- over HTTP --------------------------------------------------------------------------------------------


class Caller:
    """Requests to the application, which is not started."""

    def __init__(self, centre: Centre) -> None:
        self._app = application(centre)

    def call(self, method: str, url: str, **said: Any) -> Response:
        """One request."""

        async def once() -> Response:
            async with AsyncClient(transport=ASGITransport(self._app), base_url="http://centre") as client:
                return await client.request(method, url, **said)

        return asyncio.run(once())

    def get(self, url: str, **said: Any) -> Response:
        return self.call("GET", url, **said)

    def post(self, url: str, **said: Any) -> Response:
        return self.call("POST", url, **said)

    def put(self, url: str, **said: Any) -> Response:
        return self.call("PUT", url, **said)


@pytest.fixture
def caller(engine: Engine, centre: Centre) -> Caller:
    with transaction(engine) as session:
        for role in Role:
            add_user(session, role, role, PASSWORD, MORNING)
    return Caller(centre)


def as_(caller: Caller, role: str) -> dict[str, str]:
    answer = caller.post("/v1/session", json={"user": role, "password": PASSWORD})
    return {"authorization": f"Bearer {answer.json()['token']}"}


def body(**changes: Any) -> dict[str, Any]:
    until = (datetime.now(UTC) + DAY).isoformat()
    settings = {"standing": "pass", "until": until, "owner": "Lan", "reason": "monthly pass", "plate": "24A-056.78"}
    return {**settings, **changes}


def test_a_row_over_http_from_entry_to_end(engine: Engine, caller: Caller) -> None:
    who, url = as_(caller, "manager"), "/v1/sites/SPS/lists"
    made = caller.post(url, json=body(), headers=who)
    assert (made.status_code, made.json()) == (201, {"entry": "SPS-L000001"})
    seen = (caller.get(url, headers=who)).json()
    assert seen["capacity"] == 100
    assert [(row["entry"], row["plate"], row["by"], row["active"]) for row in seen["lists"]] == [
        ("SPS-L000001", "24A05678", "manager", True)
    ]
    for expected in (True, False):
        over = caller.post(f"{url}/SPS-L000001/end", json={"reason": "sold the car"}, headers=who)
        assert (over.status_code, over.json()) == (200, {"ended": expected})
    assert (caller.get(url, headers=who)).json()["lists"] == []
    assert {row["what"] for row in rows(engine, AuditRow)} >= {"listed", "ended a row", "looked at the lists"}


def test_what_is_wrong_is_said_over_http(engine: Engine, caller: Caller) -> None:
    who, url = as_(caller, "manager"), "/v1/sites/SPS/lists"
    answers = {
        422: [
            caller.post(url, json=body(plate=""), headers=who),
            caller.post(url, json=body(until="2026-11-23T08:00:00"), headers=who),
            caller.post(url, json=body(until="2020-01-01T00:00:00Z"), headers=who),
            caller.post(url, json=body(standing="friend"), headers=who),
            caller.post(url, json=body(owner="a\0b"), headers=who),
            caller.put("/v1/sites/SPS/capacity", json={"capacity": -1}, headers=who),
        ],
        404: [
            caller.post("/v1/sites/XXX/lists", json=body(), headers=who),
            caller.get("/v1/sites/XXX/lists", headers=who),
            caller.post(f"{url}/SPS-L000009/end", json={"reason": "no such row"}, headers=who),
            caller.put("/v1/sites/XXX/capacity", json={"capacity": 5}, headers=who),
        ],
        401: [caller.get(url), caller.post(url, json=body())],
    }
    for status, asked in answers.items():
        for each in asked:
            assert each.status_code == status, each.text
    assert not rows(engine, ListingRow)


def test_only_who_manages_a_site_changes_its_lists(engine: Engine, caller: Caller) -> None:
    url = "/v1/sites/SPS/lists"
    may = {}
    for role in Role:
        who = as_(caller, role)
        asked = (
            caller.get(url, headers=who),
            caller.post(url, json=body(), headers=who),
            caller.post(f"{url}/SPS-L000001/end", json={"reason": "not needed"}, headers=who),
            caller.put("/v1/sites/SPS/capacity", json={"capacity": 7}, headers=who),
        )
        may[role] = tuple(answer.status_code for answer in asked)
    assert may[Role.ATTENDANT] == (200, 403, 403, 403)
    assert may[Role.FINANCE] == (403, 403, 403, 403)
    assert may[Role.MANAGER] == may[Role.ADMINISTRATOR] == (200, 201, 200, 200)
    with reading(engine) as session:
        assert session.get_one(SiteRow, "SPS").capacity == 7


# --- from the command line --------------------------------------------------------------------------------


@pytest.fixture
def manned(sqlite: Engine, sqlite_books: str) -> str:
    """Books of a centre that knows its people."""
    people(sqlite)
    return sqlite_books


def run(*words: str, books: str, by: str = "minh") -> tuple[int, str, str]:
    done = CliRunner().invoke(command, [*words, "--by", by, "--database", books])
    return done.exit_code, done.stdout.strip(), done.stderr.strip()


def test_a_row_from_the_command_line(manned: str) -> None:
    row = [
        "--site",
        "SPS",
        "--standing",
        "deny",
        "--until",
        "2099-01-01",
        "--owner",
        "=cmd()",
        "--reason",
        "left owing",
    ]
    refused = run("add", *row, "--plate", "24A-056.78", books=manned, by="tam")
    assert refused == (1, "", "barie lists add: --by: tam (attendant) may not manage lists")
    assert run("add", *row, "--plate", "24A-056.78", books=manned) == (0, "SPS-L000001", "")
    assert "24A05678" in run("show", "--site", "SPS", books=manned)[1]
    shown = run("show", "--site", "SPS", "--json", books=manned)[1]
    assert '"uses":0' in shown
    assert '"until":"2099-01-01T17:00:00' in shown, "a date by itself is the last day: over as the next begins in Sa Pa"
    over = ("end", "SPS-L000001", "--site", "SPS", "--reason", "has paid")
    assert run(*over, books=manned) == (0, "SPS-L000001 is ended", "")
    assert run(*over, books=manned) == (0, "SPS-L000001 was ended before", "")
    assert run("show", "--site", "SPS", "--json", books=manned) == (0, '{"site":"SPS","lists":[]}', "")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--site", "SPS", "--plate", ""], "plate"),
        (["--site", "XXX", "--plate", "24A05678"], "XXX"),
        (["--site", "SPS", "--plate", "24A05678", "--since", "tomorrow"], "--since"),
        (["--site", "SPS", "--plate", "24A05678", "--until", "2020-01-01"], "until"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(manned: str, words: list[str], why: str) -> None:
    row = ["--standing", "pass", "--until", "2099-01-01", "--owner", "Lan", "--reason", "monthly pass"]
    code, out, err = run("add", *row, *words, books=manned)
    assert (code, out) == (1, "")
    assert err.startswith("barie lists add: ")
    assert why in err
    assert err.count("\n") == 0
