"""What the agent and its reading process say to each other: length-prefixed MessagePack over pipes."""

import struct
from typing import Final, TypeVar

import msgspec

from gate.reading import PlateReading

LENGTH: Final = struct.Struct(">I")
FRAME_MAX: Final = 128 * 1024 * 1024


class Request(msgspec.Struct, frozen=True):
    """Read this picture (bytes of a JPEG or PNG file), there or everywhere, and take no longer than this."""

    number: int
    image: bytes
    roi: tuple[int, int, int, int] | None = None  # x, y, width, height in pixels
    deadline_ms: float | None = None  # of the reading, from when it begins


class Answer(msgspec.Struct, frozen=True):
    """What became of request `number`; 0 = the worker is ready for the first. Figures: `edge.reader.figures`."""

    number: int
    plates: tuple[PlateReading, ...] = ()
    error: str = ""
    ms: float = 0.0
    sharpness: float = 0.0
    brightness: float = 0.0


class ReadResult(msgspec.Struct, frozen=True):
    """Plates of one picture, best first; or why there is no answer. `ms` is the worker's own time.

    `sharpness` of the best plate (0: there is none), `brightness` of the picture in grey levels (0: there is none).
    """

    plates: tuple[PlateReading, ...] = ()
    error: str = ""
    ms: float = 0.0
    sharpness: float = 0.0
    brightness: float = 0.0


class FrameError(ValueError):
    """The other side does not speak this protocol."""


_Message = TypeVar("_Message", Request, Answer)


def pack(message: Request | Answer) -> bytes:
    """One frame: four bytes of length, big endian, and the message."""
    body = msgspec.msgpack.encode(message)
    return LENGTH.pack(len(body)) + body


def length(prefix: bytes) -> int:
    """Of the body that follows these four bytes. Raises `FrameError` where none would be that long."""
    (size,) = LENGTH.unpack(prefix)
    if size > FRAME_MAX:
        raise FrameError(f"a frame of {size} bytes, at most {FRAME_MAX}")
    return int(size)


def unpack(body: bytes, kind: type[_Message]) -> _Message:
    """The message in a frame's body. Raises `FrameError` where it is another."""
    try:
        return msgspec.msgpack.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise FrameError(f"not a {kind.__name__}: {error}") from error
