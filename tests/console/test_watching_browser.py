"""Two people before the same day, each in a browser of their own."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.console.browser import DESK, PHONE
from tests.console.conftest import Visitors

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DAY = "/day/SPS/2026-11-22"


def test_two_people_see_each_other_come_and_go(somebody: Visitors, pictures: Path) -> None:
    desk, phone = somebody("finance", DESK), somebody("manager", PHONE, "en")
    desk.page.goto(desk.url + DAY)
    expect(desk.page.locator(".others")).to_be_hidden()
    phone.page.goto(phone.url + DAY)
    expect(desk.page.locator(".others")).to_have_text("Đang cùng xem: manager")
    expect(phone.page.locator(".others")).to_have_text("Also looking at this: finance")
    phone.looks_right(pictures / "en-phone-together.png", whole=False)
    phone.page.goto(f"{phone.url}/account")
    expect(desk.page.locator(".others")).to_be_hidden()
