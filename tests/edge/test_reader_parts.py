"""Small files that would cost a decoder minutes or gigabytes."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from edge.reader import parts
from edge.reader.image import LONG_SIDE, UnreadableImage, decode, for_reading
from edge.reader.parts import too_costly

SMALL = Image.effect_noise((64, 48), 60).convert("RGB")


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


JPEG = saved(SMALL, "JPEG")
PROGRESSIVE = saved(SMALL, "JPEG", progressive=True)
PNG = saved(SMALL, "PNG")
COMMENT = b"\xff\xfe\x00\x04ab"
EXIF = b"\xff\xe1" + struct.pack(">H", 65_000) + b"Exif\0\0" + b"M" * 64_992


def last_scan() -> bytes:
    return PROGRESSIVE[PROGRESSIVE.rindex(b"\xff\xda") : -2]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (JPEG[:2] + COMMENT * 2_000 + JPEG[2:], "more than 1,000 segments"),
        (JPEG[:2] + EXIF * 300 + JPEG[2:], "19,50.,... bytes before its picture, at most 16,777,216"),
        (PROGRESSIVE[:-2] + last_scan() * 200 + PROGRESSIVE[-2:], "more than 100 scans"),
        (PNG[:33] + chunk(b"tEXt", b"a\0b") * 110_000 + PNG[33:], "more than 100,000 chunks"),
        (b"P6 #" + b"#" * 5_000 + b"\n2 2 255\n" + bytes(12), "a PPM whose header"),
        (b"P3 2 2 255\n" + b"1 " * 12, "a PPM whose header"),
    ],
)
def test_a_file_of_too_many_parts_is_refused_before_it_is_decoded(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableImage, match=f"broken: {reason}"):
        decode(data)


@pytest.mark.parametrize(
    "data",
    [
        *(JPEG, PROGRESSIVE, PNG),
        JPEG[:2] + COMMENT * 500 + EXIF * 200 + JPEG[2:] + b"\0\2" + b"\xff\xda\0\2" * 500,  # a phone's film behind it
        saved(SMALL, "JPEG", restart_marker_blocks=1),
        saved(SMALL, "PPM"),
        saved(SMALL.convert("L"), "PPM"),
        saved(SMALL.convert("1"), "PPM"),
        b"P6 # by hand\n# twice\n64 48\n255\n" + SMALL.tobytes(),
    ],
)
def test_what_cameras_and_phones_write_is_not(data: bytes) -> None:
    assert too_costly(data) == ""
    assert decode(data).shape == (48, 64, 3)


def test_every_cut_is_weighed_and_ends() -> None:
    for data in (JPEG, PROGRESSIVE, PNG, saved(SMALL, "PPM")):
        for end in range(1, len(data), 11):
            assert isinstance(too_costly(data[:end]), str)


def test_other_formats_are_left_to_their_decoder() -> None:
    assert too_costly(b"PK\x03\x04 an archive") == ""
    with pytest.raises(UnreadableImage, match="not a picture of a known format"):
        decode(b"PK\x03\x04" + bytes(100))


def test_segments_and_scans_are_counted_to_the_end_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    scans = PROGRESSIVE.count(b"\xff\xda")
    monkeypatch.setattr(parts, "SCANS_MAX", scans)
    assert too_costly(PROGRESSIVE) == ""
    monkeypatch.setattr(parts, "SCANS_MAX", scans - 1)
    assert too_costly(PROGRESSIVE) == f"more than {scans - 1} scans"


def test_a_very_long_picture_is_decoded_smaller() -> None:
    """Every look would take it smaller for its length; as it is it costs 250 MB."""
    long = Image.new("L", (3 * LONG_SIDE, 64))
    for kind in ("JPEG", "PNG", "TIFF"):
        picture = for_reading(saved(long, kind))
        assert picture.pixels.shape[1] * picture.shrunk == pytest.approx(3 * LONG_SIDE, rel=0.01)
        assert picture.shrunk >= 2


@pytest.mark.skipif(sys.platform != "linux", reason="the system's own way of keeping memory")
def test_memory_of_large_pictures_is_given_back() -> None:
    code = """
import numpy as np
from edge.reader.memory import give_back
give_back()
first = np.ones(24 << 20, np.uint8)
del first  # from here on glibc would keep what is smaller
several = [np.ones(16 << 20, np.uint8) for _ in range(4)]
kept = np.ones(2000)
del several
print(next(int(line.split()[1]) >> 10 for line in open("/proc/self/status") if line.startswith("VmRSS")))
"""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 60
