"""Words to systemd, over the socket that it names (sd_notify(3)): ready, alive, what is going on."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

VARIABLES: Final = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
READY: Final = "READY=1"
ALIVE: Final = "WATCHDOG=1"
STOPPING: Final = "STOPPING=1"


class Notify:
    """Tells systemd, where there is one. Never waits."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        name = environment.get("NOTIFY_SOCKET", "")
        self._to = f"\0{name[1:]}" if name.startswith("@") else name
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if self._to else None
        self.watchdog_s = int(environment.get("WATCHDOG_USEC", "0") or 0) / 1e6
        """How soon systemd restarts us when it does not hear ALIVE; 0: it does not watch."""

    def say(self, *words: str) -> None:
        """Send assignments."""
        if self._socket:
            with suppress(OSError):
                self._socket.sendto("\n".join(words).encode(), socket.MSG_DONTWAIT, self._to)
