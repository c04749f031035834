"""Room on the disk: pictures go first, those that the centre has before the others, the trace next, facts never."""

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from edge.config import DiskConfig
from edge.journal import disk as module
from edge.journal.disk import OVER_AFTER_S, Disk
from edge.journal.outbox import Outbox, after
from edge.journal.pictures import Pictures, Sent
from edge.journal.reserve import Reserve
from edge.journal.store import Store
from edge.journal.trace import Trace
from gate.lane import Phase
from gate.messages import DeviceFault
from simulator.stage.processes import ROOT
from tests.edge.desk import BOX, box_config
from tests.edge.fakes import DeskClock

SIZE = 20_480


class Box:
    """All that writes, with `budget` bytes to live in."""

    def __init__(self, folder: Path, budget: int, *, keep_free_mb: int = 0) -> None:
        config = DiskConfig(budget_mb=budget, keep_free_mb=keep_free_mb)
        file = folder / "box.db"
        self.folder = folder
        self.store = Store(file)
        self.clock = DeskClock()
        self.outbox = Outbox(self.store, self.clock, "SPS", BOX)
        self.pictures = Pictures(box_config(folder, disk=config), self.store, file, folder / "pictures")
        self.trace = Trace(folder / "trace.db", self.clock)
        self.reserve = Reserve(folder / "reserve", 50_000)
        self.told: list[str] = []
        self.disk = Disk(config, file, self.pictures, self.trace, self.reserve, self.told.append)

    def keeps(self, count: int, sent: int = 0) -> list[str]:
        """Pictures, oldest first, of which the newest `sent` are at the centre."""
        names = [self.pictures.keep(os.urandom(SIZE)) for _ in range(count)]
        self.pictures._enter(self.store)  # noqa: SLF001 - its thread's work
        for number, name in enumerate(names):
            self.store.run("UPDATE picture SET taken_at = ? WHERE sha256 = ?", number, name)
            if number >= count - sent:
                self.store.run("UPDATE picture SET sent = ? WHERE sha256 = ?", Sent.THERE, name)
        return [name for name in names if name]

    def is_over_by(self, size: float) -> None:
        """The budget is so much less than what is taken."""
        self.store.run("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self.disk._config = DiskConfig(budget_mb=int(self.disk.room().used - size) // 1_000)  # noqa: SLF001

    def left(self, names: list[str]) -> list[int]:
        """Which pictures are still there."""
        there = {file.name for file in (self.folder / "pictures").iterdir()}
        rows = {name for (name,) in self.store.run("SELECT sha256 FROM picture")}
        assert there == rows
        return [number for number, name in enumerate(names) if name in there]


@pytest.fixture(autouse=True)
def kilobytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget's unit small enough for a test."""
    monkeypatch.setattr(module, "_MB", 1_000)


def test_what_the_centre_has_goes_first_and_nobody_is_told(tmp_path: Path) -> None:
    box = Box(tmp_path, 10_000)
    names = box.keeps(10, sent=4)
    box.is_over_by(1.2 * SIZE)
    box.disk.look(box.store, 0)
    assert box.left(names) == [0, 1, 2, 3, 4, 5, 8, 9], "the oldest of the sent"
    assert box.told == []


def test_evidence_that_nobody_else_has_goes_oldest_first_and_is_told_once(tmp_path: Path) -> None:
    box = Box(tmp_path, 10_000)
    names = box.keeps(10, sent=2)
    box.is_over_by(5.2 * SIZE)
    box.disk.look(box.store, 0)
    assert box.left(names) == [4, 5, 6, 7]
    (first,) = box.told
    assert first.startswith("short of room: dropped 4 pictures that the centre has not, 2 that it has, 0 rows")
    box.keeps(4)
    box.disk.look(box.store, 30)
    assert len(box.told) == 1, "once"
    box.disk.look(box.store, 30 + OVER_AFTER_S)
    assert len(box.told) == 2
    assert box.told[1].startswith("there is room again; in all: dropped 8 pictures that the centre has not, 2 that")


def test_facts_and_their_log_count_and_are_never_shed(tmp_path: Path) -> None:
    box = Box(tmp_path, 10)
    names = box.keeps(3)
    for _ in range(200):
        box.outbox.record(DeviceFault(lane="", device="test", what="x" * 300))
    assert (tmp_path / "box.db-wal").stat().st_size > 200_000
    assert box.disk.room().used > 200_000
    box.disk.look(box.store, 0)
    assert box.left(names) == []
    assert len(after(box.store, 0, 1_000)) == 200
    assert len(box.told) == 1


def test_the_trace_goes_after_the_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.journal.trace.TOGETHER_S", 0.02)
    box = Box(tmp_path, 10)
    box.trace.start()
    for _ in range(4_000):
        box.trace.phase("in-1", Phase.IDLE)
    box.trace.stop()
    names = box.keeps(2)
    box.disk.look(box.store, 0)
    assert box.left(names) == []
    assert "2 pictures that the centre has not, 0 that it has, 2000 rows of the trace" in box.told[0]


def test_a_disk_that_others_fill_is_short_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box(tmp_path, 10_000, keep_free_mb=100)
    names = box.keeps(10)
    box.disk.look(box.store, 0)
    assert box.left(names) == list(range(10))
    assert box.reserve.held
    free = 100_000 - 2 * SIZE

    class Usage:
        def __init__(self, _: Path) -> None:
            self.free = free

    monkeypatch.setattr(module.shutil, "disk_usage", Usage)  # type: ignore[attr-defined]
    box.disk.look(box.store, 1)
    assert 0 not in box.left(names)
    assert box.told


def test_the_log_is_folded_and_does_not_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOG_FOLDED", 100_000)
    box = Box(tmp_path, 10_000)
    log, sizes = tmp_path / "box.db-wal", []
    with closing(Store(tmp_path / "box.db", writing=False)) as keeper:
        for _ in range(20):
            for _ in range(30):
                box.outbox.record(DeviceFault(lane="", device="test", what="x" * 300))
            box.disk.fold(keeper)
            sizes.append(log.stat().st_size)
    assert max(sizes) < 500_000, "unfolded it would be five million"
    assert len(after(box.store, 0, 1_000)) == 600


def test_a_log_that_a_reader_kept_open_shrinks_when_he_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOG_MAX", 1_000_000)
    box = Box(tmp_path, 10_000)
    log = tmp_path / "box.db-wal"
    with closing(Store(tmp_path / "box.db", writing=False, connect=module._impatient)) as keeper:  # noqa: SLF001
        box.outbox.record(DeviceFault(lane="", device="test", what=""))
        with closing(Store(tmp_path / "box.db", writing=False)) as reader:
            held = iter(reader.run("SELECT * FROM outbox, (SELECT 1 UNION SELECT 2)"))
            next(held)
            for _ in range(300):
                box.outbox.record(DeviceFault(lane="", device="test", what="x" * 300))
            box.disk.fold(keeper)
            assert log.stat().st_size > 1_000_000
            del held
        box.disk.fold(keeper)
        assert log.stat().st_size == 0


# --- a real disk that is full -----------------------------------------------------------------------------------


def test_a_disk_that_is_full_takes_facts_from_the_reserve_and_all_of_them_are_there(tmp_path: Path) -> None:
    """On a tmpfs of 4 MB in a mount namespace of its own; needs root, or a kernel that lets users have namespaces."""
    as_user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *as_user, "--mount", sys.executable, "-m", "tests.edge.small_disk", str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    assert said["held at first"]
    assert said["pictures"] > 20
    assert said["facts before the reserve"] >= 1
    assert said["facts in the reserve"] > 300, "a fact needs no kilobyte of it"
    assert not said["held when full"]
    assert said["owed when full"], "then what happens is kept in memory"
    assert said["settled with room"]
    assert said["facts with room"] == 200
    assert said["held again"]
    assert len(said["told"]) == 1
    assert (said["whole"], said["gapless"], said["passed"]) == ("ok", True, 0)
