"""Events on the console: a calendar, an event planned with a look at what it changes, undone before it begins."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import select

from gate.messages import LaneMode
from server import drafts, planned_events, shifts
from server.console.once import fresh
from server.db import reading, transaction
from server.drafts import Stage
from server.facts import CommandRow
from server.facts_events import PlannedEventRow, PlannedEventUndoneRow
from server.planned_events import Plan
from server.reconcile import ZONE
from tests.console.conftest import Visitor
from tests.console.scene import Scene
from tests.console.test_access import csrf

WHEN = datetime.now(ZONE).replace(hour=16, minute=0, second=0, microsecond=0) + timedelta(days=3)
FORM = {
    "name": "Sa Pa - Lào Cai",
    "since": f"{WHEN:%Y-%m-%dT%H:%M}",
    "until": f"{WHEN + timedelta(hours=6):%Y-%m-%dT%H:%M}",
    "price-CAR9": "25k",
    "lane-in-1": "free",
    "lane-out-1": "",
    "people-0": "2",
    "who-0": "nhân viên",
    "where-0": "in-1",
}


@pytest.fixture
def stadium(scene: Scene) -> Scene:
    """The stadium's lanes are known."""
    scene.states("SPS", datetime.now(UTC), in_1=("idle", "down"), out_1=("idle", "down"))
    return scene


def posted(browser: httpx.Client, path: str, **form: Any) -> httpx.Response:
    headers = {"x-csrf-token": csrf(browser.get("/account").text), "hx-request": "true"}
    return browser.post(f"/events/SPS{path}", data=form, headers=headers)


def kept(scene: Scene) -> list[PlannedEventRow]:
    with reading(scene.centre.engine) as session:
        return list(session.exec(select(PlannedEventRow)))


def stage(scene: Scene) -> Stage:
    with reading(scene.centre.engine) as session:
        return drafts.version(session, "SPS", "SPS-E00001", datetime.now(UTC)).stage


def test_an_event_is_looked_at_then_kept_once(stadium: Scene, visitor: Visitor) -> None:
    browser = visitor("manager")
    page = browser.get("/events/SPS/new").text
    assert 'name="lane-in-1"' in page
    shown = posted(browser, "/preview", **FORM).text
    car = shown.split('data-class="CAR9"')[1].split("</tr>")[0]
    assert ("30.000\u00a0₫" in car, "<b>25.000\u00a0₫</b>" in car) == (True, True)
    assert "Bình thường → Cho qua hết" in shown
    assert "2 \u00d7 nhân viên · in-1" in shown
    assert not kept(stadium)
    token = fresh()
    for _ in range(2):
        answer = posted(browser, "", **FORM, once=token)
        assert answer.headers["hx-redirect"] == f"/events/SPS?month={WHEN:%Y-%m}&said=planned"
    (row,) = kept(stadium)
    assert (row.lanes, row.by, row.since) == ('{"in-1":"free"}', "manager", WHEN)
    assert stage(stadium) is Stage.DRAFT
    assert "Sa Pa - Lào Cai" in browser.get(f"/events/SPS?month={WHEN:%Y-%m}").text
    whole = browser.get("/events/SPS/one/SPS-E00001").text
    assert "/prices/SPS/list/SPS-E00001" in whole
    assert "một người khác duyệt" in whole


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"price-CAR9": "60.000"}, "Ô tô đến 9 chỗ: 60000 vượt giá trần niêm yết 30000"),
        ({"price-CAR9": "<b>x"}, "Ô tô đến 9 chỗ: “&lt;b&gt;x” không hợp lệ"),
        ({"since": "2020-01-01T00:00"}, "phải ở tương lai"),
        ({"until": FORM["since"]}, "phải sau giờ bắt đầu"),
        ({"since": "soon"}, "Bắt đầu: “soon” không hợp lệ"),
        ({"people-0": "-1"}, "Mấy người 1: “-1” không hợp lệ"),
        ({"name": ""}, "Đặt tên"),
        ({"lane-in-7": "free"}, "Làn hoặc chế độ"),
        ({"lane-in-1": "sideways"}, "Làn · in-1: “sideways” không hợp lệ"),
    ],
)
def test_an_event_that_cannot_be_is_told_in_words(
    stadium: Scene, visitor: Visitor, change: dict[str, str], why: str
) -> None:
    browser = visitor("manager")
    for path, form in (("/preview", {}), ("", {"once": fresh()})):
        answer = posted(browser, path, **FORM | change, **form)
        assert (answer.status_code, why in answer.text) == (200, True), answer.text
    assert not kept(stadium)


@pytest.mark.usefixtures("stadium")
def test_a_lane_of_another_event_is_named(visitor: Visitor) -> None:
    browser = visitor("manager")
    posted(browser, "", **FORM, once=fresh())
    assert "Làn in-1 đã thuộc Sa Pa - Lào Cai (SPS-E00001)" in posted(browser, "/preview", **FORM).text


