"""Bytes that call themselves a picture."""

import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from edge.reader.image import BYTES_MAX, SHORT_SIDE, UnreadableImage, decode, for_reading
from edge.reader.whole import read_picture
from gate.reading import PlateReading


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def gradient(width: int = 64, height: int = 48) -> Image.Image:
    ramp = np.zeros((height, width, 3), np.uint8)
    ramp[:, :, 0] = np.linspace(0, 255, width)
    ramp[: height // 2, :, 2] = 200
    return Image.fromarray(ramp)


def claimed_png(width: int, height: int) -> bytes:
    """A PNG of a hundred bytes whose header claims any size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def bgr(picture: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(picture.convert("RGB"))[:, :, ::-1]


@pytest.mark.parametrize("kind", ["PNG", "BMP", "PPM", "TIFF"])
def test_formats_without_loss(kind: str) -> None:
    assert np.array_equal(decode(saved(gradient(), kind)), bgr(gradient()))


def test_jpeg_in_cmyk() -> None:
    pixels = decode(saved(gradient().convert("CMYK"), "JPEG", quality=95))
    assert pixels.shape == (48, 64, 3)
    assert np.abs(pixels.astype(int) - bgr(gradient())).mean() < 12


def test_sixteen_bits_keep_their_range() -> None:
    grey = np.linspace(0, 65535, 64 * 48).astype(np.uint16).reshape(48, 64)
    pixels = decode(saved(Image.fromarray(grey), "PNG"))
    assert np.array_equal(pixels[:, :, 1], grey >> 8)


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA"])
def test_other_modes_become_three_channels(mode: str) -> None:
    assert decode(saved(gradient().convert(mode), "PNG")).shape == (48, 64, 3)


def test_exif_orientation_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter to the right
    assert decode(saved(gradient(), "JPEG", exif=exif)).shape == (64, 48, 3)


def test_one_pixel() -> None:
    assert decode(saved(Image.new("RGB", (1, 1), "red"), "PNG")).tolist() == [[[0, 0, 255]]]


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (5_001, 5_000), (2**31 - 1, 2**31 - 1)])
def test_a_header_that_claims_too_much_costs_nothing(width: int, height: int) -> None:
    tracemalloc.start()
    with pytest.raises(UnreadableImage, match=r"too many pixels.*25,000,000"):
        decode(claimed_png(width, height))
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty: 0 bytes"),
        (b"24A-123.45\n" * 50, "not a picture"),
        (b"\xff\xd8\xff", "not a picture"),
        (b"GIF89a", "broken|not a picture"),
        (saved(gradient(), "JPEG")[:-400], "broken: .*(?i:truncated)"),
        (saved(gradient(), "PNG")[:-60], "broken"),
        (claimed_png(100, 100), "broken"),
        (b"%PDF-1.7 ...", "not a picture"),
    ],
)
def test_broken_bytes_have_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableImage, match=reason):
        decode(data)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_animated_pictures_are_refused(kind: str) -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "green", "blue")]
    with pytest.raises(UnreadableImage, match="animated"):
        decode(saved(frames[0], kind, save_all=True, append_images=frames[1:]))


def test_too_many_bytes() -> None:
    with pytest.raises(UnreadableImage, match="too large"):
        decode(bytes(BYTES_MAX + 1))


def test_every_cut_of_a_picture_is_read_or_refused() -> None:
    data = saved(gradient(), "JPEG")
    for end in range(0, len(data), 7):
        try:
            assert decode(data[:end]).shape == (48, 64, 3)
        except UnreadableImage:
            continue


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "CMYK"), ("PNG", "P"), ("PNG", "L"), ("PNG", "1")]
)
def test_a_large_picture_is_decoded_smaller_and_says_so(kind: str, mode: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    wide = gradient(3 * SHORT_SIDE, 2 * SHORT_SIDE).convert(mode)
    picture = for_reading(saved(wide, kind, exif=exif))
    assert picture.shrunk == 2
    assert picture.pixels.shape == (3 * SHORT_SIDE // 2, SHORT_SIDE, 3), "turned upright all the same"


def test_a_small_picture_keeps_its_pixels() -> None:
    data = saved(gradient(640, 480), "PNG")
    assert for_reading(data).shrunk == 1
    assert np.array_equal(for_reading(data).pixels, decode(data))


class Finder:
    """Says that there is a plate all over what it was asked to look at."""

    def read(
        self,
        image: NDArray[np.uint8],
        *,
        roi: tuple[int, int, int, int] | None = None,
        deadline_ms: float | None = None,
    ) -> list[PlateReading]:
        assert deadline_ms is None, "nobody hurries it here"
        height, width = image.shape[:2]
        return [PlateReading("24A12345", 0.9, (), roi or (0, 0, width, height), 1, "white")]


def test_boxes_are_in_pixels_of_the_file_s_picture() -> None:
    picture = for_reading(saved(gradient(3 * SHORT_SIDE, 2 * SHORT_SIDE), "JPEG"))
    assert read_picture(Finder(), picture)[0].box == (0, 0, 3 * SHORT_SIDE, 2 * SHORT_SIDE)
    assert read_picture(Finder(), picture, roi=(100, 200, 300, 400))[0].box == (100, 200, 300, 400)


def test_a_webp_has_a_lower_limit_for_its_decoder_s_memory() -> None:
    with pytest.raises(UnreadableImage, match="at most 12,000,000"):
        decode(saved(Image.new("L", (4001, 3000)), "WEBP", quality=1, method=0))
