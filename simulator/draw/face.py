"""Text drawn with the plate's stroke face into a mask."""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.draw.glyphs import GLYPHS, Stroke

Mask = NDArray[np.uint8]
Box = tuple[float, float, float, float]
"""x, y, width, height in pixels."""

_UNIT = 0.098
"""Width of a grid unit over the height of a character, before a long text is squeezed."""
_GAP = 1.15
_NARROW_GAP = 0.75
_BAR_GAP = 2.0
"""Before a Đ, whose bar stands out on the left."""
_SHIFT = 4
_CORNER_STEPS = 6


def known(text: str) -> bool:
    """Whether every character has a glyph."""
    return all(character in GLYPHS for character in text)


def draw_text(shape: tuple[int, int], text: str, box: Box, stroke: float) -> list[Mask]:
    """One mask (0 to 255) per character of `text`, the whole centred in `box` and squeezed to fit its width.

    `stroke` is the pen's width over the height of a character. Raises KeyError for a character without a glyph.
    """
    left, top, width, height = box
    pen = stroke * height
    gaps = [_gap(first, second) for first, second in pairwise(text)]
    units = sum(GLYPHS[c].width for c in text) + sum(gaps)
    pens = len(text) * pen
    unit = min(_UNIT * height, (width - pens) / units)
    cursor = left + (width - pens - units * unit) / 2 + pen / 2
    masks = []
    for character, gap in zip(text, [*gaps, 0.0], strict=True):
        scale = (unit, (height - pen) / 10)
        masks.append(_draw(shape, character, (cursor, top + pen / 2), scale, pen))
        cursor += GLYPHS[character].width * unit + pen + gap * unit
    return masks


def _gap(first: str, second: str) -> float:
    if second == "Đ":
        return _BAR_GAP
    return _NARROW_GAP if first in "-." or second in "-." else _GAP


def _draw(
    shape: tuple[int, int], character: str, at: tuple[float, float], scale: tuple[float, float], pen: float
) -> Mask:
    mask = np.zeros(shape, np.uint8)
    for stroke in GLYPHS[character].strokes:
        path = _outline(stroke) * np.array(scale) + np.array(at)
        points = np.round(path * (1 << _SHIFT)).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(mask, [points], stroke.closed, 255, max(1, round(pen)), cv2.LINE_AA, _SHIFT)
    return mask


def _outline(stroke: Stroke) -> NDArray[np.float64]:
    """The stroke's points with its corners rounded, in grid units."""
    points = [np.array(point[:2]) for point in stroke.points]
    count = len(points)
    path: list[NDArray[np.float64]] = []
    for index, point in enumerate(points):
        radius = stroke.points[index][2]
        end = not stroke.closed and index in {0, count - 1}
        if radius == 0 or end:
            path.append(point)
            continue
        path.extend(_corner(points[index - 1], point, points[(index + 1) % count], radius))
    return np.array(path)


def _corner(
    before: NDArray[np.float64], corner: NDArray[np.float64], after: NDArray[np.float64], radius: float
) -> list[NDArray[np.float64]]:
    start = corner + _towards(corner, before, radius)
    end = corner + _towards(corner, after, radius)
    # A conic with this weight is a quarter of an ellipse when the corner is square.
    weight = 0.7071
    arc = []
    for t in np.linspace(0, 1, _CORNER_STEPS):
        a, b, c = (1 - t) ** 2, 2 * weight * t * (1 - t), t**2
        arc.append((a * start + b * corner + c * end) / (a + b + c))
    return arc


def _towards(here: NDArray[np.float64], there: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """A step of `radius` from here to there, at most half the way so that two corners can share an edge."""
    way = there - here
    length = float(np.hypot(*way))
    return way * min(radius / length, 0.5) if length else way
