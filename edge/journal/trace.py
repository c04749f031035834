"""The black box: what each lane's inputs said and which phases it went through, for the day somebody asks.

A ring of rows in a file of its own, written by a thread of its own and never synced for: it may lose its last seconds,
it never delays a decision and never endangers a fact.
"""

import sqlite3
import threading
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from edge.clock import Clock
from gate.devices.board import Reading
from gate.lane import Phase

ROWS_MAX: Final = 1_000_000
"""Some three weeks of a site with 2,000 vehicles a day, about 70 MB."""
WAITING_MAX: Final = 20_000
TOGETHER_S: Final = 1.0
ROOM_ROWS: Final = 1_000
_SCHEMA: Final = (
    "PRAGMA auto_vacuum=INCREMENTAL",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA journal_size_limit=1048576",
    "CREATE TABLE IF NOT EXISTS boot (number INTEGER PRIMARY KEY, boot TEXT NOT NULL UNIQUE) STRICT",
    """CREATE TABLE IF NOT EXISTS seen (number INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, boot INTEGER NOT NULL,
        monotonic_ms INTEGER NOT NULL, lane TEXT NOT NULL, what TEXT NOT NULL, value TEXT NOT NULL,
        edge INTEGER NOT NULL) STRICT""",
)
_INSERT: Final = "INSERT INTO seen (at_ms, boot, monotonic_ms, lane, what, value, edge) VALUES (?, ?, ?, ?, ?, ?, ?)"
PHASE: Final = "phase"
log = structlog.get_logger()

_Row = tuple[int, int, str, str, str, bool]


class Seen(NamedTuple):
    """One line of the trace. `what` is a sensor's name or `phase`; `edge`: the board saw it change."""

    at: datetime
    boot: str
    monotonic_ms: int
    lane: str
    what: str
    value: str
    edge: bool


class Trace:
    """The recorder. `reading` and `phase` belong to the deciding thread and only put down a row in memory."""

    def __init__(self, file: Path, clock: Clock, rows_max: int = ROWS_MAX) -> None:
        self._file, self._clock, self._rows_max = file, clock, rows_max
        self._boot = str(clock.boot)
        self._waiting: deque[_Row] = deque(maxlen=WAITING_MAX)
        self._stopping = threading.Event()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="trace", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is left and stop."""
        self._stopping.set()
        self._thread.join(timeout=5)

    def reading(self, lane: str, reading: Reading) -> None:
        """An input said something."""
        self._saw(lane, reading.sensor, reading.level, edge=reading.edge)

    def phase(self, lane: str, phase: Phase) -> None:
        """A lane is in another phase."""
        self._saw(lane, PHASE, phase, edge=True)

    def _saw(self, lane: str, what: str, value: str, *, edge: bool) -> None:
        at_ms = int(self._clock.now().timestamp() * 1000)
        self._waiting.append((at_ms, self._clock.monotonic_ms(), lane, what, value, edge))

    def shed(self) -> int:
        """Drop the older half to make room on the disk. Says how many rows went. For any thread."""
        try:
            with self._turn:
                if not self._file.is_file():
                    return 0
                connection = _opened(self._file)
                try:
                    first, last = connection.execute("SELECT min(number), max(number) FROM seen").fetchone()
                    if first is None or last - first < ROOM_ROWS:
                        return 0
                    gone = connection.execute("DELETE FROM seen WHERE number <= ?", ((first + last) // 2,)).rowcount
                    connection.executescript("PRAGMA incremental_vacuum")  # execute takes one step, which is one page
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                    return gone
                finally:
                    connection.close()
        except sqlite3.Error as error:
            log.warning("trace cannot be shortened", why=str(error))
        return 0

    # --- the thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        last = False
        while not last:
            last = self._stopping.wait(TOGETHER_S)
            if not self._waiting:
                continue
            try:
                connection = connection or _opened(self._file)
                with self._turn:
                    self._write(connection)
            except sqlite3.DatabaseError as error:
                log.warning("trace cannot be written", why=str(error))
                _give_up(connection)
                connection = None
                if getattr(error, "sqlite_errorcode", 0) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
                    _begin_anew(self._file)
        _give_up(connection)

    def _write(self, connection: sqlite3.Connection) -> None:
        """All that waits, in one transaction; on failure it waits on, the oldest falling out."""
        rows = list(self._waiting)
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute("INSERT OR IGNORE INTO boot (boot) VALUES (?)", (self._boot,))
            (boot,) = connection.execute("SELECT number FROM boot WHERE boot = ?", (self._boot,)).fetchone()
            connection.executemany(_INSERT, [(row[0], boot, *row[1:]) for row in rows])
            (newest,) = connection.execute("SELECT max(number) FROM seen").fetchone()
            connection.execute("DELETE FROM seen WHERE number <= ?", (newest - self._rows_max,))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        for row in rows:
            if self._waiting and self._waiting[0] is row:  # it may have fallen out meanwhile
                self._waiting.popleft()


def read(file: Path, lane: str | None = None, since: datetime | None = None) -> list[Seen]:
    """The trace of a box, oldest first; the box may run. Raises OSError, sqlite3.Error."""
    if not file.is_file():
        raise FileNotFoundError(2, "no trace was ever written", str(file))
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)
    try:
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'seen'").fetchone():
            return []  # it is being begun
        rows = connection.execute(
            "SELECT at_ms, boot.boot, monotonic_ms, lane, what, value, edge FROM seen "
            "JOIN boot ON boot.number = seen.boot WHERE (? IS NULL OR lane = ?) AND at_ms >= ? ORDER BY seen.number",
            (lane, lane, int(since.timestamp() * 1000) if since else 0),
        )
        return [
            Seen(datetime.fromtimestamp(at_ms / 1000, UTC), boot, monotonic_ms, where, what, value, bool(edge))
            for at_ms, boot, monotonic_ms, where, what, value, edge in rows
        ]
    finally:
        connection.close()


def _opened(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=1)
    try:
        for statement in _SCHEMA:
            connection.execute(statement).fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _give_up(connection: sqlite3.Connection | None) -> None:
    if connection:
        with suppress(sqlite3.Error):
            connection.close()


def _begin_anew(file: Path) -> None:
    """A trace that is broken is put aside, one at most, and the next one begun."""
    for end in ("-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        file.replace(file.with_name(file.name + ".broken"))
