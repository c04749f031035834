"""People and the audit on the console: who may, once, and in words."""

import re
from datetime import UTC, datetime

import httpx
import pytest
from sqlmodel import select

from server.auth import audit
from server.console.once import fresh
from server.db import reading, transaction
from server.facts import AuditRow
from server.people import add
from server.roles import Role
from tests.console.conftest import Visitor
from tests.console.scene import PASSWORD, Scene
from tests.console.test_access import csrf

ONCE_S = 10.0
"""Less than a stream may be silent."""
ADD = {"name": "lan", "role": "attendant", "sites": ["SPS"], "limit": ""}


def headers(browser: httpx.Client) -> dict[str, str]:
    return {"x-csrf-token": csrf(browser.get("/account").text), "hx-request": "true"}


def told(answer: httpx.Response) -> str:
    found = re.search(r'<code id="one-time">([^<]+)</code>', answer.text)
    assert found, answer.text
    return found.group(1)


@pytest.mark.parametrize(
    ("role", "people", "audit"),
    [("manager", 403, 403), ("auditor", 403, 200), ("finance", 403, 403), ("administrator", 200, 200)],
)
def test_only_administrators_keep_people_and_auditors_read(
    visitor: Visitor, role: str, people: int, audit: int
) -> None:
    browser = visitor(role)
    assert (browser.get("/people").status_code, browser.get("/audit").status_code) == (people, audit)
    assert browser.post("/people", data=ADD | {"once": fresh()}, headers=headers(browser)).status_code == people


def test_a_new_person_sees_their_sites_only_and_must_choose_a_password(visitor: Visitor) -> None:
    chief, lan = visitor("administrator"), visitor()
    sending, head = ADD | {"once": fresh()}, headers(chief)
    password = told(chief.post("/people", data=sending, headers=head))
    assert "đã được gửi" in chief.post("/people", data=sending, headers=head).text
    assert "đã có" in chief.post("/people", data=ADD | {"once": fresh()}, headers=head).text
    assert lan.post("/login", data={"name": "lan", "password": password}).status_code == 303
    sent_on = lan.get("/live")
    assert (sent_on.status_code, sent_on.headers["location"]) == (303, "/account")
    assert 'id="must-change"' in lan.get("/account").text
    change = {"old": password, "new": PASSWORD, "again": PASSWORD, "once": fresh()}
    assert lan.post("/account/password", data=change, headers=headers(lan)).status_code == 204
    live = lan.get("/live").text
    assert ('id="site-SPS"' in live, 'id="site-SPL"' in live) == (True, False)
    assert [lan.get(f"/live/site/{site}").status_code for site in ("SPS", "SPL")] == [200, 404]


def test_a_program_of_theirs_reaches_no_other_site(scene: Scene, visitor: Visitor) -> None:
    with transaction(scene.centre.engine) as session:
        password = add(session, "thu", Role.MANAGER, ["SPS"], None, "administrator", datetime.now(UTC))
    browser = visitor()
    token = browser.post("/v1/session", json={"user": "thu", "password": password}).json()["token"]
    bearer = {"authorization": f"Bearer {token}"}
    assert browser.get("/v1/sites/SPS/findings", headers=bearer).status_code == 403  # the password first


@pytest.mark.parametrize(
    "path", ["/v1/sites/SPL/findings", "/v1/lanes?site=SPL", "/day/SPL/2026-11-22", "/v1/visits/SPL22222222"]
)
def test_an_address_of_another_site_is_not_there(visitor: Visitor, path: str) -> None:
    chief = visitor("administrator")
    change = {"role": "manager", "sites": ["SPS"], "limit": "300k", "once": fresh()}
    assert (
        chief.post("/people/manager", data=change, headers=headers(chief))
        .headers["hx-redirect"]
        .endswith("said=person")
    )
    assert 'value="300.000"' in chief.get("/people/manager").text
    browser = visitor("manager")
    assert browser.get(path).status_code == 404
    assert browser.get(path.replace("SPL", "SPS").replace("/v1/visits/SPS22222222", "/v1/lanes")).status_code == 200


def test_the_last_administrator_is_told_in_words_and_stays(visitor: Visitor) -> None:
    chief = visitor("administrator")
    refused = chief.post("/people/administrator/disable", data={"once": fresh()}, headers=headers(chief))
    assert (refused.status_code, "quản trị viên cuối cùng" in refused.text) == (403, True)
    assert chief.get("/people").status_code == 200


def test_who_is_disabled_is_out_at_once(visitor: Visitor) -> None:
    chief, finance = visitor("administrator"), visitor("finance")
    assert finance.get("/day").status_code == 303
    assert finance.get("/account").status_code == 200
    assert chief.post("/people/finance/disable", data={"once": fresh()}, headers=headers(chief)).status_code == 204
    assert finance.get("/account").headers["location"] == "/login"
    enabled = chief.post("/people/finance/enable", data={"once": fresh()}, headers=headers(chief))
    assert visitor().post("/login", data={"name": "finance", "password": told(enabled)}).status_code == 303


@pytest.mark.parametrize("limit", ["-1", "1e9", "<b>", "9" * 20, "\uff11\uff12"])
def test_a_limit_that_is_none_is_refused_and_nobody_is_added(visitor: Visitor, limit: str) -> None:
    chief = visitor("administrator")
    refused = chief.post("/people", data=ADD | {"limit": limit, "once": fresh()}, headers=headers(chief))
    assert (refused.status_code, "Hạn mức" in refused.text) == (400, True)
    assert 'href="/people/lan"' not in chief.get("/people").text


