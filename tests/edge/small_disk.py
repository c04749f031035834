"""`python -m tests.edge.small_disk FOLDER`: a box on a disk of 4 MB, in its own mount namespace, until all is full.

Says as one JSON object what it saw; the test judges.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from structlog.testing import capture_logs

from edge.config import DiskConfig
from edge.journal.disk import Disk
from edge.journal.outbox import Outbox, after
from edge.journal.owed import NoRoom, Owed
from edge.journal.pictures import Pictures
from edge.journal.reserve import Reserve
from edge.journal.store import Store
from edge.journal.trace import Trace
from gate.messages import DeviceFault
from gate.wire import decode
from tests.edge.desk import box_config
from tests.edge.fakes import DeskClock

DISK, RESERVED = 4_000_000, 400_000
PICTURE = 30_000
MOST = 20_000


class Box:
    """What of a box writes."""

    def __init__(self, folder: Path) -> None:
        config = box_config(folder, disk=DiskConfig(budget_mb=100, keep_free_mb=1))
        file = folder / "box.db"
        self.clock = DeskClock()
        self.store = Store(file)
        self.reserve = Reserve(folder / "reserve", RESERVED)
        self.outbox = Outbox(self.store, self.clock, "SPS", "sps-1")
        self.owed = Owed(self.store, self.outbox, self.reserve)
        self.pictures = Pictures(config, self.store, file, folder / "pictures")
        self.told: list[str] = []
        trace = Trace(folder / "trace.db", self.clock)
        self.disk = Disk(config.disk, file, self.pictures, trace, self.reserve, self.told.append)

    def facts(self, most: int) -> int:
        """Decide until the disk refuses; how many facts were taken."""
        for number in range(most):
            try:
                self.owed.decide(lambda: self.outbox.record(DeviceFault(lane="", device="test", what="x" * 300)))
            except NoRoom:
                return number
        return most

    def fill_with_pictures(self) -> int:
        """Keep pictures until the disk refuses; how many were taken."""
        for kept in range(MOST):
            if not self.pictures.keep(os.urandom(PICTURE)):
                return kept
            self.pictures._enter(self.store)  # noqa: SLF001 - its thread does that
        return MOST


def main(folder: Path) -> dict[str, object]:
    """The story: full of pictures, full of facts, the reserve, room again."""
    box = Box(folder)
    said: dict[str, object] = {"held at first": box.reserve.hold()}
    said["pictures"] = box.fill_with_pictures()
    while box.reserve.held:  # the last of the disk, which pictures leave to facts
        assert box.facts(1) == 1
    before = box.outbox.last
    said["facts before the reserve"] = before
    said["facts in the reserve"] = box.facts(MOST)
    said["held when full"] = box.reserve.held
    happened = box.outbox.happening()
    box.owed.witness(lambda: box.outbox.record(DeviceFault(lane="", device="test", what="passed"), happened))
    said["owed when full"] = not box.owed.settle()
    last = box.outbox.last
    box.disk.look(box.store, time.monotonic())
    box.disk.look(box.store, time.monotonic())
    said["settled with room"] = box.owed.settle()
    said["facts with room"] = box.facts(200)
    said["told"] = list(box.told)
    said["held again"] = box.reserve.held
    said["pictures left"] = len(list((folder / "pictures").iterdir()))
    said["whole"] = box.store.run("PRAGMA integrity_check").fetchone()[0]
    entries = after(box.store, 0, MOST)
    said["gapless"] = [entry.sequence for entry in entries] == list(range(1, box.outbox.last + 1))
    said["passed"] = ["passed" in str(decode(entry.payload, dict)["body"]) for entry in entries].index(True) - last
    box.store.close()
    return said


if __name__ == "__main__":
    where = Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(where)], check=True)
    with capture_logs():
        result = main(where)
    print(json.dumps(result))  # noqa: T201
