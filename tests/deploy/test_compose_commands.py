"""What compose would run, run: each service's command and health check, from the files that init writes."""

import os
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from simulator.demo.installation import CENTRE_PORT, install
from simulator.stage.ports import free_port
from tests.deploy.compose import compose, environment
from tests.deploy.loopback import HOST, Loopback
from tests.deploy.running import Running
from tests.harness.postgres import INSTALLED, LIBRARIES

ENDED: Final = {0, -signal.SIGTERM}
"""By itself. The web server, once all is closed, passes the signal on that ended it."""


@pytest.fixture
def running(tmp_path: Path, postgres_url: str) -> Iterator[Running]:
    """Everything that compose starts but PostgreSQL, which the tests' own stands in for; nothing started yet."""
    secrets = tmp_path / "installation"
    install(secrets, datetime.now(UTC))
    at = Loopback(tmp_path / "services", secrets, compose(environment(secrets))["services"])
    at.change("centre", "centre.json", database=postgres_url)
    with ExitStack() as stack:
        made = Running(at)
        stack.callback(lambda: [made.stop(name) for name in reversed(list(made.parts))])
        yield made


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_command_runs_and_every_health_check_tells(running: Running) -> None:
    order = ["broker", "centre", "site-broker", "edge", "simulator"]
    for name in order:
        assert not running.health(name), f"{name} is called healthy before it runs"
        running.start(name)
        running.becomes_healthy(name)
    with _client(running) as client:
        running.until(lambda: _is_alive(client), "simulator", "nobody came and went")
        pictures = running.at.folder / "centre" / "data" / "vault"
        running.until(lambda: any(pictures.glob("*/*")), "edge", "sent no picture")
    for name in reversed(order):
        assert running.stop(name) in ENDED, name
        assert not running.health(name), f"{name} is called healthy after its end"


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.timeout(200)
def test_a_box_without_its_devices_and_a_centre_without_its_broker_are_not_well(running: Running) -> None:
    for name in ["broker", "centre", "site-broker", "edge"]:
        running.start(name)
        running.becomes_healthy(name)
    running.stop("broker")
    assert running.health("edge"), "a box lives without the centre"
    assert not running.health("centre")
    running.stop("site-broker")
    assert not running.health("edge")


def test_postgres_is_asked_as_compose_asks(running: Running, postgres_url: str) -> None:
    words = running.at.health("postgres")
    asked = shutil.which(words[0], path=f"{INSTALLED / 'bin'}") or ""
    port = httpx.URL(postgres_url.replace("postgresql+psycopg", "http")).port
    assert _exit([asked, *words[1:], f"--port={port}"]) == 0
    assert _exit([asked, *words[1:], f"--port={free_port()}"]) == 2


def _exit(command: list[str]) -> int:
    told = {**os.environ, "LD_LIBRARY_PATH": f"{INSTALLED / 'lib'}:{LIBRARIES}"}
    return subprocess.run(command, env=told, check=False, timeout=20).returncode


@contextmanager
def _client(running: Running) -> Iterator[httpx.Client]:
    """Logged in over TLS, trusting the installation's own authority only."""
    context = ssl.create_default_context(cafile=str(running.at.mount("centre") / "ca.pem"))
    address = f"https://{HOST}:{running.at.ports[CENTRE_PORT]}"
    logins = (running.at.folder.parent / "installation" / "logins.txt").read_text().splitlines()[1:]
    name, secret = next(line.split() for line in logins if line.startswith("administrator"))
    with httpx.Client(base_url=address, verify=context, timeout=10) as client:
        answer = client.post("/v1/session", json={"user": name, "password": secret}).raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        yield client


def _is_alive(client: httpx.Client) -> bool:
    """Vehicles came in and left, and the bank's notices were taken."""
    time.sleep(0.5)  # the books are asked over HTTP, which has no event for them
    totals: dict[str, Any] = client.get("/v1/books/SPS").raise_for_status().json()["totals"]
    return bool(totals["passages"] >= 2 and totals["payments"] >= 1)
