"""What the finder should answer on a drawn scene. Nothing here needs torch."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.training.lines import Corners
from simulator.training.scenes import SHAPE, Row

STRIDE: Final = 4  # pixels of the picture to a cell, along and across
UNIT: Final = 16.0  # pixels of a way
_MIDDLE: Final = 0.5  # of a row's height that is its middle
_CELL: Final = 0.55  # cells from the middle line that are the middle of a low row
_ENDS: Final = 0.2  # of its height that a row's middle ends before its ends

_EDGE_ON: Final = 1e-3

Map = NDArray[np.float32]


def maps(rows: tuple[Row, ...]) -> tuple[Map, Map, Map]:
    """`heat`, `weight` and `ways` of a scene as `simulator.training.finder.loss` takes them."""
    high, wide = SHAPE[0] // STRIDE, SHAPE[1] // STRIDE
    heat, weight = np.zeros((high, wide), np.float32), np.ones((high, wide), np.float32)
    ways = np.zeros((9, high, wide), np.float32)
    y, x = (np.mgrid[0:high, 0:wide].astype(np.float32) + 0.5) * STRIDE
    for row in rows:
        middle, around = _inside(row.corners, x, y)
        weight[around] = 0.0
        if row.wanted:
            heat[middle], weight[middle] = 1.0, 1.0
            tall = _sides(row.corners)[1]
            for number, (corner_x, corner_y) in enumerate(row.corners):
                ways[2 * number][middle] = (corner_x - x[middle]) / UNIT
                ways[2 * number + 1][middle] = (corner_y - y[middle]) / UNIT
            ways[8][middle] = tall
    return heat, weight, ways


def _sides(corners: Corners) -> tuple[float, float]:
    along = corners[1] + corners[2] - corners[0] - corners[3]
    across = corners[3] + corners[2] - corners[0] - corners[1]
    return float(np.linalg.norm(along)) / 2, float(np.linalg.norm(across)) / 2


def _inside(corners: Corners, x: Map, y: Map) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Cells in the middle of the row, and all that it touches."""
    along = (corners[1] + corners[2] - corners[0] - corners[3]) / 4
    across = (corners[3] + corners[2] - corners[0] - corners[1]) / 4
    wide, tall = _sides(corners)
    centre = corners.mean(axis=0)
    turn = float(along[0] * across[1] - along[1] * across[0])
    if abs(turn) < _EDGE_ON:
        return np.zeros(x.shape, bool), np.zeros(x.shape, bool)
    u = ((x - centre[0]) * across[1] - (y - centre[1]) * across[0]) / turn
    v = ((y - centre[1]) * along[0] - (x - centre[0]) * along[1]) / turn
    half = max(_MIDDLE, 2 * _CELL * STRIDE / tall)
    middle = (np.abs(v) < half) & (np.abs(u) < max(0.4, 1 - 2 * _ENDS * tall / wide))
    around = (np.abs(v) < 1.15) & (np.abs(u) < 1 + 0.3 * tall / wide)
    return middle, around | middle
