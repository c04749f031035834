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

# Share of a character's probability that its twins get: the recogniser is surer of its shapes than plates allow.
_ALIKE_SHARE: Final = 0.03
_NEAR_SHARE: Final = 0.0003
_STRANGE_SHARE: Final = 0.1  # of a symbol that no plate holds, the part that may have been a stain


class Folding:
    """Columns of the recogniser's matrix folded into the plate alphabet: case, Đ, full width, separators."""

    def __init__(self, symbols: Sequence[str]) -> None:
        column = [_column(symbol) for symbol in symbols]
        self._strange = np.array([i for i, c in enumerate(column) if c is None])
        self._known = np.array([i for i, c in enumerate(column) if c is not None])
        self._target = np.array([c for c in column if c is not None])

    def fold(self, matrix: Matrix) -> Matrix:
        """Time x (alphabet and blank): what the network said, nothing added."""
        folded = np.zeros((len(matrix), BLANK + 1), np.float32)
        np.add.at(folded.T, self._target, matrix[:, self._known].T)
        folded[:, BLANK] += _STRANGE_SHARE * matrix[:, self._strange].sum(axis=1)
        return folded


def _column(symbol: str) -> int | None:
    key = normalise(unicodedata.normalize("NFKC", symbol))
    if len(key) == 1 and key in ALPHABET:
        return ALPHABET.index(key)
    return None if any(char.isalnum() for char in key) else BLANK


def _twins() -> Matrix:
    shares = np.eye(BLANK + 1, dtype=np.float32)
    for pair, cost in COSTS.items():
        i, j = (ALPHABET.index(char) for char in pair)
        shares[i, j] = shares[j, i] = _ALIKE_SHARE if cost == ALIKE else _NEAR_SHARE
    return shares


_TWINS: Final = _twins()


def doubted(folded: Matrix) -> Matrix:
    """The same with a little of every character given to those that look like it."""
    matrix: Matrix = folded @ _TWINS
    return matrix
