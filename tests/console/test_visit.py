"""A visit's page: all of it, to who may see it; a plate corrected with its effect on the money shown before."""

import html
import re
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import select

from gate.lease import Standing
from gate.messages import OpeningReason
from server import lists
from server.console.once import fresh
from server.db import reading, transaction
from server.facts import AuditRow
from server.facts_money import DecisionRow
from server.lists import Listing
from server.vault_plates import VaultPlateRow
from tests.console.conftest import Visitor
from tests.console.scene import CAR, Scene
from tests.console.test_access import csrf

HOUR = timedelta(hours=1)
PASS = "24A05678"


@pytest.fixture
def stay(scene: Scene, now: datetime) -> str:
    """A car that was let out owing 30,000, read as another than that of the pass."""
    came = now - 3 * HOUR
    visit = scene.admits("SPS", "in-1", scene.sees("SPS", "in-1", "24A12378", came), came)
    at = scene.sees("SPS", "out-1", "24A12378", now - HOUR)
    scene.quotes("SPS", "out-1", at, visit, came, now - HOUR, CAR)
    scene.leaves("SPS", "out-1", visit, now - HOUR, OpeningReason.BILLED)
    listing = Listing(
        standing=Standing.PASS, since=came - HOUR, until=now + HOUR, owner="Lan", reason="monthly pass", plate=PASS
    )
    with transaction(scene.centre.engine) as session:
        lists.add(session, "SPS", listing, "manager", came - HOUR)
    return visit


def post(browser: httpx.Client, path: str, **data: Any) -> httpx.Response:
    """As HTMX sends a form."""
    headers = {"x-csrf-token": csrf(browser.get("/live").text), "hx-request": "true"}
    return browser.post(path, data={"once": fresh(), **data}, headers=headers)


def words(page: str) -> str:
    """What is read of a page."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def test_a_visit_tells_what_happened_in_its_order(scene: Scene, visitor: Visitor, stay: str) -> None:
    page = visitor("manager").get(f"/visits/{stay}").text
    said = words(page)
    order = ("Camera thấy ở lối vào", "Xe đi vào", "Camera thấy ở lối ra", "Cho ra, ghi nợ", "Xe đi ra")
    places = [said.index(each) for each in order]
    assert places == sorted(places)
    assert "30.000 ₫" in said
    assert page.count("/v1/pictures/") == 2
    with reading(scene.centre.engine) as session:
        assert session.exec(select(AuditRow).where(AuditRow.what == "looked at a visit")).one().subject == stay


def test_finance_sees_the_money_and_neither_plate_nor_picture(visitor: Visitor, stay: str) -> None:
    browser = visitor("finance")
    page = browser.get(f"/visits/{stay}").text
    assert "30.000" in page
    assert "123.78" not in page
    assert "/v1/pictures/" not in page
    assert browser.get(f"/visits/{stay}/plate").status_code == 403


def test_a_visit_that_is_none_is_not_found(visitor: Visitor) -> None:
    answer = visitor("manager").get("/visits/SPSXXXXXXXX")
    assert answer.status_code == 404
    assert "Không có lượt này" in answer.text


def test_a_plate_is_corrected_once_after_its_effect_was_shown(scene: Scene, visitor: Visitor, stay: str) -> None:
    browser = visitor("manager")
    effect = browser.get(f"/visits/{stay}/plate/effect", params={"side": "in", "plate": "24a-056.78"}).text
    assert 'name="difference" value="-30000"' in effect
    assert "30.000 ₫ → 0 ₫" in words(effect)
    form = {"side": "in", "plate": "24a-056.78", "shown": PASS, "difference": -30_000, "note": "nhìn ảnh"}
    sending = {**form, "waive": "true", "once": fresh()}
    answers = [post(browser, f"/visits/{stay}/plate", **sending) for _ in range(2)]
    assert [answer.headers["hx-redirect"] for answer in answers] == [f"/visits/{stay}?said=plate_corrected"] * 2
    page = words(browser.get(f"/visits/{stay}").text)
    assert "24A12378 → 24A05678" in page
    assert "Chờ" in page or "Cần người thứ hai" in page
    with reading(scene.centre.engine) as session:
        assert len(session.exec(select(VaultPlateRow)).all()) == len(session.exec(select(DecisionRow)).all()) == 1


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"difference": 0}, 409, "giá đã đổi"),
        ({"shown": "24A05679"}, 409, "hãy xem lại"),
        ({"plate": "<script>", "shown": "<script>"}, 409, "biển số"),
        ({"note": ""}, 400, "hãy điền"),
    ],
)
def test_a_correction_that_is_refused_says_why(
    scene: Scene, visitor: Visitor, stay: str, changes: dict[str, Any], status: int, said: str
) -> None:
    form = {"side": "in", "plate": PASS, "shown": PASS, "difference": -30_000, "note": "nhìn ảnh", **changes}
    answer = post(visitor("manager"), f"/visits/{stay}/plate", **form)
    assert (answer.status_code, said in answer.text.lower()) == (status, True), answer.text
    with reading(scene.centre.engine) as session:
        assert session.exec(select(VaultPlateRow)).all() == []


def test_an_attendant_corrects_no_plate(visitor: Visitor, stay: str) -> None:
    browser = visitor("attendant")
    assert f"/visits/{stay}/plate" not in browser.get(f"/visits/{stay}").text
    form = {"side": "in", "plate": PASS, "shown": PASS, "difference": -30_000, "note": "nhìn ảnh"}
    assert post(browser, f"/visits/{stay}/plate", **form).status_code == 403


def test_a_car_inside_shows_what_it_would_pay_now_as_its_driver_is_told(
    scene: Scene, visitor: Visitor, now: datetime
) -> None:
    entered = now - timedelta(hours=3)
    visit = scene.admits("SPS", "in-1", scene.sees("SPS", "in-1", "29A13579", entered), entered)
    page = visitor("manager").get(f"/visits/{visit}").text
    assert '<p id="by-now">Nếu ra bây giờ: <b>30.000\u00a0₫</b></p>' in page
    assert "Chưa có giá" not in page
    assert 'id="owed"' not in page, "nothing is owed yet, and nothing says that it is free"
