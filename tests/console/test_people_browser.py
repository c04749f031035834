"""An administrator lets somebody in, who chooses a password; an auditor reads what happened."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.console.browser import WAYS
from tests.console.conftest import Visitors
from tests.console.scene import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("way", WAYS)
def test_a_person_is_added_signs_in_and_is_disabled(somebody: Visitors, pictures: Path, way: str) -> None:
    language, size = WAYS[way]
    chief, lan = somebody("administrator", size, language), somebody(None, size, language)
    page = chief.page
    page.click("#to-people")
    page.fill("#add-form [name=name]", "lan.nguyen")
    page.select_option("#add-form [name=role]", "manager")
    page.check("#add-form [value=SPS]")
    page.fill("#add-form [name=limit]", "500k")
    page.locator("#add-form button").dblclick()
    password = page.locator("#one-time").inner_text()
    chief.looks_right(pictures / f"{way}-people-password.png")
    page.goto(f"{chief.url}/people")
    row = page.locator("#people tbody tr", has_text="lan.nguyen")
    expect(row).to_contain_text("500.000")
    expect(row).to_contain_text("SPS")
    chief.looks_right(pictures / f"{way}-people.png")
    lan.page.fill("[name=name]", "lan.nguyen")
    lan.page.fill("[name=password]", password)
    lan.page.press("[name=password]", "Enter")
    expect(lan.page.locator("#must-change")).to_be_visible()
    lan.looks_right(pictures / f"{way}-account-must-change.png")
    lan.page.fill("[name=old]", password)
    lan.page.fill("[name=new]", PASSWORD)
    lan.page.fill("[name=again]", PASSWORD)
    lan.page.click("#password-form button")
    expect(lan.page.locator("#must-change")).to_have_count(0)
    lan.page.goto(f"{lan.url}/live")
    expect(lan.page.locator(".site")).to_have_count(1)
    page.click("text=lan.nguyen")
    chief.looks_right(pictures / f"{way}-person.png")
    page.once("dialog", lambda asked: asked.accept())
    page.click("#disable-form button")
    expect(page.locator("#enable-form")).to_be_visible()
    lan.page.wait_for_selector("#link:not(.on)")  # let go at once
    lan.page.goto(f"{lan.url}/account")
    lan.page.wait_for_url("**/login")
    page.goto(f"{chief.url}/audit?kind=all")
    expect(page.locator("select[name=site] option")).not_to_have_count(1)
    expect(page.locator(".records")).to_contain_text("lan.nguyen")
    chief.looks_right(pictures / f"{way}-audit.png")


def test_people_and_the_audit_arrive_in_time_over_slow_3g(somebody: Visitors) -> None:
    chief = somebody("administrator")
    for path in ("/people", "/people/manager", "/audit"):
        chief.arrives_in_time(path)
