"""A person finds a visit by a plate half remembered, corrects it and takes the dispute pack, in a real browser."""

from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from gate.lease import Standing
from gate.messages import OpeningReason
from server import lists
from server.db import reading, transaction
from server.facts_stays import StayChangeRow
from server.lists import Listing
from tests.console.browser import WAYS
from tests.console.conftest import Visitors
from tests.console.scene import CAR, Scene

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HOUR = timedelta(hours=1)


@pytest.fixture
def stay(scene: Scene, now: datetime) -> str:
    """A car with a pass that was misread and let out owing; others around it."""
    came = now - 3 * HOUR
    visit = scene.admits("SPS", "in-1", scene.sees("SPS", "in-1", "24A12378", came), came)
    at = scene.sees("SPS", "out-1", "24A12378", now - HOUR)
    scene.quotes("SPS", "out-1", at, visit, came, now - HOUR, CAR)
    scene.leaves("SPS", "out-1", visit, now - HOUR, OpeningReason.BILLED)
    for number, plate in enumerate(("24B10008", "29A55555", "51F99901")):
        scene.admits("SPS", "in-1", scene.read("SPS", "in-1", plate, now - number * HOUR), now - number * HOUR)
    listing = Listing(
        standing=Standing.PASS,
        since=came - HOUR,
        until=now + HOUR,
        owner="Lan",
        reason="monthly pass",
        plate="24A12376",
    )
    with transaction(scene.centre.engine) as session:
        lists.add(session, "SPS", listing, "manager", came - HOUR)
    return visit


