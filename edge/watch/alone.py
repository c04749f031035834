"""One process at a folder: two boxes on one journal would count everything twice."""

import fcntl
import os
import time
from pathlib import Path
from typing import Final

from edge.journal.store import Unusable

_TICK_S: Final = 0.05


def alone(file: Path, wait_s: float = 0.0) -> int:
    """Hold the folder of this lock file until the process ends, waiting a while for whoever ends there just now.

    The descriptor; closing it lets go. Raises Unusable.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unusable(f"{file}: {error.strerror}") from error
    end = time.monotonic() + wait_s
    while not _took(lock):
        if time.monotonic() >= end:
            os.close(lock)
            raise Unusable(f"{file}: another box runs on this folder")
        time.sleep(_TICK_S)  # a lock of another process has no event to wait for with a limit
    return lock


def _took(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
