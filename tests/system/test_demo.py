"""The whole system, as a new user runs it: books and truth agree, item by item."""

import fcntl
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.demo.run import DemoFailed, demo, seconds_of
from simulator.stage.processes import ROOT

COUNTED = {
    "openings",
    "passages",
    "visits",
    "charges",
    "payments",
    "charged_vnd",
    "paid_vnd",
    "outstanding_vnd",
}


@pytest.mark.slow
@pytest.mark.broker
@pytest.mark.timeout(280)
def test_the_books_agree_with_what_really_happened(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "barie_cli", "demo", "--for", "25s", "--folder", str(tmp_path / "demo")]
    done = subprocess.run(
        command, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    said = json.loads(done.stdout)  # JSON alone: anything else on stdout breaks here
    assert said["differences"] == []
    assert set(said["sites"]) == {"SPS", "SPL", "BHT"}
    for site in said["sites"].values():
        assert set(site["truth"]) == set(site["books"]) == COUNTED
    assert sum(site["truth"]["passages"] for site in said["sites"].values()) > 0, "nobody came: nothing was tested"
    assert sum(site["books"]["paid_vnd"] for site in said["sites"].values()) > 0, "nobody paid: nothing was tested"
    with sqlite3.connect(tmp_path / "demo" / "centre.db") as books:
        leases = dict(books.execute("SELECT box, number FROM lease").fetchall())
    assert len(leases) == 3
    assert max(leases.values()) <= 3, f"papers go round in circles: {leases}"


def test_a_folder_that_is_no_demos_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "accounts.txt").write_text("precious")
    with pytest.raises(DemoFailed, match="no demo's folder"):
        demo(tmp_path, seconds=1, seed=1, say=print)
    assert (tmp_path / "accounts.txt").read_text() == "precious"


def test_a_second_demo_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(DemoFailed, match="another demo runs"):
            demo(tmp_path / "demo", seconds=1, seed=1, say=print)


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60), ("2m", 120), ("90", 90)])
def test_seconds(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "0s", "-1s", "1h", "nan", "9999m"])
def test_no_seconds(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        seconds_of(text)
