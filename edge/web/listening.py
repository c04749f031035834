"""The listening socket, with a limit on who may hold how many connections and how long each may keep us waiting.

A stranger who opens connections and says nothing must not use up the process's file descriptors: its lanes need them.
"""

import socket
import ssl
from collections import Counter
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Any, Final

GUESTS_MAX: Final = 128
EACH_MAX: Final = 24
"""Connections from one address; those of this machine count only in the whole."""
SAY_S: Final = 10.0
"""How long a connection may take to bring a whole request: its TLS handshake is part of that."""
_UNREAD_MS: Final = 20_000
_BACKLOG: Final = 64


@dataclass(eq=False)
class Guest:
    """A connection. At `deadline`, in this process's monotonic seconds, it is ended."""

    line: socket.socket
    deadline: float

    def may_stay(self, seconds: float) -> None:
        """Something came or went: it has this long for the next."""
        self.deadline = monotonic() + seconds

    @property
    def gone(self) -> bool:
        """Whether its socket was closed by whoever serves it."""
        return self.line.fileno() == -1


class Listener(socket.socket):
    """Accepts no more than it may; `sweep` ends those whose time is over. Used on one event loop."""

    def __init__(self, host: str, port: int, *, most: int = GUESTS_MAX, each: int = EACH_MAX) -> None:
        """Raises OSError when the address cannot be had."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__(family, socket.SOCK_STREAM)
        self._most, self._each = most, each
        self.guests: dict[tuple[str, int], Guest] = {}
        try:
            self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.bind((host, port))
            self.listen(_BACKLOG)
            self.setblocking(False)  # noqa: FBT003 - its only argument
        except OSError:
            self.close()
            raise

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection. Raises ConnectionAbortedError when it was sent away, BlockingIOError without any."""
        line, address = super().accept()
        if self.is_full(address[0]):
            line.close()
            raise ConnectionAbortedError("too many connections")
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
        self.guests[address[:2]] = Guest(line, monotonic() + SAY_S)
        return line, address

    def is_full(self, peer: str) -> bool:
        """Whether this address gets no connection more."""
        self._forget()
        held = Counter(host for host, _ in self.guests)
        is_ours = peer in {"127.0.0.1", "::1"}
        return len(self.guests) >= self._most or (not is_ours and held[peer] >= self._each)

    def _forget(self) -> None:
        self.guests = {address: guest for address, guest in self.guests.items() if not guest.gone}

    def sweep(self, *, all_of_them: bool = False) -> bool:
        """End the connections whose time is over; whoever serves them hears of it as of any that broke.

        Says whether any is left.
        """
        now = inf if all_of_them else monotonic()
        for guest in [guest for guest in self.guests.values() if guest.deadline < now]:
            if not guest.gone:
                _hang_up(guest.line)
        self._forget()
        return bool(self.guests)


def _hang_up(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it broke by itself


def tls(cert: str, key: str) -> ssl.SSLContext:
    """What a server needs to speak TLS 1.2 or newer."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(cert, key, password="")
    return context
