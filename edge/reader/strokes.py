"""Our own recogniser of plate symbols: `weights/strokes.onnx`, trained on drawn plates (see `weights/card.md`)."""

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

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
_STEP: Final = 4  # columns of a line to one step of the answer
_STRETCH: Final = 1.15
_WIDTHS: Final = (32, 48, 64, 80, 96, 112, 128, 160, 208, 264, 320)  # pixels: it was trained on 32 to 320
_TOGETHER: Final = 16  # lines in one run


class Strokes:
    """A `SymbolReader` of 36 symbols and "something else"; all lines of a picture in one run."""

    def __init__(self, threads: int = 1) -> None:
        self._session = network(NAME, threads)
        self._folding = Folding(SYMBOLS)

    def read_lines(self, image: Image, places: Sequence[Place]) -> list[Matrix]:
        """Probabilities of each line, folded; see `SymbolReader`. A line reads alike whatever is read with it."""
        lines = [fitted(cut_grey(image, place)) for place in places]
        matrices: dict[int, Matrix] = {}
        for together in batches(lines):
            matrices |= zip(together, self._run([lines[number] for number in together]), strict=True)
        return [matrices[number] for number in range(len(lines))]

    def _run(self, lines: Sequence["Fitted"]) -> list[Matrix]:
        batch = np.stack([line.picture for line in lines])[:, None].astype(np.float32)
        logits = self._session.run(None, {"lines": batch / 127.5 - 1.0})[0]
        shares = np.exp(logits - logits.max(axis=2, keepdims=True))
        shares /= shares.sum(axis=2, keepdims=True)
        return [self._folding.fold(each[: line.steps]) for each, line in zip(shares, lines, strict=True)]


class Fitted(NamedTuple):
    """A line as the network takes it, and how many steps of its answer are about it: what stands in the padding is no
    part of the line."""

    picture: NDArray[np.uint8]
    steps: int


def batches(lines: Sequence[Fitted]) -> Iterator[list[int]]:
    """Numbers of lines of one width, a few together: the memory of a run grows with them."""
    by_width: dict[int, list[int]] = {}
    for number, line in enumerate(lines):
        by_width.setdefault(line.picture.shape[1], []).append(number)
    for same in by_width.values():
        for first in range(0, len(same), _TOGETHER):
            yield same[first : first + _TOGETHER]


def cut_grey(image: Image, place: Place) -> NDArray[np.uint8]:
    """A line turned upright, grey, `ROWS` high; a higher one is shrunk by areas so that thin strokes survive."""
    larger = max(1, math.floor(place.height / ROWS + 0.5))
    line = np.asarray(cv2.cvtColor(cut(image, place.quad, ROWS * larger), cv2.COLOR_BGR2GRAY), np.uint8)
    if larger == 1:
        return line
    return np.asarray(cv2.resize(line, (max(8, line.shape[1] // larger), ROWS), interpolation=cv2.INTER_AREA), np.uint8)


def fitted(line: NDArray[np.uint8]) -> Fitted:
    """Of a width that the network takes: as wide as those it learnt from were on the average, a long line squeezed,
    the right end repeated up to the next width."""
    columns = max(_STEP, min(_WIDTHS[-1], round(line.shape[1] * _STRETCH)))
    line = np.asarray(cv2.resize(line, (columns, ROWS), interpolation=cv2.INTER_LINEAR), np.uint8)
    lacking = next(width for width in _WIDTHS if width >= columns) - columns
    return Fitted(np.pad(line, ((0, 0), (0, lacking)), mode="edge"), -(-columns // _STEP))
