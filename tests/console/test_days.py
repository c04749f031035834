"""Days that no books can have are refused in words, wherever a day is typed or sent."""

import pytest
from sqlmodel import select

from server.console.once import fresh
from server.db import reading
from server.listings import ListingRow
from tests.console.conftest import Visitor
from tests.console.scene import PASSWORD, Scene
from tests.console.test_lists import FORM, headers

NONE = ("0001-01-01", "1999-12-31", "2201-01-01", "9999-12-31", "2026-02-30", "today")


def test_no_page_takes_a_day_that_is_none(scene: Scene, visitor: Visitor) -> None:
    browser = visitor("administrator")
    head = headers(browser)
    for day in NONE:
        for field in ("since", "until"):
            for url in ("/visits", "/audit", "/audit?kind=openings"):
                answer = browser.get(url, params={field: day, **({"kind": "openings"} if "?" in url else {})})
                assert (answer.status_code, "năm-tháng-ngày" in answer.text) == (400, True), (url, field, day)
            sent = FORM | {field: day, "once": fresh()}
            refused = browser.post("/lists/SPS/add", data=sent, headers=head)
            assert (refused.status_code, "năm-tháng-ngày" in refused.text) == (400, True), (field, day)
    with reading(scene.centre.engine) as session:
        assert session.exec(select(ListingRow)).first() is None


def test_the_first_and_the_last_day_are_taken(visitor: Visitor) -> None:
    browser = visitor("administrator")
    ends = {"since": "2000-01-01", "until": "2200-12-31"}
    for url in ("/visits", "/audit", "/audit?kind=openings"):
        assert browser.get(url, params=ends | ({"kind": "openings"} if "?" in url else {})).status_code == 200, url
    sent = FORM | ends | {"once": fresh()}
    assert browser.post("/lists/SPS/add", data=sent, headers=headers(browser)).status_code == 204


@pytest.mark.parametrize("day", NONE[:-1])
def test_no_program_is_answered_about_a_day_that_is_none(visitor: Visitor, day: str) -> None:
    browser = visitor()
    token = browser.post("/v1/session", json={"user": "manager", "password": PASSWORD}).json()["token"]
    head = {"authorization": f"Bearer {token}", "idempotency-key": "request-0001"}
    row = {"standing": "pass", "plate": "24A05678", "owner": "Lan", "reason": "vé tháng"}
    asked = {
        "visits since": browser.get("/v1/visits", params={"since": day}, headers=head),
        "visits until": browser.get("/v1/visits", params={"until": day}, headers=head),
        "events since": browser.get("/v1/sites/SPS/events", params={"since": day}, headers=head),
        "events until": browser.get("/v1/sites/SPS/events", params={"until": day}, headers=head),
        "may close": browser.get(f"/v1/sites/SPS/closes/{day}/check", headers=head),
        "close": browser.post(f"/v1/sites/SPS/closes/{day}", json={}, headers=head),
        "replay": browser.post("/v1/sites/SPS/tariffs/flat-1/replay", json={"first": day, "last": day}, headers=head),
        "list": browser.post("/v1/sites/SPS/lists", json={**row, "until": f"{day}T23:59:59-11:00"}, headers=head),
    }
    assert {name: answer.status_code for name, answer in asked.items()} == dict.fromkeys(asked, 422)
