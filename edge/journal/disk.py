"""Sees that the disk has room for facts: its log is folded, pictures go first, the trace next, facts never."""

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from edge.config import DiskConfig
from edge.journal.pictures import Pictures, Shed
from edge.journal.reserve import Reserve
from edge.journal.store import Store
from edge.journal.trace import Trace

LOOK_EVERY_S: Final = 5.0
MEASURE_EVERY_S: Final = 30.0
LOG_FOLDED: Final = 1_000_000
LOG_MAX: Final = 16_000_000
RESERVE: Final = 8_000_000
"""Bytes for some ten thousand facts: a day of a busy site."""
SLACK: Final = 0.02
"""What is shed beyond need, as a share of the budget, so that it is not done for every picture."""
OVER_AFTER_S: Final = 3600.0
"""An hour without loss ends an episode."""
_MB: Final = 1_000_000
log = structlog.get_logger()


class Room(NamedTuple):
    """Bytes: taken by the box's folder, free on its disk."""

    used: int
    free: int


class Lost(NamedTuple):
    """What had to go in an episode."""

    sent: int = 0
    unsent: int = 0
    rows: int = 0

    def plus(self, shed: Shed, rows: int) -> "Lost":
        """And these."""
        return Lost(self.sent + shed.sent, self.unsent + shed.unsent, self.rows + rows)


class Disk:
    """The keeper of the box's disk, with a thread of its own. `tell` is called there, with what the centre should
    know: once when evidence or the disk runs out, once when that is over."""

    def __init__(
        self,
        config: DiskConfig,
        file: Path,
        pictures: Pictures,
        trace: Trace,
        reserve: Reserve,
        tell: Callable[[str], None],
    ) -> None:
        self._config, self._file = config, file
        self._pictures, self._trace, self._reserve, self._tell = pictures, trace, reserve, tell
        self._lost: Lost | None = None
        self._last_loss = self._measured = -OVER_AFTER_S
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="disk", daemon=True)

    def start(self) -> None:
        """Begin to look after it."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stopping.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        store: Store | None = None
        while not self._stopping.is_set():
            try:
                store = store or Store(self._file, writing=False, connect=_impatient)
                self.fold(store)
                if time.monotonic() - self._measured >= MEASURE_EVERY_S or not self._reserve.held:
                    self._measured = time.monotonic()
                    self.look(store, self._measured)
            except (sqlite3.Error, OSError) as error:
                log.warning("the disk cannot be looked after", why=str(error))
            self._stopping.wait(LOOK_EVERY_S)
        if store:
            store.close()

    def fold(self, store: Store) -> None:
        """Carry the log into the database here, so that no decision has to do it, and the log stays small."""
        size = _size(self._file.with_name(self._file.name + "-wal"))
        if size > LOG_MAX:
            store.run("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        elif size > LOG_FOLDED:
            store.run("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def room(self) -> Room:
        """How much is taken and how much is free now."""
        folder = self._file.parent
        own = sum(_size(file) for file in folder.iterdir() if file.is_file())
        return Room(own + self._pictures.size(), shutil.disk_usage(folder).free)

    def look(self, store: Store, now: float) -> None:
        """Make room where there is too little, and tell of it; `now` in seconds, monotonic."""
        room = self.room()
        if self._over(room) > 0:
            with suppress(sqlite3.Error):  # it needs room itself where the database grows
                store.run("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            room = self.room()
        if self._over(room) > 0:
            self._make_room(store, self._over(room), now)
        elif room.free - self._config.keep_free_mb * _MB > self._reserve.size:
            self._reserve.hold()
        if self._lost is not None and now - self._last_loss >= OVER_AFTER_S:
            self._say(self._lost, "there is room again; in all")
            self._lost = None

    def _over(self, room: Room) -> int:
        """How much is too much: beyond the budget, or what the disk lacks of the room that is to be free."""
        return max(room.used - self._config.budget_mb * _MB, self._config.keep_free_mb * _MB - room.free)

    def _make_room(self, store: Store, over: int, now: float) -> None:
        shed = self._pictures.shed(store, over + int(self._config.budget_mb * _MB * SLACK))
        rows = self._trace.shed() if shed.size < over else 0
        log.info("disk made room", over=over, **shed._asdict(), rows=rows)
        if not shed.unsent and shed.size >= over:
            return  # all that went is at the centre: this is how a full budget always works
        first, self._last_loss = self._lost is None, now
        self._lost = (self._lost or Lost()).plus(shed, rows)
        if first:
            self._say(self._lost, "short of room")

    def _say(self, lost: Lost, why: str) -> None:
        room = self.room()
        self._tell(
            f"{why}: dropped {lost.unsent} pictures that the centre has not, {lost.sent} that it has, "
            f"{lost.rows} rows of the trace; {room.used // _MB} MB used of {self._config.budget_mb}, "
            f"{room.free // _MB} MB free, {self._config.keep_free_mb} to be kept"
        )


def _impatient(path: Path) -> sqlite3.Connection:
    """A connection that would rather come again than make a decision wait."""
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0.1)


def _size(file: Path) -> int:
    try:
        return file.stat().st_blocks * 512
    except FileNotFoundError:
        return 0
