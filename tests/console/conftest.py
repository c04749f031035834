"""The console around books of its own."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from server.app import application
from server.config import Broker
from simulator.stage.ports import free_port
from tests.console.scene import PASSWORD, Scene, config
from tests.console.served import Served

Visitor = Callable[..., httpx.Client]
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


@pytest.fixture
def now() -> datetime:
    """The moment that the test begins."""
    return datetime.now(UTC)
