"""Closes and shifts over HTTP: who may, what is refused with which words, and that no other page can act."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlmodel import col, select

from gate.messages import OpeningReason
from gate.signing import public_text
from server.api import closing, shifts
from server.api.caller import COOKIE
from server.auth import Doorkeeper, add_user
from server.centre import Centre
from server.config import Broker, CentreConfig
from server.db import reading, transaction
from server.facts_day import CloseRow
from server.reconcile import bounds, local_date
from server.register import SiteRow, UserRow
from server.roles import Role
from tests.server.box import Box, book, reference
from tests.server.closed import DAY, FIRST, HOUR, closed, heard, some_closed_days
from tests.server.rows import rows

PASSWORD: Final = "long enough for all"
ROLES: Final = {"hoa": Role.FINANCE, "minh": Role.MANAGER, "tu": Role.ATTENDANT, "ba": Role.ATTENDANT}
Ask = Callable[..., httpx.Response]


@pytest.fixture
def centre(sqlite_books: str, tmp_path: Path) -> Iterator[Centre]:
    """A centre that is not started; its configuration is one of a file."""
    made = Centre(
        CentreConfig(
            database=sqlite_books,
            vault=str(tmp_path),
            host="127.0.0.1",
            port=1,
            broker=Broker(host="127.0.0.1", port=1, user="centre", password="nobody listens here"),
            signing_key=base64.b64encode(bytes(32)).decode(),
            sites=(),
            boxes=(),
        )
    )
    yield made
    made.stop()


@pytest.fixture
def ask(centre: Centre) -> Ask:
    """Asks as a person, by token; with `cookie` as a browser that some page made ask."""
    app, doorkeeper = FastAPI(), Doorkeeper(centre.engine)
    app.state.centre, app.state.doorkeeper = centre, doorkeeper
    app.include_router(closing.router)
    app.include_router(shifts.router)
    with transaction(centre.engine) as session:
        for name, role in ROLES.items():
            add_user(session, name, role, PASSWORD, datetime.now(UTC))
    tokens = {name: doorkeeper.login(name, PASSWORD, "here")[0] for name in ROLES}
    with transaction(centre.engine) as session:
        add_user(session, "gone", Role.ATTENDANT, PASSWORD, datetime.now(UTC))
        session.flush()
        session.get_one(UserRow, "gone").disabled = True

    def asked(who: str, path: str, *, cookie: bool = False, **body: Any) -> httpx.Response:
        token = tokens.get(who, "")
        headers = {"cookie": f"{COOKIE}={token}"} if cookie else {"authorization": f"Bearer {token}"}

        async def call() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://barie") as client:
                if not body:
                    return await client.get(f"/v1{path}", headers=headers)
                return await client.post(f"/v1{path}", headers=headers, json=body)

        return asyncio.run(call())

    return asked


def test_a_day_is_closed_by_who_may_and_once(ask: Ask, sqlite: Engine) -> None:
    some_closed_days(sqlite, 1)
    tomorrow = local_date(datetime.now(UTC)) + DAY
    there = f"/sites/SPS/closes/{tomorrow}"
    assert [ask(who, there, first=False).status_code for who in ("", "tu")] == [401, 403]
    assert [ask(who, "/sites/SPS/closes").status_code for who in ("", "tu")] == [401, 403]
    assert [each["date"] for each in ask("hoa", "/sites/SPS/closes").json()] == [str(FIRST)]
    waits, refused = ask("hoa", f"{there}/check").json(), ask("hoa", there, first=False)
    assert (waits["possible"], refused.status_code, waits["reasons"]) == (False, 409, refused.json()["detail"])
    assert "the day is not over" in " ".join(waits["reasons"])
    past = ask("hoa", f"/sites/SPS/closes/{FIRST - DAY}", first=False)
    assert past.status_code == 409
    assert "was closed" in " ".join(past.json()["detail"])
    again = ask("hoa", f"/sites/SPS/closes/{FIRST}", first=False).json()
    assert (again["fresh"], again["date"]) == (False, str(FIRST))
    assert ask("hoa", f"/sites/XXX/closes/{FIRST}", first=True).status_code == 404
    assert ask("hoa", "/sites/SPS/closes/yesterday", first=True).status_code == 422


def test_another_page_cannot_close(ask: Ask, sqlite: Engine) -> None:
    some_closed_days(sqlite, 1)
    refused = ask("hoa", f"/sites/SPS/closes/{FIRST}", cookie=True, first=False)
    assert (refused.status_code, refused.json()["detail"]) == (403, "the page is stale: load it again")


def test_a_box_is_written_off_with_a_reason_by_who_may(ask: Ask, sqlite: Engine) -> None:
    some_closed_days(sqlite, 1)
    there = f"/sites/SPS/boxes/sps-1/written-off/{FIRST - DAY}"
    assert ask("tu", there, reason="cháy").status_code == 403
    assert ask("hoa", there, reason="").status_code == 422
    assert ask("hoa", there.replace("SPS", "XXX"), reason="cháy").status_code == 404
    assert [ask("hoa", there, reason="cháy").json()["written_off"] for _ in range(2)] == [True, False]


def test_the_chain_does_not_begin_on_a_day_without_facts_by_a_slip(ask: Ask, sqlite: Engine) -> None:
    now, box = datetime.now(UTC), Box()
    slip = local_date(now) - 3 * DAY
    entered = bounds(slip + DAY)[0] + 8 * HOUR
    book(sqlite, *box.stays(reference(1), entered, entered + HOUR))
    heard(sqlite, now, box)
    there = f"/sites/SPS/closes/{slip}"
    refused = ask("hoa", there, first=True)
    assert (refused.status_code, "nothing happened on" in refused.json()["detail"][0]) == (409, True)
    assert "nothing happened on" in ask("hoa", f"{there}/check?first=true").json()["reasons"][0]
    assert rows(sqlite, CloseRow) == []
    assert ask("hoa", there, first=True, empty=True).json()["fresh"] is True


def test_a_shift_from_begin_to_deposit(ask: Ask, sqlite: Engine) -> None:
    now = datetime.now(UTC)
    box, visit = Box(), reference(1)
    book(sqlite, *box.arrives(visit, now - 2 * HOUR), *box.is_priced(visit, now - 2 * HOUR, now - HOUR))
    assert ask("", "/sites/SPS/shifts", opening_cash=0).status_code == 401
    assert ask("tu", "/sites/SPS/shifts", opening_cash=-1).status_code == 422
    assert ask("tu", "/sites/XXX/shifts", opening_cash=0).status_code == 404
    shift = ask("tu", "/sites/SPS/shifts", opening_cash=100_000).json()["shift"]
    cash = f"/shifts/{shift}/cash"
    assert ask("ba", cash, visit=visit, amount=30_000, reason="mất mạng").status_code == 422
    assert ask("tu", cash, visit="SPS00000000", amount=30_000, reason="mất mạng").status_code == 404
    assert ask("tu", cash, visit=visit, amount=30_000, reason=" ").status_code == 422
    assert ask("tu", cash, visit=visit, amount=30_001, reason="mất mạng").status_code == 422
    took = ask("tu", cash, visit=visit, amount=30_000, reason="mất mạng")
    assert (took.status_code, took.json()["number"], took.json()["settled"]) == (201, 1, True)
    assert ask("tu", cash, cookie=True, visit=visit, amount=1, reason="x").status_code == 403
    assert [each["shift"] for each in ask("tu", "/sites/SPS/shifts").json()] == [shift]
    assert ask("ba", "/sites/SPS/shifts").json() == []
    for nobody in ("anh Ba", "gone", ""):
        refused = ask("tu", f"/shifts/{shift}/end", to=nobody, counted=130_000, left=100_000)
        assert (refused.status_code, refused.json()["detail"]) == (422, f"to: there is no user {nobody}")
    short = ask("tu", f"/shifts/{shift}/end", to="ba", counted=129_000)
    assert (short.status_code, "130000" in short.json()["detail"]) == (422, True)
    assert ask("tu", f"/shifts/{shift}/end", to="ba", counted=130_000, left=100_000).json()["expected"] == 130_000
    assert ask("tu", f"/shifts/{shift}/deposits", amount=30_001).status_code == 422
    assert ask("tu", f"/shifts/{shift}/deposits", amount=30_000).json()["deposit"].startswith("NOP")


def test_a_hand_over_names_the_openings_without_a_reason(ask: Ask, sqlite: Engine) -> None:
    shift = ask("tu", "/sites/SPS/shifts", opening_cash=0).json()["shift"]
    box, at = Box(), datetime.now(UTC)
    book(sqlite, *box.arrives(reference(1), at), *box.leaves(reference(1), at, OpeningReason.BY_HAND))
    missing = ask("tu", f"/shifts/{shift}/end", to="ba", counted=0)
    assert missing.status_code == 409
    (opening,) = missing.json()["detail"]["openings"]
    assert ask("tu", "/openings/none/reason", reason="thử").status_code == 404
    assert ask("tu", f"/openings/{opening['opening']}/reason", reason="xe cứu thương").status_code == 200
    assert ask("tu", f"/shifts/{shift}/end", to="ba", counted=0).status_code == 200


def test_the_centre_closes_what_is_due_by_itself(centre: Centre, sqlite: Engine) -> None:
    """The errand that a centre has, on its own key; a site that does not want it is left alone."""
    now, box = datetime.now(UTC), Box()
    first = local_date(now) - 3 * DAY
    entered = bounds(first + DAY)[0] + 8 * HOUR
    book(sqlite, *box.stays(reference(1), entered, entered + HOUR))
    heard(sqlite, now, box)
    closed(sqlite, first, now=now, first=True)
    (errand,) = [each for each in centre.jobs.errands if each.name == "closes"]
    errand.go()
    assert [row["on"] for row in rows(sqlite, CloseRow)] == [first]
    with transaction(sqlite) as session:
        session.get_one(SiteRow, "SPS").auto_close = True
    errand.go()
    with reading(sqlite) as session:
        made = list(session.exec(select(CloseRow).order_by(col(CloseRow.on))))
        assert [(row.on, row.by) for row in made] == [
            (first, "chi Hoa"),
            (first + DAY, "rule"),
            (first + 2 * DAY, "rule"),
        ]
        bodies = [json.loads(row.body) for row in made]
    assert [body["money"]["gross"] for body in bodies] == [0, 30_000, 0]
    assert bodies[1]["key"] == public_text(centre.key)
