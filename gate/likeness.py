"""How likely a reader is to have read a text from a plate: a product over the characters, with its own probabilities.

A plate that is compared with was itself read once, at the entry, so a little doubt stays however sure this reader is.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from gate.plate import cost, normalise
from gate.plates.confusable import ALIKE, NEAR

USUAL: Final = 0.97
"""Probability of a character whose reader did not say."""
_DOUBT: Final = 0.01
"""What the entry's reader, and this one's too high opinion of itself, add to each character's chance to be wrong."""
_SURE_MAX: Final = 0.999
_SURE_MIN: Final = 0.05
_SHARES: Final[Mapping[float, float]] = MappingProxyType({ALIKE: 0.2, NEAR: 0.1})
_DIGITS: Final = 0.05
_OTHER: Final = 0.01
"""Which part of the wrong reads of a character falls on one other: alike, near (under dirt), a digit for a digit (the
grammar leaves a reader little else there), any other."""
GAP: Final = 5.0
"""-log of the chance that a character is lost, or one is read where there is none."""


class Read(NamedTuple):
    """A text as read, normalised, and each character's probability by its reader."""

    text: str
    sure: tuple[float, ...]


def as_read(text: str, sure: Iterable[float] = ()) -> Read:
    """The read of a text. Where the probabilities are not one a character, all are the least of them, or as usual."""
    key, said = normalise(text), tuple(sure)
    if len(said) != len(key):
        said = (min(said, default=USUAL),) * len(key)
    return Read(key, said)


def right(sure: float) -> float:
    """-log of the chance that a character was read right."""
    return -math.log1p(-_wrong(sure))


def wrong(sure: float, read: str, worn: str) -> float:
    """-log of the chance that `worn` was read as `read`, which is another character."""
    share = _SHARES.get(cost(read, worn), _DIGITS if read.isdigit() and worn.isdigit() else _OTHER)
    return -math.log(_wrong(sure) * share)


def unlikeness(read: Read, plate: str) -> float:
    """-log of the likelihood of the read given the plate, by the likeliest way in which it came about."""
    key = normalise(plate)
    row = [place * GAP for place in range(len(key) + 1)]
    for number, (char, sure) in enumerate(zip(*read, strict=True), 1):
        diagonal, left = row[0], number * GAP
        row[0] = left
        same = right(sure)
        for place, other in enumerate(key, 1):
            gone = row[place]
            price = same if other == char else wrong(sure, char, other)
            left = min(min(gone, left) + GAP, diagonal + price)
            diagonal, row[place] = gone, left
    return row[-1]


def all_unlike(read: Read, plates: Sequence[str]) -> list[float]:
    """The same for many plates, in their order; a caller with many brings a quicker way to the same numbers."""
    return [unlikeness(read, plate) for plate in plates]


def _wrong(sure: float) -> float:
    return 1.0 - min(max(sure, _SURE_MIN), _SURE_MAX) + _DOUBT
