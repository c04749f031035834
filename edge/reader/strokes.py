"""Our own recogniser of plate symbols: `weights/strokes.onnx`, trained on drawn plates (see `weights/card.md`)."""

import math
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.reader.kept import network
from edge.reader.layout import Place
from edge.reader.networks import Image, Matrix, cut
from edge.reader.symbols import OTHER, Folding
from gate.plates.grammar import DIGITS, LETTERS

NAME: Final = "strokes.onnx"
SYMBOLS: Final = ("", *DIGITS, *LETTERS, OTHER)  # columns of the network's answer; the first is CTC's blank
ROWS: Final = 32  # pixels of height that it was trained on
_STEP: Final = 8
_NARROW, _WIDE = 32, 320  # pixels of width that it was trained on
_TOGETHER: Final = 16  # lines in one run: the memory of a run grows with them


class Strokes:
    """A `SymbolReader` of 36 symbols and "something else"; all lines of a picture in one run."""

    def __init__(self, threads: int = 1) -> None:
        self._session = network(NAME, threads)
        self._folding = Folding(SYMBOLS)

    def read_lines(self, image: Image, places: Sequence[Place]) -> list[Matrix]:
        """Probabilities of each line, folded; see `SymbolReader`."""
        cuts = [_fitted(cut_grey(image, place)) for place in places]
        matrices: list[Matrix] = []
        for first in range(0, len(cuts), _TOGETHER):
            matrices += self._run(cuts[first : first + _TOGETHER])
        return matrices

    def _run(self, cuts: Sequence[NDArray[np.uint8]]) -> list[Matrix]:
        width = max(cut.shape[1] for cut in cuts)
        batch = np.stack([_padded(cut, width) for cut in cuts])[:, None].astype(np.float32)
        logits = self._session.run(None, {"lines": batch / 127.5 - 1.0})[0]
        shares = np.exp(logits - logits.max(axis=2, keepdims=True))
        shares /= shares.sum(axis=2, keepdims=True)
        # what stands in the padding is no part of the line
        return [self._folding.fold(each[: cut.shape[1] // 4]) for each, cut in zip(shares, cuts, strict=True)]


def cut_grey(image: Image, place: Place) -> NDArray[np.uint8]:
    """A line turned upright, grey, `ROWS` high; a higher one is shrunk by areas so that thin strokes survive."""
    larger = max(1, math.floor(place.height / ROWS + 0.5))
    line = np.asarray(cv2.cvtColor(cut(image, place.quad, ROWS * larger), cv2.COLOR_BGR2GRAY), np.uint8)
    if larger == 1:
        return line
    return np.asarray(cv2.resize(line, (max(8, line.shape[1] // larger), ROWS), interpolation=cv2.INTER_AREA), np.uint8)


def _fitted(line: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Of a width that the network takes: a longer line is squeezed, the right end is repeated up to the next step."""
    if line.shape[1] > _WIDE:
        line = np.asarray(cv2.resize(line, (_WIDE, ROWS), interpolation=cv2.INTER_AREA), np.uint8)
    return _padded(line, max(_NARROW, -(-line.shape[1] // _STEP) * _STEP))


def _padded(line: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    return np.pad(line, ((0, 0), (0, width - line.shape[1])), mode="edge")
