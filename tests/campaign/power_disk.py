"""A disk on which a power cut can be had at any write: what was not synced is there, not there, or there in parts.

apsw's VFS stands under the real code; the operating system's files hold what the process sees, and beside them stands
what a platter would hold. The model is SQLite's own: a sync makes one file's writes durable and, the first time, its
name; sectors of 512 bytes are whole or not; between two syncs nothing has an order.
"""

import random
import sqlite3
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

import apsw

from edge.journal.store import Rows

SECTOR: Final = 512
Image = dict[str, bytes]
"""What is found after a power cut: the files by name."""


class Cut(StrEnum):
    """What becomes of writes that no sync has put down."""

    NONE = "none"
    ALL = "all"
    SOME = "some"
    TORN = "torn"


class Write(NamedTuple):
    """Bytes that went to a place in a file; `data` None cuts the file there."""

    offset: int
    data: bytes | None


class PowerDisk(apsw.VFS):
    """`before` is called before every write, sync, truncation and deletion. `full`: the log does not grow.

    The database itself is left to grow: SQLite passes over an error of its own checkpoint, but apsw raises it at the
    COMMIT that has succeeded. A checkpoint on a full disk is tested on a real one.
    """

    def __init__(self, folder: Path, image: Image, before: Callable[[], None]) -> None:
        self.name = f"power-{id(self)}"
        self.folder, self.before, self.full = folder, before, False
        self.durable: dict[str, bytearray] = {name: bytearray(data) for name, data in image.items()}
        self.pending: dict[str, list[Write]] = {}
        self._gone: dict[str, bytearray] = {}
        for name, data in image.items():
            (folder / name).write_bytes(data)
        super().__init__(self.name, "")

    def xOpen(self, name: Any, flags: list[int]) -> "PowerFile":  # noqa: N802 - SQLite's name
        """A file of the database, its journal or its log."""
        return PowerFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: FBT001, N802 - SQLite's call
        """The name goes now; on the platter with the folder's next sync."""
        self.before()
        name = Path(filename).name
        super().xDelete(filename, syncdir)
        self.pending.pop(name, None)
        if name in self.durable:
            self._gone[name] = self.durable.pop(name)
        if syncdir:
            self._gone.clear()

    def synced(self, name: str) -> None:
        """All that was written to this file is on the platter; if its name was new, the folder is too."""
        if name not in self.durable:
            self._gone.clear()
        held = self.durable.setdefault(name, bytearray())
        for write in self.pending.pop(name, ()):
            _apply(held, write)

    def cut(self, how: Cut, chance: random.Random) -> Image:
        """The files as they are found when the power goes now."""
        image = {}
        for name in sorted({*self.durable, *self.pending, *self._gone}):
            known = self.durable.get(name, self._gone.get(name))
            if name not in self.durable and not _happens(how, chance):
                if name in self._gone:  # the deletion did not reach the platter
                    image[name] = bytes(self._gone[name])
                continue
            if name not in self.durable and name not in self.pending:
                continue  # the deletion did
            held = bytearray(known if name in self.durable and known else b"")
            for write in self.pending.get(name, ()):
                _survive(held, write, how, chance)
            image[name] = bytes(held)
        return image


class PowerFile(apsw.VFSFile):
    """A file of the disk."""

    def __init__(self, disk: PowerDisk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        self._name = Path(name.filename() if isinstance(name, apsw.URIFilename) else name).name
        if self._name not in disk.durable:
            disk.pending.setdefault(self._name, [])
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        """Write; durable with the next sync. Raises apsw.FullError."""
        self._disk.before()
        if self._disk.full and self._name.endswith("-wal") and offset + len(data) > self.xFileSize():
            raise apsw.FullError("no space left on the disk")
        super().xWrite(data, offset)
        self._disk.pending.setdefault(self._name, []).append(Write(offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's name
        """Cut the file; durable with the next sync."""
        self._disk.before()
        super().xTruncate(newsize)
        self._disk.pending.setdefault(self._name, []).append(Write(newsize, None))

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        """Make it durable."""
        self._disk.before()
        super().xSync(flags)
        self._disk.synced(self._name)


class Wired:
    """An apsw connection as `edge.journal.store` wants one. `said` may put another statement in a statement's place."""

    def __init__(self, path: Path, disk: PowerDisk, said: Callable[[str], str]) -> None:
        self._said = said
        self._connection = apsw.Connection(str(path), vfs=disk.name)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._connection.in_transaction

    def execute(self, statement: str, values: tuple[Any, ...] = (), /) -> Rows:
        """Run one statement. Raises sqlite3.OperationalError."""
        try:
            return self._connection.execute(self._said(statement), values)
        except apsw.Error as error:
            same = sqlite3.OperationalError(str(error))
            same.sqlite_errorcode = getattr(error, "extendedresult", sqlite3.SQLITE_FULL)  # none where it is our own
            raise same from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def _happens(how: Cut, chance: random.Random) -> bool:
    return {Cut.NONE: False, Cut.ALL: True}.get(how, chance.random() < 0.5)


def _apply(held: bytearray, write: Write) -> None:
    if write.data is None:
        del held[write.offset :]
        return
    if write.offset > len(held):
        held.extend(bytes(write.offset - len(held)))
    held[write.offset : write.offset + len(write.data)] = write.data


def _survive(held: bytearray, write: Write, how: Cut, chance: random.Random) -> None:
    """The whole write, none of it, or those of its sectors that chance let through."""
    if how is not Cut.TORN or write.data is None:
        if _happens(how, chance):
            _apply(held, write)
        return
    end = write.offset + len(write.data)
    start = write.offset
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        if chance.random() < 0.5:
            _apply(held, Write(start, write.data[start - write.offset : stop - write.offset]))
        start = stop
