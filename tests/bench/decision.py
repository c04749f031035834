"""The decision alone: from the reader's answer to the order to the arm, or to the price on the screen.

A box's whole lane in this process, its journal on this machine's disk with every commit, and a busy car park inside.
"""

import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from edge.journal.store import Store
from gate import signing
from gate.devices.board import Relay
from gate.lane import Phase
from gate.messages import Quoted
from gate.vehicle import VehicleClass
from tests.bench.report import percentiles
from tests.edge.desk import KEY, Desk, lease

INSIDE: Final = (300, 2_000)
RUNS: Final = 200
PICTURE_BYTES: Final = 200_000
LOOKS_AFTER_S: Final = 0.1  # the desk's eyes
PROVINCES: Final = ("24",) * 12 + ("29", "30", "51", "15", "14", "88", "19", "20", "99", "25", "21", "22")
"""Half are the province's own."""


def decisions(inside: tuple[int, ...] = INSIDE, runs: int = RUNS) -> dict[str, Any]:
    """Milliseconds of each decision at the entry and at the exit, by how many are inside; beside them a bare commit."""
    with tempfile.TemporaryDirectory(prefix="barie-bench-") as folder:
        bare = percentiles(list(_commits(Path(folder), runs)))
    return {"bare_commit": {**bare, "runs": runs}} | {f"{count} inside": _decided(count, runs) for count in inside}


def _commits(folder: Path, runs: int) -> Iterator[float]:
    """A row of a kilobyte, durable."""
    store = Store(folder / "bare.db")
    for number in range(runs):
        began = time.perf_counter()
        store.run("INSERT INTO outbox VALUES (?, ?, ?)", number, bytes(1_000), 0.0)
        yield (time.perf_counter() - began) * 1000
    store.close()


def _decided(inside: int, runs: int) -> dict[str, Any]:
    rng = random.Random(5)
    with tempfile.TemporaryDirectory(prefix="barie-bench-") as folder:
        desk = Desk(Path(folder))
        desk.papers.lease_came(signing.sign(lease(2, capacity=10 * inside), KEY))
        plates = [
            f"{rng.choice(PROVINCES)}{rng.choice('ABCDEFGHKL')}{number:05}"
            for number in rng.sample(range(10**5), inside + runs)
        ]
        with desk.store.transaction():
            for plate in plates[runs:]:
                desk.visits.entered(desk.visits.open(plate, VehicleClass.CAR9, "in-1"), desk.clock.now())
        desk.turn(3600)
        entries = [_entry(desk, plate, rng.randbytes(PICTURE_BYTES)) for plate in plates[:runs]]
        leaving = rng.sample(plates[runs:], min(runs, inside))
        exits = [_exit(desk, plate, rng.randbytes(PICTURE_BYTES)) for plate in leaving]
        priced = len(desk.facts(Quoted))
        desk.killed()
    return {
        "entry": {**percentiles(entries), "runs": len(entries)},
        "exit": {**percentiles(exits), "runs": len(exits), "priced": priced},
    }


def _entry(desk: Desk, plate: str, picture: bytes) -> float:
    asked: list[float] = []

    def pulsed(_lane: str, relay: Relay) -> None:
        if relay is Relay.RAISE:
            asked.append(time.perf_counter())

    desk.devices.before_pulse = pulsed
    desk.arrive("in-1", plate, picture=picture)
    desk.turn(LOOKS_AFTER_S * 0.9)
    began = time.perf_counter()
    desk.turn(LOOKS_AFTER_S * 0.2)
    took = (asked[0] - began) * 1000
    desk.turn(2)
    desk.drives_through("in-1")
    desk.turn(3)
    assert desk.phase("in-1") is Phase.IDLE
    return took


def _exit(desk: Desk, plate: str, picture: bytes) -> float:
    """Found among all who are inside, and priced."""
    desk.arrive("out-1", plate, picture=picture)
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
