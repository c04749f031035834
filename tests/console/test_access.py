"""Who gets in, who may see what, and what a stale or foreign page cannot do."""

import re
from pathlib import Path
from typing import Final

import httpx
import pytest
from sqlmodel import select

from server.app import application
from server.db import reading, transaction
from server.facts import AuditRow
from server.register import UserRow
from simulator.stage.ports import free_port
from tests.console.conftest import NOBODY, Visitor
from tests.console.scene import PASSWORD, Scene, config
from tests.console.served import Served

DAY: Final = "/day/SPS/2026-11-22"
EXPORT: Final = f"{DAY}/export.csv"
MATRIX: Final = {
    "attendant": {"/live": 200, "/live/site/SPS": 200, "/day": 403, DAY: 403, EXPORT: 403},
    "manager": {"/live": 200, "/live/site/SPS": 200, "/day": 303, DAY: 200, EXPORT: 200},
    "finance": {"/live": 200, "/live/site/SPS": 200, "/day": 303, DAY: 200, EXPORT: 200},
    "administrator": {"/live": 200, "/live/site/SPS": 200, "/day": 303, DAY: 200, EXPORT: 200},
}


def csrf(page: str) -> str:
    """The token that a page's requests must bring back."""
    found = re.search(r'"x-csrf-token": "([^"]+)"', page)
    assert found
    return found.group(1)


@pytest.mark.parametrize("role", MATRIX)
def test_a_role_opens_its_pages_and_no_others(visitor: Visitor, role: str) -> None:
    browser = visitor(role)
    assert {path: browser.get(path).status_code for path in MATRIX[role]} == MATRIX[role]


def test_a_refusal_is_a_page_in_words(visitor: Visitor) -> None:
    refused = visitor("attendant").get(DAY)
    assert refused.status_code == 403
    assert "Không có quyền" in refused.text


def test_a_role_sees_no_tab_that_it_may_not_open(visitor: Visitor) -> None:
    assert 'id="to-day"' not in visitor("attendant").get("/live").text
    assert 'id="to-day"' in visitor("finance").get("/live").text


