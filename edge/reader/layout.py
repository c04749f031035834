"""How lines of text on a picture stand to each other: which may form one plate."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.reader.networks import Quad

_BESIDE_GAP: Final = 1.2  # of a line's height, between two parts of one line
_BESIDE_SHIFT: Final = 0.4  # of a line's height, up or down
_STACK_SHIFT: Final = 0.4  # of the wider line's width, to the side
_STACK_STEP: Final = (0.35, 1.7)  # of the mean height, from one centre to the next below
_ALIKE_BESIDE: Final = 1.7
_ALIKE_STACKED: Final = 2.2


@dataclass(frozen=True, eq=False)
class Place:
    """Where a line stands: its corners in pixels."""

    quad: Quad

    @cached_property
    def centre(self) -> NDArray[np.float32]:
        """Of the four corners."""
        middle: NDArray[np.float32] = self.quad.mean(axis=0)
        return middle

    @cached_property
    def along(self) -> NDArray[np.float32]:
        """Unit vector of the reading direction."""
        run = self.quad[1] + self.quad[2] - self.quad[0] - self.quad[3]
        unit: NDArray[np.float32] = run / max(float(np.linalg.norm(run)), 1e-6)
        return unit

    @cached_property
    def width(self) -> float:
        """In pixels, along the reading direction."""
        return float(np.linalg.norm(self.quad[1] + self.quad[2] - self.quad[0] - self.quad[3])) / 2

    @cached_property
    def height(self) -> float:
        """In pixels, across the reading direction."""
        return float(np.linalg.norm(self.quad[3] + self.quad[2] - self.quad[0] - self.quad[1])) / 2

    def grown(self, along: float, across: float) -> "Place":
        """The same place with these shares of its height added at each end, and at top and bottom."""
        across_unit = np.array((-self.along[1], self.along[0]), np.float32)
        run, fall = self.along * along * self.height, across_unit * across * self.height
        return Place(self.quad + np.stack((-run - fall, run - fall, run + fall, -run + fall)).astype(np.float32))

    def offset(self, other: "Place") -> tuple[float, float]:
        """Centre of the other as seen from here: along the reading direction, and down across it."""
        way = other.centre - self.centre
        x, y = self.along
        return float(way[0] * x + way[1] * y), float(way[1] * x - way[0] * y)


def _alike(a: Place, b: Place, factor: float) -> bool:
    return max(a.height, b.height) <= factor * min(a.height, b.height)


def beside(a: Place, b: Place) -> bool:
    """Whether b goes on to the right where a ends."""
    x, y = a.offset(b)
    height = (a.height + b.height) / 2
    gap = x - (a.width + b.width) / 2
    return (
        _alike(a, b, _ALIKE_BESIDE) and abs(y) < _BESIDE_SHIFT * height and -0.5 * height < gap < _BESIDE_GAP * height
    )


def above(a: Place, b: Place) -> bool:
    """Whether b stands under a as the second line of a plate does."""
    x, y = (b if b.width > a.width else a).offset(b if a.width >= b.width else a)
    if b.width > a.width:
        x, y = -x, -y
    height = (a.height + b.height) / 2
    low, high = _STACK_STEP
    centred = abs(x) < _STACK_SHIFT * max(a.width, b.width)
    return _alike(a, b, _ALIKE_STACKED) and centred and low * height < y < high * height


Row = tuple[int, ...]  # numbers of the places that make up one line, from left to right


def arrangements(places: Sequence[Place]) -> list[tuple[Row, ...]]:
    """Every way in which some of the places may be one plate: one row, or one above another."""
    rows: list[Row] = [(i,) for i in range(len(places))]
    rows += [(i, j) for i, j in product(range(len(places)), repeat=2) if i != j and beside(places[i], places[j])]
    lines = [(row, _joined(places, row)) for row in rows]
    single: list[tuple[Row, ...]] = [(row,) for row in rows]
    stacked: list[tuple[Row, ...]] = [
        (top, bottom)
        for (top, upper), (bottom, lower) in product(lines, repeat=2)
        if not set(top) & set(bottom) and above(upper, lower)
    ]
    return single + stacked


def _joined(places: Sequence[Place], row: Row) -> Place:
    if len(row) == 1:
        return places[row[0]]
    first, last = places[row[0]].quad, places[row[-1]].quad
    return Place(np.stack((first[0], last[1], last[2], first[3])))


def bounds(places: Sequence[Place], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """x, y, width, height around the places, inside a picture of this shape (height, width, ...)."""
    corners = np.concatenate([place.quad for place in places])
    x, y = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
    right, bottom = np.minimum(np.ceil(corners.max(axis=0)), (shape[1], shape[0])).astype(int)
    return int(x), int(y), max(1, int(right - x)), max(1, int(bottom - y))


def halves(place: Place) -> tuple[Place, Place]:
    """The upper and the lower part of a place that may hold two lines taken for one."""
    top_left, top_right, low_right, low_left = place.quad
    left, right = low_left - top_left, low_right - top_right
    upper = np.stack((top_left, top_right, top_right + 0.5 * right, top_left + 0.5 * left))
    lower = np.stack((top_left + 0.42 * left, top_right + 0.42 * right, low_right, low_left))
    return Place(upper), Place(lower)


def within(a: Place, b: Place) -> bool:
    """Whether the centre of a lies inside b."""
    x, y = b.offset(a)
    return abs(x) < b.width / 2 and abs(y) < b.height / 2
