"""What a box's own folder tells a doctor: its books, its clock, its disk. The database is only read, beside a running
box as well; nothing is changed but a small file that is written and taken away."""

import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from edge.config import BoxConfig
from edge.watch.doctor_cameras import cameras
from edge.watch.handover import LAST
from edge.watch.heartbeat import STALE_S, age_s
from gate.check import Check, well, wrong
from gate.lease import Lease
from gate.messages import Envelope
from gate.wire import Malformed, decode

SLOW_S: Final = 0.5  # for a commit: an arm waits for it, and five times as long is a hang
BEHIND_S: Final = 600.0
PICTURES_BEHIND_S: Final = 3600.0
OFFSET_MAX_MS: Final = 2_000
YEAR_MIN: Final = 2026
_MB: Final = 1_000_000


def state(config: BoxConfig, path: Path) -> Iterator[Check]:
    """All that can be told without speaking to anybody. `path`: the configuration's file."""
    yield secrets(path)
    yield from disk(config)
    data = Path(config.data)
    if not (data / "box.db").exists():
        yield well("box", f"has not run yet: {data} holds no box.db")
        return
    yield runs(data)
    yield supervisor(data)
    try:
        with closing(sqlite3.connect(f"file:{data / 'box.db'}?mode=ro", uri=True, timeout=5)) as books:
            yield from read_books(books)
            yield from cameras(books, config)
    except sqlite3.Error as error:
        yield wrong("books", f"{data / 'box.db'} cannot be read: {error}; run as the box's own user, or see the disk")


def secrets(path: Path) -> Check:
    """Whether only its owner can read the file with all passwords and keys."""
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        return wrong("secrets", f"{path} has mode {mode:04o}: others may read its passwords; chmod 600 {path}")
    return well("secrets", f"{path} is its owner's alone")


def runs(data: Path) -> Check:
    """Whether the deciding thread turns."""
    age = age_s(data)
    if age is None:
        return wrong("box", "does not run: start it (systemctl start barie-edge); its log says why it ended")
    if age >= STALE_S:
        words = f"its deciding thread last turned {_long(age)} ago: its supervisor does not run either; start it"
        return wrong("box", words)
    return well("box", f"its deciding thread turned {age:.0f} s ago")


def supervisor(data: Path) -> Check:
    """Who watches the agent, and who watches that one."""
    try:
        told = json.loads((data / "supervisor.lock").read_text())
        pid, watchdog_s = int(told["pid"]), float(told["watchdog_s"])
    except (OSError, ValueError, KeyError, TypeError):
        return well("supervisor", "none has run here")
    if not Path(f"/proc/{pid}").exists():
        return wrong("supervisor", f"process {pid} is gone: nobody would stop an agent that hangs; start barie-edge")
    if not watchdog_s:
        words = (
            "watches the agent; systemd does not watch it (right in a container, else use deploy/barie-edge.service)"
        )
        return well("supervisor", words)
    return well("supervisor", f"watches the agent; systemd starts it again when it is silent for {watchdog_s:g} s")


# --- disk -----------------------------------------------------------------------------------------------------


class Written(NamedTuple):
    """How long a small durable write took; what was wrong with it."""

    seconds: float
    error: str = ""


def disk(config: BoxConfig) -> Iterator[Check]:
    """Room, and how long a commit takes."""
    folder = Path(config.data)
    nearest = next(parent for parent in (folder, *folder.resolve().parents) if parent.exists())
    took = written(nearest)
    if took.error:
        yield wrong("box data", f"{nearest} cannot be written: {took.error}; its owner must be who runs the box")
        return
    yield well("box data", f"{nearest} can be written")
    free, kept = shutil.disk_usage(nearest).free // _MB, config.disk.keep_free_mb
    words = f"{free} MB free at {nearest}"
    yield well("disk room", words) if free > kept else wrong("disk room", f"{words}, {kept} are to be kept: make room")
    slow = f"a small durable write takes {took.seconds * 1000:.0f} ms"
    better = f"{slow}: an arm waits for it; use a better disk than this one, or see what else writes to it"
    yield well("disk speed", slow) if took.seconds < SLOW_S else wrong("disk speed", better)


def written(folder: Path) -> Written:
    """Write a little, for good, three times; the middle one of the three."""
    times = []
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            for _ in range(3):
                began = time.perf_counter()
                file.write(os.urandom(4_096))
                file.flush()
                os.fsync(file.fileno())
                times.append(time.perf_counter() - began)
    except OSError as error:
        return Written(0.0, error.strerror or str(error))
    return Written(sorted(times)[1])


