"""Which screens belong to which lane: a file of its own under the box's data, written by the agent and `barie pair`.

Codes live by the machine's monotonic clock, which a wrong or jumping wall clock does not move; after a restart of the
machine none is left. Of codes and tokens only hashes are kept.
"""

import hashlib
import hmac
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from edge.web import codes

CODE_LIFE_S: Final = 600.0
GUESSES_MAX: Final = 10
"""Wrong guesses after which every open code is withdrawn."""
SCREENS_MAX: Final = 64
FILE: Final = "screens.db"
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS code (
    lane TEXT PRIMARY KEY, salt BLOB NOT NULL, hash BLOB NOT NULL, boot TEXT NOT NULL, until_s REAL NOT NULL,
    guesses INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS screen (
    screen TEXT PRIMARY KEY, lane TEXT NOT NULL, token_sha256 BLOB NOT NULL, paired_at TEXT NOT NULL
) STRICT;
"""


class WrongCode(ValueError):
    """No open code is this one: mistyped, used, expired or withdrawn."""


class TooManyScreens(ValueError):
    """As many screens are paired as a box serves; revoke one."""


class Moment(NamedTuple):
    """A time that no wall clock moves: seconds since `boot`."""

    boot: str
    seconds: float


class Paired(NamedTuple):
    """A screen that was let in."""

    screen: str
    lane: str
    paired_at: str


def this_moment() -> Moment:
    """Now, by the machine's own clock; the same for all its processes."""
    return Moment(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip(), time.monotonic())


class Pairs:
    """The file. Any thread may call; each call opens it anew, so that the agent sees what the command wrote."""

    def __init__(self, data: Path, moment: Callable[[], Moment] = this_moment) -> None:
        """`data` is the box's data folder, which must be there."""
        self._file, self._moment = data / FILE, moment

    def invite(self, lane: str) -> str:
        """A new code for a screen of this lane, in place of any older one. Raises TooManyScreens, OSError."""
        code, salt, now = codes.new(), secrets.token_bytes(16), self._moment()
        kept = (lane, salt, codes.hashed(codes.normal(code), salt), now.boot, now.seconds + CODE_LIFE_S)
        with self._writing() as db:
            if db.execute("SELECT count(*) FROM screen").fetchone()[0] >= SCREENS_MAX:
                raise TooManyScreens(f"{SCREENS_MAX} screens are paired; revoke one")
            db.execute("INSERT OR REPLACE INTO code (lane, salt, hash, boot, until_s) VALUES (?, ?, ?, ?, ?)", kept)
        return code

    def redeem(self, typed: str) -> tuple[str, str]:
        """The lane of the code and the screen's token; the code is used up. Raises WrongCode, and counts the guess."""
        now = self._moment()
        with self._writing() as db:
            db.execute("DELETE FROM code WHERE boot != ? OR until_s <= ?", (now.boot, now.seconds))
            lane = _meant(db, typed)
            if lane is not None:
                return lane, _admitted(db, lane)
            db.execute("UPDATE code SET guesses = guesses + 1")
            db.execute("DELETE FROM code WHERE guesses >= ?", (GUESSES_MAX,))
        raise WrongCode

    def lane_of(self, token: str) -> str | None:
        """The lane that the screen with this token may show."""
        if not token or not self._file.exists():
            return None
        asked, found = _sha256(token), None
        with self._open() as db:
            for lane, kept in db.execute("SELECT lane, token_sha256 FROM screen"):
                if hmac.compare_digest(kept, asked):
                    found = str(lane)
        return found

    def listed(self) -> list[Paired]:
        """All paired screens, oldest first."""
        with self._writing() as db:
            rows = db.execute("SELECT screen, lane, paired_at FROM screen ORDER BY paired_at, screen").fetchall()
        return [Paired(*row) for row in rows]

    def revoke(self, screen: str) -> bool:
        """Let this screen in no more; False when there is none of this name."""
        with self._writing() as db:
            return db.execute("DELETE FROM screen WHERE screen = ?", (screen,)).rowcount > 0

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, durable when it ends."""
        self._make()
        with self._open() as db:
            db.executescript(_TABLES)
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=5.0, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = FULL")
            yield db

    def _make(self) -> None:
        """Only its owner may read it, and that is who owns the folder even where root ran the command."""
        try:
            made = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            return
        folder = self._file.parent.stat()
        with suppress(PermissionError):
            os.fchown(made, folder.st_uid, folder.st_gid)
        os.close(made)


def _meant(db: sqlite3.Connection, typed: str) -> str | None:
    """The lane whose open code this is; that code is gone then."""
    try:
        code = codes.normal(typed)
    except ValueError:
        return None
    for lane, salt, kept in db.execute("SELECT lane, salt, hash FROM code").fetchall():
        if hmac.compare_digest(codes.hashed(code, salt), kept):
            db.execute("DELETE FROM code WHERE lane = ?", (lane,))
            return str(lane)
    return None


def _admitted(db: sqlite3.Connection, lane: str) -> str:
    token, name = secrets.token_urlsafe(32), secrets.token_hex(4)
    row = (name, lane, _sha256(token), datetime.now(UTC).isoformat(timespec="seconds"))
    db.execute("INSERT INTO screen VALUES (?, ?, ?, ?)", row)
    return token


def _sha256(token: str) -> bytes:
    """Enough for 256 bits of chance."""
    return hashlib.sha256(token.encode()).digest()
