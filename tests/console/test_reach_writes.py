"""Whoever is limited to one site changes nothing of another, by whatever request, whatever it names."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, MetaData
from sqlmodel import select

from gate.written import VIETNAM
from server.db import reading, transaction
from server.facts_people import UserSiteRow
from server.register import SessionRow
from tests.console.conftest import Visitor
from tests.console.elsewhere import everything
from tests.console.requests import Names, Write, writes
from tests.console.scene import Scene

OF_NO_SITE = {
    "/login": "nobody is signed in",
    "/logout": "one's own",
    "/v1/session": "one's own",
    "/account/password": "one's own",
    "/account/sessions": "one's own",
    "/first-run": "the printed code",
    "/first-run/sites": "an administrator's; below",
    "/v1/notices/{provider}": "a provider's own proof",
    "/v1/pictures/{sha256}": "a box's own token",
    "/v1/refunds/{token}/account": "the payer's own token",
    "/v1/tariffs/check": "no site is named, nothing is kept",
}
"""Routes that need no person, or are about nothing of a site."""
PEOPLE = ("/people", "/v1/people")
"""Kept by administrators, for all sites."""
NOT_BOOKS = {"audit", "session"}
WRITES = [each for each in writes() if each.path not in OF_NO_SITE and not each.path.startswith(PEOPLE)]
DONE_LEAST = 25
"""So many requests are done when all that they name is one's own: they would have been done elsewhere."""


@pytest.fixture
def own(scene: Scene) -> Names:
    return everything(scene, "SPS", datetime.now(UTC)) | today()


@pytest.fixture
def theirs(scene: Scene, own: Names) -> Names:
    assert own
    return everything(scene, "SPL", datetime.now(UTC)) | today()


@pytest.fixture
def limited(scene: Scene, theirs: Names, visitor: Visitor) -> httpx.Client:
    assert theirs
    return of_sps(scene, visitor, "manager")


def of_sps(scene: Scene, visitor: Visitor, role: str) -> httpx.Client:
    """Signed in, and limited to SPS."""
    with transaction(scene.centre.engine) as session:
        session.add(UserSiteRow(name=role, site="SPS"))
    browser = visitor(role)
    with reading(scene.centre.engine) as session:
        browser.headers["x-csrf-token"] = session.exec(select(SessionRow.csrf).where(SessionRow.name == role)).one()
    return browser


def today() -> dict[str, str]:
    return {"on": datetime.now(VIETNAM).date().isoformat()}


def about(write: Write, own: Names, theirs: Names) -> Iterator[Names]:
    """All of it theirs; and one thing after another theirs while the rest is one's own."""
    yield theirs
    for name in sorted({name for name in write.naming if own[name] != theirs[name]}):
        yield {**own, name: theirs[name]}


class Books:
    """Every row of every table but what records who came and asked."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._tables = engine, MetaData()
        self._tables.reflect(engine)

    def rows(self) -> dict[str, list[Any]]:
        with reading(self._engine) as session:
            known = {name: table for name, table in self._tables.tables.items() if name not in NOT_BOOKS}
            return {name: list(session.connection().execute(table.select())) for name, table in known.items()}


def test_no_request_changes_anything_of_another_site(
    scene: Scene, own: Names, theirs: Names, limited: httpx.Client
) -> None:
    books, leaks = Books(scene.centre.engine), list[Any]()
    before = books.rows()
    for write in WRITES:
        for names in about(write, own, theirs):
            answer = write.send(limited, names)
            if not 400 <= answer.status_code < 500:
                leaks.append((write.method, write.path, names, answer.status_code))
        after = books.rows()
        leaks += [(write.method, write.path, name) for name in before if before[name] != after[name]]
        before = after
    assert leaks == []
    answers = [write.send(limited, own) for write in WRITES]
    assert [each.url for each in answers if '"loc"' in each.text] == [], "these were refused for how they were written"
    assert sum(each.status_code < 400 for each in answers) >= DONE_LEAST


def test_who_is_limited_to_sites_is_told_of_no_others_and_makes_none(scene: Scene, visitor: Visitor) -> None:
    browser = of_sps(scene, visitor, "administrator")
    text = browser.get("/first-run/sites").text
    assert "SPS" in text
    assert "Mắt Ngọc" not in text
    form = {
        "once": "a" * 16, "preset": "stadium", "site": "QQQ", "name_vi": "a", "name_en": "a", "bank": "970436",
        "account": "1", "capacity": "1", "lanes_in": "1", "lanes_out": "1", "basis": "b", "car9": "1",
    }  # fmt: skip
    assert browser.post("/first-run/sites", data=form).status_code == 403


def test_news_of_other_sites_do_not_reach_their_pages(scene: Scene, visitor: Visitor) -> None:
    browser = of_sps(scene, visitor, "manager")
    with browser.stream("GET", "/live/events") as stream:
        lines = (line for line in stream.iter_lines() if line.startswith("event:"))
        assert next(lines) == "event: SPS"
        for site in ("SPL", "SPS"):
            scene.centre.live.changed(site)
        assert next(lines) == "event: SPS"
