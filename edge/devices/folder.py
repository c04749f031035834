"""A camera that uploads pictures into a folder of its own, by FTP as most do: the newest whole one is the picture.

Whoever may upload may write anything there. Only plain files within the folder count, links are not followed, names
are never believed, and what is too large, not whole or already used is not a picture of now.
"""

import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, NamedTuple

import structlog

from edge.devices.camera_config import FolderConfig
from edge.devices.snapshot import BYTES_MAX
from gate.devices.board import DeviceFailed

LOOK_EVERY_S: Final = 0.05
TIDY_EVERY_S: Final = 30.0
ENTRIES_MAX: Final = 20_000  # of one look or tidying; what a camera leaves in an hour is far less
DEPTH_MAX: Final = 4  # cameras make folders by day and hour
SUFFIXES: Final = (".jpg", ".jpeg", ".png")
_OPEN: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
log = structlog.get_logger()


class File(NamedTuple):
    """A file as it was seen."""

    came_ns: int  # the change time: nobody but the system sets it
    inode: int
    size: int
    path: str  # below the folder; no part of it is a link


class FolderCamera:
    """Watches one folder from the moment it is made."""

    def __init__(self, config: FolderConfig) -> None:
        self._root, self._fresh_s, self._keep_s = config.path, config.fresh_s, config.keep_s
        self._used: tuple[int, int] = (0, 0)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._tidy_again, name="camera-folder", daemon=True)
        self._thread.start()

    def snapshot(self, deadline_s: float) -> bytes:
        """The newest whole picture that is fresh and was not given before. Raises DeviceFailed."""
        until = time.monotonic() + deadline_s
        since_ns = time.time_ns() - int(self._fresh_s * 1e9)
        why = "stale: no new picture"
        while not self._stopping.is_set():
            with self._lock:
                try:
                    if picture := self._newest(since_ns):
                        return picture
                except OSError as error:
                    why = f"{error.strerror}"
                except Refused as refused:
                    why = str(refused)
            if self._stopping.wait(max(0.0, min(LOOK_EVERY_S, until - time.monotonic()))):
                break
            if time.monotonic() >= until:
                raise DeviceFailed(f"camera: {why} in the folder within {deadline_s:g} s")
        raise DeviceFailed("camera: stopped")

    def stop(self) -> None:
        """Watch no more."""
        self._stopping.set()
        self._thread.join()

    def _newest(self, since_ns: int) -> bytes | None:
        refused: Refused | None = None
        for file in sorted(self._candidates(since_ns, time.time_ns()), reverse=True):
            try:
                picture = read_whole(self._root, file)
            except Refused as error:
                refused = refused or error
                continue
            self._used = (file.came_ns, file.inode)
            return picture
        if refused:
            raise refused
        return None

    def _candidates(self, since_ns: int, now_ns: int) -> Iterator[File]:
        """Pictures that came lately, and after the one that was given last unless the clock was set back since."""
        after = self._used if self._used[0] <= now_ns else (0, 0)
        for file in _files(self._root):
            lately = since_ns <= file.came_ns <= now_ns
            if lately and (file.came_ns, file.inode) > after and file.path.lower().endswith(SUFFIXES):
                yield file

    # --- the thread that tidies ---------------------------------------------------------------------------

    def _tidy_again(self) -> None:
        while True:
            try:
                self.tidy()
            except Exception:  # whatever a file system does, the next tidying is tried
                log.exception("a camera's folder was not tidied")
            if self._stopping.wait(TIDY_EVERY_S):
                return

    def tidy(self) -> int:
        """Delete the pictures that are older than they are kept. Says how many."""
        before_ns, gone = time.time_ns() - int(self._keep_s * 1e9), 0
        with suppress(FileNotFoundError):  # the camera has not made it yet
            for file in list(_files(self._root)):
                if file.came_ns < before_ns and file.path.lower().endswith(SUFFIXES):
                    gone += _delete(self._root, file)
        return gone


class Refused(Exception):
    """There is a file, and it is no picture; the message says why."""


def _files(root: str) -> Iterator[File]:
    """Every plain file below the folder, links left out."""
    folders, seen = [("", 0)], 0
    while folders:
        below, depth = folders.pop()
        try:
            descriptor = _folder(root, below)
        except OSError:
            if not below:
                raise
            continue  # deleted, or made a link, since it was seen
        try:
            with os.scandir(descriptor) as entries:
                for entry in entries:
                    seen += 1
                    if seen > ENTRIES_MAX:
                        log.warning("a camera's folder holds too many files", folder=root)
                        return
                    path = f"{below}{entry.name}"
                    if entry.is_dir(follow_symlinks=False) and depth < DEPTH_MAX:
                        folders.append((f"{path}/", depth + 1))
                    elif entry.is_file(follow_symlinks=False):
                        with suppress(FileNotFoundError):
                            known = entry.stat(follow_symlinks=False)
                            yield File(known.st_ctime_ns, known.st_ino, known.st_size, path)
        finally:
            os.close(descriptor)


def _folder(root: str, below: str) -> int:
    """A descriptor of a folder below the root, each step of the way without following a link."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for part in filter(None, below.split("/")):
        try:
            inner = os.open(part, _OPEN | os.O_DIRECTORY, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = inner
    return descriptor


def read_whole(root: str, file: File) -> bytes:
    """The bytes of a whole picture. Raises Refused; OSError where it is gone, or a link since it was seen."""
    if file.size > BYTES_MAX:
        raise Refused(f"a file of {file.size} bytes, up to {BYTES_MAX} are a picture,")
    below, _, name = file.path.rpartition("/")
    folder = _folder(root, below)
    try:
        descriptor = os.open(name, _OPEN, dir_fd=folder)
    finally:
        os.close(folder)
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refused("no plain file")
        picture = opened.read(BYTES_MAX + 1)
    if len(picture) > BYTES_MAX:
        raise Refused(f"a file of more than {BYTES_MAX} bytes")
    if not is_whole(picture):
        raise Refused("only a file that is not whole or no picture")
    return picture


def is_whole(picture: bytes) -> bool:
    """Whether a JPEG or PNG has its beginning and its end: an upload under way has no end yet."""
    ending = picture[-64:]
    jpeg = picture.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in ending
    return jpeg or (picture.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND" in ending)


def _delete(root: str, file: File) -> int:
    below, _, name = file.path.rpartition("/")
    try:
        folder = _folder(root, below)
        try:
            os.unlink(name, dir_fd=folder)
        finally:
            os.close(folder)
    except OSError:
        return 0
    with suppress(OSError):  # a day's or hour's folder that is empty now
        while below:
            above, _, name = below.rpartition("/")
            folder = _folder(root, above)
            try:
                os.rmdir(name, dir_fd=folder)
            finally:
                os.close(folder)
            below = above
    return 1
