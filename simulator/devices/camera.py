"""A camera's twin: an HTTP server that answers with a JPEG of what stands before a lane's camera now.

One server has all cameras of a site, `GET /{lane}/snapshot.jpg`. It remembers what it showed by SHA-256, so that
the world knows which vehicle is in a picture that the product holds.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, NamedTuple

HOST: Final = "127.0.0.1"
STEP_S: Final = 0.25

Draw = Callable[[], bytes]


class View(NamedTuple):
    """What stands before a camera. `key` tells one picture from another; `vehicle` None is an empty lane.

    `rolling`: the pictures on the last of its way, each shown for `STEP_S` from when it is shown; then it stands.
    """

    key: str
    vehicle: str | None
    draw: Draw
    rolling: tuple[Draw, ...] = ()

    def at(self, after_s: float) -> tuple[str, Draw]:
        """The picture so long after it was first shown, and its own key."""
        step = int(after_s / STEP_S)
        return (f"{self.key}@{step}", self.rolling[step]) if step < len(self.rolling) else (self.key, self.draw)


class CameraFailed(RuntimeError):
    """The port is taken or not allowed; the message names it."""


class CameraTwins:
    """The cameras of one site. `show` may be called from any thread; a dead camera answers 503."""

    def __init__(self, port: int, empty: dict[str, View], dead: frozenset[str] = frozenset()) -> None:
        self.seen: dict[str, str | None] = {}
        self._views = dict(empty)
        self._empty = empty
        self._dead = set(dead)
        self._since: dict[str, float] = {}
        self._pictures: dict[str, bytes] = {}
        self._pens: dict[str, threading.Lock] = {}
        try:
            self._server = _Server((HOST, port), self)
        except OSError as error:
            raise CameraFailed(f"camera port {port}: {error.strerror}") from error
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True, name="cameras")

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def show(self, lane: str, view: View | None) -> None:
        """From now on this stands before the lane's camera; None clears it."""
        before = self._views[lane]
        self._since[lane] = time.monotonic()
        self._views[lane] = view or self._empty[lane]
        if before.vehicle is not None:
            for key in (before.key, *(before.at(step * STEP_S)[0] for step in range(len(before.rolling)))):
                self._pictures.pop(key, None)

    def die(self, lane: str, *, dead: bool = True) -> None:
        """The lane's camera answers no more, or again."""
        (self._dead.add if dead else self._dead.discard)(lane)

    def prepare(self, view: View) -> None:
        """Have the first picture ready: a real camera does not need time to draw."""
        self._picture(*view.at(0.0))

    def snapshot(self, lane: str) -> bytes | None:
        """The JPEG of now; None where there is no such camera or it is dead. Raises KeyError for a strange lane."""
        view = self._views[lane]
        if lane in self._dead:
            return None
        picture = self._picture(*view.at(time.monotonic() - self._since.get(lane, 0.0)))
        self.seen[hashlib.sha256(picture).hexdigest()] = view.vehicle
        return picture

    def _picture(self, key: str, draw: Draw) -> bytes:
        with self._pens.setdefault(key, threading.Lock()):
            if key not in self._pictures:
                self._pictures[key] = draw()
            return self._pictures[key]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], cameras: CameraTwins) -> None:
        self.cameras = cameras
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10

    def do_GET(self) -> None:
        """Answer with the lane's picture."""
        lane, _, rest = self.path.removeprefix("/").partition("/")
        try:
            picture = self.server.cameras.snapshot(lane) if rest == "snapshot.jpg" else None
        except KeyError:
            self.send_error(404, "no such camera")
            return
        if picture is None:
            self.send_error(404 if rest != "snapshot.jpg" else 503)
            return
        self._answer(picture)

    def _answer(self, picture: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(picture)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        try:
            self.wfile.write(picture)
        except OSError:  # whoever asked has gone
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
        """Keep quiet: the answer says all."""
