"""The whole system, as a new user runs it: books and truth agree, item by item."""

import json
import subprocess
import sys

import pytest

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
def test_the_books_agree_with_what_really_happened() -> None:
    command = [sys.executable, "-P", "-m", "barie_cli", "demo", "--for", "25s", "--seed", "3"]
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
