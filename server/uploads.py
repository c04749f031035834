"""Pictures on their way into the vault: files that grow piece by piece until they have the content of their name.

They lie in the vault under partial/BOX/SHA256, so that a line that breaks loses what was on the wire and no more.
"""

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FOLDER: Final = "partial"
KEPT_S: Final = 24 * 3600.0
"""What did not go on for a day is given up."""
AT_ONCE: Final = 16
"""A box sends one after another; more beginnings than this are somebody's mistake, and the oldest go."""
KEEP_FREE: Final = 200_000_000
"""Bytes of the vault's disk that pictures leave to the books."""
_PIECE: Final = 65_536


class Elsewhere(Exception):
    """The file goes on at another place; `size` says where."""

    def __init__(self, size: int) -> None:
        super().__init__(f"goes on at {size}")
        self.size = size


class NotItself(ValueError):
    """The content does not have the hash that is its name."""


class NotAPicture(ValueError):
    """The content is neither JPEG nor PNG."""


class NoRoom(OSError):
    """The vault's disk has no room for pictures."""


_KINDS: Final = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}


def kind(head: bytes) -> str | None:
    """The media type of a picture by its first bytes; None for what is none."""
    return next((name for magic, name in _KINDS.items() if head.startswith(magic)), None)


def path_of(vault: Path, sha256: str) -> Path:
    """Where a whole picture lies."""
    return vault / sha256[:2] / sha256


class Uploads:
    """The vault's growing files. Box names and hashes are checked before they come here. Safe from any thread."""

    def __init__(self, vault: Path) -> None:
        self._vault = vault

    def size(self, box: str, sha256: str) -> int:
        """How much of a picture is here."""
        try:
            return self._file(box, sha256).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, box: str, sha256: str, at: int, piece: bytes) -> int:
        """Put down what of a piece is not here yet; the file's size. Raises Elsewhere for a gap, NoRoom."""
        file = self._file(box, sha256)
        if at == 0 and not file.exists():
            self._begin(file)
        with _held(file, create=at == 0) as handle:
            size = os.fstat(handle).st_size
            if at > size:
                raise Elsewhere(size)
            new = memoryview(piece)[size - at :]
            while new:
                written = os.pwrite(handle, new, size)
                new, size = new[written:], size + written
            return size

    def finish(self, box: str, sha256: str) -> Path:
        """The file is all there: it is on disk under its name when this returns.

        Raises NotItself, NotAPicture, and what was wrong is gone.
        """
        file, whole = self._file(box, sha256), path_of(self._vault, sha256)
        if whole.is_file():
            file.unlink(missing_ok=True)
            return whole
        with _held(file) as handle:
            try:
                _check(handle, sha256)
            except ValueError:
                file.unlink(missing_ok=True)
                raise
            os.fsync(handle)
            whole.parent.mkdir(parents=True, exist_ok=True)
            file.replace(whole)
        _sync(whole.parent)
        return whole

    def sweep(self, now: float) -> int:
        """Give up what did not go on for a day; `now` as of time.time(). Says how many files went."""
        old = [file for file in (self._vault / FOLDER).glob("*/*") if now - _changed(file) > KEPT_S]
        for file in old:
            file.unlink(missing_ok=True)
        return len(old)

    def _file(self, box: str, sha256: str) -> Path:
        return self._vault / FOLDER / box / sha256

    def _begin(self, file: Path) -> None:
        """Room for one more. Raises NoRoom."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self.sweep(time.time())
        begun = sorted(file.parent.iterdir(), key=_changed)
        for each in begun[: max(0, len(begun) - AT_ONCE + 1)]:
            each.unlink(missing_ok=True)
        if shutil.disk_usage(file.parent).free < KEEP_FREE:
            raise NoRoom(f"less than {KEEP_FREE} bytes are free where the vault is")


@contextmanager
def _held(file: Path, *, create: bool = False) -> Iterator[int]:
    """The file, and nobody else in it. Raises Elsewhere where it is not, or was finished or given up meanwhile."""
    try:
        handle = os.open(file, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | (os.O_CREAT if create else 0), 0o600)
    except FileNotFoundError as error:
        raise Elsewhere(0) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not _is_still(handle, file):
            raise Elsewhere(0)
        yield handle
    finally:
        os.close(handle)


def _is_still(handle: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), file.stat())
    except FileNotFoundError:
        return False


def _check(handle: int, sha256: str) -> None:
    digest, at = hashlib.sha256(), 0
    while piece := os.pread(handle, _PIECE, at):
        digest.update(piece)
        at += len(piece)
    if digest.hexdigest() != sha256:
        raise NotItself("the content does not have this hash")
    if kind(os.pread(handle, 4, 0)) is None:
        raise NotAPicture("neither JPEG nor PNG")


def _changed(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _sync(folder: Path) -> None:
    """Make a new name in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
