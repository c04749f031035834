"""The deciding thread's sign of life: a file whose time it renews. A box listens nowhere, so nobody can call it."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

BEAT_S: Final = 2.0
STALE_S: Final = 10.0


class Heartbeat:
    """Beats on the deciding thread for as long as that turns."""

    def __init__(self, data: Path, later: Callable[[float, Callable[[], None]], None]) -> None:
        """`later` calls back on the deciding thread."""
        self._file, self._later = _file(data), later

    def beat(self) -> None:
        """Renew the sign now and again. A disk that takes no more must not keep a lane from deciding."""
        with contextlib.suppress(OSError):
            self._file.touch(mode=0o600)
        self._later(BEAT_S, self.beat)

    def end(self) -> None:
        """Take the sign away."""
        with contextlib.suppress(OSError):
            self._file.unlink()


def age_s(data: Path) -> float | None:
    """How long ago the deciding thread last turned, by this machine's clock; None without a sign."""
    try:
        return time.time() - _file(data).stat().st_mtime
    except OSError:
        return None


def _file(data: Path) -> Path:
    return data / "alive"
