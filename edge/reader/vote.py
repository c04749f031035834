"""What the frames of one vehicle say together: its plate, each character with the probability that all of them give it.

Characters of different frames are aligned, and each place is decided by the product of the frames' probabilities. A
frame counts for as much as it differs from the others: a car that stands still gives one view, however many frames.
What else the frames held the whole plate to be says what the consensus may be instead, and does not decide it.
Values in, values out; sums are exact (`fsum`), so the order of the frames does not matter.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from edge.reader.align import Aligned, aligned
from gate.likeness import GAP, TRUST, Read, as_read, unlikeness, versions
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
_REST: Final = 1.0 - TRUST  # of a doubt, at least: a list may have the wrong texts
_NEXT: Final = 3  # signs of a place that the n-best list looks at
_BEAM: Final = 16  # beginnings of texts


class Vote(NamedTuple):
    """The consensus. `confidence` is that of the weakest place; `alternatives` is its n-best list: whole texts with a
    probability each, the consensus first; `frames` voted, worth as many independent ones as `worth`."""

    text: str
    confidence: float
    characters: tuple[tuple[str, float], ...]
    alternatives: tuple[tuple[str, float], ...]
    frames: int
    worth: float


class _Said(NamedTuple):
    """What a frame says of one place: a sign, how sure it is, and what its other texts have there instead."""

    sign: str
    sure: float
    instead: Mapping[str, float] = MappingProxyType({})

    @property
    def alone(self) -> "_Said":
        """The same without its other texts."""
        return _Said(self.sign, self.sure)


class _Place(NamedTuple):
    """One place of the plate: what may stand there, each sign with its probability, likeliest first."""

    signs: tuple[tuple[str, float], ...]

    @property
    def sign(self) -> str:
        """What stands there."""
        return self.signs[0][0]

    @property
    def sure(self) -> float:
        """How probable that is."""
        return self.signs[0][1]


def vote(readings: Sequence[PlateReading], most: int = 8) -> Vote | None:
    """The consensus of what was read of one vehicle, one reading a frame; None where nothing was read."""
    ballots = [each for each in readings if each.text]
    if not ballots:
        return None
    reads = [as_read(each.text, (share for _, share in each.characters), each.others) for each in ballots]
    shares = weights(ballots)
    pivot = _pivot(reads, shares)
    columns = _columns([aligned(read, pivot) for read in reads], [_instead(read, pivot) for read in reads])
    places = [_decided([said.alone for said in column], shares) for column in columns]
    worn = [place for place in places if place.sign]
    text = "".join(place.sign for place in worn)
    weakest = min((place.sure for place in places), default=0.0)
    return Vote(
        text=text,
        confidence=weakest * _trust(text, ballots),
        characters=tuple((place.sign, place.sure) for place in worn),
        alternatives=_alternatives(text, [_decided(column, shares) for column in columns], most),
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


def _columns(alignments: Sequence[Aligned], instead: Sequence[Sequence[Mapping[str, float]]]) -> list[list[_Said]]:
    """What each frame says of each place, in the plate's order, and of places that only some frames have."""
    columns: list[list[_Said]] = []
    for place in range(len(alignments[0].between)):
        more = max(len(each.between[place]) for each in alignments)
        columns += [[_at(each.between[place], extra) for each in alignments] for extra in range(more)]
        if place < len(alignments[0].on):
            both = zip(alignments, instead, strict=True)
            columns.append([_Said(*each.on[place], others[place]) for each, others in both])
    return columns


def _at(signs: Sequence[tuple[str, float]], number: int) -> _Said:
    return _Said(*signs[number]) if number < len(signs) else _Said(NOTHING, 1.0)


def _instead(read: Read, pivot: str) -> list[Mapping[str, float]]:
    """What the frame's other texts have in each place where the read one has something else, as far as trusted."""
    found: list[dict[str, float]] = [defaultdict(float) for _ in pivot]
    own = aligned(read, pivot).on
    for (_, share), version in zip(read.others, versions(read)[1:], strict=True):
        for place, (sign, _) in enumerate(aligned(version.read, pivot).on):
            if sign != own[place][0]:
                found[place][sign] += TRUST * share
    return list(found)


def _decided(column: Sequence[_Said], shares: Sequence[float]) -> _Place:
    """The place by the product of the frames' probabilities, each to the power of its share."""
    signs = sorted({*_SIGNS, NOTHING, *(sign for said in column for sign in (said.sign, *said.instead))})
    logs = [
        math.fsum(share * math.log(_likelihood(said, true)) for said, share in zip(column, shares, strict=True))
        for true in signs
    ]
    top = max(logs)
    odds = [math.exp(each - top) for each in logs]
    whole = math.fsum(odds)
    ranked = sorted(zip(signs, odds, strict=True), key=lambda pair: (-pair[1], pair[0]))
    return _Place(tuple((sign, each / whole) for sign, each in ranked[:_NEXT]))


def _likelihood(said: _Said, true: str) -> float:
    """How likely a frame is to say this where `true` stands: its doubt is first of what its other texts have there."""
    common = _said(said.sign, said.sure, true)
    if not said.instead or true == said.sign:
        return common
    listed = math.fsum(said.instead.values())
    doubt = 1.0 - _believed(said.sure) if said.sign else listed  # a place has no more of it than its character
    part = min(1.0, doubt / listed)
    rest = max(_REST, 1.0 - part * listed / doubt)
    return part * said.instead.get(true, 0.0) + rest * common


def _believed(sure: float) -> float:
    return min(max(sure, _SURE[0]), _SURE[1])


def _said(sign: str, sure: float, true: str) -> float:
    """How likely a frame is to say `sign`, with this probability, where `true` stands; NOTHING: no character."""
    if sign == NOTHING:
        return 1.0 if true == NOTHING else _LOST
    right = _believed(sure)
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


def _alternatives(consensus: str, places: Sequence[_Place], most: int) -> tuple[tuple[str, float], ...]:
    """The consensus, then the likeliest other texts: a text is as probable as all its places together, and one that
    comes about in two ways as the likelier."""
    texts: dict[str, float] = {"": 1.0}
    for place in places:
        further = [(text + sign, whole * sure) for text, whole in texts.items() for sign, sure in place.signs]
        texts = {}
        for text, whole in sorted(further, key=lambda pair: (-pair[1], pair[0])):
            if len(texts) <= _BEAM:
                texts.setdefault(text, whole)
    own = texts.pop(consensus, 0.0)
    return ((consensus, own), *list(texts.items())[: most - 1])
