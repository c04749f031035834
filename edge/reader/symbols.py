"""From the recogniser's 18,710 symbols to the few that a plate can hold."""

import unicodedata
from collections.abc import Sequence
from typing import Final

import numpy as np

from edge.reader.networks import Matrix
from gate.plates.confusable import ALIKE, COSTS
from gate.plates.grammar import CHINESE_ENDINGS, CHINESE_PROVINCES, DIGITS, LETTERS, normalise

ALPHABET: Final = DIGITS + LETTERS + CHINESE_PROVINCES + CHINESE_ENDINGS
BLANK: Final = len(ALPHABET)  # column of "no character here": CTC's blank, separators, stains
STRANGE: Final = BLANK + 1  # column of a glyph that no plate holds
COLUMNS: Final = STRANGE + 1
OTHER: Final = "\ufffd"  # how a network of ours names a glyph that is none of its own

# Share of a character's probability that its twins get: the recogniser is surer of its shapes than plates allow.
_ALIKE_SHARE: Final = 0.03
_NEAR_SHARE: Final = 0.0003
_QUIET: Final = 0.998
_STRANGE_SHARE: Final = 0.1  # of a symbol that no plate holds, the part that may have been a stain


class Folding:
    """Columns of the recogniser's matrix folded into the plate alphabet: case, Đ, full width, separators."""

    def __init__(self, symbols: Sequence[str]) -> None:
        column = np.array([_column(symbol) for symbol in symbols])
        self._order = np.argsort(column, kind="stable")
        self._present, self._starts = np.unique(column[self._order], return_index=True)

    def fold(self, matrix: Matrix) -> Matrix:
        """Time x `COLUMNS`: what the network said, nothing added. Of moments of silence one after another one is kept;
        the network's first symbol is CTC's blank.
        """
        quiet = matrix[:, 0] > _QUIET
        matrix = matrix[~(quiet & np.insert(quiet[:-1], 0, values=False))]
        folded = np.zeros((len(matrix), COLUMNS), np.float32)
        folded[:, self._present] = np.add.reduceat(matrix[:, self._order], self._starts, axis=1)
        folded[:, BLANK] += _STRANGE_SHARE * folded[:, STRANGE]
        folded[:, STRANGE] *= 1 - _STRANGE_SHARE
        return folded


def _column(symbol: str) -> int:
    if symbol == OTHER:
        return STRANGE
    key = normalise(unicodedata.normalize("NFKC", symbol))
    if len(key) == 1 and key in ALPHABET:
        return ALPHABET.index(key)
    return STRANGE if any(char.isalnum() for char in key) else BLANK


def _twins() -> Matrix:
    shares = np.eye(COLUMNS, dtype=np.float32)
    for pair, cost in COSTS.items():
        i, j = (ALPHABET.index(char) for char in pair)
        shares[i, j] = shares[j, i] = _ALIKE_SHARE if cost == ALIKE else _NEAR_SHARE
    return shares


_TWINS: Final = _twins()


def doubted(folded: Matrix) -> Matrix:
    """The same with a little of every character given to those that look like it."""
    matrix: Matrix = folded @ _TWINS
    return matrix
