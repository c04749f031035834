"""An attendant's shift before the live page, in a real browser: the till, a driver who is heard, cash, a claim."""

from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from server.db import reading
from server.facts_day import ReceiptRow
from tests.console.browser import DESK, WAYS
from tests.console.conftest import Visitors
from tests.console.scene import Scene
from tests.console.test_help import orders
from tests.console.test_live_money import driver

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WANTED = "#wanted-SPS-out-1"


@pytest.mark.parametrize("way", WAYS)
def test_a_shift_with_cash(scene: Scene, somebody: Visitors, pictures: Path, now: datetime, way: str) -> None:
    language, size = WAYS[way]
    driver(scene, now)
    it = somebody("attendant", size, language)
    page = it.page
    page.click("#my-shift")
    page.fill("#shift-SPS [name=counted]", "200000")
    page.locator("#shift-SPS button").dblclick()
    expect(page.locator("#said")).to_be_visible()
    expect(page.locator(f"{WANTED} img")).to_have_count(2)
    it.looks_right(pictures / f"{way}-live-money.png")
    page.click("#claim-SPS-out-1")
    expect(page.locator("#claim-form")).to_be_visible()
    it.looks_right(pictures / f"{way}-claim.png", whole=False)
    page.keyboard.press("Escape")
    page.click("#cash-SPS-out-1")
    page.fill("#cash-form [name=note]", "<b>the phone is dead</b>")
    page.locator("#cash-form button[type=submit]").dblclick()
    expect(page.locator("#help")).to_be_hidden()
    with reading(scene.centre.engine) as session:
        assert [row.amount for row in session.exec(select(ReceiptRow))] == [30_000]
    page.click("#my-shift")
    expect(page.locator("#shift-SPS")).to_contain_text("230.000")
    it.looks_right(pictures / f"{way}-shift.png", whole=False)
    page.fill("#shift-SPS [name=counted]", "230000")
    page.select_option("#shift-SPS [name=to]", "manager")
    page.click("#shift-SPS button[type=submit]")
    expect(page.locator("#said")).to_be_visible()
    page.click("#my-shift")
    expect(page.locator("#shift-SPS [name=to]")).to_have_count(0)


def test_a_driver_who_begins_to_wait_is_heard_where_the_switch_is_on(
    scene: Scene, somebody: Visitors, now: datetime
) -> None:
    loud, quiet = somebody("attendant", DESK).page, somebody("manager", DESK).page
    loud.click("#sound")
    expect(loud.locator("#sound")).to_have_attribute("aria-pressed", "true")
    expect(loud.locator("#queue")).to_have_attribute("data-rung", "1")
    driver(scene, now)
    expect(loud.locator(WANTED)).to_be_visible()
    expect(loud.locator("#queue")).to_have_attribute("data-rung", "2")
    expect(quiet.locator(WANTED)).to_be_visible()
    assert quiet.locator("#queue").get_attribute("data-rung") is None
    loud.reload()
    expect(loud.locator("#sound")).to_have_attribute("aria-pressed", "true")


def test_a_claim_opens_with_two_clicks_and_a_word(scene: Scene, somebody: Visitors, now: datetime) -> None:
    visit = driver(scene, now)
    page = somebody("attendant").page
    page.click("#claim-SPS-out-1")
    page.fill("#claim-form [name=note]", "the app shows it")
    page.locator("#claim-form button[type=submit]").dblclick()
    expect(page.locator("#toast")).to_contain_text("Đã gửi lệnh")
    assert [order.visit for order in orders(scene)] == [visit]
    expect(page.locator(f"{WANTED} .order")).to_contain_text("đang chờ hộp biên")
