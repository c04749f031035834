"""systemd's units are valid, start commands that there are, and leave the supervisor the time it needs."""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import barie_cli
from edge.watch import supervisor
from tests.harness.suite import ROOT

DEPLOY: Final = ROOT / "deploy"
UNITS: Final = sorted(DEPLOY.glob("*.service"))


class Unit(configparser.RawConfigParser):
    """A unit's settings; of one that stands more than once, the last."""

    def __init__(self, *files: Path) -> None:
        super().__init__(strict=False, delimiters=("=",), comment_prefixes=("#",))
        self.optionxform = str  # type: ignore[assignment, method-assign]
        self.read(files)

    def seconds(self, name: str) -> float:
        """A time."""
        return float(self["Service"][name])


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.stem)
def test_a_unit_is_what_systemd_takes(file: Path, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd here to ask")
    copy = tmp_path / file.name
    copy.write_text(file.read_text().replace("/opt/barie/.venv/bin/python", sys.executable))
    for drop_in in DEPLOY.glob(f"{file.stem}-*.conf"):
        (tmp_path / f"{file.name}.d").mkdir(exist_ok=True)
        shutil.copy(drop_in, tmp_path / f"{file.name}.d")
    done = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if file.name in line or ".conf" in line] == []


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.stem)
def test_a_unit_runs_a_command_that_there_is_without_rights(file: Path) -> None:
    service = Unit(file)["Service"]
    words = service["ExecStart"].split()
    assert words[1:4] == ["-P", "-m", "barie_cli"]
    assert words[4] in barie_cli.COMMANDS
    credential = service["LoadCredential"].partition(":")[0]
    assert words[5:] == ["--config", f"${{CREDENTIALS_DIRECTORY}}/{credential}"]
    assert (service["User"], service["CapabilityBoundingSet"], service["NoNewPrivileges"]) == ("barie", "", "yes")
    assert (service["Restart"], service["RestartPreventExitStatus"]) == ("always", "2")


def test_systemd_is_more_patient_than_the_supervisor_it_watches() -> None:
    unit = Unit(DEPLOY / "barie-edge.service")
    assert unit["Service"]["Type"] == "notify"
    assert unit.seconds("WatchdogSec") >= 5 * supervisor.TURN_S
    assert unit.seconds("TimeoutStopSec") > supervisor.STOP_S + supervisor.HANG_S
    assert unit.seconds("TimeoutStartSec") > 2 * supervisor.START_S
    assert unit["Service"]["KillMode"] == "mixed", "the agent is the supervisor's to end"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"


def test_a_box_with_pins_gets_them_by_a_file_beside_its_unit() -> None:
    closed, opened = Unit(DEPLOY / "barie-edge.service"), Unit(DEPLOY / "barie-edge-devices.conf")
    assert closed["Service"]["PrivateDevices"] == "yes"
    assert (opened["Service"]["PrivateDevices"], opened["Service"]["DevicePolicy"]) == ("no", "closed")
