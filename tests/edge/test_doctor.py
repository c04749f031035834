"""`barie doctor` reads a box's folder: each illness in words that say what to do, and nothing of the box is changed."""

import hashlib
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.boots import begin
from edge.clock import Clock
from edge.config import BoxConfig, DiskConfig
from edge.journal.outbox import Outbox
from edge.journal.store import Store
from edge.watch import doctor_state, handover
from edge.watch.handover import Handover, Stopped
from gate.check import Check
from gate.messages import DeviceFault
from gate.wire import encode
from tests.edge.desk import box_config, lease

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


class Folder:
    """A box's folder with real books, as a box that ran left or leaves it."""

    def __init__(self, folder: Path) -> None:
        self.config: BoxConfig = box_config(folder / "data")
        self.data = folder / "data"
        self.path = folder / "box.json"
        self.path.write_bytes(encode(self.config))
        self.path.chmod(0o600)
        self.store = Store(self.data / "box.db")
        self.outbox = Outbox(self.store, Clock(), "SPS", "sps-1")
        begin(self.store, Clock())
        (self.data / "alive").touch()
        paper = lease(7, issued_at=NOW, expires_at=NOW + 2 * DAY)
        self.store.remember("lease", encode(paper).decode())

    def looked(self) -> list[Check]:
        """What a doctor finds, beside the running box."""
        return list(doctor_state.state(self.config, self.path))

    def found(self, what: str) -> Check:
        """The one about this."""
        return only(self.looked(), what)

    def records(self, count: int, ago_s: float = 0.0) -> None:
        """Facts of so long ago."""
        for _ in range(count):
            now = self.outbox.happening()
            then = now.reading._replace(at=now.reading.at - timedelta(seconds=ago_s))
            self.outbox.record(DeviceFault(lane="", device="test", what="x"), now._replace(reading=then))


def only(checks: Iterable[Check], what: str) -> Check:
    (found,) = [check for check in checks if check.what == what]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Iterable[Folder]:
    made = Folder(tmp_path)
    yield made
    made.store.close()


def test_a_box_that_is_well_is_called_well_and_left_as_it_is(folder: Folder) -> None:
    folder.records(3)
    folder.outbox.acknowledge(3)
    before = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.data.iterdir()}
    looked = folder.looked()
    after = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.data.iterdir()}
    assert [check for check in looked if not check.well] == []
    assert {"secrets", "box data", "disk room", "disk speed", "box", "lease", "outbox", "pictures", "box clock"} <= {
        check.what for check in looked
    }
    for name in ("box.db", "box.db-wal", "alive"):
        assert before[name] == after[name]
    folder.records(1)  # nobody holds a lock


def test_passwords_that_others_can_read(folder: Folder) -> None:
    folder.path.chmod(0o640)
    check = folder.found("secrets")
    assert (check.well, f"chmod 600 {folder.path}" in check.words) == (False, True)


def test_a_box_that_does_not_run_or_stands_still(folder: Folder) -> None:
    long_ago = time.time() - 7_500
    os.utime(folder.data / "alive", (long_ago, long_ago))
    assert folder.found("box") == ("box", False, folder.found("box").words)
    assert "last turned 2 hours ago" in folder.found("box").words
    (folder.data / "alive").unlink()
    assert "does not run: start it" in folder.found("box").words


def test_a_supervisor_that_is_gone_and_one_that_nobody_watches(folder: Folder) -> None:
    lock = folder.data / "supervisor.lock"
    lock.write_text(json.dumps({"pid": 2**22 + 1, "watchdog_s": 10.0}))
    assert "is gone" in folder.found("supervisor").words
    assert not folder.found("supervisor").well
    lock.write_text(json.dumps({"pid": os.getpid(), "watchdog_s": 10.0}))
    assert "silent for 10 s" in folder.found("supervisor").words
    lock.write_text(json.dumps({"pid": os.getpid(), "watchdog_s": 0.0}))
    assert "systemd does not watch it" in folder.found("supervisor").words
    for junk in ("", "[]", "{", '{"pid": null}'):
        lock.write_text(junk)
        assert "none has run" in folder.found("supervisor").words


