"""What a box keeps of its cameras' health, for the next start and for `barie doctor`."""

import sqlite3
from typing import Final

import msgspec
import structlog

from edge.devices.camera_config import CameraConfig, FolderConfig, HttpConfig, PushConfig, RtspConfig, named
from edge.journal.store import Store
from edge.reader.health import Health

_TABLE: Final = "CREATE TABLE IF NOT EXISTS camera_health (lane TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT"
_KEEP: Final = "INSERT INTO camera_health VALUES (?, ?) ON CONFLICT (lane) DO UPDATE SET body = excluded.body"
_FIND: Final = "SELECT body FROM camera_health WHERE lane = ?"
log = structlog.get_logger()


class Cameras:
    """The cameras of a box, by lane."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.run(_TABLE)

    def keep(self, lane: str, health: Health) -> None:
        """Write it; in a transaction."""
        self._store.run(_KEEP, lane, msgspec.json.encode(health).decode())

    def recall(self, lane: str, camera: str) -> Health:
        """What was kept of this camera; nothing of another that hung there before."""
        row = self._store.run(_FIND, lane).fetchone()
        health = _read(lane, row[0]) if row else Health()
        return health if health.camera == camera else Health(camera)


def name_of(camera: CameraConfig) -> str:
    """What tells one camera from another: its address, without passwords."""
    match named(camera):
        case HttpConfig(url=url) | RtspConfig(url=url):
            return url
        case FolderConfig(path=path):
            return path
        case PushConfig(maker=maker):
            return maker


def kept(books: sqlite3.Connection, lane: str) -> Health | None:
    """The same, read by a doctor. None: nothing was kept yet."""
    try:
        row = books.execute(_FIND, (lane,)).fetchone()
    except sqlite3.OperationalError:  # written by a version that did not look
        return None
    return _read(lane, row[0]) if row else None


def _read(lane: str, body: str) -> Health:
    """What was kept, or nothing: another version must not leave a camera unwatched."""
    try:
        return msgspec.json.decode(body, type=Health)
    except msgspec.MsgspecError as error:
        log.warning("what was kept of the camera cannot be read", lane=lane, why=str(error)[:200])
        return Health()
