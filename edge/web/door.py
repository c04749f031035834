"""Who may see a lane's screen: this machine itself, or a screen that was paired with that lane."""

import ipaddress
import time
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from edge.web.config import LOCAL_NAMES
from edge.web.pairs import Pairs

COOKIE: Final = "__Host-barie-screen"
GUESS_WINDOW_S: Final = 600.0
GUESSES_EACH: Final = 5
_PEERS_MAX: Final = 1_000
_OF_A_PROXY: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class Answer(Enum):
    """What the door says."""

    IN = "in"
    OTHER_LANE = "other lane"
    UNKNOWN = "unknown"


class Door:
    """`pairs` is None where no TLS is spoken, and so only this machine can come."""

    def __init__(self, pairs: Pairs | None) -> None:
        self.pairs = pairs

    def lets(self, request: HTTPConnection, lane: str) -> Answer:
        """Whether this request may see this lane. It reads a file: call it in a thread. Raises sqlite3.Error."""
        if is_own(request):
            return Answer.IN
        paired = self.lane_of(request)
        if paired is None:
            return Answer.UNKNOWN
        return Answer.IN if paired == lane else Answer.OTHER_LANE

    def lane_of(self, request: HTTPConnection) -> str | None:
        """The lane that this screen was paired with."""
        token = request.cookies.get(COOKIE, "")
        return self.pairs.lane_of(token) if self.pairs and len(token) <= 100 else None


def is_own(request: HTTPConnection) -> bool:
    """Whether a browser of this machine asks for this machine.

    The peer alone does not tell: a proxy brings strangers, a name that a stranger points to 127.0.0.1 their scripts.
    """
    peer = request.client.host if request.client else ""
    if any(name in request.headers for name in _OF_A_PROXY):
        return False
    return _is_loopback(peer) and _called(request.headers.get("host", "")) in LOCAL_NAMES


def _called(host: str) -> str:
    """The name in a Host header; empty for what is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False


class Guesses:
    """How often each address may try a code; forgets the oldest address beyond a thousand."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._made: dict[str, deque[float]] = {}

    @property
    def known(self) -> int:
        """Of how many addresses it knows."""
        return len(self._made)

    def may(self, peer: str) -> bool:
        """Whether this address may try once more; if so, it has."""
        now = self._monotonic()
        made = self._made.pop(peer, deque())
        while made and made[0] <= now - GUESS_WINDOW_S:
            made.popleft()
        self._made[peer] = made
        if len(self._made) > _PEERS_MAX:
            del self._made[next(iter(self._made))]
        if len(made) >= GUESSES_EACH:
            return False
        made.append(now)
        return True

    def forget(self, peer: str) -> None:
        """It was right."""
        self._made.pop(peer, None)
