"""One line of text on a picture, as one or several networks read it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.reader.contract import SymbolReader
from edge.reader.layout import Place, halves
from edge.reader.networks import Image, Matrix

_LONG: Final = 8.0  # width to height; the longest plate has 4.7, its line of text not much more
_TALL: Final = 0.7
_LOW: Final = 5.0  # pixels of height below which no network reads
_SQUARE: Final = 2.2  # width to height below which one box may hold two lines
_FAINT: Final = 4.0  # grey levels (standard deviation) below which nothing is written there


@dataclass(frozen=True, eq=False)
class Line:
    """Where it stands, what was read of it (time x alphabet, folded alike), what each of these readings counts, and
    whether it was found whole or is a half of what was found."""

    place: Place
    heard: tuple[Matrix, ...] = ()
    worth: tuple[float, ...] = ()
    whole: bool = True

    def also(self, matrix: Matrix, worth: float = 1.0) -> "Line":
        """The same, read once more."""
        return replace(self, heard=(*self.heard, matrix), worth=(*self.worth, worth))


def plausible(places: Iterable[Place], grey: NDArray[np.uint8], most: int) -> list[Place]:
    """Those that may be a line of a plate by shape, size and contrast, the largest first: at most so many."""
    shaped = [
        place
        for place in places
        if place.height >= _LOW and _TALL * place.height < place.width < _LONG * place.height and _is_inked(place, grey)
    ]
    return sorted(shaped, key=lambda place: -place.height * place.width)[:most]


def _is_inked(place: Place, grey: NDArray[np.uint8]) -> bool:
    left, top = np.maximum(place.quad.min(axis=0), 0).astype(int)
    right, bottom = np.ceil(place.quad.max(axis=0)).astype(int)
    part = grey[top:bottom, left:right]
    return part.size > 0 and float(part.std()) >= _FAINT


def halved(lines: Iterable[Line]) -> list[Line]:
    """Both halves of each line that is high enough to be two taken for one."""
    square = [line.place for line in lines if line.place.width < _SQUARE * line.place.height]
    return [Line(half, whole=False) for place in square for half in halves(place)]


def grey_of(image: Image) -> NDArray[np.uint8]:
    """Luminance of a BGR picture."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def read_by(
    reader: SymbolReader,
    image: Image,
    lines: Sequence[Line],
    margins: Sequence[tuple[float, float]] = ((0.0, 0.0),),
    *,
    worth: float = 1.0,
) -> list[Line]:
    """The lines, each read once for each of the margins (see `Place.grown`); together these readings count `worth`."""
    cuts = [line.place.grown(*margin) for margin in margins for line in lines]
    matrices = reader.read_lines(image, cuts) if cuts else []
    lines = list(lines)
    for number, matrix in enumerate(matrices):
        lines[number % len(lines)] = lines[number % len(lines)].also(matrix, worth / len(margins))
    return lines