def test_the_audit_escapes_what_strangers_wrote_and_hides_plates_from_who_may_not_see_them(
    scene: Scene, visitor: Visitor
) -> None:
    at = datetime.now(UTC)
    visit = scene.admits("SPS", "in-1", scene.read("SPS", "in-1", "30A12345", at), at)
    evil = "<script>alert(1)</script>"
    with transaction(scene.centre.engine) as session:
        audit(session, "manager", "looked at a visit", visit, at, {"note": evil})
    for role, seen in (("administrator", True), ("auditor", False)):
        text = visitor(role).get("/audit", params={"plate": "30A12345", "who": "manager"}).text
        assert (visit in text, evil in text, "&lt;script&gt;" in text) == (True, False, True)
        assert ("<br>30A12345" in text) is seen
    with reading(scene.centre.engine) as session:
        searched = session.exec(select(AuditRow).where(AuditRow.what == "looked at the audit")).all()
    assert sorted(row.who for row in searched) == ["administrator", "auditor"]
    assert {(row.subject, visit in row.detail, "30A12345" in row.detail) for row in searched} == {("", True, False)}


def test_the_audit_is_asked_by_site(scene: Scene, visitor: Visitor) -> None:
    at = datetime.now(UTC)
    visits = [scene.admits(site, "in-1", scene.read(site, "in-1", "30A12345", at), at) for site in ("SPS", "SPL")]
    with transaction(scene.centre.engine) as session:
        for visit in visits:
            audit(session, "manager", "looked at a visit", visit, at, {"sessions ended": "2"})
    auditor = visitor("auditor")
    shown = [auditor.get("/audit", params={"site": site}).text for site in ("SPS", "SPL", "")]
    assert [[visit in text for visit in visits] for text in shown] == [[True, False], [False, True], [True, True]]
    assert "số phiên bị kết thúc: 2" in shown[0]


def test_an_administrator_of_one_site_is_told_who_is_beyond_it(visitor: Visitor) -> None:
    chief = visitor("administrator")
    local = ADD | {"name": "local", "role": "administrator", "once": fresh()}
    password = told(chief.post("/people", data=local, headers=headers(chief)))
    browser = visitor()
    assert browser.post("/login", data={"name": "local", "password": password}).status_code == 303
    change = {"old": password, "new": PASSWORD, "again": PASSWORD, "once": fresh()}
    assert browser.post("/account/password", data=change, headers=headers(browser)).status_code == 204
    wide = {"role": "administrator", "limit": "", "once": fresh()}
    refused = [
        browser.post("/people/local", data=wide, headers=headers(browser)),
        browser.post("/people/manager/password", data={"once": fresh()}, headers=headers(browser)),
    ]
    assert [(it.status_code, "ngoài các bãi của bạn" in it.text) for it in refused] == [(403, True)] * 2
    by_program = browser.post(
        "/v1/people/manager/password", headers=headers(browser) | {"idempotency-key": "request-0001"}
    )
    assert by_program.status_code == 403


def test_a_browser_that_asks_for_an_icon_gets_our_mark(visitor: Visitor) -> None:
    icon = visitor().get("/favicon.ico")
    assert (icon.status_code, icon.headers["content-type"], "<svg" in icon.text) == (200, "image/svg+xml", True)


@pytest.mark.parametrize("query", ["since=yesterday", "kind=none", "after=zz", "who=" + "x" * 65])
def test_a_question_that_is_none_is_refused(visitor: Visitor, query: str) -> None:
    assert visitor("auditor").get(f"/audit?{query}").status_code == 400


@pytest.mark.parametrize("path", ["/day", "/finance", "/prices", "/lists", "/events"])
def test_pages_of_sites_begin_at_a_site_of_theirs(visitor: Visitor, path: str) -> None:
    chief = visitor("administrator")
    change = {"role": "manager", "sites": ["SPS"], "limit": "", "once": fresh()}
    assert chief.post("/people/manager", data=change, headers=headers(chief)).status_code == 204
    page = visitor("manager").get(path, follow_redirects=True)
    assert (page.status_code, "SPS" in str(page.url)) == (200, True)
    assert "BHT" not in page.text


@pytest.mark.parametrize("page", ["/live/events", "/live/cards", "/watching/events?on=visit:SPS22222222"])
@pytest.mark.parametrize("by", ["disabled", "locked by a program", "less sites", "signed out"])
def test_open_pages_end_at_once_when_the_person_may_no_more(visitor: Visitor, page: str, by: str) -> None:
    chief, manager = visitor("administrator"), visitor("manager")
    head = headers(chief) | {"idempotency-key": "request-0001"}
    own = headers(manager)
    with manager.stream("GET", page, timeout=ONCE_S) as news:
        lines = news.iter_lines()
        assert next(lines).startswith("retry:")
        done = {
            "disabled": lambda: chief.post("/people/manager/disable", data={"once": fresh()}, headers=head),
            "locked by a program": lambda: chief.post("/v1/people/manager/lock", headers=head),
            "less sites": lambda: chief.patch("/v1/people/manager", json={"sites": ["SPL"]}, headers=head),
            "signed out": lambda: manager.post("/logout", headers=own),
        }[by]()
        assert done.status_code < 300, done.text
        list(lines)  # times out where it goes on
