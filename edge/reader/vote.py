"""What the frames of one vehicle say together: its plate, each character with the probability that all of them give it.

Characters of different frames are aligned, and each place is decided by the product of the frames' probabilities. A
frame counts for as much as it differs from the others: a car that stands still gives one view, however many frames.
Values in, values out; sums are exact (`fsum`), so the order of the frames does not matter.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from edge.reader.align import Aligned, aligned
from gate.likeness import GAP, Read, as_read, unlikeness
from gate.plate import cost
from gate.plates.confusable import ALIKE, NEAR
from gate.plates.grammar import DIGITS, LETTERS
from gate.reading import PlateReading

COMMON: Final = 0.6
"""What even very different frames of a vehicle share: dirt, blur, the reader's own mistakes (docs/frames.md)."""
JITTER: Final = 0.1
"""Of a plate's height: how far the box of one that stands still moves about."""
_GROWTH: Final = 4.0  # a plate that became a quarter larger is a fresh view
_SURE: Final = (0.05, 0.99)  # no frame is believed more, for or against
_LOST: Final = math.exp(-GAP)
_SHARES: Final = {ALIKE: 0.2, NEAR: 0.1}
_SIGNS: Final = DIGITS + LETTERS
NOTHING: Final = ""


class Vote(NamedTuple):
    """The consensus. `confidence` is that of the weakest place; `alternatives` are whole texts with a probability each,
    the consensus first; `frames` voted, worth as many independent ones as `worth`."""

    text: str
    confidence: float
    characters: tuple[tuple[str, float], ...]
    alternatives: tuple[tuple[str, float], ...]
    frames: int
    worth: float


class _Place(NamedTuple):
    """One place of the plate: what stands there, how probable it is, and what would be next."""

    sign: str
    sure: float
    second: str
    second_sure: float


def vote(readings: Sequence[PlateReading], most: int = 8) -> Vote | None:
    """The consensus of what was read of one vehicle, one reading a frame; None where nothing was read."""
    ballots = [each for each in readings if each.text]
    if not ballots:
        return None
    reads = [as_read(each.text, (share for _, share in each.characters)) for each in ballots]
    shares = weights(ballots)
    pivot = _pivot(reads, shares)
    columns = _columns([aligned(read, pivot) for read in reads], len(pivot))
    places = [_decided(column, shares) for column in columns]
    worn = [place for place in places if place.sign]
    text = "".join(place.sign for place in worn)
    weakest = min((place.sure for place in places), default=0.0)
    return Vote(
        text=text,
        confidence=weakest * _trust(text, ballots),
        characters=tuple((place.sign, place.sure) for place in worn),
        alternatives=_alternatives(places, most),
        frames=len(ballots),
        worth=math.fsum(shares),
    )


def weights(readings: Sequence[PlateReading]) -> list[float]:
    """How much each frame counts: 1 alone, 1/n for n that are the same, between for those that differ."""
    alike = [[1.0 - (1.0 - COMMON) * difference(one, other) for other in readings] for one in readings]
    for number, row in enumerate(alike):
        row[number] = 1.0
    return [1.0 / math.fsum(row) for row in alike]


def difference(one: PlateReading, other: PlateReading) -> float:
    """How far two frames are different views, 0 to 1: by how far the plate went, in its heights, and how it grew."""
    (x, y, width, height), (u, v, wide, high) = one.box, other.box
    scale = max(min(height, high), 1)
    went = math.hypot(x + width / 2 - u - wide / 2, y + height / 2 - v - high / 2) / scale
    grew = abs(math.log(max(width, 1) / max(wide, 1)))
    return min(1.0, max(0.0, went + _GROWTH * grew - JITTER))


def _pivot(reads: Sequence[Read], shares: Sequence[float]) -> str:
    """The text that explains all reads best."""

    def against(text: str) -> float:
        return math.fsum(share * unlikeness(read, text) for read, share in zip(reads, shares, strict=True))

    return min(sorted({read.text for read in reads}), key=against)


def _columns(alignments: Sequence[Aligned], length: int) -> list[list[tuple[str, float]]]:
    """What each frame says of each place, in the plate's order, and of places that only some frames have."""
    columns: list[list[tuple[str, float]]] = []
    for place in range(length + 1):
        more = max(len(each.between[place]) for each in alignments)
        columns += [[_at(each.between[place], extra) for each in alignments] for extra in range(more)]
        if place < length:
            columns.append([each.on[place] for each in alignments])
    return columns


def _at(signs: Sequence[tuple[str, float]], number: int) -> tuple[str, float]:
    return signs[number] if number < len(signs) else (NOTHING, 1.0)


def _decided(column: Sequence[tuple[str, float]], shares: Sequence[float]) -> _Place:
    """The place by the product of the frames' probabilities, each to the power of its share."""
    signs = sorted({*_SIGNS, NOTHING, *(sign for sign, _ in column)})
    logs = [
        math.fsum(share * math.log(_said(sign, sure, true)) for (sign, sure), share in zip(column, shares, strict=True))
        for true in signs
    ]
    top = max(logs)
    odds = [math.exp(each - top) for each in logs]
    whole = math.fsum(odds)
    ranked = sorted(zip(signs, odds, strict=True), key=lambda pair: (-pair[1], pair[0]))
    (first, sure), (second, less) = ranked[:2]
    return _Place(first, sure / whole, second, less / whole)


def _said(sign: str, sure: float, true: str) -> float:
    """How likely a frame is to say `sign`, with this probability, where `true` stands; NOTHING: no character."""
    if sign == NOTHING:
        return 1.0 if true == NOTHING else _LOST
    right = min(max(sure, _SURE[0]), _SURE[1])
    if true == sign:
        return right
    return (1.0 - right) * (_LOST if true == NOTHING else _share(sign, true))


@lru_cache(maxsize=4096)
def _share(sign: str, true: str) -> float:
    """Which part of the wrong reads of `sign` are of `true`; over all others it is 1."""
    return _raw_share(sign, true) / math.fsum(_raw_share(sign, other) for other in _SIGNS if other != sign)


def _raw_share(sign: str, true: str) -> float:
    return _SHARES.get(cost(sign, true), 0.05 if sign.isdigit() and true.isdigit() else 0.01)


def _trust(text: str, ballots: Sequence[PlateReading]) -> float:
    """What a reader holds of a text beyond its characters: one outside the grammar is believed less."""
    held = [
        min(1.0, each.confidence / max(min((share for _, share in each.characters), default=1.0), 1e-9))
        for each in ballots
        if each.text == text
    ]
    return max(held, default=1.0)


def _alternatives(places: Sequence[_Place], most: int) -> tuple[tuple[str, float], ...]:
    """The consensus and, for each place, the text with its next best sign: as probable as all places together."""
    whole = math.prod(place.sure for place in places)
    texts = {"".join(place.sign for place in places): whole}
    for number, place in enumerate(places):
        other = "".join(each.second if at == number else each.sign for at, each in enumerate(places))
        texts.setdefault(other, whole / place.sure * place.second_sure)
    ranked = sorted(texts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(ranked[:most])
