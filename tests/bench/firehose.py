"""A publisher that costs next to nothing: MQTT 3.1.1 packets made beforehand, pushed into the socket at once.

paho publishes some thousand messages a second and would hide what the other end can take.
"""

import socket
import struct
import threading
from collections.abc import Sequence

_CONNACK_BYTES = 4


class Firehose:
    """Connected when made. `pour` sends everything with QoS 1 and does not wait for the broker's PUBACKs."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        flags = 0b1100_0010  # user, password, clean session
        variable = _text("MQTT") + struct.pack("!BBH", 4, flags, 600)
        self._socket.sendall(_packet(0x10, variable + _text("firehose") + _text(user) + _text(password)))
        answer = self._socket.recv(_CONNACK_BYTES)
        if answer[3:] != b"\0":
            raise ConnectionError(f"the broker answered {answer!r}")
        self._drain = threading.Thread(target=self._swallow, daemon=True)
        self._drain.start()

    def pour(self, topic: str, payloads: Sequence[bytes]) -> None:
        """Publish all of them, in order."""
        head = _text(topic)
        packets = (
            _packet(0x32, head + struct.pack("!H", number % 65_535 + 1) + payload)
            for number, payload in enumerate(payloads)
        )
        self._socket.sendall(b"".join(packets))

    def close(self) -> None:
        """Disconnect."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._drain.join(timeout=5)
        self._socket.close()

    def _swallow(self) -> None:
        while self._socket.recv(65_536):
            pass


def _packet(kind: int, body: bytes) -> bytes:
    length, size = bytearray(), len(body)
    while True:
        size, digit = divmod(size, 128)
        length.append(digit | (0x80 if size else 0))
        if not size:
            return bytes([kind]) + bytes(length) + body


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("!H", len(data)) + data
