"""How unlike one read is to all plates that are inside: `gate.likeness.unlikeness` of each, to the last bit, computed
side by side.

An exit asks this with a driver waiting. One by one, two thousand plates take a hundred milliseconds; here two.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gate.likeness import GAP, Read, right, wrong
from gate.plate import normalise


def unlikeness(read: Read, plates: Sequence[str]) -> list[float]:
    """-log of the likelihood of the read given each of the plates, in their order."""
    keys = _keys(plates)
    found, lengths = [0.0] * len(keys), [len(each) for each in keys]
    for length in set(lengths):
        places = [place for place, each in enumerate(lengths) if each == length]
        for place, far in zip(places, _together(read, [keys[place] for place in places], length), strict=True):
            found[place] = far
    return found


def _keys(plates: Sequence[str]) -> list[str]:
    together = "".join(plates)
    if together.isascii() and together.isalnum():  # as nearly always: then capitals are all there is to it
        return [plate.upper() for plate in plates]
    return [normalise(plate) for plate in plates]


def _together(read: Read, keys: list[str], length: int) -> list[float]:
    """The row of the edit distance as in `gate.likeness.unlikeness`, each cell for all keys at once."""
    row = [np.full(len(keys), place * GAP) for place in range(length + 1)]
    for number, costs in enumerate(_prices(read, keys, length), 1):
        diagonal, left = row[0], np.full(len(keys), number * GAP)
        row[0] = left
        for place, price in enumerate(costs, 1):
            gone = row[place]
            left = np.minimum(np.minimum(gone, left) + GAP, diagonal + price)
            diagonal, row[place] = gone, left
    return [float(far) for far in row[-1].tolist()]


def _prices(read: Read, keys: list[str], length: int) -> list[NDArray[np.float64]]:
    """For each character of the read, what it costs to read it from each key's characters: a table place by key."""
    if not length:
        return [np.empty((0, len(keys)))] * len(read.text)
    text = "".join(keys)
    alphabet = sorted(set(text))
    codes = np.ascontiguousarray(np.array([text], f"<U{len(text)}").view(np.uint32).reshape(len(keys), length).T)
    number = np.zeros(ord(alphabet[-1]) + 1, np.intp)
    number[[ord(sign) for sign in alphabet]] = np.arange(len(alphabet))
    signs = number[codes]
    priced = {each: _row(*each, alphabet).take(signs) for each in set(zip(read.text, read.sure, strict=True))}
    return [priced[each] for each in zip(read.text, read.sure, strict=True)]


def _row(char: str, sure: float, alphabet: list[str]) -> NDArray[np.float64]:
    return np.array([right(sure) if sign == char else wrong(sure, char, sign) for sign in alphabet])
