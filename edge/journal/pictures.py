"""Evidence pictures: kept beside the outbox under their hash, sent up by a thread of their own, never in the
way of facts."""

import hashlib
import os
import shutil
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from edge.config import BoxConfig
from edge.journal.store import Store, Unusable
from edge.journal.upload import NotNow, Refused, Stopped, Upload

RETRY_S: Final = 5.0
LOOK_AGAIN_S: Final = 60.0
FACTS_FIRST: Final = 50
"""With more facts than this waiting for the centre, pictures wait."""
APART_MAX: Final = 20
NOTED_TOGETHER: Final = 20
log = structlog.get_logger()


class Sent(IntEnum):
    """How far a picture is. What will never go up is shed first."""

    WAITS = 0
    THERE = 1
    NEVER = 2


class Shed(NamedTuple):
    """Pictures that made room: `sent` ones the centre has, `unsent` ones nobody has any more."""

    sent: int = 0
    unsent: int = 0
    size: int = 0


class Pictures:
    """The box's pictures. `keep` belongs to the deciding thread; `waiting` says how many facts wait for the centre."""

    def __init__(
        self, config: BoxConfig, store: Store, file: Path, folder: Path, waiting: Callable[[], int] = lambda: 0
    ) -> None:
        self._store, self._file, self._folder, self._waiting = store, file, folder, waiting
        self._keep_free = config.disk.keep_free_mb * 1_000_000 // 4
        self._new: deque[tuple[str, float]] = deque()
        self._noted: dict[str, Sent] = {}
        self._apart: set[str] = set()
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._upload = Upload(config, self._rest, self._clear)
        self._thread = threading.Thread(target=self._run, name="pictures", daemon=True)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unusable(f"{folder}: {error.strerror}") from error

    def start(self) -> None:
        """Begin sending what is not sent."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the piece on its way."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout=10)

    def keep(self, picture: bytes) -> str | None:
        """Keep a picture and say its hash; None when the disk will not have it: facts go on without."""
        name = hashlib.sha256(picture).hexdigest()
        file = self._folder / name
        try:
            if shutil.disk_usage(self._folder).free < self._keep_free:
                raise OSError("the last of the disk is for facts")
            file.write_bytes(picture)
        except OSError as error:
            log.warning("picture lost", file=str(file), why=str(error))
            with suppress(OSError):
                file.unlink(missing_ok=True)  # a part of a picture is none
            return None
        self._new.append((name, time.time()))
        self._wake.set()
        return name

    def size(self) -> int:
        """Bytes that the pictures take on the disk."""
        with os.scandir(self._folder) as files:
            return sum(file.stat(follow_symlinks=False).st_blocks * 512 for file in files)

    def shed(self, store: Store, size: int) -> Shed:
        """Drop pictures of at least `size` bytes: those that are sent first, then the oldest. For any thread."""
        gone = Shed()
        while gone.size < size:
            rows = store.run("SELECT sha256, sent FROM picture ORDER BY sent DESC, taken_at LIMIT 100").fetchall()
            if not rows:
                break
            with store.transaction():
                for name, sent in rows:
                    if gone.size >= size:
                        break
                    gone = Shed(gone.sent + (sent > 0), gone.unsent + (sent == 0), gone.size + self._drop(store, name))
        return gone

    def _drop(self, store: Store, name: str) -> int:
        file = self._folder / name
        freed = 0
        with suppress(FileNotFoundError):
            freed = file.stat().st_blocks * 512
            file.unlink()
        store.run("DELETE FROM picture WHERE sha256 = ?", name)
        return freed

    # --- the thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        store: Store | None = None
        while not self._stopping.is_set():
            try:
                store = store or self._opened()
                pause_s = self._turn(store)
            except Stopped:
                break
            except (sqlite3.Error, OSError) as error:  # a full disk must not end this thread
                log.warning("pictures wait", why=str(error))
                pause_s = RETRY_S
            if pause_s:
                self._wake.wait(pause_s)
                self._wake.clear()
        self._upload.close()
        if store:
            with suppress(sqlite3.Error):
                self._note(store)
            store.close()

    def _opened(self) -> Store:
        """The thread's own connection, after finding what a kill left without a row."""
        store = Store(self._file, writing=False)
        known = {row[0] for row in store.run("SELECT sha256 FROM picture")}
        with os.scandir(self._folder) as files:
            self._new.extend((file.name, file.stat().st_mtime) for file in files if file.name not in known)
        return store

    def _turn(self, store: Store) -> float:
        """Send the newest: somebody may be looking at its vehicle. How long to wait then."""
        self._enter(store)
        name = self._next(store)
        if name is None:
            self._note(store)
            again, self._apart = bool(self._apart), set()
            return RETRY_S if again else LOOK_AGAIN_S
        try:
            self._noted[name] = self._send(name)
        except NotNow as error:
            log.info("picture waits", picture=name, why=str(error))
            self._apart.add(name)  # if it is this one's fault, it does not hold up the others
            return RETRY_S
        if len(self._noted) >= NOTED_TOGETHER:
            self._note(store)
        return 0.0

    def _enter(self, store: Store) -> None:
        """Rows for new pictures, whose bytes are on disk before; the deciding thread waits for neither."""
        while self._new:
            name, taken_at = self._new[0]
            with suppress(FileNotFoundError):
                _sync(self._folder / name)
                store.run("INSERT OR IGNORE INTO picture VALUES (?, ?, ?)", name, taken_at, Sent.WAITS)
            self._new.popleft()

    def _next(self, store: Store) -> str | None:
        if len(self._apart) >= APART_MAX:
            return None
        most = 1 + len(self._noted) + len(self._apart)
        rows = store.run("SELECT sha256 FROM picture WHERE sent = 0 ORDER BY taken_at DESC LIMIT ?", most)
        return next((name for (name,) in rows.fetchall() if name not in self._noted and name not in self._apart), None)

    def _note(self, store: Store) -> None:
        """Many at once: each commit is a write that a decision may have to wait for."""
        with store.transaction():
            for name, how in self._noted.items():
                store.run("UPDATE picture SET sent = ? WHERE sha256 = ?", how, name)
        self._noted.clear()

    def _send(self, name: str) -> Sent:
        """Send one. Raises NotNow, Stopped."""
        try:
            body = (self._folder / name).read_bytes()
        except FileNotFoundError:
            return Sent.NEVER  # shed meanwhile
        if hashlib.sha256(body).hexdigest() != name:
            log.error("picture damaged", picture=name)
            return Sent.NEVER
        try:
            self._upload.send(name, body)
        except Refused as error:
            log.warning("picture refused", picture=name, why=str(error))
            return Sent.NEVER
        return Sent.THERE

    def _rest(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise Stopped

    def _clear(self) -> None:
        while self._waiting() > FACTS_FIRST:
            self._rest(RETRY_S / 10)
        self._rest(0)


def _sync(file: Path) -> None:
    handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
