"""The box's own database: one SQLite file, durable at every commit, written by one thread."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

PRAGMAS: Final = (
    "auto_vacuum=INCREMENTAL",  # what a long outage took is given back when it is over
    "journal_mode=WAL",
    "synchronous=FULL",
    "wal_autocheckpoint=4000",  # 16 MB: the disk's keeper is earlier, and keeps no decision waiting
    "journal_size_limit=4194304",
)
SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    """CREATE TABLE IF NOT EXISTS outbox (
        sequence INTEGER PRIMARY KEY, payload BLOB NOT NULL, recorded_at REAL NOT NULL) STRICT""",
    """CREATE TABLE IF NOT EXISTS visit (
        visit TEXT PRIMARY KEY, plate TEXT NOT NULL, vehicle_class TEXT NOT NULL, lane TEXT NOT NULL,
        opened_at TEXT NOT NULL, entered_at TEXT, left_at TEXT, paid INTEGER NOT NULL DEFAULT 0,
        voided INTEGER NOT NULL DEFAULT 0) STRICT""",
    "CREATE INDEX IF NOT EXISTS visit_inside ON visit (visit) WHERE left_at IS NULL AND voided = 0",
    "CREATE TABLE IF NOT EXISTS lane_now (lane TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT",
    """CREATE TABLE IF NOT EXISTS picture (
        sha256 TEXT PRIMARY KEY, taken_at REAL NOT NULL, sent INTEGER NOT NULL DEFAULT 0) STRICT""",
    "CREATE INDEX IF NOT EXISTS picture_waiting ON picture (taken_at) WHERE sent = 0",
    "CREATE INDEX IF NOT EXISTS picture_age ON picture (sent DESC, taken_at)",
)


class Unusable(OSError):
    """The file cannot be opened or written; the message names it."""


class Rows(Protocol):
    """What a statement gives."""

    def fetchone(self) -> Any:
        """The next row; None behind the last."""

    def fetchall(self) -> list[Any]:
        """All that are left."""

    def __iter__(self) -> Iterator[Any]:
        """Row by row."""


class Connection(Protocol):
    """As much of `sqlite3.Connection` as is used here, each statement its own transaction unless BEGIN was said.

    Raises sqlite3.Error. Another than sqlite3's is put under the same code where power cuts are simulated.
    """

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    def execute(self, statement: str, values: tuple[Any, ...] = ..., /) -> Rows:
        """Run one statement."""

    def close(self) -> None:
        """Let go of the file."""


Connect = Callable[[Path], Connection]


def by_sqlite3(path: Path) -> Connection:
    """A connection of the standard library's."""
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)


class Store:
    """A connection to the file. FULL, because NORMAL was measured to lose acknowledged commits in power cuts."""

    def __init__(self, path: Path, *, writing: bool = True, connect: Connect = by_sqlite3) -> None:
        self._told: list[Callable[[bool], None]] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = connect(path)
        except (OSError, sqlite3.Error) as error:
            raise Unusable(f"{path}: {error}") from error
        try:
            for statement in (*(f"PRAGMA {pragma}" for pragma in PRAGMAS), *(SCHEMA if writing else ())):
                self._connection.execute(statement).fetchall()
        except sqlite3.Error as error:
            self._connection.close()
            raise Unusable(f"{path}: {error}") from error

    def when_ended(self, told: Callable[[bool], None]) -> None:
        """Call `told` after every transaction: True when it is on disk, False when nothing of it is."""
        self._told.append(told)

    def run(self, statement: str, *values: object) -> Rows:
        """Execute one statement."""
        return self._connection.execute(statement, values)

    def changed(self) -> int:
        """How many rows the last INSERT, UPDATE or DELETE changed."""
        return int(self.run("SELECT changes()").fetchone()[0])

    def fold(self) -> bool:
        """Carry the log into the database, so that it begins anew in its own room. Whether all of it was."""
        try:
            busy, pages, folded = self.run("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error:  # the database has no room to grow
            return False
        return not busy and pages == folded > 0

    def give_back(self, pages: int) -> None:
        """Let the file shrink by so many of its empty pages. In a transaction: each is a statement of its own."""
        empty = int(self.run("PRAGMA freelist_count").fetchone()[0])
        for _ in range(min(pages, empty)):
            self.run("PRAGMA incremental_vacuum(1)").fetchall()  # sqlite3 takes one step, however many are asked for

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nested use joins the outer one."""
        if self._connection.in_transaction:
            yield
            return
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # a full disk may have rolled it back already
                self.run("ROLLBACK")
            self._ended(done=False)
            raise
        self._ended(done=True)

    def _ended(self, *, done: bool) -> None:
        for told in self._told:
            told(done)

    def meta(self, name: str) -> str | None:
        """A remembered value."""
        row = self.run("SELECT value FROM meta WHERE name = ?", name).fetchone()
        return str(row[0]) if row else None

    def remember(self, name: str, value: str) -> None:
        """Keep a value across restarts."""
        self.run("INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
