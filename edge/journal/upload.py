"""One picture on its way to the centre: piece by piece, from where the centre has it, for half of the time at most."""

import http.client
import time
from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from edge.config import BoxConfig

PIECE_MIN: Final = 8_192
PIECE_MAX: Final = 262_144
FAST_S, SLOW_S = 0.5, 2.0
"""A piece that takes less is followed by a larger one, one that takes more by a smaller."""
REST_MAX_S: Final = 5.0
TIMEOUT_S: Final = 10.0
TURNS_MAX: Final = 5
_GONE: Final = frozenset({409, 422})
"""The centre has another part of it than we thought, or had junk: it says how much it has now."""
_NEVER: Final = frozenset({400, 413, 415})


class Refused(Exception):
    """The centre will never take this picture."""


class NotNow(Exception):
    """The line or the centre does not take it now."""


class Stopped(Exception):
    """The box ends."""


class Answer(NamedTuple):
    """What the centre said: its status, how much it has, whether that is all."""

    status: int
    size: int
    whole: bool


class Upload:
    """The connection that pictures go by. `rest` waits that many seconds; it and `clear` raise Stopped.

    `clear` returns when no fact is in need of the line.
    """

    def __init__(self, config: BoxConfig, rest: Callable[[float], None], clear: Callable[[], None]) -> None:
        self._url = urlsplit(config.centre_url)
        self._rest, self._clear = rest, clear
        self._headers = {"Authorization": f"Bearer {config.box_token}", "X-Barie-Box": config.box}
        self._connection: http.client.HTTPConnection | None = None
        self._piece = PIECE_MIN

    def send(self, name: str, body: bytes) -> None:
        """Bring the centre to have all of it. Raises Refused, NotNow, Stopped."""
        try:
            for _ in range(TURNS_MAX):
                self._clear()
                here = self._ask("HEAD", name)
                if here.whole or self._append(name, body, here.size):
                    return
        finally:
            self.close()  # the next one may come when the centre has long hung up
        raise NotNow("the centre loses what it is given")

    def close(self) -> None:
        """Let go of the line."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def _append(self, name: str, body: bytes, at: int) -> bool:
        """Send from `at` on. Whether the centre has it all; if not, it must be asked how much it has."""
        while True:
            self._clear()
            piece, began = body[at : at + self._piece], time.monotonic()
            answer = self._ask("PATCH", name, piece, {"Upload-Offset": str(at), "Upload-Length": str(len(body))})
            if answer.status in _GONE or not (piece or answer.whole):
                return False
            if answer.whole:
                return True
            at += len(piece)
            self._rest(min(REST_MAX_S, self._learn(time.monotonic() - began)))

    def _learn(self, took_s: float) -> float:
        if took_s < FAST_S:
            self._piece = min(PIECE_MAX, self._piece + PIECE_MIN)
        elif took_s > SLOW_S:
            self._piece = max(PIECE_MIN, self._piece // 2)
        return took_s

    def _ask(self, method: str, name: str, body: bytes = b"", more: dict[str, str] | None = None) -> Answer:
        """One request. Raises Refused, NotNow."""
        try:
            line = self._line()
            line.request(method, f"/v1/pictures/{name}", body=body or None, headers={**self._headers, **(more or {})})
            said = line.getresponse()
            said.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            self._piece = max(PIECE_MIN, self._piece // 2)
            raise NotNow(repr(error)) from error
        answer = Answer(said.status, _size(said), said.headers.get("Upload-Complete") == "?1")
        if said.status in _NEVER:
            raise Refused(f"status {said.status}")
        if said.status >= 300 and said.status not in _GONE:
            raise NotNow(f"status {said.status}")
        return answer

    def _line(self) -> http.client.HTTPConnection:
        if self._connection is None:
            kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
            self._connection = kind(self._url.hostname or "", self._url.port, timeout=TIMEOUT_S)
        return self._connection


def _size(said: http.client.HTTPResponse) -> int:
    size = said.headers.get("Upload-Offset", "")
    return int(size) if size.isascii() and size.isdigit() and len(size) < 10 else 0
