"""A web server on loopback that cameras push to, as the box serves it."""

import socket
import threading

import uvicorn
from starlette.applications import Starlette

from edge.devices.camera_config import Maker, PushConfig
from edge.devices.push import PushCamera, push_routes
from gate.devices.camera import CameraRead
from gate.devices.digest import Login
from tests.edge.test_camera_conformance import drawn

SECRET = "a-secret_of-more-than-16"
LOGIN = Login("camera", 'pass "word" \\ 1')
PICTURE = drawn(100, 1)
CONFIGS = {
    "hik-digest": PushConfig(maker=Maker.HIKVISION, user=LOGIN.user, password=LOGIN.password),
    "hik-secret": PushConfig(maker=Maker.HIKVISION, secret=SECRET, direction="forward", line_direction="in"),
    "dahua-secret": PushConfig(maker=Maker.DAHUA, secret=SECRET, direction="obverse", line_direction="LeftToRight"),
}


class Door:
    """The box's web server, with its cameras new for each test."""

    def __init__(self) -> None:
        self.cameras: dict[str, PushCamera] = {}
        self._line = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._line.getsockname()[1])
        self.app = Starlette()
        settings = uvicorn.Config(
            self._serve, interface="asgi3", log_level="critical", lifespan="off", timeout_keep_alive=1
        )
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._line]})
        self._thread.start()

    async def _serve(self, scope: object, receive: object, send: object) -> None:
        await self.app(scope, receive, send)  # type: ignore[arg-type]

    def anew(self) -> None:
        """Fresh cameras, nonces and guesses."""
        self.cameras = {lane: PushCamera(config) for lane, config in CONFIGS.items()}
        self.app = Starlette(routes=push_routes(self.cameras))

    def url(self, lane: str, rest: str = "") -> str:
        """Where a lane's camera pushes."""
        return f"http://127.0.0.1:{self.port}/push/{lane}{rest}"

    def stop(self) -> None:
        """Answer no more."""
        self._server.should_exit = True
        self._thread.join()
        self._line.close()


class Ear:
    """What a lane's camera was heard to say."""

    def __init__(self) -> None:
        self.reads: list[CameraRead] = []
        self.lines = 0

    def camera_read(self, read: CameraRead) -> None:
        """Keep it."""
        self.reads.append(read)

    def line_crossed(self) -> None:
        """Count it."""
        self.lines += 1


def nothing_came(door: Door) -> bool:
    """Whether no push was taken."""
    return not any(camera.counts for camera in door.cameras.values())
