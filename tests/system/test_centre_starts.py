"""The centre says clearly why it cannot start, and starts without what it can do without."""

import json
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.demo.setup import set_up
from simulator.stage.ports import free_port, listening
from simulator.stage.processes import Process, barie


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    stage = set_up(tmp_path / "stage", arrivals_s=1, seed=1)
    loaded: dict[str, Any] = json.loads(stage.centre.read_text())
    return loaded


def written(tmp_path: Path, config: dict[str, Any]) -> Path:
    path = tmp_path / "centre.json"
    path.write_text(json.dumps(config))
    return path


def refused(tmp_path: Path, config: dict[str, Any]) -> tuple[int, str]:
    with barie("server", "--config", str(written(tmp_path, config))) as centre:
        return centre.wait(60), centre.log


def test_a_port_in_use_is_named(tmp_path: Path, config: dict[str, Any]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, log = refused(tmp_path, {**config, "port": port})
    assert code != 0
    assert str(port) in log
    assert "already in use" in log


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, config: dict[str, Any]) -> None:
    (tmp_path / "file").write_text("no folder")
    code, log = refused(tmp_path, {**config, "database": f"sqlite:///{tmp_path}/file/centre.db"})
    assert code == 2
    assert "unable to open database file" in log
    assert f"{tmp_path}/file/centre.db" in log


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("port", 0, "port"),
        ("host", "0.0.0.0", "host"),  # noqa: S104 - that it is refused is the point
        ("surprise", 1, "surprise"),
        ("signing_key", "short", "signing_key"),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, config: dict[str, Any], key: str, value: Any, said: str) -> None:
    code, log = refused(tmp_path, {**config, key: value})
    assert code == 2
    assert "centre.json" in log
    assert said in log


def test_a_signing_key_of_the_wrong_length_is_named(tmp_path: Path, config: dict[str, Any]) -> None:
    code, log = refused(tmp_path, {**config, "signing_key": "AAAAAAAAAAAAAAAAAAAAAAAA"})
    assert code == 2
    assert "32 bytes" in log


def test_a_price_above_its_ceiling_is_refused(tmp_path: Path, config: dict[str, Any]) -> None:
    config["sites"][0]["tariff"]["turns"]["MOTO"]["price"] = 10_001
    code, log = refused(tmp_path, config)
    assert code == 2
    assert "MOTO" in log
    assert "ceiling" in log


def test_without_a_broker_people_can_still_log_in(tmp_path: Path, config: dict[str, Any]) -> None:
    config["broker"]["port"] = free_port()
    administrator = next(user for user in config["users"] if user["role"] == "administrator")
    with barie("server", "--config", str(written(tmp_path, config))) as centre:
        centre.wait_for_port(config["port"])
        url = f"http://127.0.0.1:{config['port']}"
        login = {"user": administrator["name"], "password": administrator["password"]}
        assert httpx.post(f"{url}/v1/session", json=login).status_code == 200
        assert httpx.get(f"{url}/v1/health").json()["broker"] is False
        ended(centre, config["port"])


def ended(centre: Process, port: int) -> None:
    assert centre.stop() in {0, -15}
    assert not listening(port)
