"""A driver without an app finds the car, pays, and sees it: on a phone, over slow 3G, in both languages."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from tests.console.browser import FIRST_VIEW_MAX_MS, PHONE, WAYS
from tests.console.conftest import Visitors
from tests.console.scene import Scene

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LIGHT: Final = 60 * 1024
_PAINTED: Final = "() => performance.getEntriesByType('paint').find((it) => it.name === 'first-contentful-paint')"
PAID: Final = {"vi": "Đã thanh toán", "en": "Paid"}


@pytest.mark.parametrize("way", WAYS)
def test_a_driver_finds_the_car_and_pays(somebody: Visitors, scene: Scene, pictures: Path, way: str) -> None:
    language, size = WAYS[way]
    came = datetime.now(UTC) - timedelta(minutes=50)
    visit = scene.admits("SPS", "in-1", scene.sees("SPS", "in-1", "30A12345", came), came)
    driver = somebody(None, size, language)
    page = driver.page
    page.goto(f"{driver.url}/car")
    page.select_option("#site", "SPS")
    page.fill("#plate", "51f 99999")
    page.click("#look button")
    expect(page.locator("#answer .alert")).to_be_visible()
    page.fill("#plate", "3oa-123.45")
    page.press("#plate", "Enter")
    expect(page.locator(".cars li")).to_have_count(1)
    driver.looks_right(pictures / f"{way}-car-found.png")
    page.click(".cars a")
    expect(page.locator("#owes")).to_have_text("30.000\u00a0₫")
    expect(page.locator("#qr")).to_be_visible()
    driver.looks_right(pictures / f"{way}-car-pay.png")
    scene.pays("SPS", (f"GUI XE {visit}", 30_000, datetime.now(UTC)))
    expect(page.locator("#paid")).to_contain_text(PAID[language])  # by itself
    driver.looks_right(pictures / f"{way}-car-paid.png")
    page.click("#receipt")
    expect(page.locator("#payments")).to_contain_text("30.000")
    driver.looks_right(pictures / f"{way}-car-receipt.png")
    page.go_back()
    expect(page.locator("#paid")).to_be_visible()


def test_the_drivers_pages_are_light_and_quick(somebody: Visitors, scene: Scene) -> None:
    came = datetime.now(UTC) - timedelta(minutes=50)
    scene.admits("SPS", "in-1", scene.sees("SPS", "in-1", "30A12345", came), came)
    driver = somebody(None, PHONE)
    driver.page.goto(f"{driver.url}/car?site=SPS&plate=30A12345")
    there = driver.page.get_attribute(".cars a", "href")
    assert there
    for path in ("/car", there):
        weight = driver.weighs(path)
        driver.page.wait_for_function(_PAINTED)  # so light that it may be all here before it is drawn
        painted = driver.page.evaluate(f"({_PAINTED})().startTime")
        assert 0 < painted <= FIRST_VIEW_MAX_MS, (painted, weight)
        assert 0 < weight.page_bytes + weight.picture_bytes <= LIGHT, weight
