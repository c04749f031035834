"""Bytes of a picture into pixels, without believing the bytes.

The header is read first: a few kilobytes can claim gigabytes of pixels, and the libraries would try.
"""

import io
import re
import warnings
from typing import Final, NamedTuple, NoReturn

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from edge.reader.parts import too_costly

PIXELS_MAX: Final = 25_000_000
WEBP_PIXELS_MAX: Final = 12_000_000  # its decoder holds the picture three times over
BYTES_MAX: Final = 64 * 1024 * 1024
FORMATS: Final = ("JPEG", "PNG", "BMP", "WEBP", "GIF", "TIFF", "PPM")
SHORT_SIDE: Final = 1440  # pixels that a shrunk picture keeps at least: more than any look of the reader wants
LONG_SIDE: Final = 5760  # the same of a very long one, which every look takes smaller for its length
_SIXTEEN_BITS: Final = ("I", "I;16", "I;16B", "I;16L", "I;16N")
_AREAS: Final = frozenset({"L", "RGB", "RGBA", "LA", "CMYK", "F"})  # modes that Pillow can shrink by areas

Image.init()  # all decoders now: Pillow would load them at the first broken picture, for half a second


class UnreadableImage(ValueError):
    """The bytes are no picture that the reader takes; the message says why."""


class Picture(NamedTuple):
    """Pixels, and how many pixels of the file's picture stand behind each of them, along and across."""

    pixels: NDArray[np.uint8]
    shrunk: int = 1


def decode(data: bytes) -> NDArray[np.uint8]:
    """Pixels (height x width x 3, BGR) of one still picture, upright by its EXIF orientation.

    CMYK, palette, grey and 16-bit pictures are converted; a multi-picture JPEG gives its main picture.
    Raises `UnreadableImage` for everything else.
    """
    return _opened(data, shrinking=False).pixels


def for_reading(data: bytes) -> Picture:
    """The same, but no larger than a reader has use for: a photograph of 25,000,000 pixels is decoded at half its size
    or less, in a fraction of the memory. Multiply positions by `shrunk`. Raises `UnreadableImage`.
    """
    return _opened(data, shrinking=True)


def _opened(data: bytes, *, shrinking: bool) -> Picture:
    if not data:
        raise UnreadableImage("empty: 0 bytes")
    if len(data) > BYTES_MAX:
        raise UnreadableImage(f"too large: {len(data):,} bytes, at most {BYTES_MAX:,}")
    if reason := too_costly(data):
        raise UnreadableImage(f"broken: {reason}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow warns about is checked here
            return _decoded(data, shrinking=shrinking)
    except UnreadableImage:
        raise
    except Image.DecompressionBombError as error:
        _refuse_size(_claimed(str(error)))
    except UnidentifiedImageError:
        raise UnreadableImage(f"not a picture of a known format ({', '.join(FORMATS)})") from None
    except MemoryError:
        raise UnreadableImage("not enough memory to decode it") from None
    except Exception as error:  # noqa: BLE001 - decoders raise what they like on broken bytes; no list is complete
        raise UnreadableImage(f"broken: {str(error) or type(error).__name__}") from None


def _decoded(data: bytes, *, shrinking: bool) -> Picture:
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        width, height = picture.size
        most = WEBP_PIXELS_MAX if picture.format == "WEBP" else PIXELS_MAX
        if width * height > most:
            _refuse_size(f"{width:,} x {height:,}", most)
        if getattr(picture, "is_animated", False) and picture.format != "MPO":
            raise UnreadableImage("animated or of several pages: give one still picture")
        times = _times(width, height) if shrinking else 1
        done = _drafted(picture, times)
        picture.load()
        still = _eight_bits(picture)
        if times // done > 1:
            still = _reduced(still, times // done)
        ImageOps.exif_transpose(still, in_place=True)
        pixels = np.array(still if still.mode == "RGB" else still.convert("RGB"), np.uint8)
    cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR, dst=pixels)  # in place: one copy of the largest picture is 75 MB
    return Picture(pixels, done * max(1, times // done))


def _times(width: int, height: int) -> int:
    """How many times smaller a picture of this size is as good to a reader."""
    return max(1, min(width, height) // SHORT_SIDE, max(width, height) // LONG_SIDE)


def _drafted(picture: Image.Image, times: int) -> int:
    """Have a JPEG decoded that many times smaller, or as near to it as its blocks allow; how many times it will be."""
    if times == 1 or picture.format not in {"JPEG", "MPO"}:
        return 1
    width = picture.size[0]
    scale = max(power for power in (1, 2, 4, 8) if power <= times)
    picture.draft(None, (width // scale, picture.size[1] // scale))
    return max(1, round(width / picture.size[0]))


def _reduced(picture: Image.Image, times: int) -> Image.Image:
    """Shrunk by areas; where the mode has no areas (palettes, single bits), in colours."""
    return (picture if picture.mode in _AREAS else picture.convert("RGB")).reduce(times)


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Pillow clips 16-bit grey at 255 when it converts; here the full range is kept."""
    if picture.mode not in _SIXTEEN_BITS:
        return picture
    wide = np.asarray(picture)
    grey = np.empty(wide.shape, np.uint8)
    for high, low in zip(wide, grey, strict=True):  # row by row: copies of all of it would be 100 MB each
        np.clip(high >> 8, 0, 255, out=low, casting="unsafe")
    still = Image.fromarray(grey)
    still.info = dict(picture.info)
    return still


def _claimed(words: str) -> str:
    """The number of pixels in what Pillow says of a picture that it refuses by itself."""
    found = re.search(r"(\d+) pixels", words)
    return f"{int(found[1]):,}" if found else "far more"


def _refuse_size(claimed: str, most: int = PIXELS_MAX) -> NoReturn:
    raise UnreadableImage(f"too many pixels: {claimed}, at most {most:,}")