@pytest.mark.parametrize("path", ["/live", "/live/site/SPS", "/day", DAY, EXPORT, "/live/SPS/in-1/open"])
def test_a_stranger_is_sent_to_the_login(visitor: Visitor, path: str) -> None:
    answer = visitor().get(path, params={"approach": "0" * 32})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_a_part_of_a_page_takes_the_whole_page_to_the_login(visitor: Visitor) -> None:
    answer = visitor().get("/live/site/SPS", headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/login")


def test_news_are_for_those_who_are_signed_in(visitor: Visitor) -> None:
    assert visitor().get("/live/events", headers={"accept": "text/event-stream"}).status_code == 401


def test_the_first_page_is_the_live_one(visitor: Visitor) -> None:
    assert visitor().get("/").headers["location"] == "/live"


def test_a_wrong_password_is_told_clearly_and_the_name_is_kept(visitor: Visitor) -> None:
    answer = visitor().post("/login", data={"name": '"><script>', "password": "wrong"})
    assert answer.status_code == 401
    assert "Tên hoặc mật khẩu không đúng." in answer.text
    assert 'value="&#34;&gt;&lt;script&gt;"' in answer.text
    assert "set-cookie" not in answer.headers


def test_guessing_ends(visitor: Visitor) -> None:
    browser = visitor()
    codes = [browser.post("/login", data={"name": "nobody", "password": "x"}).status_code for _ in range(11)]
    assert codes == [401] * 10 + [429]


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_pages(visitor: Visitor) -> None:
    cookie = visitor().post("/login", data={"name": "manager", "password": PASSWORD}).headers["set-cookie"]
    assert cookie.startswith("barie_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie


def test_behind_tls_the_cookie_is_secure(tmp_path: Path) -> None:
    scene = Scene(config(tmp_path, free_port(), NOBODY, behind_tls=True))
    with Served(application(scene.centre), scene.centre.config.port) as served:
        answer = httpx.post(f"{served.url}/login", data={"name": "manager", "password": PASSWORD})
    scene.centre.engine.dispose()
    assert "Secure" in answer.headers["set-cookie"]


def test_an_address_that_a_caller_makes_up_counts_for_nothing(visitor: Visitor) -> None:
    browser, guess = visitor(), {"name": "nobody", "password": "x"}
    answers = [browser.post("/login", data=guess, headers={"x-forwarded-for": f"10.0.0.{n}"}) for n in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]


def test_behind_a_proxy_callers_are_told_apart_by_what_the_proxy_says(tmp_path: Path) -> None:
    scene = Scene(config(tmp_path, free_port(), NOBODY, behind_tls=True, proxies=("127.0.0.1",)))
    guess, codes = {"name": "nobody", "password": "x"}, []
    with Served(application(scene.centre), scene.centre.config.port) as served, httpx.Client() as proxy:
        for n in range(12):  # what a caller puts before is passed on; the proxy adds whom it saw
            said = {"x-forwarded-for": f"192.0.2.{n}, 10.0.0.{n // 11}"}
            codes.append(proxy.post(f"{served.url}/login", data=guess, headers=said).status_code)
    scene.centre.engine.dispose()
    assert codes == [401] * 10 + [429, 401]


@pytest.mark.parametrize("header", [{"sec-fetch-site": "cross-site"}, {"origin": "http://evil.example"}])
def test_another_page_cannot_sign_a_browser_in(visitor: Visitor, header: dict[str, str]) -> None:
    answer = visitor().post("/login", data={"name": "manager", "password": PASSWORD}, headers=header)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_our_own_form_is_known_though_its_origin_is_hidden(visitor: Visitor) -> None:
    headers = {"sec-fetch-site": "same-origin", "origin": "null"}
    answer = visitor().post("/login", data={"name": "manager", "password": PASSWORD}, headers=headers)
    assert answer.status_code == 303


def test_signing_out_needs_the_pages_token_and_ends_the_session(visitor: Visitor) -> None:
    browser = visitor("manager")
    token = csrf(browser.get("/live").text)
    assert browser.post("/logout").status_code == 403
    assert browser.post("/logout", headers={"x-csrf-token": "another"}).status_code == 403
    assert browser.get("/live").status_code == 200
    kept = browser.cookies["barie_session"]
    answer = browser.post("/logout", headers={"x-csrf-token": token})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (200, "/login")
    browser.cookies.set("barie_session", kept)
    assert browser.get("/live").status_code == 303


def test_a_disabled_person_is_out_at_once(scene: Scene, visitor: Visitor) -> None:
    browser = visitor("manager")
    with transaction(scene.centre.engine) as session:
        session.get_one(UserRow, "manager").disabled = True
    assert browser.get("/live").status_code == 303


def test_a_program_still_gets_json(visitor: Visitor) -> None:
    answer = visitor().get("/v1/lanes")
    assert (answer.status_code, answer.json()) == (401, {"detail": "log in first"})
    malformed = visitor().post("/v1/session", json={})
    assert malformed.status_code == 422
    assert malformed.json()["detail"]


def test_an_unknown_page_is_told_in_words(visitor: Visitor) -> None:
    answer = visitor().get("/nothing/here")
    assert answer.status_code == 404
    assert "Không tìm thấy" in answer.text


def test_books_that_cannot_be_reached_are_told_in_words(scene: Scene, visitor: Visitor) -> None:
    browser = visitor("finance")
    with scene.centre.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE site RENAME TO elsewhere")
    answer = browser.get("/live")
    assert (answer.status_code, "Máy chủ đang bận" in answer.text) == (503, True)
    part = browser.get("/live/site/SPS", headers={"hx-request": "true"})
    assert (part.status_code, part.text.startswith("Máy chủ đang bận.")) == (503, True)
    program = browser.get("/v1/lanes")
    assert (program.status_code, program.json()["detail"][:9]) == (503, "the books")


def test_whoever_looks_at_plates_is_recorded(scene: Scene, visitor: Visitor) -> None:
    visitor("attendant").get("/live")
    visitor("finance").get("/live")
    with reading(scene.centre.engine) as session:
        rows = session.exec(select(AuditRow.who).where(AuditRow.what == "looked at the lanes")).all()
    assert rows == ["attendant"]


@pytest.mark.parametrize(
    ("back", "expected"),
    [
        ("/day/SPS/2026-11-22", "/day/SPS/2026-11-22"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\nb", "/"),
    ],
)
def test_the_language_is_kept_and_the_way_back_is_ours(visitor: Visitor, back: str, expected: str) -> None:
    browser = visitor()
    answer = browser.get("/lang/en", params={"back": back})
    assert (answer.status_code, answer.headers["location"]) == (303, expected)
    page = browser.get("/login").text
    assert '<html lang="en">' in page
    assert "Sign in" in page
    assert browser.get("/lang/fr").status_code == 400
