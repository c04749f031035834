"""Cameras that read plates by themselves and push: one internal event, whatever the maker's words.

`push_routes` is mounted into the box's own web server. A request must prove itself before its body is looked at; then
what is malformed is answered 400, what is of no interest 200 (a camera would send it again for ever) and counted.
"""

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from typing import Final

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edge.devices import push_dahua, push_hikvision
from edge.devices.camera_config import Maker, PushConfig
from edge.devices.push_auth import Asked, Guard, Guesses, Verdict
from edge.devices.push_body import BODY_MAX, BadPush, taken_apart
from edge.devices.push_event import Crossed, Event
from gate.devices.board import DeviceFailed
from gate.devices.camera import CameraListener, CameraRead

READS_KEPT: Final = 8
BODY_S: Final = 15.0
READ_PAST: Final = "barie.read_past"
"""Where the box's web server is told that a body is not kept."""
MAKERS: Final = {Maker.HIKVISION: push_hikvision.events, Maker.DAHUA: push_dahua.events}
log = structlog.get_logger()


class PushCamera:
    """What one lane's camera said last. Safe to call from any thread."""

    def __init__(self, config: PushConfig) -> None:
        self.config, self.guard = config, Guard(config)
        self.counts: Counter[str] = Counter()  # reads, lines, other (unknown, over, old), elsewhere (another direction)
        self._listener: CameraListener | None = None
        self._came = threading.Condition()
        self._reads: deque[tuple[float, CameraRead]] = deque(maxlen=READS_KEPT)
        self._last_plate = ""
        self._stopped = False

    def listen(self, listener: CameraListener) -> None:
        """Tell it of every read and every crossed line from now on."""
        self._listener = listener

    def hear(self, content_type: str, body: bytes) -> None:
        """Take in one push. Raises BadPush, and nothing of it was taken."""
        for event in list(MAKERS[self.config.maker](taken_apart(content_type, body))) or [None]:
            self._take(event)

    def read(self, deadline_s: float) -> CameraRead:
        """The newest read that no vehicle has had, or the next. Raises DeviceFailed when none comes in time.

        A repeated plate from before the question belongs to the vehicle that had it, not to the next one.
        """
        asked = time.monotonic()
        until = asked + deadline_s
        with self._came:
            while not self._stopped:
                if read := self._unused(asked):
                    self._reads.clear()
                    self._last_plate = read.plate
                    return read
                if not self._came.wait(max(0.0, until - time.monotonic())) and time.monotonic() >= until:
                    raise DeviceFailed(f"camera: pushed nothing within {deadline_s:g} s")
        raise DeviceFailed("camera: stopped")

    def stop(self) -> None:
        """Let whoever waits go."""
        with self._came:
            self._stopped = True
            self._came.notify_all()

    def _unused(self, asked: float) -> CameraRead | None:
        oldest = asked - self.config.fresh_s
        fresh = [(at, read) for at, read in self._reads if at >= oldest]
        own = [read for at, read in fresh if at >= asked or not read.plate or read.plate != self._last_plate]
        with_plate = [read for read in own if read.plate]
        return (with_plate or own)[-1] if own else None

    def _take(self, event: Event) -> None:
        wanted = self.config.line_direction if isinstance(event, Crossed) else self.config.direction
        if event is None:
            self.counts["other"] += 1
        elif wanted and event.ways and wanted.lower() not in event.ways:
            self.counts["elsewhere"] += 1
        elif isinstance(event, Crossed):
            self.counts["lines"] += 1
            if self._listener:
                self._listener.line_crossed()
        else:
            self.counts["reads"] += 1
            with self._came:
                self._reads.append((time.monotonic(), event.read))
                self._came.notify_all()
            if self._listener:
                self._listener.camera_read(event.read)


def push_routes(cameras: Mapping[str, PushCamera]) -> list[Route]:
    """Where cameras push: `/push/{lane}`, and below it, for those that add a path of their own."""
    door = _Door(cameras)
    methods = ["POST", "PUT", "GET"]
    return [
        Route("/push/{lane}", door.pushed, methods=methods),
        Route("/push/{lane}/{rest:path}", door.pushed, methods=methods),
    ]


class _Door:
    """Answers what cameras push."""

    def __init__(self, cameras: Mapping[str, PushCamera]) -> None:
        self._cameras, self._guesses = cameras, Guesses()

    async def pushed(self, request: Request) -> Response:
        """One push."""
        address, now_s = request.client.host if request.client else "", time.monotonic()
        camera = self._cameras.get(request.path_params["lane"])
        if self._guesses.too_many(address, now_s):
            refusal: Response | None = _said(429, "too many wrong guesses", {"Retry-After": "60"})
        else:
            refusal = self._refusal(request, camera, address, now_s)
        try:
            async with asyncio.timeout(BODY_S):
                body = await _body(request, keep=refusal is None)
        except TimeoutError:
            return refusal or _said(408, f"not whole within {BODY_S:g} s")
        except ClientDisconnect:
            return refusal or _said(400, "cut off")
        if refusal or camera is None:
            return refusal or _said(404, "no such camera")
        if body is None:
            return _said(413, f"more than {BODY_MAX} bytes")
        return await self._taken(camera, request, body)

    def _refusal(self, request: Request, camera: PushCamera | None, address: str, now_s: float) -> Response | None:
        if camera is None:
            self._guesses.was_wrong(address, now_s)
            return _said(404, "no such camera")
        verdict = camera.guard.judge(_asked(request), now_s)
        if verdict is Verdict.ADMITTED:
            return None
        if verdict is Verdict.WRONG:
            self._guesses.was_wrong(address, now_s)
            log.warning("a camera's push was refused", lane=request.path_params["lane"], address=address)
        response = _said(401, "prove who you are")
        for challenge in camera.guard.challenges(now_s, stale=verdict is Verdict.STALE):
            response.headers.append("WWW-Authenticate", challenge)
        return response

    async def _taken(self, camera: PushCamera, request: Request, body: bytes) -> Response:
        try:
            await run_in_threadpool(camera.hear, request.headers.get("content-type", ""), body)
        except BadPush as error:
            log.warning("a camera's push is malformed", lane=request.path_params["lane"], why=str(error)[:200])
            return _said(400, "malformed")
        return _said(200, "OK")


def _asked(request: Request) -> Asked:
    path, query = request.scope["raw_path"].decode("latin-1"), request.scope["query_string"].decode("latin-1")
    secret = request.path_params.get("rest", "").partition("/")[0] or request.query_params.get("secret", "")
    target = path.partition("?")[0] + (f"?{query}" if query else "")
    return Asked(request.method, target, secret, request.headers.get("authorization", ""))


async def _body(request: Request, *, keep: bool) -> bytes | None:
    """The whole body, or nothing where it is more than a push may be. What is refused anyway is read past, not kept."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > BODY_MAX:
        return None
    if not keep and (read_past := request.scope.get(READ_PAST)):
        read_past()
    body, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > BODY_MAX:
            return None
        if keep:
            body += chunk
    return bytes(body)


def _said(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Dahua asks for `Result`; the others look at the status alone."""
    return JSONResponse({"Result": status == 200, "Message": message}, status, headers)
