"""A camera that answers GET with a picture of now."""

import http.client
from typing import Final
from urllib.parse import urlsplit

from gate.devices.board import DeviceFailed

BYTES_MAX: Final = 4_000_000


class SnapshotCamera:
    """A lane's camera over HTTP. Only its own host is ever asked; redirects are not followed."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._secure = parts.scheme == "https"
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def snapshot(self, deadline_s: float) -> bytes:
        """The picture's bytes. Raises DeviceFailed."""
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=deadline_s)
        try:
            connection.request("GET", self._path)
            answer = connection.getresponse()
            body = answer.read(BYTES_MAX + 1)
        except (OSError, http.client.HTTPException) as error:
            raise DeviceFailed(f"camera: {type(error).__name__}: {error}") from error
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise DeviceFailed(f"camera: answered {answer.status}")
        if not body or len(body) > BYTES_MAX:
            raise DeviceFailed(f"camera: {len(body)} bytes, 1 to {BYTES_MAX} are a picture")
        return body
