"""The list of visits: found by a plate, by site, day and state; nobody sees what is not theirs, nothing escapes."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from server.db import reading
from server.facts import AuditRow
from tests.console.conftest import Visitor
from tests.console.scene import CAR, Scene

HOUR = timedelta(hours=1)


@pytest.fixture
def stays(scene: Scene, now: datetime) -> dict[str, str]:
    """A car that left owing nothing, a car inside, one at another site, and a stranger at an exit."""
    came = now - 3 * HOUR
    gone = scene.admits("SPS", "in-1", scene.sees("SPS", "in-1", "24A12378", came), came)
    at = scene.sees("SPS", "out-1", "24A12378", now - HOUR)
    scene.quotes("SPS", "out-1", at, gone, came, now - HOUR, CAR)
    scene.pays("SPS", (f"GUI XE {gone}", 30_000, now - HOUR))
    scene.leaves("SPS", "out-1", gone, now - HOUR)
    inside = scene.admits("SPS", "in-1", scene.read("SPS", "in-1", "24B10008", now - HOUR), now - HOUR)
    other = scene.admits("SPL", "in-1", scene.read("SPL", "in-1", "24A12379", now - HOUR), now - HOUR)
    scene.read("SPS", "out-1", "24A12370", now)
    return {"gone": gone, "inside": inside, "other": other}


def shown(page: str) -> set[str]:
    """The visits of a list."""
    return {
        line.split('"', 2)[1].removeprefix("/visits/") for line in page.split("<a href=")[1:] if "visit-link" in line
    }


def test_a_plate_finds_its_visits_wherever_and_similar_ones_when_asked(visitor: Visitor, stays: dict[str, str]) -> None:
    browser = visitor("manager")
    close = browser.get("/visits", params={"plate": "24a-123.78"}).text
    assert shown(close) == {stays["gone"]}
    assert 'id="near"' in close
    near = browser.get("/visits", params={"plate": "24a-123.78", "near": "true"}).text
    assert shown(near) == {stays["gone"], stays["other"]}
    assert "/visits/exits/SPS/" in near
    assert shown(browser.get("/visits", params={"plate": "Z4BIOOO8"}).text) == {stays["inside"]}
    assert shown(browser.get("/visits", params={"plate": "24A12377"}).text) == {stays["gone"], stays["other"]}
    assert shown(browser.get("/visits", params={"plate": "24A1237", "site": "SPL"}).text) == {stays["other"]}
    assert "ít nhất 3 ký tự" in browser.get("/visits", params={"plate": "24"}).text
    straight = browser.get("/visits", params={"plate": stays["gone"].lower()})
    assert straight.headers["location"] == f"/visits/{stays['gone']}"


def test_a_site_is_listed_by_state_and_day(visitor: Visitor, stays: dict[str, str], now: datetime) -> None:
    browser = visitor("attendant")

    def asked(**query: str) -> set[str]:
        return shown(browser.get("/visits", params=query).text)

    assert asked(site="SPS") == {stays["gone"], stays["inside"]}
    assert asked(site="SPS", state="inside") == {stays["inside"]}
    assert asked(site="SPS", state="left") == {stays["gone"]}
    assert asked(site="SPS", state="voided") == set()
    assert asked(site="SPL") == {stays["other"]}
    assert asked(site="SPS", until=(now - 48 * HOUR).date().isoformat()) == set()
    assert asked(site="SPS", since=(now - 48 * HOUR).date().isoformat()) == {stays["gone"], stays["inside"]}
    assert browser.get("/visits", params={"since": "yesterday"}).status_code == 400
    assert browser.get("/visits", params={"state": "lost"}).status_code == 400


def test_a_list_goes_on_where_it_ended(scene: Scene, visitor: Visitor, now: datetime) -> None:
    with scene.at_once("SPS"):
        for number in range(60):
            at = now - HOUR - timedelta(minutes=number)
            scene.admits("SPS", "in-1", scene.read("SPS", "in-1", f"24A{number:05}", at), at)
    browser = visitor("manager")
    first = browser.get("/visits", params={"site": "SPS"}).text
    address = first.split('hx-get="', 1)[1].split('"', 1)[0].replace("&amp;", "&")
    rest = browser.get(address, headers={"hx-request": "true"}).text
    assert (len(shown(first)), len(shown(rest)), "<html" in rest) == (50, 10, False)
    assert len(shown(first) | shown(rest)) == 60


def test_who_searched_is_recorded_and_the_plate_is_not(scene: Scene, visitor: Visitor, stays: dict[str, str]) -> None:
    visitor("attendant").get("/visits", params={"plate": "24A12378"})
    with reading(scene.centre.engine) as session:
        row = session.exec(select(AuditRow).where(AuditRow.what == "searched for a plate")).one()
    assert row.who == "attendant"
    assert stays["gone"] in row.detail
    assert "12378" not in row.detail + row.subject


def test_finance_sees_no_plates(visitor: Visitor) -> None:
    browser = visitor("finance")
    assert browser.get("/visits").status_code == 403
    assert 'id="to-visits"' not in browser.get("/live").text


def test_a_plate_that_is_a_script_stays_text(scene: Scene, visitor: Visitor, now: datetime) -> None:
    evil = "<img src=x>"
    scene.admits("SPS", "in-1", scene.read("SPS", "in-1", evil, now - HOUR), now - HOUR)
    browser = visitor("manager")
    for query in ({"site": "SPS"}, {"plate": evil}, {"plate": '"><script>alert(1)</script>'}):
        page = browser.get("/visits", params=query).text.lower()
        assert "<img src=x" not in page
        assert "<script>alert" not in page
    assert "&lt;IMG" in browser.get("/visits", params={"site": "SPS"}).text
