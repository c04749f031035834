"""The decision alone: from the reader's answer to the order to the arm, or to the price on the screen.

A box's whole lane in this process, its journal on this machine's disk with every commit, and a busy car park inside.
"""

import random
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from gate import signing
from gate.devices.board import Relay
from gate.lane import Phase
from tests.bench.report import percentiles
from tests.edge.desk import KEY, Desk, lease

INSIDE: Final = 300
RUNS: Final = 200
LOOKS_AFTER_S: Final = 0.1  # the desk's eyes


def decisions(inside: int = INSIDE, runs: int = RUNS) -> dict[str, Any]:
    """Milliseconds of each decision at the entry and at the exit."""
    with tempfile.TemporaryDirectory(prefix="barie-bench-") as folder:
        desk = Desk(Path(folder))
        desk.papers.lease_came(signing.sign(lease(2, capacity=10 * inside), KEY))
        plates = [f"24A{number:05}" for number in random.Random(5).sample(range(10**5), inside)]
        for plate in plates:
            desk.comes_in(plate)
        entries = [_entry(desk, f"29B{number:05}") for number in range(runs)]
        exits = [_exit(desk, plate) for plate in plates[:runs]]
        desk.killed()
    return {
        "inside": inside,
        "entry": {**percentiles(entries), "runs": runs},
        "exit": {**percentiles(exits), "runs": runs},
    }


def _entry(desk: Desk, plate: str) -> float:
    asked: list[float] = []

    def pulsed(_lane: str, relay: Relay) -> None:
        if relay is Relay.RAISE:
            asked.append(time.perf_counter())

    desk.devices.before_pulse = pulsed
    desk.arrive("in-1", plate)
    desk.turn(LOOKS_AFTER_S * 0.9)
    began = time.perf_counter()
    desk.turn(LOOKS_AFTER_S * 0.2)
    took = (asked[0] - began) * 1000
    desk.turn(2)
    desk.drives_through("in-1")
    desk.turn(3)
    assert desk.phase("in-1") is Phase.IDLE
    return took


def _exit(desk: Desk, plate: str) -> float:
    """Found among all who are inside, and priced."""
    desk.arrive("out-1", plate)
    desk.turn(LOOKS_AFTER_S * 0.9)
    began = time.perf_counter()
    desk.turn(LOOKS_AFTER_S * 0.2)
    took = (time.perf_counter() - began) * 1000
    assert desk.phase("out-1") is not Phase.IDENTIFYING, "nothing was decided"
    desk.backs_out("out-1")
    desk.turn(1)
    if desk.phase("out-1") is not Phase.IDLE:  # let go at once, within the free minutes
        desk.turn(60)
    assert desk.phase("out-1") is Phase.IDLE, desk.phase("out-1")
    return took
