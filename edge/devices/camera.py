"""A camera that answers GET with a picture of now."""

import http.client
import socket
import threading
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from gate.devices.board import DeviceFailed

BYTES_MAX: Final = 2_000_000  # what the centre takes as evidence


class SnapshotCamera:
    """A lane's camera over HTTP. Only its own host is ever asked; redirects are not followed."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._secure = parts.scheme == "https"
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def snapshot(self, deadline_s: float) -> bytes:
        """The picture's bytes, all of them within the deadline. Raises DeviceFailed."""
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=deadline_s)
        late = threading.Event()
        try:
            connection.connect()
            status, body = _asked(connection, self._path, deadline_s, late)
        except (OSError, http.client.HTTPException) as error:
            why = f"nothing whole within {deadline_s:g} s" if late.is_set() else f"{type(error).__name__}: {error}"
            raise DeviceFailed(f"camera: {why}") from error
        finally:
            connection.close()
        if late.is_set():
            raise DeviceFailed(f"camera: nothing whole within {deadline_s:g} s")
        if status != http.client.OK:
            raise DeviceFailed(f"camera: answered {status}")
        if not body or len(body) > BYTES_MAX:
            raise DeviceFailed(f"camera: {len(body)} bytes, 1 to {BYTES_MAX} are a picture")
        return body


def _asked(
    connection: http.client.HTTPConnection, path: str, deadline_s: float, late: threading.Event
) -> tuple[int, bytes]:
    # the socket's own time-out begins anew with each byte: a camera that dribbles would hold the lane for ever
    alarm = threading.Timer(deadline_s, _hang_up, (connection.sock, late))
    alarm.daemon = True
    alarm.start()
    try:
        connection.request("GET", path)
        with connection.getresponse() as answer:
            return answer.status, answer.read(BYTES_MAX + 1)
    finally:
        alarm.cancel()


def _hang_up(line: socket.socket, late: threading.Event) -> None:
    late.set()
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
