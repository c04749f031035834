"""The box's web server: a thread of the agent whose every failure stays its own."""

import asyncio
import socket
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from edge.web import assets
from edge.web.config import WebConfig, check
from edge.web.door import Door, Guesses
from edge.web.listening import Listener, tls
from edge.web.manners import Manners
from edge.web.pairing import Pairing
from edge.web.pairs import Pairs
from edge.web.screens import Screens
from edge.web.wall import Wall

AGAIN_S: Final = 5.0
"""After which a server that failed is tried again."""
STOP_S: Final = 5.0
GRACE_S: Final = 0.3
"""How long an answer on its way may take when the server ends; cameras send again what was not taken."""
_LAST_TURNS: Final = 20
log = structlog.get_logger()


class BoxWeb:
    """Serves the wall's screens, pairing where it speaks TLS, and `routes` of other parts."""

    def __init__(
        self,
        config: WebConfig,
        data: Path,
        wall: Wall,
        routes: Sequence[BaseRoute] = (),
        *,
        pairs: Pairs | None = None,
        again_s: float = AGAIN_S,
    ) -> None:
        """`data` is the box's data folder. Raises ValueError for an address that it may not listen on."""
        check(config)
        self.config, self._wall, self._again_s = config, wall, again_s
        self._pairs = (pairs or Pairs(data)) if config.tls_cert else None  # a token never goes over a plain line
        self.guesses = Guesses()
        self._routes = tuple(routes)
        self._stopping, self.listening = threading.Event(), threading.Event()
        self._server: _Server | None = None
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    def start(self) -> None:
        """Begin in the background; an address that is taken is tried again until it is free."""
        self._thread.start()

    def stop(self) -> None:
        """End what is open, for at most a few seconds."""
        self._stopping.set()
        server = self._server
        if server:
            server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._serve()
            except (Exception, SystemExit) as error:  # a screen that is dark must never hurt a lane
                log.exception("web server failed", host=self.config.host, port=self.config.port, why=repr(error))
            self._stopping.wait(self._again_s)

    def _serve(self) -> None:
        web = self.config
        with Listener("127.0.0.1" if web.host == "localhost" else web.host, web.port) as listener:
            settings = uvicorn.Config(
                self._app(listener),
                loop="asyncio",
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=2,
                h11_max_incomplete_event_size=16_384,
            )
            settings.load()
            settings.ssl = tls(web.tls_cert, web.tls_key) if web.tls_cert else None
            self._server = _Server(settings, self._wall, listener, self.listening)
            if not self._stopping.is_set():
                self._server.run(sockets=[listener])

    def _app(self, listener: Listener) -> Manners:
        door = Door(self._pairs)
        own = [*assets.routes, *Screens(self._wall, door).routes]
        if self._pairs:
            own += Pairing(self._pairs, self.guesses).routes
        return Manners(Starlette(routes=[*own, *self._routes]), listener)


class _Server(uvicorn.Server):
    """Sweeps its listener, and ends open streams before it waits for requests: a stream never ends by itself."""

    def __init__(self, settings: uvicorn.Config, wall: Wall, listener: Listener, listening: threading.Event) -> None:
        super().__init__(settings)
        self._wall, self._listener, self._listening = wall, listener, listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and hear of new pages."""
        await super().startup(sockets)
        self._wall.attach(asyncio.get_running_loop())
        self._listening.set()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second."""
        self._listener.sweep()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is open, then do as any server does."""
        self._listening.clear()
        self._wall.detach()
        end_all = partial(self._listener.sweep, all_of_them=True)
        asyncio.get_running_loop().call_later(GRACE_S, end_all)  # a TLS line's other end may never say goodbye
        await super().shutdown(sockets)
        for _ in range(_LAST_TURNS):  # connections that uvicorn does not know yet: in a handshake, or just come
            if not end_all():
                return
            await asyncio.sleep(0.05)
