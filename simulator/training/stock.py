"""Lines waiting to be learnt from: a child draws, the trainer takes; each is used once or twice and then forgotten."""

import random
from collections import defaultdict
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.training.drawer import Drawer
from simulator.training.lines import STEP, WIDTH_MIN, Artist, Line, padded
from simulator.training.texts import numbers

CHUNK: Final = 512
_CHUNKS_EACH: Final = 60  # drawn by one artist; the next has other faces and surroundings
_TURNED: Final = 0.1  # share of lines shown as a negative, so that bright characters read as well as dark ones
_SHELVES: Final = (48, 56, 64, 72, 80, 96, 112, 128, 160, 208, 320)
_BATCH_COLUMNS: Final = 3600  # of all lines of a batch together

Batch = tuple[NDArray[np.float32], list[list[int]]]


def _artist(seed: int, fonts: bool) -> Callable[[], Line]:  # noqa: FBT001 - called by position
    return Artist(seed, fonts=fonts).line


class Stock:
    """Shelves of lines by width, filled by a child process; `pid` is the child's."""

    def __init__(self, seed: int, *, size: int = 24_000, fonts: bool = True) -> None:
        self._drawer = Drawer(_artist, seed, chunk=CHUNK, chunks_each=_CHUNKS_EACH, fonts=fonts)
        self.pid = self._drawer.pid
        self._rng = random.Random(seed)
        self._noise = np.random.default_rng(seed)
        self._shelves: dict[int, list[Line]] = defaultdict(list)
        self._limit = size // 6

    def take_in(self, *, wait: bool) -> bool:
        """A chunk from the child onto the shelves, an old line making room; False where none is ready."""
        lines = self._drawer.take(wait=wait)
        for line in lines:
            shelf = self._shelves[next(width for width in _SHELVES if line.picture.shape[1] <= width)]
            if len(shelf) < self._limit:
                shelf.append(line)
            else:
                shelf[self._rng.randrange(len(shelf))] = line
        return bool(lines)

    def batch(self) -> Batch:
        """Lines of one shelf with a little noise of the moment, and the numbers of their symbols."""
        widths = list(self._shelves)
        width = self._rng.choices(widths, [len(self._shelves[w]) * w for w in widths])[0]
        lines = self._rng.choices(self._shelves[width], k=max(8, _BATCH_COLUMNS // width))
        pictures = padded([line.picture for line in lines])
        extra = self._rng.choice((*(0,) * 8, STEP, STEP, WIDTH_MIN, 3 * WIDTH_MIN))
        if extra and pictures.shape[2] + extra <= _SHELVES[-1]:
            pictures = np.pad(pictures, ((0, 0), (0, 0), (0, extra)), mode="edge")
        return self._shaken(tensor(pictures)), [numbers(line.label) for line in lines]

    def _shaken(self, lines: NDArray[np.float32]) -> NDArray[np.float32]:
        gain = self._noise.uniform(0.7, 1.3, (len(lines), 1, 1, 1)).astype(np.float32)
        gain *= np.where(self._noise.random(gain.shape) < _TURNED, -1, 1).astype(np.float32)
        grain = self._noise.uniform(0, 0.06, (len(lines), 1, 1, 1)).astype(np.float32)
        shaken = lines * gain + grain * self._noise.standard_normal(lines.shape, np.float32)
        return np.asarray(np.clip(shaken, -1, 1), np.float32)

    def close(self) -> None:
        """End the child."""
        self._drawer.close()


def tensor(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Count x 1 x rows x columns in -1..1."""
    return np.asarray((pictures[:, None].astype(np.float32) / 255 - 0.5) / 0.5, np.float32)
