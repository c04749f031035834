"""Room on the disk that is kept for facts: given up when there is no other, taken again when there is."""

import os
import threading
from pathlib import Path

import structlog

log = structlog.get_logger()


class Reserve:
    """A file of `size` bytes whose blocks belong to it. Safe to call from any thread."""

    def __init__(self, file: Path, size: int) -> None:
        self._file, self.size = file, size
        self._turn = threading.Lock()

    @property
    def held(self) -> bool:
        """Whether the room is kept now."""
        try:
            return self._file.stat().st_size == self.size
        except OSError:
            return False

    def hold(self) -> bool:
        """Keep the room, if there is that much. Whether it is kept."""
        with self._turn:
            if self.size == 0 or self.held:
                return self.held
            try:
                _allocate(self._file, self.size)
            except OSError as error:
                log.warning("no room for the reserve", file=str(self._file), why=error.strerror)
                self._file.unlink(missing_ok=True)
                return False
            return True

    def release(self) -> bool:
        """Give the room to whoever writes next. Whether there was any."""
        with self._turn:
            try:
                self._file.unlink()
            except OSError:
                return False
        log.error("the disk is full: facts are written into the reserve", bytes=self.size)
        return True


def _allocate(file: Path, size: int) -> None:
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(handle, 0, size)
    finally:
        os.close(handle)
