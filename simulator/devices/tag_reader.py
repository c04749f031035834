"""Twins of a UHF reader that says a line a tag: over TCP, and over a serial line (a pseudo-terminal)."""

import os
import socket
import threading
import tty
from contextlib import suppress
from typing import Final

HOST: Final = "127.0.0.1"


class TcpTagTwin:
    """A reader that everybody connected to it hears."""

    def __init__(self) -> None:
        self._listening = socket.create_server((HOST, 0))
        self.port = int(self._listening.getsockname()[1])
        self._lines: list[socket.socket] = []
        self._came = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True, name="tag-twin")
        self._thread.start()
        self.dials = 0

    @property
    def url(self) -> str:
        """Where it speaks."""
        return f"tcp://{HOST}:{self.port}"

    def wait_dials(self, count: int, timeout_s: float = 10.0) -> bool:
        """Whether it was called so often, now or within this time."""
        with self._came:
            return self._came.wait_for(lambda: self.dials >= count, timeout_s)

    def say(self, data: bytes) -> None:
        """Send, as it is."""
        for line in list(self._lines):
            with suppress(OSError):
                line.sendall(data)

    def cut(self) -> None:
        """Hang up on everybody."""
        lines, self._lines = self._lines, []
        for line in lines:
            line.close()

    def stop(self) -> None:
        """Be gone."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()
        self.cut()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._listening.accept()
                with self._came:
                    self._lines.append(line)
                    self.dials += 1
                    self._came.notify_all()


class SerialTagTwin:
    """A reader at the other end of a pseudo-terminal."""

    def __init__(self) -> None:
        self._own, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self.path = os.ttyname(self._theirs)

    @property
    def url(self) -> str:
        """Where it speaks."""
        return f"serial://{self.path}?baud=115200"

    def say(self, data: bytes) -> None:
        """Send, as it is."""
        os.write(self._own, data)

    def stop(self) -> None:
        """Pull the plug."""
        os.close(self._own)
        os.close(self._theirs)