def test_it_is_undone_once_with_its_prices(stadium: Scene, visitor: Visitor) -> None:
    browser = visitor("manager")
    posted(browser, "", **FORM, once=fresh())
    for why in ("", "x\x00y z", "hoãn \u202etrận"):
        assert posted(browser, "/one/SPS-E00001/undo", why=why, once=fresh()).status_code == 400
    token = fresh()
    for _ in range(2):
        answer = posted(browser, "/one/SPS-E00001/undo", why="hoãn trận", once=token)
        assert answer.headers["hx-redirect"] == "/events/SPS/one/SPS-E00001?said=undone"
    assert stage(stadium) is Stage.WITHDRAWN
    with reading(stadium.centre.engine) as session:
        assert len(session.exec(select(PlannedEventUndoneRow)).all()) == 1
    assert "manager đã huỷ: hoãn trận" in browser.get("/events/SPS/one/SPS-E00001").text


def test_who_may_not_plan_does_not(stadium: Scene, visitor: Visitor) -> None:
    posted(visitor("manager"), "", **FORM, once=fresh())
    finance = visitor("finance")
    assert finance.get("/events/SPS").status_code == 200
    assert finance.get("/events/SPS/new").status_code == 403
    for path, form in (("/preview", FORM), ("", FORM), ("/one/SPS-E00001/undo", {"why": "hoãn trận"})):
        assert posted(finance, path, **form, once=fresh()).status_code == 403
    assert visitor("attendant").get("/events/SPS").status_code == 403
    assert stage(stadium) is Stage.DRAFT


def test_the_calendar_has_whole_weeks_and_lunar_days(visitor: Visitor) -> None:
    browser = visitor("manager")
    page = browser.get("/events/SPS?month=2027-08").text
    assert "08/2027" in page
    assert "<b>Thứ 4 18/08</b><small" in page
    assert page.split("<b>Thứ 4 18/08</b>")[1].split("</small>")[0].endswith(">17/7")  # the temple's festival
    assert "month=2027-07" in page
    assert "month=2027-09" in page
    assert browser.get("/events/SPS?month=x%3Cb%3E").status_code == 200
    assert browser.get("/events/XXX").status_code == 404
    assert browser.get("/events/SPS/one/SPL-E00001").status_code == 404
    assert browser.get("/events").headers["location"] == "/events/BHT"


@pytest.mark.usefixtures("stadium")
def test_names_stay_text(visitor: Visitor) -> None:
    browser = visitor("manager")
    posted(browser, "", **FORM | {"name": "<script>alert(1)</script>", "who-0": "<img src=x>"}, once=fresh())
    for path in (f"/events/SPS?month={WHEN:%Y-%m}", "/events/SPS/one/SPS-E00001"):
        page = browser.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_the_centre_brings_the_lanes_to_their_events(stadium: Scene) -> None:
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    plan = Plan("Giải xe đạp", now - hour, now + hour, {}, {"in-1": LaneMode.FREE}, ())
    with transaction(stadium.centre.engine) as session:
        planned_events.plan(session, "SPS", plan, "manager", now - 2 * hour)
    (errand,) = [each for each in stadium.centre.jobs.errands if each.name == "events"]
    errand.go()
    with reading(stadium.centre.engine) as session:
        (order,) = session.exec(select(CommandRow)).all()
    assert (order.lane, order.action, order.by) == ("in-1", "mode", "manager")


@pytest.mark.usefixtures("stadium")
def test_a_month_without_events_says_so(visitor: Visitor) -> None:
    browser = visitor("manager")
    path = f"/events/SPS?month={WHEN:%Y-%m}"
    assert 'id="no-events"' in browser.get(path).text
    posted(browser, "", **FORM, once=fresh())
    page = browser.get(path).text
    assert ('id="no-events"' in page, FORM["name"] in page) == (False, True)


def test_an_event_says_who_is_on_shift_for_it(stadium: Scene, visitor: Visitor) -> None:
    browser = visitor("manager")
    posted(browser, "", **FORM, once=fresh())
    assert "Cần 2 người, đang trong ca 0" in browser.get("/events/SPS/one/SPS-E00001").text
    with transaction(stadium.centre.engine) as session:
        shifts.begin(session, "SPS", by="lan", opening_cash=0, now=datetime.now(UTC))
    assert "Cần 2 người, đang trong ca 1: lan" in browser.get("/events/SPS/one/SPS-E00001").text


@pytest.mark.parametrize("month", ["2026-12", "2027-01", "2028-02", "2000-01", "2199-12"])
def test_each_month_has_its_whole_weeks(visitor: Visitor, month: str) -> None:
    page = visitor("manager").get(f"/events/SPS?month={month}").text
    assert (f"{month[5:]}/{month[:4]}</h1>" in page, page.count("<b>Thứ 2 ") in {4, 5, 6}) == (True, True)


@pytest.mark.usefixtures("stadium")
def test_an_event_over_midnight_and_the_years_end_stands_on_both_days(visitor: Visitor) -> None:
    browser, year = visitor("manager"), WHEN.year
    ends = {"since": f"{year}-12-31T20:00", "until": f"{year + 1}-01-01T02:00"}
    assert "hx-redirect" in posted(browser, "", **FORM | ends, once=fresh()).headers
    for month, mine in ((f"{year}-12", "31/12"), (f"{year + 1}-01", "01/01")):
        days = browser.get(f"/events/SPS?month={month}").text.split("<li ")
        on = [day.split("</b>")[0][-5:] for day in days if FORM["name"] in day]
        assert (mine in on, set(on) <= {"31/12", "01/01"}) == (True, True), month
