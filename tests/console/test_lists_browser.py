"""A lot manager finds, enters, ends and imports passes, in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.console.browser import PHONE, WAYS
from tests.console.conftest import Visitors
from tests.console.scene import Scene
from tests.console.test_lists import GOOD, listed, stored

pytestmark = [pytest.mark.browser, pytest.mark.slow]
BAD = GOOD + "Vé năm,24A-111.11,hôm qua,Lan,vé\n"


@pytest.mark.parametrize("way", WAYS)
def test_a_pass_is_entered_found_and_ended(scene: Scene, somebody: Visitors, pictures: Path, way: str) -> None:
    language, size = WAYS[way]
    listed(scene, "30K-999.11", owner="<b>Trần Minh</b>", reason="xe cứu thương")
    manager = somebody("manager", size, language)
    page = manager.page
    page.goto(f"{manager.url}/lists")
    page.goto(f"{manager.url}/lists/SPS")
    page.locator("#new summary").click()
    page.fill("[name=plate]", "24A-056.78")
    page.fill("[name=until]", "2099-12-31")
    page.fill("[name=owner]", "Nguyễn Thị Lan")
    page.fill("#add-form [name=reason]", "vé tháng 12")
    manager.looks_right(pictures / f"{way}-lists-add.png")
    page.locator("#add-form button").dblclick()
    expect(page.locator("#said")).to_be_visible()
    expect(page.locator("[data-entry]")).to_have_count(2)
    manager.looks_right(pictures / f"{way}-lists.png")
    page.keyboard.press("/")
    page.keyboard.type("24ao5678")
    page.keyboard.press("Enter")
    expect(page.locator("[data-entry]")).to_have_count(1)
    page.locator("[data-entry] button").click()
    expect(page.locator("#end-form")).to_be_visible()
    page.fill("#end-form [name=reason]", "bán xe")
    manager.looks_right(pictures / f"{way}-lists-end.png")
    page.locator("#end-form button").dblclick()
    expect(page.locator("#said")).to_be_visible()
    expect(page.locator("[data-entry]")).to_have_count(1)


@pytest.mark.parametrize("way", WAYS)
def test_a_file_is_mended_and_entered(
    scene: Scene, somebody: Visitors, pictures: Path, tmp_path: Path, way: str
) -> None:
    language, size = WAYS[way]
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_text(BAD)
    good.write_text(GOOD)
    manager = somebody("manager", size, language)
    page = manager.page
    page.goto(f"{manager.url}/lists/SPS")
    page.click("#to-import")
    page.set_input_files("[name=file]", bad)
    expect(page.locator("#faults tbody tr")).to_have_count(2)
    expect(page.locator("#take-form")).to_have_count(0)
    manager.looks_right(pictures / f"{way}-lists-faults.png")
    page.set_input_files("[name=file]", good)
    expect(page.locator("#sound")).to_be_visible()
    manager.looks_right(pictures / f"{way}-lists-sound.png")
    page.locator("#take-form button").dblclick()
    expect(page.locator("#said")).to_be_visible()
    assert len(stored(scene)) == 2
    page.go_back()
    assert len(stored(scene)) == 2


def test_the_lists_arrive_in_time_over_slow_3g(scene: Scene, somebody: Visitors) -> None:
    for number in range(60):
        listed(scene, f"24A{number:05}")
    manager = somebody("manager", PHONE)
    manager.arrives_in_time("/lists/SPS")
    manager.page.locator(".more a").click()
    expect(manager.page.locator("[data-entry]")).to_have_count(60)
