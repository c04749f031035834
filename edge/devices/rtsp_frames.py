"""What the box and the process that decodes a stream say to each other, over pipes.

To the decoder: one line of JSON with what to watch, then a line with a number for each picture asked for; the end of
its input ends it. From the decoder: packets of kind, number and payload, length first.
"""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

from gate.wire import Contract

HEAD: Final = struct.Struct(">IBI")  # length of the payload, kind, number of the request
PAYLOAD_MAX: Final = 2_000_000


class Kind(IntEnum):
    """What a packet is."""

    STATE = 0  # a line of text: how the stream is; empty: well. At least every second or two
    PICTURE = 1  # a JPEG
    REFUSED = 2  # a line of text: why there is none


class Watch(Contract):
    """What to watch."""

    url: str
    user: str
    password: str
    ca_file: str
    stale_s: float
    frozen_s: float
    memory_bytes: int


class Packet(NamedTuple):
    """One packet."""

    kind: Kind
    number: int
    payload: bytes


class Nonsense(ValueError):
    """The other side does not speak this."""


def pack(packet: Packet) -> bytes:
    """Its bytes."""
    return HEAD.pack(len(packet.payload), packet.kind, packet.number) + packet.payload


def unpack(received: bytearray) -> Iterator[Packet]:
    """The packets that have come whole; they are taken from `received`. Raises Nonsense."""
    while len(received) >= HEAD.size:
        length, kind, number = HEAD.unpack(received[: HEAD.size])
        if length > PAYLOAD_MAX or kind not in tuple(Kind):
            raise Nonsense(f"a packet of kind {kind} and {length} bytes")
        if len(received) < HEAD.size + length:
            return
        payload = bytes(received[HEAD.size : HEAD.size + length])
        del received[: HEAD.size + length]
        yield Packet(Kind(kind), number, payload)
