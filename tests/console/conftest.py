"""The console around books of its own."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from server.app import application
from server.config import Broker
from simulator.stage.ports import free_port
from tests.console.browser import DESK, Person, chromium, person
from tests.console.scene import PASSWORD, Scene, config
from tests.console.served import Served

Visitor = Callable[..., httpx.Client]
Visitors = Callable[..., Person]
NOBODY = Broker(host="127.0.0.1", port=1, user="centre", password="nobody is listening")


@pytest.fixture(scope="session")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with empty books: sites, boxes and people are known, nothing has happened."""
    folder = tmp_path_factory.mktemp("registered")
    Scene(config(folder, 8080, NOBODY)).centre.engine.dispose()
    return folder


@pytest.fixture
def scene(registered: Path, tmp_path: Path) -> Iterator[Scene]:
    """A centre that is not started: no broker, no thread; orders stay in the books."""
    shutil.copytree(registered, tmp_path, dirs_exist_ok=True)
    made = Scene(config(tmp_path, free_port(), NOBODY))
    yield made
    made.centre.engine.dispose()


@pytest.fixture
def visitor(scene: Scene) -> Iterator[Visitor]:
    """`visitor()` is a browser without scripts; `visitor("manager")` is signed in."""
    with ExitStack() as stack:
        served = stack.enter_context(Served(application(scene.centre), scene.centre.config.port))

        def arrive(role: str | None = None) -> httpx.Client:
            browser = stack.enter_context(httpx.Client(base_url=served.url))
            if role:
                answer = browser.post("/login", data={"name": role, "password": PASSWORD})
                assert answer.status_code == 303, answer.text
            return browser

        yield arrive


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One chromium for a module. Not for modules that call `asyncio.run`: it holds a loop of its own."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of pages go: the folder named by BARIE_SCREENSHOTS, else pytest's own."""
    given = os.environ.get("BARIE_SCREENSHOTS")
    return Path(given) if given else tmp_path_factory.mktemp("screenshots")


@pytest.fixture
def somebody(scene: Scene, browser: Browser) -> Iterator[Visitors]:
    """`somebody("manager", PHONE, "en")` is a person of that role, signed in, at a window of that size, in a browser of
    their own; without a role a stranger. When the test ends no browser may have complained of anything."""
    with ExitStack() as stack:
        served = stack.enter_context(Served(application(scene.centre), scene.centre.config.port))
        arrived: list[Person] = []

        def arrive(role: str | None = None, size: tuple[int, int] = DESK, language: str = "vi") -> Person:
            visitor = stack.enter_context(person(browser, served.url, size))
            arrived.append(visitor)
            if role:
                visitor.signs_in(role, PASSWORD, language)
            else:
                visitor.page.goto(f"{served.url}/lang/{language}?back=/login")
            return visitor

        yield arrive
        assert [visitor.complaints for visitor in arrived if visitor.complaints] == []


@pytest.fixture
def now() -> datetime:
    """The moment that the test begins."""
    return datetime.now(UTC)
