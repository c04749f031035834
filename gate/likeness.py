"""How likely a reader is to have read a text from a plate: a product over the characters, with its own probabilities.

A plate that is compared with was itself read once, at the entry, so a little doubt stays however sure this reader is.
Where a reader says what else the whole plate may be, each of those texts is a version of the read beside the text
itself: paint that is worn makes one certain other plate likely, not every neighbour a little.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from gate.plate import cost, normalise
from gate.plates.confusable import ALIKE, NEAR
from gate.reading import OTHERS_MOST

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


TRUST: Final = 0.5
"""Which part of what a reader gives the other texts of its list is believed; the characters speak for the rest. Of
what our reader gave them on drawn plates a third to a half was true (docs/matching.md)."""
LEAST: Final = 0.01
"""Other texts that are less probable are within the doubt of the characters."""

Others = Iterable[tuple[str, float]]
"""Other whole texts that a plate may bear, each with its probability by its reader."""


class Read(NamedTuple):
    """A text as read, normalised, each character's probability by its reader, and what else the plate may be."""

    text: str
    sure: tuple[float, ...]
    others: tuple[tuple[str, float], ...] = ()


class Version(NamedTuple):
    """One of the texts that a read may be. The shares of all versions of a read are 1 together."""

    share: float
    read: Read


def as_read(text: str, sure: Iterable[float] = (), others: Others = ()) -> Read:
    """The read of a text. Where the probabilities are not one a character, all are the least of them, or as usual."""
    key, said = normalise(text), tuple(sure)
    if len(said) != len(key):
        said = (min(said, default=USUAL),) * len(key)
    return Read(key, said, _others(key, others) if key else ())


def versions(read: Read) -> tuple[Version, ...]:
    """The text itself first, and each of the others as far as the list is trusted.

    Its characters' probabilities hold its own doubt already, so the text itself counts as 1 beside them.
    """
    plain = read._replace(others=())
    whole = 1.0 + TRUST * math.fsum(share for _, share in read.others)
    others = (Version(TRUST * share / whole, _instead(plain, text)) for text, share in read.others)
    return (Version(1.0 / whole, plain), *others)


def bears(plate: str, others: Sequence[tuple[str, float]] = ()) -> tuple[tuple[str, float], ...]:
    """What a vehicle bears that was read so once, each text with its share, 1 together."""
    if not others:
        return ((plate, 1.0),)
    listed = _others(normalise(plate), others)
    left = 1.0 - TRUST * math.fsum(share for _, share in listed)
    return ((plate, left), *((text, TRUST * share) for text, share in listed))


def _others(key: str, said: Others) -> tuple[tuple[str, float], ...]:
    """Those that count, likeliest first; together they are no more than 1."""
    best: dict[str, float] = {}
    for text, share in said:
        other = normalise(text)
        if other and other != key:
            best[other] = max(best.get(other, 0.0), min(share, 1.0))
    ranked = sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))[:OTHERS_MOST]
    whole = max(1.0, math.fsum(share for _, share in ranked))
    return tuple((text, share / whole) for text, share in ranked if share / whole >= LEAST)


def _instead(read: Read, text: str) -> Read:
    """Another text in place of the read one: what both have in common is as sure as it was."""
    if len(text) != len(read.text):
        return Read(text, (USUAL,) * len(text))
    pairs = zip(*read[:2], text, strict=True)
    return Read(text, tuple(sure if sign == other else USUAL for sign, sure, other in pairs))


def right(sure: float) -> float:
    """-log of the chance that a character was read right."""
    return -math.log1p(-_wrong(sure))


def wrong(sure: float, read: str, worn: str) -> float:
    """-log of the chance that `worn` was read as `read`, which is another character."""
    share = _SHARES.get(cost(read, worn), _DIGITS if read.isdigit() and worn.isdigit() else _OTHER)
    return -math.log(_wrong(sure) * share)


def unlikeness(read: Read, plate: str) -> float:
    """-log of the likelihood of the read's text given the plate, by the likeliest way in which it came about."""
    key = normalise(plate)
    row = [place * GAP for place in range(len(key) + 1)]
    for number, (char, sure) in enumerate(zip(read.text, read.sure, strict=True), 1):
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
