"""A streaming camera's twin: RTSP (RFC 2326) with JPEG over RTP (RFC 2435), interleaved in the one TCP connection.

Its faults: it can freeze (the same picture for ever), fall silent, cut its connections, lag, redirect, and ask who
one is.
"""

import secrets
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Final, NamedTuple

from gate.devices import digest
from gate.devices.digest import Login, Proof

HOST: Final = "127.0.0.1"
CLOCK_HZ: Final = 90_000
PAYLOAD: Final = 1_400
_IN_BAND: Final = 255  # RFC 2435, 4.2: the quantisation tables come with each picture

Draw = Callable[[int], bytes]
"""The JPEG of the n-th picture: baseline, 4:2:0, with the standard's own Huffman tables, at most 2040 pixels a side."""


class Jpeg(NamedTuple):
    """What RFC 2435 sends of a JPEG."""

    width: int
    height: int
    tables: bytes
    scan: bytes


def taken_apart(picture: bytes) -> Jpeg:
    """The parts of a JPEG. Raises ValueError for one that RFC 2435 cannot carry."""
    tables, size, at = b"", (0, 0), 2
    while at + 4 <= len(picture):
        marker, length = picture[at + 1], int.from_bytes(picture[at + 2 : at + 4], "big")
        segment = picture[at + 4 : at + 2 + length]
        if marker == 0xDB:
            tables += b"".join(segment[start + 1 : start + 65] for start in range(0, len(segment), 65))
        elif marker == 0xC0:
            size = int.from_bytes(segment[3:5], "big"), int.from_bytes(segment[1:3], "big")
            if segment[7] != 0x22:
                raise ValueError("not 4:2:0")
        elif marker == 0xDA:
            return Jpeg(*size, tables, picture[at + 2 + length : picture.rindex(b"\xff\xd9")])
        at += 2 + length
    raise ValueError("no scan")


