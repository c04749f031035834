"""Bytes of a picture into pixels, without believing the bytes.

The header is read first: a few kilobytes can claim gigabytes of pixels, and the libraries would try.
"""

import io
import warnings
from typing import Final, NoReturn

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

PIXELS_MAX: Final = 25_000_000
BYTES_MAX: Final = 64 * 1024 * 1024
FORMATS: Final = ("JPEG", "PNG", "BMP", "WEBP", "GIF", "TIFF", "PPM")
_SIXTEEN_BITS: Final = ("I", "I;16", "I;16B", "I;16L", "I;16N")

Image.init()  # all decoders now: Pillow would load them at the first broken picture, for half a second


class UnreadableImage(ValueError):
    """The bytes are no picture that the reader takes; the message says why."""


def decode(data: bytes) -> NDArray[np.uint8]:
    """Pixels (height x width x 3, BGR) of one still picture, upright by its EXIF orientation.

    CMYK, palette, grey and 16-bit pictures are converted; a multi-picture JPEG gives its main picture.
    Raises `UnreadableImage` for everything else.
    """
    if not data:
        raise UnreadableImage("empty: 0 bytes")
    if len(data) > BYTES_MAX:
        raise UnreadableImage(f"too large: {len(data):,} bytes, at most {BYTES_MAX:,}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow warns about is checked here
            return _decoded(data)
    except UnreadableImage:
        raise
    except Image.DecompressionBombError:
        _refuse_size("far more")
    except UnidentifiedImageError:
        raise UnreadableImage(f"not a picture of a known format ({', '.join(FORMATS)})") from None
    except MemoryError:
        raise UnreadableImage("not enough memory to decode it") from None
    except Exception as error:  # noqa: BLE001 - decoders raise what they like on broken bytes; no list is complete
        raise UnreadableImage(f"broken: {str(error) or type(error).__name__}") from None


def _decoded(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        width, height = picture.size
        if width * height > PIXELS_MAX:
            _refuse_size(f"{width:,} x {height:,}")
        if getattr(picture, "is_animated", False) and picture.format != "MPO":
            raise UnreadableImage("animated or of several pages: give one still picture")
        picture.load()
        still = _eight_bits(picture)
        ImageOps.exif_transpose(still, in_place=True)
        pixels = np.array(still if still.mode == "RGB" else still.convert("RGB"), np.uint8)
    cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR, dst=pixels)  # in place: one copy of the largest picture is 75 MB
    return pixels


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Pillow clips 16-bit grey at 255 when it converts; here the full range is kept."""
    if picture.mode not in _SIXTEEN_BITS:
        return picture
    grey = Image.fromarray((np.asarray(picture).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    grey.info = dict(picture.info)
    return grey


def _refuse_size(claimed: str) -> NoReturn:
    raise UnreadableImage(f"too many pixels: {claimed}, at most {PIXELS_MAX:,}")