# --- books ----------------------------------------------------------------------------------------------------


def read_books(books: sqlite3.Connection) -> Iterator[Check]:
    """All that the box's database tells."""
    meta: dict[str, str] = dict(books.execute("SELECT name, value FROM meta").fetchall())
    now = datetime.now(UTC)
    yield lease(meta.get("lease"), now)
    yield outbox(books, int(meta.get("acknowledged") or 0), now)
    yield pictures(books)
    yield stopped(meta.get(LAST), now)
    yield clock(books, now)


def lease(kept: str | None, now: datetime) -> Check:
    """The newest that the centre sent."""
    if kept is None:
        return wrong("lease", "none yet: the box knows no prices and no passes; is the centre's broker in reach?")
    try:
        paper = decode(kept.encode(), Lease)
    except Malformed as error:
        return wrong("lease", f"was written by another version ({str(error)[:80]}): the centre sends a new one")
    left = (paper.expires_at - now).total_seconds()
    if left <= 0:
        words = f"number {paper.number} ran out {_long(-left)} ago: decisions go on by it; mend the line to the centre"
        return wrong("lease", words)
    return well("lease", f"number {paper.number}, good for {_long(left)}")


def outbox(books: sqlite3.Connection, acknowledged: int, now: datetime) -> Check:
    """Facts that the centre has not committed yet."""
    rows = "SELECT count(*) OVER (), payload FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT 1"
    waiting, oldest = books.execute(rows, (acknowledged,)).fetchone() or (0, b"")
    if not waiting:
        return well("outbox", f"the centre has all facts, up to {acknowledged}")
    age = max(0.0, (now - _happened(oldest, now)).total_seconds())
    words = f"{waiting} facts wait for the centre, the oldest for {_long(age)}"
    if age > BEHIND_S:
        return wrong("outbox", f"{words}: nothing is lost; see the centre's broker below, then the centre itself")
    return well("outbox", words)


def _happened(fact: bytes, otherwise: datetime) -> datetime:
    try:
        return decode(fact, Envelope).happened_at
    except Malformed:  # written by another version
        return otherwise


def pictures(books: sqlite3.Connection) -> Check:
    """Evidence that is not up yet."""
    waiting, oldest = books.execute("SELECT count(*), min(taken_at) FROM picture WHERE sent = 0").fetchone()
    if not waiting:
        return well("pictures", "none waits for the centre")
    age = max(0.0, time.time() - oldest)
    words = f"{waiting} pictures wait for the centre, the oldest for {_long(age)}"
    return wrong("pictures", f"{words}: is `centre_url` right?") if age > PICTURES_BEHIND_S else well("pictures", words)


def stopped(last: str | None, now: datetime) -> Check:
    """The newest hang or crash that the supervisor saw; a day long somebody should look."""
    if last is None:
        return well("last hang", "no agent was ever stopped here")
    moment, _, what = last.partition(" ")
    ago = _long((now - datetime.fromisoformat(moment)).total_seconds())
    if (now - datetime.fromisoformat(moment)).days < 1:
        return wrong(
            "last hang", f"{ago} ago the agent {what}; the log of that moment says more (journalctl -u barie-edge)"
        )
    return well("last hang", f"{ago} ago the agent {what}")


def clock(books: sqlite3.Connection, now: datetime) -> Check:
    """Whether the wall may be right, and how far it was from the centre's when they were compared last."""
    if now.year < YEAR_MIN:
        return wrong("box clock", f"says {now:%Y-%m-%d %H:%M} UTC: it has no battery and no time server; set it")
    row: Any = None
    with suppress(sqlite3.Error):  # written by a version that did not measure
        row = books.execute("SELECT offset_ms FROM boot WHERE measured = 1 ORDER BY rowid DESC LIMIT 1").fetchone()
    if row is None or row[0] is None:
        return well("box clock", f"{now:%Y-%m-%d %H:%M} UTC; never compared with the centre's")
    words = f"{now:%Y-%m-%d %H:%M} UTC, {abs(row[0]) / 1000:.1f} s {'ahead of' if row[0] > 0 else 'behind'} the centre"
    if abs(row[0]) > OFFSET_MAX_MS:
        return wrong("box clock", f"{words}: the box reckons with it; mend its time server (timedatectl)")
    return well("box clock", words)


def _long(seconds: float) -> str:
    for unit, size in (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0)):
        if seconds >= 1.95 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
