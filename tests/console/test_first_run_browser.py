"""Somebody installs the product and sets a site up, in a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from server.app import application
from simulator.stage.ports import free_port
from tests.console.browser import WAYS, Person, person
from tests.console.conftest import NOBODY
from tests.console.scene import PASSWORD, Scene, config
from tests.console.served import Served

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Arrive = Callable[[tuple[int, int]], tuple[Person, str]]


@pytest.fixture
def nobody(tmp_path: Path, browser: Browser) -> Iterator[Arrive]:
    """A person before a centre that has nothing yet, and the code that was printed."""
    scene = Scene(config(tmp_path, free_port(), NOBODY, sites=(), boxes=(), users=()))
    app = application(scene.centre)
    with Served(app, scene.centre.config.port) as served:
        rooms = []

        def arrive(size: tuple[int, int]) -> tuple[Person, str]:
            rooms.append(person(browser, served.url, size))
            return rooms[-1].__enter__(), app.state.first_run.code()

        yield arrive
        for room in rooms:
            room.__exit__(None, None, None)
    scene.centre.engine.dispose()


@pytest.mark.parametrize("way", WAYS)
def test_a_site_is_set_up_from_nothing(nobody: Arrive, pictures: Path, way: str) -> None:
    language, size = WAYS[way]
    chief, code = nobody(size)
    page = chief.page
    page.goto(f"{chief.url}/lang/{language}?back=/first-run")
    chief.looks_right(pictures / f"{way}-first-run.png")
    page.fill("[name=code]", code.lower())
    page.fill("[name=name]", "chief")
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=again]", PASSWORD)
    page.press("[name=again]", "Enter")
    page.click("a[href*='preset=lake']")
    page.fill("[name=site]", "SPL")
    page.fill("[name=name_vi]", "Hồ Mắt Ngọc")
    page.fill("[name=name_en]", "Mắt Ngọc Lake")
    page.fill("[name=bank]", "970436")
    page.fill("[name=account]", "1017595601")
    page.fill("[name=basis]", "QĐ 12/2026")
    chief.looks_right(pictures / f"{way}-first-run-site.png")
    page.locator("#site-form button").dblclick()
    expect(page.locator("#box-file")).to_be_visible()
    chief.looks_right(pictures / f"{way}-first-run-made.png")
    page.goto(f"{chief.url}/first-run/sites")
    expect(page.locator("#known li")).to_have_count(1)
    page.goto(f"{chief.url}/live")
    expect(page.locator("#site-SPL .card")).to_have_count(2)
