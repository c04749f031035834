"""The agent's end of the line to its supervisor: signs of life one way, and its end the other.

The line is a pair of sockets, so that either side sees when the other is gone, however it went.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Self

import structlog

from edge.watch.signs import ORPHAN_S, VARIABLE

log = structlog.get_logger()


class Lifeline:
    """Speaks to the supervisor without ever waiting for it."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    @classmethod
    def given(cls, environment: Mapping[str, str] = os.environ) -> Self | None:
        """The line that the supervisor left open for us; None for an agent that was started by hand."""
        number = environment.get(VARIABLE)
        return cls(socket.socket(fileno=int(number))) if number else None

    def say(self, sign: bytes) -> None:
        """Send a sign. A supervisor that does not listen must not keep a lane from deciding."""
        with suppress(OSError):
            self._line.send(sign, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)

    def watch(self, stop: Callable[[], None]) -> None:
        """Call `stop`, on a thread of its own, when the supervisor is gone; then make sure of the end."""
        threading.Thread(target=self._wait, args=(stop,), name="lifeline", daemon=True).start()

    def _wait(self, stop: Callable[[], None]) -> None:
        with suppress(OSError):
            while self._line.recv(64):
                pass
        log.error("the supervisor is gone: this agent stops")
        stop()
        time.sleep(ORPHAN_S)
        os._exit(1)  # a deciding thread that hangs would hold the lanes and the folder for ever