@pytest.mark.parametrize("way", WAYS)
def test_a_misread_plate_is_found_and_put_right(somebody: Visitors, pictures: Path, stay: str, way: str) -> None:
    language, size = WAYS[way]
    visitor = somebody("manager", size, language)
    page = visitor.page
    page.keyboard.press("v")
    page.select_option("[name=site]", "SPS")
    page.locator(".visits-form button").click()
    expect(page.locator(".visit-row")).to_have_count(4)
    visitor.looks_right(pictures / f"{way}-visits.png")
    page.keyboard.press("/")
    page.keyboard.type("24a-123.70")
    page.keyboard.press("Enter")
    expect(page.locator(".visit-row")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/visits/{stay}")
    expect(page.locator("#total")).to_contain_text("30.000")
    visitor.looks_right(pictures / f"{way}-visit.png")
    page.keyboard.press("s")
    page.wait_for_url("**/plate")
    page.fill("#typed", "24A-123.76")
    expect(page.locator("#effect-shown")).to_have_attribute("data-difference", "-30000")
    page.fill("[name=note]", "nhìn ảnh là số 6")
    visitor.looks_right(pictures / f"{way}-plate.png")
    page.locator("#keep").dblclick()
    page.wait_for_url(f"**/visits/{stay}*")
    expect(page.locator("#said")).to_be_visible()
    expect(page.locator(".story .person")).to_have_count(2)
    page.reload()
    expect(page.locator(".story .person")).to_have_count(2)
    visitor.looks_right(pictures / f"{way}-corrected.png")


@pytest.mark.parametrize("way", WAYS)
def test_a_debt_is_waived_by_two_and_two_visits_become_one(
    scene: Scene, somebody: Visitors, pictures: Path, stay: str, now: datetime, way: str
) -> None:
    language, size = WAYS[way]
    again = scene.admits("SPS", "in-1", scene.read("SPS", "in-1", "24B1000B", now), now)
    manager, finance = somebody("manager", size, language), somebody("finance", size, language)
    manager.page.goto(f"{manager.url}/visits/{stay}/waive")
    manager.page.fill("[name=note]", "xe cứu thương")
    manager.looks_right(pictures / f"{way}-waive.png")
    manager.page.click("#waive-form button")
    manager.page.wait_for_url(f"**/visits/{stay}*")
    expect(manager.page.locator("section.effect form")).to_have_count(0)
    finance.page.goto(f"{finance.url}/visits/{stay}")
    finance.looks_right(pictures / f"{way}-second.png")
    finance.page.click("section.effect button[value=true]")
    expect(finance.page.locator("#owed")).to_have_text("0 ₫")
    manager.page.goto(f"{manager.url}/visits/{again}/change/merge")
    manager.page.locator("#other-form a").first.click()
    expect(manager.page.locator("#plan")).to_be_visible()
    manager.page.fill("#change-form [name=note]", "một xe, hai lượt")
    manager.looks_right(pictures / f"{way}-merge.png")
    with manager.page.expect_navigation():
        manager.page.locator("#change-form button").dblclick()
    expect(manager.page.locator(".story .person")).to_have_count(1)
    manager.looks_right(pictures / f"{way}-merged.png")


@pytest.mark.parametrize("way", WAYS)
def test_a_visit_is_split_and_the_rest_voided_once_by_keys_alone(
    scene: Scene, somebody: Visitors, pictures: Path, stay: str, way: str
) -> None:
    language, size = WAYS[way]
    visitor = somebody("manager", size, language)
    page, note = visitor.page, "<b>hai xe</b>"
    page.goto(f"{visitor.url}/visits/{stay}")
    page.locator(f"a[href='/visits/{stay}/change/split']").press("Enter")
    page.wait_for_url("**/change/split")
    page.locator("#change-form [name=note]").press_sequentially(note)
    visitor.looks_right(pictures / f"{way}-split.png")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".story .person")).to_have_count(1)
    expect(page.locator(".story .person")).to_contain_text("<b>hai xe</b>")
    with reading(scene.centre.engine) as session:
        rest = session.exec(select(StayChangeRow)).one().other
    page.goto(f"{visitor.url}/visits/{rest}/change/void")
    expect(page.locator("#plan")).to_be_visible()
    page.locator("#change-form [name=note]").press_sequentially("không có xe")
    visitor.looks_right(pictures / f"{way}-void.png")
    other_tab = page.context.new_page()
    other_tab.goto(page.url)
    with page.expect_navigation():
        page.locator("#change-form button").dblclick()
    expect(page.locator("#said")).to_be_visible()
    visitor.looks_right(pictures / f"{way}-voided.png")
    page.go_back()
    page.go_forward()
    page.reload()
    other_tab.fill("#change-form [name=note]", "không có xe")
    with other_tab.expect_response(f"**/visits/{rest}/change/void") as again:
        other_tab.locator("#change-form button").click()
    assert again.value.status == HTTPStatus.CONFLICT
    with reading(scene.centre.engine) as session:
        assert len(session.exec(select(StayChangeRow)).all()) == 2


@pytest.mark.usefixtures("stay")
@pytest.mark.parametrize("way", WAYS)
def test_a_stranger_at_an_exit_is_looked_at_with_all_candidates(
    scene: Scene, somebody: Visitors, pictures: Path, now: datetime, way: str
) -> None:
    language, size = WAYS[way]
    scene.sees("SPS", "out-1", "24B10009", now)
    visitor = somebody("attendant", size, language)
    visitor.page.goto(f"{visitor.url}/visits?plate=24B10009")
    visitor.looks_right(pictures / f"{way}-found.png")
    visitor.page.locator(".strays a").click()
    expect(visitor.page.locator("#lost-form")).to_be_visible()
    visitor.looks_right(pictures / f"{way}-exit.png")


def test_the_pack_is_a_download(somebody: Visitors, stay: str) -> None:
    visitor = somebody("manager")
    visitor.page.goto(f"{visitor.url}/visits/{stay}")
    with visitor.page.expect_download() as started:
        visitor.page.click("#pack")
    assert started.value.suggested_filename == f"barie-{stay}.zip"


def test_the_pages_arrive_in_time_over_slow_3g(somebody: Visitors, stay: str) -> None:
    visitor = somebody("manager")
    visitor.arrives_in_time("/visits")
    visitor.arrives_in_time(f"/visits/{stay}")
