"""What every plate reader does, and the two kinds of network behind one, whatever they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.reader.layout import Place
from edge.reader.networks import Image, Matrix, Quad
from gate.reading import PlateReading

Box = tuple[int, int, int, int]  # x, y, width, height in pixels


class Reader(Protocol):
    """Reads number plates from one picture."""

    def read(self, image: Image, *, roi: Box | None = None, deadline_ms: float | None = None) -> list[PlateReading]:
        """Plates on a picture (height x width x 3, BGR), best first; empty where there is none. Never raises.

        `roi`: only there, where a lane's camera sees its vehicles or something moved. `deadline_ms`: no further look is
        begun that would end later than this after the call; the first is always taken.
        """
        ...


class LineFinder(Protocol):
    """Finds lines of text."""

    def lines(self, image: Image, side: int) -> list[Quad]:
        """Corners of every line, in pixels of `image`, looked for with its shorter side scaled to `side`."""
        ...


class SymbolReader(Protocol):
    """Reads the symbols of lines."""

    def read_lines(self, image: Image, places: Sequence[Place]) -> list[Matrix]:
        """For each place, in their order, time x (alphabet, blank, strange): probabilities (`edge.reader.symbols`)."""
        ...


@dataclass(frozen=True, eq=False)
class Pair:
    """What finds lines, and what reads them."""

    finder: LineFinder
    symbols: SymbolReader
