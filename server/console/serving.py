"""The web server around the console's open streams."""

import socket

import uvicorn

from server.console.stream import Streams


class Server(uvicorn.Server):
    """Ends the open pages' streams before it waits for requests to finish: a stream would never finish by itself."""

    def __init__(self, config: uvicorn.Config, streams: Streams) -> None:
        super().__init__(config)
        self._streams = streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is open, then do as any server does."""
        self._streams.close()
        await super().shutdown(sockets)
