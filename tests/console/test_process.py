"""The console as the server's process serves it."""

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gate.wire import encode
from server.config import Broker
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.ports import free_port
from simulator.stage.processes import barie
from tests.console.scene import PASSWORD, config

ENDS_WITHIN_S = 8.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A running broker that lets the centre in."""
    password = "a secret of sixteen"
    with Mosquitto(tmp_path / "mosquitto", {"centre": password}) as running:
        yield Broker(host=running.host, port=running.port, user="centre", password=password)


@pytest.mark.slow
@pytest.mark.broker
def test_the_server_ends_though_pages_are_open(broker: Broker, tmp_path: Path) -> None:
    settings = config(tmp_path, free_port(), broker)
    path = tmp_path / "centre.json"
    path.write_bytes(encode(settings))
    with barie("server", "--config", str(path)) as server, httpx.Client(timeout=10) as browser:
        server.wait_for_port(settings.port)
        server.wait_for_line("broker connected")
        url = f"http://127.0.0.1:{settings.port}"
        answer = browser.post(f"{url}/login", data={"name": "manager", "password": PASSWORD})
        assert answer.status_code == 303
        with browser.stream("GET", f"{url}/live/events") as news:
            lines = news.iter_lines()
            assert next(lines).startswith("retry:")
            server.popen.send_signal(signal.SIGTERM)
            assert list(lines)  # what was on its way, then an orderly end
        assert server.wait(ENDS_WITHIN_S) in {0, -signal.SIGTERM}
        assert "Traceback" not in server.log
