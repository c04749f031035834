"""The way to the twins: in this process, or a loopback server; requests and answers get lost on it as told."""

import threading
from collections.abc import Callable, Mapping
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol, Self

import httpx


class Fate(StrEnum):
    """What happens to one exchange."""

    ARRIVES = "arrives"
    REQUEST_LOST = "request lost"
    ANSWER_LOST = "answer lost"
    BROKEN = "broken"  # 503, and nothing was done


class Twin(Protocol):
    """What answers questions."""

    def handle(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Status and body."""


class Network(httpx.BaseTransport):
    """Host -> twin. `fate` is asked for each exchange."""

    def __init__(self, twins: Mapping[str, Twin], fate: Callable[[], Fate] = lambda: Fate.ARRIVES) -> None:
        self.twins = dict(twins)
        self.fate = fate
        self.exchanges = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request, or lose it."""
        self.exchanges += 1
        fate = self.fate()
        if fate is Fate.REQUEST_LOST:
            raise httpx.ConnectTimeout("lost on the way", request=request)
        if fate is Fate.BROKEN:
            return httpx.Response(503, content=b"")
        status, body = self.twins[request.url.host].handle(request.url.path, request.read())
        if fate is Fate.ANSWER_LOST:
            raise httpx.ReadTimeout("lost on the way back", request=request)
        return httpx.Response(status, content=body)


class Served:
    """A twin behind a real socket on loopback; use it as a context."""

    def __init__(self, twin: Twin) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(twin))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(twin: Twin) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = twin.handle(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    return Handler
