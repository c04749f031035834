"""My account: a password that changes once, and sessions that end."""

import pytest
from sqlmodel import select

from server.console.once import fresh
from server.db import reading
from server.facts import AuditRow
from tests.console.conftest import Visitor
from tests.console.scene import PASSWORD, Scene
from tests.console.test_access import csrf

NEW = "another of more than ten"


def form(**changes: str) -> dict[str, str]:
    return {"old": PASSWORD, "new": NEW, "again": NEW, "once": fresh(), **changes}


def test_a_password_changes_once_and_other_sessions_end(scene: Scene, visitor: Visitor) -> None:
    here, elsewhere = visitor("attendant"), visitor("attendant")
    headers = {"x-csrf-token": csrf(here.get("/account").text), "hx-request": "true"}
    sending = form()
    answers = [here.post("/account/password", data=sending, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 204]
    assert answers[0].headers["hx-redirect"] == "/account?said=password"
    assert (here.get("/account").status_code, elsewhere.get("/account").status_code) == (200, 303)
    assert visitor().post("/login", data={"name": "attendant", "password": PASSWORD}).status_code == 401
    assert visitor().post("/login", data={"name": "attendant", "password": NEW}).status_code == 303
    with reading(scene.centre.engine) as session:
        changes = session.exec(select(AuditRow).where(AuditRow.what == "changed the password")).all()
    assert len(changes) == 1


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({"old": "wrong"}, 403, "Mật khẩu hiện tại không đúng"),
        ({"new": "short", "again": "short"}, 400, "ít nhất 10 ký tự"),
        ({"new": PASSWORD, "again": PASSWORD}, 400, "khác mật khẩu cũ"),
        ({"again": "another one altogether"}, 400, "không giống nhau"),
        ({"once": ""}, 400, "không đúng dạng"),
    ],
)
def test_a_refusal_says_why_and_the_form_may_be_sent_again(
    visitor: Visitor, changes: dict[str, str], status: int, word: str
) -> None:
    browser = visitor("attendant")
    headers = {"x-csrf-token": csrf(browser.get("/account").text), "hx-request": "true"}
    sending = form()
    refused = browser.post("/account/password", data=sending | changes, headers=headers)
    assert (refused.status_code, word in refused.text) == (status, True), refused.text
    assert browser.post("/account/password", data=sending, headers=headers).status_code == 204
    assert visitor().post("/login", data={"name": "attendant", "password": NEW}).status_code == 303


def test_nothing_changes_without_the_pages_token(visitor: Visitor) -> None:
    browser = visitor("attendant")
    assert browser.post("/account/password", data=form()).status_code == 403
    assert browser.post("/account/sessions", data={"once": fresh()}).status_code == 403


def test_what_a_link_says_was_done_is_one_of_our_words(visitor: Visitor) -> None:
    browser = visitor("attendant")
    assert "Đã đổi mật khẩu." in browser.get("/account", params={"said": "password"}).text
    foreign = browser.get("/account", params={"said": "<script>alert(1)</script>"}).text
    assert 'id="said"' not in foreign
    assert "alert(1)" not in foreign
