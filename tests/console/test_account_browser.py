"""A person changes a password and leaves other devices, in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.console.browser import WAYS
from tests.console.conftest import Visitors
from tests.console.scene import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NEW = "another of more than ten"


@pytest.mark.parametrize("way", WAYS)
def test_the_password_changes_with_a_double_click(somebody: Visitors, pictures: Path, way: str) -> None:
    language, size = WAYS[way]
    elsewhere, here = somebody("attendant", size, language), somebody("attendant", size, language)
    page = here.page
    page.click(".who")
    expect(page.locator("#sessions tbody tr")).to_have_count(2)
    here.looks_right(pictures / f"{way}-account.png")
    page.fill("[name=old]", PASSWORD)
    page.fill("[name=new]", NEW)
    page.fill("[name=again]", NEW)
    page.locator("#password-form button").dblclick()
    expect(page.locator("#said")).to_be_visible()
    expect(page.locator("#sessions tbody tr")).to_have_count(1)
    assert "said" not in page.url
    page.reload()
    expect(page.locator("#said")).to_have_count(0)
    elsewhere.page.goto(f"{elsewhere.url}/account")
    elsewhere.page.wait_for_url("**/login")


def test_a_wrong_password_is_told_and_what_was_typed_stays(somebody: Visitors) -> None:
    visitor = somebody("attendant")
    page = visitor.page
    page.click(".who")
    page.fill("[name=old]", "not the password")
    page.fill("[name=new]", NEW)
    page.fill("[name=again]", NEW)
    page.click("#password-form button")
    expect(page.locator("#toast.bad")).to_contain_text("Mật khẩu hiện tại không đúng")
    expect(page.locator("[name=new]")).to_have_value(NEW)
    visitor.was_refused(403)


def test_the_account_arrives_in_time_over_slow_3g(somebody: Visitors) -> None:
    somebody("attendant").arrives_in_time("/account")
