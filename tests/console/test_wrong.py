"""What was typed wrong is named by its field, in the reader's language, on whatever page."""

import httpx
import pytest

from tests.console.conftest import Visitor
from tests.console.test_access import csrf

ADDRESSES = {
    "/visits?since=2026-02-30": "From: Not a date: use year-month-day.",
    "/visits?until=31/12/2026": "To: Not a date: use year-month-day.",
    "/visits?state=nowhere": "State: there is no such choice.",
    "/cases?whose=nobody": "Whose: there is no such choice.",
    "/cases?code=nothing": "Kind of case: there is no such choice.",
    f"/cases?site={'S' * 11}": "Site: at most 10 characters.",
}
FORMS = {
    "amount=1.5&note=as agreed": "Amount: write a whole number, digits only.",
    "amount=0&note=as agreed": "Amount: at least 1.",
    "amount=99999999999999&note=as agreed": "Amount: at most 10000000000000.",
    "amount=1&note=no": "Reason in words: at least 3 characters.",
    "note=as agreed": "Amount: fill it in.",
    f"amount=1&note={'x' * 401}": "Reason in words: at most 400 characters.",
    "amount=x&note=": "Amount: write a whole number, digits only. Reason in words: fill it in.",
}
ONCE = "a" * 16


@pytest.fixture
def manager(visitor: Visitor) -> httpx.Client:
    browser = visitor("manager")
    browser.headers["x-csrf-token"] = csrf(browser.get("/account").text)
    return browser


def test_a_wrong_value_is_named_by_its_field(manager: httpx.Client) -> None:
    manager.cookies.set("lang", "en")
    part = {"hx-request": "true"}
    for path, told in ADDRESSES.items():
        answer = manager.get(path, headers=part)
        assert (answer.status_code, answer.text) == (400, f"Put this field right. {told}"), path
    for form, told in FORMS.items():
        sent = dict(each.split("=") for each in form.split("&")) | {"once": ONCE}
        answer = manager.post("/visits/SPSXXXXXXXX/waive", data=sent, headers=part)
        assert (answer.status_code, answer.text) == (400, f"Put this field right. {told}"), form


def test_a_page_says_it_in_vietnamese_too(manager: httpx.Client) -> None:
    answer = manager.get("/visits?since=2026-02-30")
    assert answer.status_code == 400
    assert "Từ ngày: Ngày không hợp lệ" in answer.text


def test_what_no_person_typed_asks_to_load_the_page_again(manager: httpx.Client) -> None:
    sent = {"amount": "1", "note": "as agreed", "once": "<b>"}
    answer = manager.post("/visits/SPSXXXXXXXX/waive", data=sent, headers={"hx-request": "true"})
    assert (answer.status_code, answer.text.endswith("Hãy tải lại trang rồi thử lại.")) == (400, True)


def test_what_changed_meanwhile_is_not_said_of_a_lane(manager: httpx.Client) -> None:
    manager.cookies.set("lang", "en")
    sent = {"side": "in", "plate": "29A12345", "shown": "29A12346", "difference": "0", "note": "as seen", "once": ONCE}
    answer = manager.post("/visits/SPSXXXXXXXX/plate", data=sent, headers={"hx-request": "true"})
    assert (answer.status_code, answer.text.partition(".")[0]) == (409, "Not possible now")
