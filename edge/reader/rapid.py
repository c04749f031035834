"""The bundled networks as the two kinds that a reader is made of."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from edge.reader.layout import Place
from edge.reader.networks import LINE_HEIGHT, Image, Matrix, Recogniser, cut
from edge.reader.symbols import Folding

_PADDED: Final = 320  # the recogniser was trained on lines at least this wide and reads narrower ones worse
_GAP: Final = 48  # columns between two lines that are read in one strip


class RapidSymbols:
    """A `SymbolReader` on the PP-OCRv6 recogniser inside the rapidocr wheel; a run takes it some 14 ms, so short lines
    are read side by side."""

    def __init__(self, threads: int = 1) -> None:
        self._recogniser = Recogniser(threads)
        self._folding = Folding(self._recogniser.symbols)

    def read_lines(self, image: Image, places: Sequence[Place]) -> list[Matrix]:
        """Probabilities of each line, folded; see `SymbolReader`."""
        cuts = [cut(image, place.quad) for place in places]
        return [matrix for strip in _strips(cuts) for matrix in self._read(strip)]

    def _read(self, lines: Sequence[Image]) -> Iterator[Matrix]:
        matrix = self._recogniser.read(_beside(lines), _PADDED)
        widths = [line.shape[1] for line in lines]
        whole = max(_PADDED, sum(widths) + _GAP * (len(lines) - 1))
        ends = np.cumsum([width + _GAP for width in widths]) - _GAP / 2  # in the middle of each gap
        cuts = [0, *np.round(ends[:-1] * len(matrix) / whole).astype(int), len(matrix)]
        for start, end in pairwise(cuts):
            yield self._folding.fold(matrix[start:end])


def _strips(lines: Sequence[Image]) -> Iterator[list[Image]]:
    """The lines in their order, as many together as fit."""
    strip: list[Image] = []
    for line in lines:
        if strip and sum(each.shape[1] + _GAP for each in strip) + line.shape[1] > _PADDED:
            yield strip
            strip = []
        strip.append(line)
    if strip:
        yield strip


def _beside(lines: Sequence[Image]) -> Image:
    """The lines in one row; between two of them the right end of one fades into the left end of the other."""
    parts = [lines[0]]
    share = np.linspace(0, 1, _GAP)[None, :, None]
    for left, right in pairwise(lines):
        fade = left[:, -1:] * (1 - share) + right[:, :1] * share
        parts += [fade.astype(np.uint8).reshape(LINE_HEIGHT, _GAP, 3), right]
    return np.hstack(parts)
