"""The application at a real port, in a thread of the test."""

import socket
import threading
from types import TracebackType
from typing import Final, Literal, Self

from fastapi import FastAPI

from server.console.serving import Server, settings

PATIENCE_S: Final = 10.0


class _Server(Server):
    """Says when it listens."""

    listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


class Served:
    """`with Served(app, port)`: it listens inside the block; after it all its streams and requests have ended.

    `lifespan` says whether the centre behind it is started and stopped as well.
    """

    def __init__(self, app: FastAPI, port: int, *, lifespan: bool = False) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        kind: Literal["on", "off"] = "on" if lifespan else "off"
        served = settings(app, app.state.centre.config, host="127.0.0.1", port=port, lifespan=kind)
        self._server = _Server(served, app.state.streams)
        self._server.listening = threading.Event()
        self._thread = threading.Thread(target=self._server.run, name=f"http {port}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._server.listening.wait(PATIENCE_S):
            raise TimeoutError(f"nothing listens at {self.url}")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)
        if self._thread.is_alive():
            raise TimeoutError(f"{self.url} does not end: something is open")
