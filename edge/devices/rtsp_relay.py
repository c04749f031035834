"""Between the decoder and a camera: one connection, to the configured host only.

FFmpeg follows an RTSP redirect wherever it leads, and opens TLS without asking whose. So it is given an address on
loopback, and what the camera answers is looked through on its way: a redirect (3xx, or the method REDIRECT) ends it.
"""

import re
import socket
import ssl
import threading
from contextlib import suppress
from typing import Final
from urllib.parse import quote, urlsplit

HEADER_MAX: Final = 65_536
BODY_MAX: Final = 1 << 20
CONNECT_S: Final = 4.0
_CHUNK: Final = 1 << 16
_REDIRECT: Final = re.compile(rb"(RTSP/\d\.\d\s+3\d\d|REDIRECT)\b")
_LENGTH: Final = re.compile(rb"^content-length\s*:\s*(\d{1,9})\s*$", re.IGNORECASE | re.MULTILINE)


class Refused(Exception):
    """The camera said what is not passed on; the message says what."""


class Sieve:
    """Lets through whole interleaved packets (RFC 2326, 10.12) and whole messages that are no redirect."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> bytes:
        """What may go on now. Raises Refused."""
        self._waiting += data
        passed = 0
        while end := self._end(passed):
            passed = end
        whole = bytes(self._waiting[:passed])
        del self._waiting[:passed]
        return whole

    def _end(self, start: int) -> int:
        """Where the packet or message that begins here ends; 0 while it is not whole."""
        held = self._waiting
        if len(held) - start < 4:
            return 0
        if held[start] == 0x24:  # $: channel, two bytes of length
            end = start + 4 + int.from_bytes(held[start + 2 : start + 4], "big")
            return end if end <= len(held) else 0
        head = held.find(b"\r\n\r\n", start, start + HEADER_MAX)
        if head < 0:
            if len(held) - start >= HEADER_MAX:
                raise Refused("not RTSP")
            return 0
        message = bytes(held[start : head + 2]).lstrip()
        if _REDIRECT.match(message):
            raise Refused("the camera redirects, and is not followed")
        found = _LENGTH.search(message.replace(b"\r\n", b"\n"))
        length = int(found[1]) if found else 0
        if length > BODY_MAX:
            raise Refused(f"a message of {length} bytes")
        end = head + 4 + length
        return end if end <= len(held) else 0


class Relay:
    """Carries one connection of the decoder to the camera. `why` says what ended it, where it was not the decoder."""

    def __init__(self, url: str, user: str, password: str, ca_file: str) -> None:
        parts = urlsplit(url)
        self._host, secure = parts.hostname or "", parts.scheme == "rtsps"
        self._port = parts.port or (322 if secure else 554)
        self._context = ssl.create_default_context(cafile=ca_file or None) if secure else None
        self.why = ""
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=1)
        self._listening.settimeout(CONNECT_S)
        port = self._listening.getsockname()[1]
        login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
        query = f"?{parts.query}" if parts.query else ""
        self.url = f"rtsp://{login}127.0.0.1:{port}{parts.path or '/'}{query}"
        self._ends: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run, name="rtsp-relay", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hang up both ends."""
        self._listening.close()
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._thread.join(CONNECT_S + 1)

    def _run(self) -> None:
        try:
            with self._camera() as camera, self._decoder() as decoder:
                self._ends = [camera, decoder]
                upwards = threading.Thread(target=_pump, args=(decoder, camera), name="rtsp-up", daemon=True)
                upwards.start()
                self._downwards(camera, decoder)
                for end in self._ends:
                    with suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)
                upwards.join()
        except (OSError, Refused) as error:
            self.why = self.why or str(error)
        finally:
            self._listening.close()

    def _camera(self) -> socket.socket:
        line = socket.create_connection((self._host, self._port), CONNECT_S)
        if self._context:
            line = self._context.wrap_socket(line, server_hostname=self._host)
        line.settimeout(None)
        return line

    def _decoder(self) -> socket.socket:
        decoder, _ = self._listening.accept()
        self._listening.close()  # one only: nobody else on this machine looks through this camera
        decoder.settimeout(None)
        return decoder

    def _downwards(self, camera: socket.socket, decoder: socket.socket) -> None:
        sieve = Sieve()
        try:
            while data := camera.recv(_CHUNK):
                decoder.sendall(sieve.feed(data))
        except (OSError, Refused) as error:
            self.why = str(error)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
