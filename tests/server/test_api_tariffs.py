"""Price lists over HTTP: who may, what is refused, and that two persons publish."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI
from msgspec.structs import replace
from sqlalchemy import Engine

from gate.tariff import load
from gate.wire import encode
from server.api import tariffs
from server.auth import Doorkeeper, add_user
from server.db import transaction
from server.roles import Role
from tests.server.box import TARIFF, Box, book, reference

NEXT: Final = replace(TARIFF, code="flat-2", since=datetime.now(UTC).replace(microsecond=0) + timedelta(days=400))
PASSWORD: Final = "long enough for all"
Ask = Callable[..., httpx.Response]
HERE: Final = "/v1/sites/SPS/tariffs"


@pytest.fixture
def ask(sqlite: Engine) -> Ask:
    """Asks as a person; who they are is proved by a session as everywhere."""
    app, doorkeeper = FastAPI(), Doorkeeper(sqlite)
    app.state.centre, app.state.doorkeeper = SimpleNamespace(engine=sqlite), doorkeeper
    app.include_router(tariffs.router)
    roles = {"lan": Role.FINANCE, "minh": Role.MANAGER, "tu": Role.ATTENDANT}
    with transaction(sqlite) as session:
        for name, role in roles.items():
            add_user(session, name, role, PASSWORD, datetime.now(UTC))
    tokens = {name: doorkeeper.login(name, PASSWORD, "here")[0] for name in roles}

    def asked(who: str, path: str, content: bytes | None = None, **json: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://barie") as client:
                how: dict[str, Any] = {"content": content} if content is not None else {"json": json}
                headers = {"authorization": f"Bearer {tokens.get(who, '')}"}
                if content is None and not json:
                    return await client.get(path, headers=headers)
                return await client.post(path, headers=headers, **how)

        return asyncio.run(call())

    return asked


def test_from_draft_to_published(ask: Ask) -> None:
    drafted = ask("lan", HERE, encode(NEXT))
    assert (drafted.status_code, drafted.json()["stage"], drafted.json()["authors"]) == (201, "draft", ["lan"])
    assert load(httpx.Response(200, json=drafted.json()["tariff"]).content) == NEXT
    refused = ask("lan", f"{HERE}/flat-2/approve", note="đúng")
    assert (refused.status_code, refused.json()["detail"]) == (422, "lan wrote flat-2; a second person decides")
    assert ask("minh", f"{HERE}/flat-2/approve", note="đúng").json()["stage"] == "coming"
    listed = ask("lan", HERE).json()["tariffs"]
    assert [(each["code"], each["stage"], each["approved_by"]) for each in listed] == [
        ("flat-1", "begun", ""),
        ("flat-2", "coming", "minh"),
    ]
    assert ask("lan", f"{HERE}/flat-2/withdraw", note="hoãn").json()["stage"] == "withdrawn"


def test_a_day_is_replayed_before_anything_is_published(ask: Ask, sqlite: Engine) -> None:
    at = datetime(2026, 11, 23, 1, tzinfo=UTC)
    book(sqlite, *Box().stays(reference(1), at, at + timedelta(hours=1)))
    ask("lan", HERE, encode(NEXT))
    found = ask("lan", f"{HERE}/flat-2/replay", first="2026-11-23", last="2026-11-23").json()
    assert (found["total"]["visits"], found["total"]["difference"], found["largest"]) == (1, 0, [])
    long = ask("lan", f"{HERE}/flat-2/replay", first="2026-01-01", last="2026-11-23")
    assert (long.status_code, "at most 92 days" in long.json()["detail"]) == (422, True)


def test_who_may(ask: Ask) -> None:
    assert [ask(who, HERE, encode(NEXT)).status_code for who in ("nobody", "tu")] == [401, 403]
    assert [ask(who, HERE).status_code for who in ("nobody", "tu", "lan")] == [401, 403, 200]
    for path in ("approve", "withdraw"):
        assert ask("tu", f"{HERE}/flat-1/{path}", note="x").status_code == 403
    assert ask("tu", f"{HERE}/flat-1/replay", first="2026-11-23", last="2026-11-23").status_code == 403
    assert ask("tu", "/v1/tariffs/check", encode(NEXT)).status_code == 403


def test_what_is_wrong_is_named(ask: Ask) -> None:
    broken = encode(NEXT).replace(b'"price":30000', b'"price":-1')
    for path in (HERE, "/v1/tariffs/check"):
        answer = ask("lan", path, broken)
        assert (answer.status_code, "turns" in answer.json()["detail"]) == (422, True)
    assert ask("lan", "/v1/tariffs/check", encode(NEXT)).json() == {"code": "flat-2", "sound": True}
    assert ask("lan", "/v1/sites/XXX/tariffs", encode(NEXT)).status_code == 404
    assert ask("lan", f"{HERE}/none/approve", note="x").status_code == 404
    assert ask("lan", f"{HERE}/flat-1/approve", note="x" * 401).status_code == 422
