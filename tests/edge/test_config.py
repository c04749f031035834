"""A configuration that cannot be used is named, with file and key, before anything moves."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.config import BadConfig, load
from gate.wire import encode
from tests.architecture.sources import ROOT
from tests.edge.desk import box_config

Change = Callable[[dict[str, Any]], object]


def good(folder: Path) -> dict[str, Any]:
    """A configuration that can be used."""
    said: dict[str, Any] = json.loads(encode(box_config(folder / "data")))
    return said


def written(folder: Path, said: object) -> Path:
    """The file."""
    path = folder / "box.json"
    path.write_text(said if isinstance(said, str) else json.dumps(said))
    return path


def test_a_good_one_is_taken(tmp_path: Path) -> None:
    assert load(written(tmp_path, good(tmp_path))) == box_config(tmp_path / "data")


BAD: dict[str, tuple[Change, str]] = {
    "missing key": (lambda c: c.pop("centre"), "centre"),
    "missing key of a broker": (lambda c: c["site_broker"].pop("port"), "port"),
    "unknown key": (lambda c: c.update(colour="red"), "colour"),
    "unknown key of a lane": (lambda c: c["lanes"][0].update(speed=3), "speed"),
    "port too high": (lambda c: c["centre"].update(port=70_000), "centre.port"),
    "port as text": (lambda c: c["centre"].update(port="1883"), "centre.port"),
    "no host": (lambda c: c["centre"].update(host=""), "centre.host"),
    "lane twice": (lambda c: c["lanes"].append(c["lanes"][0]), "lanes: in-1 stands twice"),
    "no lanes": (lambda c: c.update(lanes=[]), "lanes"),
    "lane name": (lambda c: c["lanes"][0].update(lane="in/+"), "lanes[0].lane"),
    "direction": (lambda c: c["lanes"][1].update(direction="up"), "lanes[1].direction"),
    "camera is no address": (lambda c: c["lanes"][0].update(camera="ftp://x"), "lanes[0].camera"),
    "camera without host": (lambda c: c["lanes"][0].update(camera="http:///a"), "lanes: in-1: camera"),
    "camera with a bad port": (lambda c: c["lanes"][0].update(camera="http://h:99999/"), "lanes: in-1: camera"),
    "camera with port 0": (lambda c: c["lanes"][0].update(camera="http://h:0x/"), "lanes: in-1: camera"),
    "camera in front of motorbikes": (
        lambda c: c["lanes"][0].update(kind="motorbike", side="front"),
        "lanes: in-1: side: motorbikes",
    ),
    "line without a camera that draws it": (
        lambda c: c["lanes"][0].update(counts_by="line"),
        "lanes: in-1: counts_by: `line` needs",
    ),
    "tag reader": (lambda c: c["lanes"][0].update(tag_reader="tcp://host:0"), "lanes: in-1: tag_reader"),
    "a camera that pushes to nobody": (
        lambda c: c["lanes"][0].update(camera={"driver": "push", "maker": "hikvision", "secret": "s" * 24}),
        "web: is missing",
    ),
    "board without a safety loop": (
        lambda c: c["lanes"][0].update(
            board={"driver": "modbus", "host": "10.0.0.9", "relays": {"raise": 0, "lower": 1}, "inputs": {"exit": 1}}
        ),
        "lanes: in-1: board: inputs: no",
    ),
    "centre_url": (lambda c: c.update(centre_url="http://h:port/"), "centre_url"),
    "short password": (lambda c: c["centre"].update(password="secret"), "centre.password"),
    "short key": (lambda c: c.update(centre_key="AAAAAAAAAAAAAAAAAAAAAA=="), "centre_key: a key has 32 bytes, not 16"),
    "key that is none": (lambda c: c.update(centre_key="~" * 44), "centre_key: a key is base64"),
    "no ca_file": (lambda c: c["centre"].update(ca_file="/nowhere/ca.pem"), "centre: ca_file: no file"),
    "site": (lambda c: c.update(site="sps"), "site"),
    "engine": (lambda c: c.update(reader={"engine": "crystal ball"}), "reader.engine"),
    "no data": (lambda c: c.update(data=""), "data"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_a_mistake_is_named_with_its_file_and_key(tmp_path: Path, name: str) -> None:
    change, key = BAD[name]
    said = good(tmp_path)
    change(said)
    path = written(tmp_path, said)
    with pytest.raises(BadConfig) as refused:
        load(path)
    assert str(path) in str(refused.value)
    assert key in str(refused.value)


@pytest.mark.parametrize(
    ("text", "why"), [("", "truncated"), ("{", "truncated"), ("[]", "object"), ('{"site":"SPS","site":"SPL"}', "")]
)
def test_what_is_no_configuration(tmp_path: Path, text: str, why: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(BadConfig) as refused:
        load(path)
    assert str(path) in str(refused.value)
    assert why in str(refused.value)


def test_a_key_that_stands_twice(tmp_path: Path) -> None:
    text = json.dumps(good(tmp_path))
    with pytest.raises(BadConfig, match="'site' stands twice"):
        load(written(tmp_path, '{"site": "SPL", ' + text[1:]))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "box.json"
    path.write_bytes(b'{"site": "\xff"}')
    with pytest.raises(BadConfig, match=r"box\.json"):
        load(path)


@pytest.mark.parametrize("missing", ["nowhere.json", "."])
def test_a_file_that_is_not_there(tmp_path: Path, missing: str) -> None:
    with pytest.raises(BadConfig, match=str(tmp_path)):
        load(tmp_path / missing)


def command(path: Path) -> tuple[int, str]:
    """`barie edge --config` as a process: its exit status and what it said."""
    line = [sys.executable, "-P", "-m", "barie_cli", "edge", "--config", str(path)]
    done = subprocess.run(
        line, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=30, check=False
    )
    return done.returncode, done.stderr + done.stdout


def test_the_command_says_it_in_one_line_and_exits_2(tmp_path: Path) -> None:
    said = good(tmp_path)
    said["centre"].pop("user")
    path = written(tmp_path, said)
    code, output = command(path)
    assert code == 2
    assert output.startswith(f"barie edge: {path}: ")
    assert "user" in output
    assert len(output.splitlines()) == 1
    assert not (tmp_path / "data").exists(), "nothing was made"


def test_a_data_folder_that_cannot_be_written_is_exit_2_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    code, output = command(written(tmp_path, good(tmp_path)))
    assert code == 2
    assert str(tmp_path / "data") in output
    assert len(output.splitlines()) == 1
