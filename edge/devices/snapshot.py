"""A camera that answers GET with a picture of now."""

import http.client
import os
import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from edge.devices.camera_config import HttpConfig
from edge.devices.frozen import Frozen
from gate.devices import digest
from gate.devices.board import DeviceFailed
from gate.devices.digest import Login

BYTES_MAX: Final = 2_000_000  # what the centre takes as evidence


class _Answer(NamedTuple):
    status: int
    challenges: tuple[str, ...]
    body: bytes


class SnapshotCamera:
    """A lane's camera over HTTP. Only its own host is ever asked; redirects are not followed."""

    def __init__(self, config: HttpConfig | str) -> None:
        config = HttpConfig(url=config) if isinstance(config, str) else config
        parts = urlsplit(config.url)
        self._host, self._port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        self._context = ssl.create_default_context(cafile=config.ca_file or None) if parts.scheme == "https" else None
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._login = Login(config.user, config.password) if config.user else None
        self._challenges: tuple[str, ...] = ()
        self._count = 0
        self._frozen = Frozen(config.frozen_s)

    def snapshot(self, deadline_s: float) -> bytes:
        """The picture's bytes, all of them within the deadline. Raises DeviceFailed."""
        until = time.monotonic() + deadline_s
        answer = self._get(deadline_s, deadline_s)
        if answer.status == http.client.UNAUTHORIZED and self._login and answer.challenges:
            self._challenges, self._count = answer.challenges, 0
            answer = self._get(until - time.monotonic(), deadline_s)
        if answer.status != http.client.OK:
            raise DeviceFailed(f"camera: answered {answer.status}")
        if not answer.body or len(answer.body) > BYTES_MAX:
            raise DeviceFailed(f"camera: {len(answer.body)} bytes, 1 to {BYTES_MAX} are a picture")
        self._frozen.check(answer.body, time.monotonic())
        return answer.body

    def stop(self) -> None:
        """Nothing is kept between two pictures."""

    def _get(self, left_s: float, deadline_s: float) -> _Answer:
        late = threading.Event()
        if left_s <= 0:
            raise DeviceFailed(f"camera: nothing whole within {deadline_s:g} s")
        connection = http.client.HTTPConnection(self._host, self._port, timeout=left_s)
        try:
            return self._asked(connection, left_s, late)
        except (OSError, http.client.HTTPException) as error:
            if late.is_set() or isinstance(error, TimeoutError):
                raise DeviceFailed(f"camera: nothing whole within {deadline_s:g} s") from error
            raise DeviceFailed(f"camera: {type(error).__name__}: {error}") from error
        finally:
            connection.close()

    def _asked(self, connection: http.client.HTTPConnection, left_s: float, late: threading.Event) -> _Answer:
        # the socket's own time-out begins anew with each byte: a camera that dribbles would hold the lane for ever
        began = time.monotonic()
        connection.connect()
        if self._context:
            connection.sock = self._context.wrap_socket(
                connection.sock, server_hostname=self._host, do_handshake_on_connect=False
            )
        alarm = threading.Timer(max(0.0, left_s - time.monotonic() + began), _hang_up, (connection.sock, late))
        alarm.daemon = True
        alarm.start()
        try:
            if isinstance(connection.sock, ssl.SSLSocket):
                connection.sock.do_handshake()
            connection.request("GET", self._path, headers=self._headers())
            with connection.getresponse() as said:
                body = said.read(BYTES_MAX + 1)
                answer = _Answer(said.status, tuple(said.headers.get_all("WWW-Authenticate") or ()), body)
        finally:
            alarm.cancel()
        if late.is_set():  # what was cut off looks like a whole body that says no length
            raise TimeoutError("late")
        return answer

    def _headers(self) -> dict[str, str]:
        if not self._login or not self._challenges:
            return {}
        self._count += 1
        cnonce = os.urandom(8).hex()
        said = digest.authorisation(self._challenges, self._login, "GET", self._path, self._count, cnonce)
        return {"Authorization": said} if said else {}


def _hang_up(line: socket.socket, late: threading.Event) -> None:
    late.set()
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