def test_a_lease_that_is_missing_over_or_unreadable(folder: Folder) -> None:
    assert "number 7, good for 2 days" in folder.found("lease").words
    over = encode(lease(8, issued_at=NOW - 2 * DAY, expires_at=NOW - DAY / 2)).decode()
    for kept, words in ((over, "number 8 ran out 12 hours ago"), ("{}", "written by another version")):
        folder.store.remember("lease", kept)
        check = folder.found("lease")
        assert (check.well, words in check.words) == (False, True), check
    folder.store.run("DELETE FROM meta WHERE name = 'lease'")
    assert "none yet" in folder.found("lease").words


def test_facts_and_pictures_that_wait_too_long(folder: Folder) -> None:
    folder.records(5)
    folder.outbox.acknowledge(2)
    check = folder.found("outbox")
    assert (check.well, "3 facts wait for the centre, the oldest for 0 s" in check.words) == (True, True)
    folder.outbox.acknowledge(5)
    folder.records(3, ago_s=1_800)
    check = folder.found("outbox")
    assert (check.well, "the oldest for 30 minutes: nothing is lost" in check.words) == (False, True)
    folder.store.run("INSERT INTO picture (sha256, taken_at, sent) VALUES ('a', ?, 0)", time.time() - 3 * 86_400)
    check = folder.found("pictures")
    assert (check.well, "1 pictures wait for the centre, the oldest for 3 days" in check.words) == (False, True)


def test_a_hang_of_today_is_news_and_one_of_last_week_is_not(folder: Folder) -> None:
    assert folder.found("last hang").words == "no agent was ever stopped here"
    for ago, well in ((timedelta(minutes=5), False), (timedelta(days=6), True)):
        news = Stopped(
            name=f"{(datetime.now(UTC) - ago).isoformat()} 1a2b", what="stood still for 2.5 s; lanes: in-1 stay"
        )
        with folder.store.transaction():
            handover.record(Handover(stopped=(news,)), folder.store, folder.outbox)
        check = folder.found("last hang")
        assert check.well is well
        assert "ago the agent stood still for 2.5 s; lanes: in-1 stay" in check.words


def test_a_clock_that_cannot_be_right_and_one_that_is_off(folder: Folder) -> None:
    with closing(sqlite3.connect(folder.data / "box.db")) as books:
        check = doctor_state.clock(books, datetime(1970, 1, 1, 0, 5, tzinfo=UTC))
        assert (check.well, "1970-01-01" in check.words) == (False, True)
    assert "never compared" in folder.found("box clock").words
    folder.store.run("DELETE FROM boot")
    row = "INSERT INTO boot (machine, tick_ms, at, within_ms, offset_ms, measured) VALUES ('m', 1, ?, 1.0, ?, 1)"
    folder.store.run(row, NOW.isoformat(), -86_400_000)
    check = folder.found("box clock")
    assert (check.well, "86400.0 s behind the centre" in check.words) == (False, True)


def test_a_disk_that_is_full_or_takes_nothing(folder: Folder) -> None:
    free = shutil.disk_usage(folder.data).free // 1_000_000
    folder.config = replace(folder.config, disk=DiskConfig(keep_free_mb=free + 1_000))
    check = folder.found("disk room")
    assert (check.well, "make room" in check.words) == (False, True)
    folder.config = replace(folder.config, data="/proc/barie")
    check = folder.found("box data")
    assert (check.well, "/proc cannot be written" in check.words) == (False, True)


def test_books_that_are_no_books(folder: Folder) -> None:
    folder.store.close()
    for file in folder.data.glob("box.db*"):
        file.unlink()
    (folder.data / "box.db").write_bytes(os.urandom(8_192))
    check = folder.found("books")
    assert (check.well, str(folder.data / "box.db") in check.words) == (False, True)


def test_a_folder_that_was_never_used(tmp_path: Path) -> None:
    path = tmp_path / "box.json"
    path.touch(mode=0o600)
    looked = list(doctor_state.state(box_config(tmp_path / "data"), path))
    assert [check.what for check in looked if not check.well] == []
    assert "has not run yet" in only(looked, "box").words
    assert not (tmp_path / "data").exists()
