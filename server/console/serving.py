"""The web server around the console's open streams."""

import socket
from typing import Any

import uvicorn
from fastapi import FastAPI

from server.config import CentreConfig
from server.console.stream import Streams


def settings(app: FastAPI, config: CentreConfig, **changes: Any) -> uvicorn.Config:
    """How the application is served. Only the configured proxies are believed about whose a request is: by default
    the web server believes every program on this machine."""
    told: dict[str, Any] = {
        "host": config.host,
        "port": config.port,
        "log_level": "warning",
        "access_log": False,
        "ssl_certfile": config.certificate or None,
        "ssl_keyfile": config.certificate_key or None,
        "proxy_headers": bool(config.proxies),
        "forwarded_allow_ips": list(config.proxies),
    }
    return uvicorn.Config(app, **(told | changes))


class Server(uvicorn.Server):
    """Ends the open pages' streams before it waits for requests to finish: a stream would never finish by itself."""

    def __init__(self, config: uvicorn.Config, streams: Streams) -> None:
        super().__init__(config)
        self._streams = streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is open, then do as any server does."""
        self._streams.close()
        await super().shutdown(sockets)