def packets(jpeg: Jpeg, sequence: int, timestamp: int) -> list[bytes]:
    """The RTP packets of one picture."""
    made: list[bytes] = []
    offset = 0
    while offset < len(jpeg.scan):
        head = struct.pack(">I4B", offset, 1, _IN_BAND, jpeg.width // 8, jpeg.height // 8)
        if offset == 0:
            head += struct.pack(">BBH", 0, 0, len(jpeg.tables)) + jpeg.tables
        piece = jpeg.scan[offset : offset + PAYLOAD - len(head)]
        offset += len(piece)
        last = 0x80 if offset == len(jpeg.scan) else 0
        rtp = struct.pack(">BBHII", 0x80, last | 26, (sequence + len(made)) & 0xFFFF, timestamp & 0xFFFFFFFF, 0xBA21E)
        made.append(rtp + head + piece)
    return made


class RtspTwin:
    """A camera that streams from `start` on. Its faults may be set from any thread."""

    def __init__(self, draw: Draw, rate_hz: float = 20.0, login: Login | None = None) -> None:
        self.draw, self.rate_hz, self.login = draw, rate_hz, login
        self.frozen = self.silent = False
        self.lag_s = 0.0
        self.redirects_to = ""
        self.dials = self.number = 0
        self._nonce = secrets.token_hex(8)
        self._lines: set[socket.socket] = set()
        self._stopping = threading.Event()
        self._server = self._listening(0)
        self.port = int(self._server.server_address[1])
        self._thread = self._served()

    @property
    def url(self) -> str:
        """Where it streams."""
        return f"rtsp://{HOST}:{self.port}/live"

    def cut(self) -> None:
        """Hang up on everybody."""
        for line in list(self._lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def die(self) -> None:
        """Be gone: nobody is let in."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.cut()

    def revive(self) -> None:
        """Be back, at the same address."""
        self._server = self._listening(self.port)
        self._thread = self._served()

    def stop(self) -> None:
        """Stream no more."""
        self._stopping.set()
        self.die()

    def _listening(self, port: int) -> "_Server":
        return _Server((HOST, port), self)

    def _served(self) -> threading.Thread:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True, name="rtsp-twin")
        thread.start()
        return thread

    def stream(self, line: socket.socket, gone: threading.Event) -> None:
        """Send pictures to one viewer until it is gone."""
        shown, sequence = self.number, 0
        waiting: deque[tuple[float, bytes]] = deque()
        while not gone.wait(1 / self.rate_hz) and not self._stopping.is_set():
            self.number += 1  # no two viewers, and no two moments, see the same
            shown = shown if self.frozen else self.number
            now = time.monotonic()
            made = packets(taken_apart(self.draw(shown)), sequence, int(now * CLOCK_HZ))
            sequence += len(made)
            waiting.append((now, b"".join(b"$\x00" + len(rtp).to_bytes(2, "big") + rtp for rtp in made)))
            while waiting and waiting[0][0] + self.lag_s <= now:
                _, data = waiting.popleft()
                if not self.silent:
                    line.sendall(data)

    def is_let_in(self, request: "_Request") -> bool:
        """Whether the request proves who asks."""
        said = digest.fields(request.headers.get("authorization", ""))
        if self.login is None:
            return True
        if said.get("nonce") != self._nonce:
            return False
        proof = Proof("twin", self._nonce, said.get("nc", ""), said.get("cnonce", ""))
        right = digest.response("MD5", self.login, request.method, said.get("uri", ""), proof)
        return secrets.compare_digest(said.get("response", ""), right)

    @property
    def challenge(self) -> str:
        """What it asks of who comes."""
        return f'Digest realm="twin", nonce="{self._nonce}", qop="auth"'

    def entered(self, line: socket.socket) -> None:
        """Somebody dialled."""
        self.dials += 1
        self._lines.add(line)

    def left(self, line: socket.socket) -> None:
        """And hung up."""
        self._lines.discard(line)


class _Request(NamedTuple):
    method: str
    url: str
    headers: dict[str, str]


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], twin: RtspTwin) -> None:
        self.twin = twin
        super().__init__(address, _Handler)


class _Handler(StreamRequestHandler):
    server: _Server
    timeout = 30

    def handle(self) -> None:
        """Talk to one viewer."""
        twin, gone = self.server.twin, threading.Event()
        twin.entered(self.connection)
        streams: list[threading.Thread] = []
        with suppress(OSError, ValueError):
            while request := self._request():
                self._answer(request)
                if request.method == "PLAY" and not streams:
                    streams.append(threading.Thread(target=self._stream, args=(gone,), daemon=True))
                    streams[0].start()
        gone.set()
        for stream in streams:
            stream.join()
        twin.left(self.connection)

    def _stream(self, gone: threading.Event) -> None:
        with suppress(OSError):
            self.server.twin.stream(self.connection, gone)

    def _request(self) -> _Request | None:
        first = self.rfile.readline(4_096)
        while first[:1] == b"$":  # receiver reports; they have no meaning here
            rest = int.from_bytes((first + self.rfile.read(max(0, 4 - len(first))))[2:4], "big")
            self.rfile.read(max(0, rest - max(0, len(first) - 4)))
            first = self.rfile.readline(4_096)
        if not first.strip():
            return None
        headers = {}
        while line := self.rfile.readline(4_096).strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        method, url, _ = first.decode().split(" ", 2)
        return _Request(method, url, headers)

    def _answer(self, request: _Request) -> None:
        twin, number = self.server.twin, request.headers.get("cseq", "0")
        if request.method != "OPTIONS" and not twin.is_let_in(request):
            self._say("401 Unauthorized", number, f"WWW-Authenticate: {twin.challenge}")
        elif request.method == "DESCRIBE" and twin.redirects_to:
            self._say("302 Found", number, f"Location: {twin.redirects_to}")
        elif request.method == "DESCRIBE":
            description = (
                f"v=0\r\no=- 1 1 IN IP4 {HOST}\r\ns=twin\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\na=control:track1\r\n"
            )
            said = (
                f"Content-Base: {request.url}/\r\nContent-Type: application/sdp\r\nContent-Length: {len(description)}"
            )
            self._say("200 OK", number, said, description)
        elif request.method == "SETUP" and "RTP/AVP/TCP" not in request.headers.get("transport", ""):
            self._say("461 Unsupported Transport", number)
        elif request.method == "SETUP":
            self._say("200 OK", number, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 12345678")
        else:
            self._say("200 OK", number, "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\nSession: 12345678")

    def _say(self, status: str, number: str, headers: str = "", body: str = "") -> None:
        head = f"RTSP/1.0 {status}\r\nCSeq: {number}\r\n" + (f"{headers}\r\n" if headers else "")
        self.connection.sendall(f"{head}\r\n{body}".encode())
