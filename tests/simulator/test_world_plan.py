"""The file that describes a world, and the program that lives it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulator.plan import BadWorld, load
from simulator.stage.mosquitto import Mosquitto
from tests.simulator.test_world import plan, plan_text

ROOT = Path(__file__).parents[2]


def _unknown(world: dict[str, Any]) -> None:
    world["sites"][0]["broker"]["tls"] = True


def _no_exit(world: dict[str, Any]) -> None:
    world["sites"][0]["lanes"].pop()


def _twice(world: dict[str, Any]) -> None:
    world["sites"][0]["lanes"].append({"lane": "in-1", "direction": "in"})


def _site_twice(world: dict[str, Any]) -> None:
    world["sites"].append(world["sites"][0])


def _no_price(world: dict[str, Any]) -> None:
    world["sites"][0]["prices"] = {"MOTO": 10_000}


def _no_mix(world: dict[str, Any]) -> None:
    world["sites"][0]["mix"] = {"MOTO": 0}


def _stay(world: dict[str, Any]) -> None:
    world["sites"][0]["stay_s"] = [9, 4]


def _share(world: dict[str, Any]) -> None:
    world["bank"]["late"] = 1.5


def _class(world: dict[str, Any]) -> None:
    world["sites"][0]["mix"]["TRUCK"] = 0.1


def _folder(world: dict[str, Any]) -> None:
    world["truth"] = "/nowhere/truth.json"


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (_unknown, r"unknown field `tls` - at `\$\.sites\[0\]\.broker`"),
        (_no_exit, r"`lanes` of SPS: at least one lane in and one out"),
        (_twice, r"`lanes` of SPS: a lane stands twice"),
        (_site_twice, r"`sites`: a site stands twice"),
        (_no_price, r"`prices` of SPS: no price for BUS30"),
        (_no_mix, r"`mix` of SPS: no class has a share"),
        (_stay, r"`stay_s` of SPS: the shortest stay is longer"),
        (_share, r"<= 1\.0 - at `\$\.bank\.late`"),
        (_class, r"Invalid enum value 'TRUCK' - at `key` in `\$\.sites\[0\]\.mix`"),
        (_folder, r"`truth`: there is no folder /nowhere"),
    ],
)
def test_a_bad_world_is_refused_with_the_file_and_the_key(tmp_path: Path, spoil: Any, where: str) -> None:
    world = plan_text(tmp_path, 1883, "http://127.0.0.1:9")
    spoil(world)
    path = tmp_path / "spoilt.json"
    path.write_text(json.dumps(world))
    with pytest.raises(BadWorld, match=rf"spoilt\.json: .*{where}"):
        load(path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"seed": 1}'])
def test_what_is_no_world_at_all_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "world.json"
    path.write_bytes(content)
    with pytest.raises(BadWorld, match=r"world\.json: "):
        load(path)


def simulate(*words: str) -> subprocess.Popen[str]:
    """The world as a program."""
    program = [sys.executable, "-m", "barie_cli", "simulate", *words]
    return subprocess.Popen(program, cwd=ROOT, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_a_missing_file_is_an_answer_and_a_status(tmp_path: Path) -> None:
    with simulate(str(tmp_path / "none.json")) as process:
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (2, f"{tmp_path}/none.json: No such file or directory\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_world_with_its_truth_written(
    tmp_path: Path, mosquitto: Mosquitto, number: signal.Signals
) -> None:
    plan(tmp_path, mosquitto.port, "http://127.0.0.1:9", arrivals_s=None)
    with simulate(str(tmp_path / "world.json"), "--progress") as process:
        assert process.stderr is not None
        ready = json.loads(process.stderr.readline())
        os.kill(process.pid, number)
        _, rest = process.communicate(timeout=30)
    assert (process.returncode, ready["event"]) == (0, "ready")
    assert [json.loads(line)["phase"] for line in rest.splitlines()][-1] == "over"
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert truth["sites"]["SPS"]["totals"]["payments"] == 0
    assert set(truth) == {"sites", "faults", "complaints", "attendant"}
