"""A person works the list off by keys, sees who else looks, and what a proposal would do, in a real browser."""

from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from server import ledger
from server.db import reading
from tests.console.browser import DESK, PHONE, WAYS
from tests.console.casework import work
from tests.console.conftest import Visitors
from tests.console.scene import Scene

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def row(subject: str) -> str:
    """The selector of a case's row."""
    return f'[data-row][href*="{subject}"]'


@pytest.mark.parametrize("way", WAYS)
def test_a_case_is_opened_taken_and_given_a_reason(
    scene: Scene, somebody: Visitors, pictures: Path, now: datetime, way: str
) -> None:
    todo = work(scene, now)
    language, size = WAYS[way]
    it = somebody("manager", size, language)
    page = it.page
    page.click("#to-cases")
    expect(page.locator(".case-row")).not_to_have_count(0)
    if size == DESK:
        expect(page.locator("#case-pane .case")).to_be_visible()
    it.looks_right(pictures / f"{way}-cases.png", whole=size == PHONE)
    page.goto(f"{it.url}/cases?code=match_proposed")
    page.click(".case-row") if size == PHONE else page.keyboard.press("Enter")
    page.wait_for_url("**/cases/match_proposed/**")
    expect(page.locator(".effect")).to_contain_text("30.000")
    it.looks_right(pictures / f"{way}-case.png")
    page.goto(f"{it.url}/cases/opening_unexplained/{todo.opening}")
    page.keyboard.press("t")
    expect(page.locator("#said")).to_be_visible()
    page.select_option("[name=reason]", "priority")
    page.fill("[name=note]", "<b>xe</b>")
    page.locator("button.explain").dblclick()
    page.wait_for_url("**/cases")
    expect(page.locator("#said")).to_be_visible()
    expect(page.locator(row(todo.opening))).to_have_count(0)


def test_keys_walk_the_list_and_one_accepts_what_was_shown(scene: Scene, somebody: Visitors, now: datetime) -> None:
    todo = work(scene, now)
    page = somebody("manager", DESK).page
    page.click("#to-cases")
    first = page.locator(".case-row").first
    expect(first).to_be_focused()
    match = page.locator(row(f"match_proposed/{todo.passage}"))
    for _ in range(page.locator(".case-row").count()):
        if match.evaluate("it => it === document.activeElement"):
            break
        page.keyboard.press("j")
    expect(match).to_be_focused()
    shown = page.locator("#case-pane .case")
    expect(shown.locator(".effect")).to_contain_text(todo.visit)
    expect(shown.locator(".effect")).to_contain_text("30.000")
    page.keyboard.press("a")
    expect(page.locator("#said")).to_have_text("Đã chấp nhận đề xuất.")
    expect(match).to_have_count(0)
    expect(page.locator("#today")).to_contain_text("1 việc cần người")
    expect(page.locator(".case-row:focus")).to_have_count(1)
    with reading(scene.centre.engine) as session:
        assert ledger.owed(session, todo.visit) == 30_000
    page.keyboard.press("k")
    page.keyboard.press("x")
    page.keyboard.press("c")  # a letter that is typed into a field is no shortcut
    expect(page.locator("#today")).to_be_visible()


def test_two_people_on_one_case_see_each_other_and_what_the_other_does(
    scene: Scene, somebody: Visitors, now: datetime
) -> None:
    todo = work(scene, now)
    mine, other = somebody("manager").page, somebody("attendant", PHONE).page
    for page in (mine, other):
        page.goto(f"{page.url.partition('/live')[0]}/cases/opening_unexplained/{todo.opening}")
    expect(mine.locator(".others")).to_contain_text("attendant")
    expect(other.locator(".others")).to_contain_text("manager")
    other.click('[data-do="t"]')
    expect(mine.locator(".state")).to_contain_text("attendant đang lo")
    other.goto(f"{other.url.partition('/cases')[0]}/account")
    expect(mine.locator(".others")).to_be_empty()


def test_the_list_and_a_case_arrive_in_time_over_slow_3g(scene: Scene, somebody: Visitors, now: datetime) -> None:
    todo = work(scene, now)
    it = somebody("manager", PHONE)
    it.arrives_in_time("/cases")
    it.arrives_in_time(f"/cases/opening_unexplained/{todo.opening}")
