"""Small files that cost a decoder minutes or gigabytes: known by their parts before it is asked."""

import re
from collections.abc import Callable, Iterator
from typing import Final

SEGMENTS_MAX: Final = 1_000  # of a JPEG: Pillow keeps each; a photograph has some dozens
SCANS_MAX: Final = 100  # of a progressive JPEG, each of which goes over all pixels: usual are ten
TOLD_MAX: Final = 16 * 1024 * 1024  # bytes of a JPEG before its first scan: Pillow joins them one by one
CHUNKS_MAX: Final = 100_000  # of a PNG
_HEAD: Final = 4096  # bytes in which a PPM has said its size: Pillow reads its comments byte by byte

# Not a stuffed byte, a restart or a beginning, which have no length.
_MARKER: Final = re.compile(rb"\xff+([^\x00\xff\x01\xd0-\xd8])")
_SCAN, _END = b"\xda", b"\xd9"
_KINDS: Final = b"0123456fy"  # what Pillow takes behind the P
_PPM: Final = re.compile(rb"P[4-6](?:(?:\s|#[^\r\n]*+[\r\n])++\d++){2,3}+\s")


def too_costly(data: bytes) -> str:
    """Why no decoder should be given these bytes; empty where nothing speaks against it."""
    return next((weigh(data) for begins, weigh in _WEIGHED.items() if data.startswith(begins)), "")


def _jpeg(data: bytes) -> str:
    scans = 0
    for number, (kind, at) in enumerate(_markers(data)):
        if kind == _SCAN and not scans and at > TOLD_MAX:
            return f"{at:,} bytes before its picture, at most {TOLD_MAX:,}"
        scans += kind == _SCAN
        if scans > SCANS_MAX:
            return f"more than {SCANS_MAX} scans"
        if number >= SEGMENTS_MAX:
            return f"more than {SEGMENTS_MAX:,} segments"
    return ""


def _markers(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Kind and place of each marker of a JPEG (T.81, B.1.1) up to its end."""
    at = 2
    while (found := _MARKER.search(data, at)) and found[1] != _END:
        yield found[1], found.start()
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2])


def _png(data: bytes) -> str:
    at = 8
    for _ in range(CHUNKS_MAX):
        if at >= len(data):
            return ""
        at += 12 + int.from_bytes(data[at : at + 4])
    return f"more than {CHUNKS_MAX:,} chunks"


def _ppm(data: bytes) -> str:
    if data[1:2] not in _KINDS:
        return ""  # no PPM
    return "" if _PPM.match(data[:_HEAD]) else "a PPM whose header is no P4, P5 or P6 with its size"


_WEIGHED: Final[dict[bytes, Callable[[bytes], str]]] = {b"\xff\xd8": _jpeg, b"\x89PNG\r\n": _png, b"P": _ppm}
