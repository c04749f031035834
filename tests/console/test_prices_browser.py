"""A lot manager writes prices, looks at what they do, and another person publishes them, in a real browser."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from server.reconcile import ZONE
from tests.console.browser import FIRST_VIEW_MAX_MS, PHONE, WAYS
from tests.console.conftest import Visitors
from tests.console.scene import Scene
from tests.console.test_prices import drafted
from tests.server.test_replays import charged

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FIRST_PAINT = """() => new Promise((told) => new PerformanceObserver((seen) => {
    const first = seen.getEntries().find((it) => it.name === "first-contentful-paint");
    if (first) told(first.startTime);
}).observe({type: "paint", buffered: true}))"""
"""The board is so light that it has loaded before it is painted."""
TOMORROW = datetime.now(ZONE) + timedelta(days=1)


@pytest.mark.parametrize("way", WAYS)
def test_prices_go_from_a_form_to_the_board(scene: Scene, somebody: Visitors, pictures: Path, way: str) -> None:
    language, size = WAYS[way]
    charged(scene.centre.engine, 1, 1, 30_000)
    writer, second = somebody("finance", size, language), somebody("manager", size, language)
    page = writer.page
    page.goto(f"{writer.url}/prices/SPS")
    writer.looks_right(pictures / f"{way}-prices.png")
    page.click("#new-list")
    expect(page.locator("#sound")).to_be_visible()
    page.fill("[name=code]", "sps-2027")
    page.fill("[name=turn-CAR9-price]", "60k")
    fault = page.locator("[name=turn-CAR9-price] + .field-error")
    expect(fault).to_contain_text("60000")
    expect(page.locator("#wrongs li")).to_have_count(1)
    writer.looks_right(pictures / f"{way}-prices-refused.png")
    page.fill("[name=turn-CAR9-price]", "25k")
    expect(fault).to_have_count(0)
    expect(page.locator(".examples tbody tr").first).to_contain_text("25.000")
    page.locator(".tools-row button").filter(has_text={"vi": "Thêm khung giá", "en": "Add a period"}[language]).click()
    page.fill("[name=rate-0-name]", "night")
    page.fill("[name=rate-0-start]", "22:00")
    page.fill("[name=rate-0-end]", "06:00")
    page.fill("[name=rate-0-step-0-CAR9]", "30.000")
    expect(page.locator("#sound")).to_be_visible()
    writer.looks_right(pictures / f"{way}-prices-editor.png")
    page.locator("#save").dblclick()
    page.wait_for_url("**/prices/SPS/list/sps-2027**")
    expect(page.locator("#decide")).to_have_count(0)  # who wrote it does not approve it
    page = second.page
    page.goto(f"{second.url}/prices/SPS/list/sps-2027")
    page.fill("[name=first]", "2026-11-23")
    page.fill("[name=last]", "2026-11-23")
    page.click("#replay-form button")
    expect(page.locator("#replay-result tfoot")).to_contain_text("-5.000")
    second.looks_right(pictures / f"{way}-prices-list.png")
    page.fill("#decide [name=note]", "đúng niêm yết")
    page.locator("#decide button[value=true]").dblclick()
    expect(page.locator("#said")).to_be_visible()
    expect(page.locator("#stage")).to_have_text({"vi": "Sắp áp dụng", "en": "Coming"}[language])
    page.reload()
    expect(page.locator("#said")).to_have_count(0)


@pytest.mark.parametrize("way", ["vi-phone", "vi-desk"])
def test_the_board_is_read_by_strangers(somebody: Visitors, pictures: Path, way: str) -> None:
    stranger = somebody(None, WAYS[way][1])
    stranger.page.goto(f"{stranger.url}/board/SPS")
    expect(stranger.page.locator("[data-class=CAR9] b")).to_have_text("30.000\u00a0₫")
    stranger.looks_right(pictures / f"{way}-board.png")


def test_two_people_before_one_draft_see_each_other(scene: Scene, somebody: Visitors) -> None:
    drafted(scene, by="administrator")
    first, second = somebody("finance"), somebody("manager")
    for visitor in (first, second):
        visitor.page.goto(f"{visitor.url}/prices/SPS/list/sps-2027")
    expect(first.page.locator(".others")).to_contain_text("manager")
    expect(second.page.locator(".others")).to_contain_text("finance")


def test_the_pages_arrive_in_time_over_slow_3g(somebody: Visitors) -> None:
    manager = somebody("manager", PHONE)
    for path in ("/prices/SPS", "/prices/SPS/edit", "/events/SPS"):
        manager.arrives_in_time(path)
    assert 0 < manager.weighs("/board/SPS").page_bytes <= 20 * 1024
    assert 0 < manager.page.evaluate(FIRST_PAINT) <= FIRST_VIEW_MAX_MS


@pytest.mark.parametrize("way", WAYS)
def test_an_event_is_planned_and_undone(scene: Scene, somebody: Visitors, pictures: Path, way: str) -> None:
    language, size = WAYS[way]
    scene.states("SPS", datetime.now(UTC), in_1=("idle", "down"), out_1=("idle", "down"))
    manager = somebody("manager", size, language)
    page = manager.page
    page.goto(f"{manager.url}/events/SPS")
    manager.looks_right(pictures / f"{way}-events.png")
    page.click("#new-event")
    page.fill("[name=name]", "Sa Pa - Lào Cai")
    page.fill("[name=since]", f"{TOMORROW:%Y-%m-%dT16:00}")
    page.fill("[name=until]", f"{TOMORROW:%Y-%m-%dT22:00}")
    page.fill("[name=price-CAR9]", "90k")
    expect(page.locator("#why")).to_contain_text("90000")
    page.fill("[name=price-CAR9]", "20k")
    page.select_option("[name=lane-in-1]", "free")
    page.fill("[name=who-0]", "2 nhân viên")
    expect(page.locator("#preview li")).to_have_count(2)
    expect(page.locator("#preview tr[data-class=CAR9] b")).to_have_text("20.000\u00a0₫")
    manager.looks_right(pictures / f"{way}-events-new.png")
    page.locator("#save").dblclick()
    page.locator(".month a").first.click()
    manager.looks_right(pictures / f"{way}-events-one.png")
    page.locator("summary").click()
    page.fill("#undo [name=why]", "hoãn trận")
    page.locator("#undo button").dblclick()
    expect(page.locator("#state")).to_have_text({"vi": "Đã huỷ", "en": "Undone"}[language])
