"""`barie doctor` and `barie health` name what is wrong, and call well what is."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from edge.watch import checks as edge_checks
from gate.check import Check
from server import checks as server_checks
from server.bus import Bus
from server.config import Broker
from server.db import connect, migrate
from simulator.demo import files
from simulator.demo.sites import SITES
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.ports import free_port
from tests.harness.suite import ROOT

SECRET = "sixteen-letters-or-more"


def barie(*words: str) -> "subprocess.CompletedProcess[str]":
    told = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "barie_cli", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=told, timeout=60)


def centre_file(folder: Path, database: str, port: int, user: str = "centre", secret: str = SECRET) -> Path:
    centre = files.centre_for("http://127.0.0.1:1", SITES)
    told = files.centre_file(
        centre,
        SITES,
        database=database,
        vault=f"{folder}/vault",
        host="127.0.0.1",
        port=free_port(),
        bus=files.broker("127.0.0.1", port, user, secret),
    )
    files.write(folder / "centre.json", told)
    return folder / "centre.json"


def box_file(folder: Path, port: int, user: str, secret: str) -> Path:
    bus = files.broker("127.0.0.1", port, user, secret)
    centre = files.centre_for("http://127.0.0.1:1", SITES)
    told = files.box_file(SITES[0], centre, bus=bus, devices=bus, data=f"{folder}/box", camera="http://127.0.0.1:1")
    files.write(folder / "box.json", told)
    return folder / "box.json"


def only(checks: Iterable[Check], what: str) -> Check:
    return next(check for check in checks if check.what == what)


def test_a_machine_that_runs_the_tests_is_well() -> None:
    done = barie("doctor", "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["well"]) == (0, True), done.stdout
    looked = {check["what"] for check in said["checks"]}
    assert {"python", "mosquitto", "folder", "disk", "clock", "reader weights", "console assets"} <= looked


def test_a_broken_file_is_named_with_its_key(tmp_path: Path) -> None:
    path = centre_file(tmp_path, "sqlite://", 1)
    path.write_text(json.dumps({**json.loads(path.read_text()), "port": "eighty"}))
    done = barie("doctor", "--config", str(path))
    assert done.returncode == 1
    wrong = [line for line in done.stdout.splitlines() if line.startswith("WRONG")]
    assert len(wrong) == 1
    assert str(path) in wrong[0]
    assert "$.port" in wrong[0]


def test_what_programs_read_is_one_object_whatever_is_wrong(tmp_path: Path) -> None:
    done = barie("doctor", "--json", "--config", str(box_file(tmp_path, free_port(), "sps-1", SECRET)))
    wrong = {check["what"] for check in json.loads(done.stdout)["checks"] if not check["well"]}
    lanes = {f"{lane} {device}" for lane, _ in SITES[0].lanes for device in ("board", "camera")}
    assert (done.returncode, wrong) == (1, {"site broker", "centre's broker", *lanes})


@pytest.mark.parametrize("content", ["", "[1]", "{}", "no json"])
def test_what_is_no_part_s_file_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)
    for command in ("doctor", "health"):
        done = barie(command, "--config", str(tmp_path / "x.json"))
        assert (done.returncode, done.stdout) == (2, "")
        assert f"barie {command}: {tmp_path}/x.json" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    done = barie("health", "--config", str(tmp_path / "none.json"))
    assert (done.returncode, done.stderr) == (2, f"barie health: {tmp_path}/none.json: No such file or directory\n")


def test_nobody_at_the_broker(tmp_path: Path, sqlite_url: str) -> None:
    path = centre_file(tmp_path, sqlite_url, free_port())
    check = only(server_checks.installed(path), "broker")
    assert not check.well
    assert "does not answer" in check.words


@pytest.mark.broker
def test_a_password_that_the_broker_does_not_know(tmp_path: Path, sqlite_url: str) -> None:
    with Mosquitto(tmp_path / "broker", {"centre": SECRET, "sps-1": SECRET}) as broker:
        good = centre_file(tmp_path, sqlite_url, broker.port)
        assert only(server_checks.installed(good), "broker").well
        assert only(edge_checks.installed(box_file(tmp_path, broker.port, "sps-1", SECRET)), "centre's broker").well
        (tmp_path / "b").mkdir()
        bad = centre_file(tmp_path / "b", sqlite_url, broker.port, secret="another-secret-entirely")
        check = only(server_checks.installed(bad), "broker")
        assert (check.well, "refuses centre: Not authorized" in check.words) == (False, True)
        box = box_file(tmp_path / "b", broker.port, "sps-1", "another-secret-entirely")
        check = only(edge_checks.installed(box), "site broker")
        assert (check.well, "refuses sps-1" in check.words) == (False, True)


@pytest.mark.broker
def test_a_centre_that_its_broker_refuses_does_not_call_it_heard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Mosquitto(tmp_path / "broker", {"centre": SECRET}) as broker:
        bus = Bus(Broker(host="127.0.0.1", port=broker.port, user="centre", password="another-secret"), "centre")
        bus.start()
        try:
            assert not bus.connected.wait(1.5)
        finally:
            bus.stop()
    assert "broker refuses us" in capsys.readouterr().out


def test_a_schema_is_told_from_an_older_and_a_newer_one(tmp_path: Path, database_url: str) -> None:
    path = centre_file(tmp_path, database_url, 1)

    def found() -> Check:
        return only(server_checks.installed(path), "database")

    assert found().well, "an empty database is filled by the first start"
    engine = connect(database_url)
    migrate(engine)
    assert found().well
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    assert not found().well
    assert "newer barie" in found().words


def test_a_database_that_is_away_is_named_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://barie:hush-hush@127.0.0.1:{free_port()}/barie"
    check = only(server_checks.installed(centre_file(tmp_path, url, 1)), "database")
    assert not check.well
    assert "hush-hush" not in check.words
    assert "barie:***@" in check.words


def test_a_box_that_does_not_turn_is_not_well(tmp_path: Path) -> None:
    path = box_file(tmp_path, free_port(), "sps-1", SECRET)
    assert not only(edge_checks.running(path), "box").well
    sign = tmp_path / "box" / "alive"
    sign.parent.mkdir()
    sign.touch()
    assert only(edge_checks.running(path), "box").well
    long_ago = datetime.now(UTC).timestamp() - 60
    os.utime(sign, (long_ago, long_ago))
    check = only(edge_checks.running(path), "box")
    assert (check.well, check.words) == (False, "its deciding thread turned 60 s ago")
