"""Background colour of a plate, from its pixels."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.reader.networks import Image

# Hue ranges of OpenCV (0..179), by the colours of Law 36/2024/QH15 Art. 36.2.
_HUES: Final = {"red": ((0, 9), (168, 179)), "yellow": ((15, 38),), "blue": ((92, 132),)}
_SATURATED: Final = 80
_LIT: Final = 45
_SHARE: Final = 0.4  # of the pixels that are not strokes; strokes, bolts and frames take the rest
_PALE: Final = 0.45


def background(lines: Sequence[Image]) -> str:
    """One of gate.reading.COLOURS, for the upright cuts of a plate's lines."""
    pixels = np.concatenate([line.reshape(-1, 1, 3) for line in lines])
    hue, saturation, value = np.moveaxis(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV), np.uint8), 2, 0)
    coloured = (saturation >= _SATURATED) & (value >= _LIT)
    shares = {
        name: float(np.mean(coloured & np.any([(hue >= low) & (hue <= high) for low, high in ranges], axis=0)))
        for name, ranges in _HUES.items()
    }
    best = max(shares, key=lambda name: shares[name])
    if shares[best] >= _SHARE:
        return best
    return "white" if _is_pale(saturation, value) else "unknown"


def _is_pale(saturation: NDArray[np.uint8], value: NDArray[np.uint8]) -> bool:
    """Whether the brighter part of the plate, its background if the strokes are dark, has no colour."""
    threshold, _ = cv2.threshold(value, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    bright = value > threshold
    return bool(np.mean(bright) >= _PALE and np.median(saturation[bright]) < _SATURATED)
