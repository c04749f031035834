"""Our own finder of a plate's rows: `weights/finder.onnx`, trained on drawn scenes (see `weights/finder.md`).

The network says of each cell of four by four pixels whether it is in the middle of a row, and where that row's corners
are. Cells that mean the same row are put together; each corner is taken from the cells near to it.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.reader.kept import network
from edge.reader.layout import Place
from edge.reader.networks import Image, Quad

NAME: Final = "finder.onnx"
STRIDE: Final = 4  # pixels of the picture to a cell
UNIT: Final = 16.0  # pixels of a way
_MULTIPLE: Final = 32
_SIDE_MAX: Final = 1600
_SEEN: Final = 0.3  # probability from which a cell counts
_SURE: Final = 0.5  # that the best cell of a row has at least
_ROWS_MAX: Final = 24
_BESIDE: Final = 0.5  # of a row's height between the middles that two cells give it
_BEYOND: Final = 1.0  # of a row's height that its cells may stand behind its ends
_NEAR: Final = 0.3  # of a row's height: what a cell's distance to a corner counts at least
# What a recogniser wants to see around the capitals, in shares of their height: at each end, at top and bottom.
_MARGINS: Final = (0.2, 0.24)

Map = NDArray[np.float32]


class Finder:
    """A `LineFinder`."""

    def __init__(self, threads: int = 1) -> None:
        self._session = network(NAME, threads)

    def lines(self, image: Image, side: int) -> list[Quad]:
        """Corners of every row of characters, in pixels of `image`, looked for with its shorter side scaled to
        `side`."""
        height, width = image.shape[:2]
        scale = min(side / min(height, width), _SIDE_MAX / max(height, width))
        size = (_multiple(width * scale), _multiple(height * scale))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
        maps = self._session.run(None, {"pictures": (grey / 127.5 - 1.0)[None, None]})[0][0]
        back = np.array((width / size[0], height / size[1]), np.float32)
        return [Place(quad * back).grown(*_MARGINS).quad for quad in rows(maps)]


def _multiple(length: float) -> int:
    return max(_MULTIPLE, round(length / _MULTIPLE) * _MULTIPLE)


def rows(maps: Map) -> list[Quad]:
    """Corners of the capitals of each row, in the pixels that the network saw; the surest first."""
    heat = 1 / (1 + np.exp(-maps[0]))
    y, x = np.nonzero(heat >= _SEEN)
    chance = heat[y, x]
    order = np.argsort(-chance)
    y, x, chance = y[order], x[order], chance[order]
    cells = (np.stack((x, y), axis=1).astype(np.float32) + 0.5) * STRIDE
    quads = cells[:, None] + maps[1:, y, x].T.reshape(-1, 4, 2) * UNIT
    found: list[Quad] = []
    free = np.ones(len(cells), bool)
    while len(found) < _ROWS_MAX and free.any():
        best = int(np.argmax(free))  # the first that is free is the surest
        if chance[best] < _SURE:
            break
        same = free & _of(Place(quads[best]), cells, quads)
        same[best] = True
        quad = _together(cells[same], quads[same], chance[same])
        found.append(quad)
        free &= ~same & ~_of(Place(quad), cells, quads)
    return found


def _of(row: Place, cells: NDArray[np.float32], quads: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which cells stand in the row and mean it."""
    across = np.array((-row.along[1], row.along[0]), np.float32)
    here, meant = cells - row.centre, quads.mean(axis=1) - row.centre
    height = max(row.height, 1.0)
    inside = np.abs(here @ row.along) < row.width / 2 + _BEYOND * height
    near: NDArray[np.bool_] = (np.abs(here @ across) < height) & (np.abs(meant @ across) < _BESIDE * height)
    return inside & near


def _together(cells: NDArray[np.float32], quads: NDArray[np.float32], chance: NDArray[np.float32]) -> Quad:
    """Each corner as the cells near to it say."""
    height = float(np.median(np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1))) + 1e-3
    away = np.linalg.norm(quads - cells[:, None], axis=2) / height
    weight = chance[:, None] / (away + _NEAR) ** 2
    return np.asarray((quads * weight[..., None]).sum(axis=0) / weight.sum(axis=0)[:, None], np.float32)
