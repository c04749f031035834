"""A TCP proxy whose line can be cut: after so many bytes upwards, both ends are told by a reset."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Self

_LINGER = struct.pack("ii", 1, 0)


class CutLine:
    """`with CutLine(port) as line`: connect to `line.port`. `cuts` gives, for each connection, after how many bytes it
    breaks; when it is used up, none does any more. `up` counts what came from the box."""

    def __init__(self, port: int, cuts: Iterator[int]) -> None:
        self._to, self._cuts = port, cuts
        self.up = self.broken = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                box, _ = self._listener.accept()
                centre = socket.create_connection(("127.0.0.1", self._to))
                threading.Thread(target=self._down, args=(centre, box), daemon=True).start()
                threading.Thread(target=self._up, args=(box, centre, next(self._cuts, None)), daemon=True).start()

    def _down(self, centre: socket.socket, box: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := centre.recv(65_536):
                box.sendall(data)
            box.shutdown(socket.SHUT_WR)

    def _up(self, box: socket.socket, centre: socket.socket, left: int | None) -> None:
        with contextlib.suppress(OSError):
            while data := box.recv(4_096 if left is None else min(4_096, left)):
                centre.sendall(data)
                self.up += len(data)
                left = None if left is None else left - len(data)
                if left == 0:
                    self.broken += 1
                    box.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
                    break
        with contextlib.suppress(OSError):
            centre.shutdown(socket.SHUT_RDWR)  # a close alone is not told while the other thread reads
        centre.close()
        box.close()
