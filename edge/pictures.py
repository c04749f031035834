"""Evidence pictures: kept beside the outbox under their hash, sent up by a thread of their own, never in the
way of facts."""

import hashlib
import http.client
import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import structlog

from edge.config import BoxConfig
from edge.store import Store, Unusable

KEPT_MAX: Final = 5_000
RETRY_S: Final = 5.0
SENT: Final = frozenset({200, 201})
log = structlog.get_logger()


class Pictures:
    """The box's pictures. `keep` belongs to the deciding thread."""

    def __init__(self, config: BoxConfig, store: Store, file: Path, folder: Path) -> None:
        self._config, self._store, self._file, self._folder = config, store, file, folder
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._send, name="pictures", daemon=True)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unusable(f"{folder}: {error.strerror}") from error

    def start(self) -> None:
        """Begin sending what is not sent."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the picture on its way."""
        self._stopping = True
        self._wake.set()
        self._thread.join(timeout=10)

    def keep(self, picture: bytes) -> str | None:
        """Keep a picture and say its hash; None when the disk will not have it: facts go on without."""
        name = hashlib.sha256(picture).hexdigest()
        file = self._folder / name
        try:
            file.write_bytes(picture)
            self._store.run("INSERT OR IGNORE INTO picture VALUES (?, ?, 0)", name, time.time())
        except (OSError, sqlite3.Error) as error:
            log.warning("picture lost", file=str(file), why=str(error))
            with suppress(OSError):
                file.unlink(missing_ok=True)  # a part of a picture is none
            return None
        self._wake.set()
        return name

    def shed(self) -> int:
        """Drop the oldest pictures beyond the budget, sent ones first. Says how many went."""
        count = int(self._store.run("SELECT count(*) FROM picture").fetchone()[0])
        over = max(0, count - KEPT_MAX)
        oldest = self._store.run("SELECT sha256 FROM picture ORDER BY sent DESC, taken_at LIMIT ?", over).fetchall()
        for (name,) in oldest:
            (self._folder / name).unlink(missing_ok=True)
            self._store.run("DELETE FROM picture WHERE sha256 = ?", name)
        return over

    def _send(self) -> None:
        store = Store(self._file, writing=False)
        while not self._stopping:
            try:
                pause_s = self._send_next(store)
            except sqlite3.Error as error:  # a full disk must not end this thread
                log.warning("picture store failed", why=str(error))
                pause_s = RETRY_S
            if pause_s is None or pause_s > 0:
                self._wake.wait(pause_s)
                self._wake.clear()
        store.close()

    def _send_next(self, store: Store) -> float | None:
        """Send one. How long to wait then: None until there is another."""
        row = store.run("SELECT sha256 FROM picture WHERE sent = 0 ORDER BY taken_at LIMIT 1").fetchone()
        if row is None:
            return None
        if not self._put(row[0]):
            return RETRY_S
        store.run("UPDATE picture SET sent = 1 WHERE sha256 = ?", row[0])
        return 0.0

    def _put(self, name: str) -> bool:
        """Send one. True when there is no more to do for it."""
        try:
            body = (self._folder / name).read_bytes()
        except OSError:
            return True  # shed meanwhile
        parts = urlsplit(self._config.centre_url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=10)
        headers = {"Authorization": f"Bearer {self._config.box_token}", "X-Barie-Box": self._config.box}
        try:
            connection.request("PUT", f"/v1/pictures/{name}", body=body, headers=headers)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        if status not in SENT:
            log.warning("picture not taken", status=status)
        return status in SENT or (400 <= status < 500 and status not in {401, 408, 429})
