"""The bundled networks as the two kinds that a reader is made of."""

from collections.abc import Sequence
from typing import Final

from edge.reader.layout import Place
from edge.reader.networks import Image, Matrix, Recogniser, cut
from edge.reader.symbols import Folding

_PADDED: Final = 320  # the recogniser was trained on lines at least this wide and reads narrower ones worse


class RapidSymbols:
    """A `SymbolReader` on the PP-OCRv6 recogniser inside the rapidocr wheel; a line takes it some 14 ms."""

    def __init__(self, threads: int = 1) -> None:
        self._recogniser = Recogniser(threads)
        self._folding = Folding(self._recogniser.symbols)

    def read_lines(self, image: Image, places: Sequence[Place]) -> list[Matrix]:
        """Probabilities of each line, folded; see `SymbolReader`."""
        return [self._folding.fold(self._recogniser.read(cut(image, place.quad), _PADDED)) for place in places]
