"""What lines of text may say as plates, weighed: candidates with their ranks and rivals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.reader.automaton import automaton
from edge.reader.decode import greedy, heard, said, search, surest
from edge.reader.layout import Place, Row, arrangements, within
from edge.reader.lines import Line
from edge.reader.networks import Matrix

PRICE_MAX: Final = 8.0  # what the grammar may cost (log) before the text stays as read
_LENGTHS: Final = range(4, 12)
_OUTSIDE: Final = 3.0  # rank (log) that a text as read stands behind the dearest one of the grammar
_OUTSIDE_DIGITS: Final = 3
_GUESSED: Final = 3.0  # rank (log) that each half of a line stands behind a whole one
_VETO: Final = 8.0  # how much (log) one reading may say against a text: it may have been blind
_RIVALS: Final = 5  # texts of each reading that are weighed against one another


class Reading(NamedTuple):
    """What one network read on each row once, and what that counts."""

    rows: list[Matrix]
    worth: float = 1.0


@dataclass(frozen=True, eq=False)
class Candidate:
    """One way to read some of the lines as a plate. `rank` and `price` are natural logarithms.

    `rivals` are the texts of these very lines with their scores (logarithms), best first, `text` among them unless the
    grammar was too dear for it.
    """

    text: str
    raw: str
    rank: float
    price: float
    characters: tuple[tuple[str, float], ...]
    rows: tuple[Row, ...]
    places: tuple[Place, ...]
    rivals: tuple[tuple[str, float], ...] = ()
    agreed: bool = True
    whole: bool = True
    heard: tuple[Reading, ...] = ()

    @property
    def weakest(self) -> float:
        """Probability of the least certain character, as the networks give it."""
        return min(p for _, p in self.characters)

    @property
    def inside(self) -> bool:
        """Whether the text is one of the grammar."""
        return self.price < PRICE_MAX

    @property
    def margin(self) -> float:
        """How far (log) the best text stands before the next; nothing for a text outside the grammar."""
        if not self.inside:
            return 0.0
        scores = [score for _, score in self.rivals[:2]]
        return min(_MARGIN_MAX, scores[0] - scores[1]) if len(scores) == 2 else _MARGIN_MAX

    @property
    def readings(self) -> int:
        """How often its lines were read, by whichever network."""
        return len(self.heard)

    @property
    def used(self) -> frozenset[int]:
        """Numbers of the lines it is made of."""
        return frozenset(i for row in self.rows for i in row)


_MARGIN_MAX: Final = 12.0


def chosen(lines: Sequence[Line]) -> list[Candidate]:
    """The best reading of each line or pair of lines; no line serves two plates."""
    candidates = []
    for rows in arrangements([line.place for line in lines]):
        candidate = weighed(lines, rows)
        if candidate:
            candidates.append(candidate)
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda candidate: -candidate.rank):
        if not any(candidate.used & other.used for other in kept):
            kept.append(candidate)
    return kept


def weighed(lines: Sequence[Line], rows: tuple[Row, ...]) -> Candidate | None:
    """These rows of the lines as one plate, by every network that has read them all."""
    used = [lines[i] for row in rows for i in row]
    readings = [
        Reading([np.concatenate([lines[i].heard[number] for i in row]) for row in rows], used[0].worth[number])
        for number in range(min(len(line.heard) for line in used))
    ]
    candidate = judged(readings, rows)
    if candidate is None:
        return None
    guessed = sum(not line.whole for line in used)
    rank = candidate.rank - _GUESSED * guessed
    return replace(candidate, rank=rank, places=tuple(line.place for line in used), whole=not guessed)


def pooled(fresh: Candidate, seen: Sequence[Candidate]) -> Candidate:
    """The fresh candidate with what earlier looks at its spot heard, if they saw as many lines there."""
    same = [old for old in seen if len(old.rows) == len(fresh.rows) and overlap(fresh, old)]
    candidate = judged([*fresh.heard, *(reading for old in same for reading in old.heard)], fresh.rows)
    if candidate is None:
        return fresh
    rank = candidate.rank - (0.0 if fresh.whole else _GUESSED)
    return replace(candidate, rank=rank, places=fresh.places, whole=fresh.whole)


def judged(given: Sequence[Reading], rows: tuple[Row, ...]) -> Candidate | None:
    """These rows, read once or several times, as one plate; None where they hardly are one.

    Under the grammar where that is not too dear, else as the first reading of a plate's length has it.
    """
    readings = [reading.rows for reading in given]
    raws = [greedy(lines) for lines in readings]
    raw = next((raw for raw in raws if len(raw) in _LENGTHS), None)
    if raw is None:
        return None
    shares = np.array([reading.worth for reading in given]) / sum(reading.worth for reading in given)
    rivals = _rivals(readings, len(rows), shares)
    ceiling = float(shares @ [surest(lines) for lines in readings])
    price = ceiling - rivals[0][1] if rivals else math.inf
    if price >= PRICE_MAX and sum(char.isdigit() for char in raw) < _OUTSIDE_DIGITS:
        return None
    text = rivals[0][0] if price < PRICE_MAX else raw
    peaks = shares @ np.array([heard(lines, text) for lines in readings])
    return Candidate(
        text=text,
        raw=raw,
        rank=ceiling - min(price, PRICE_MAX + _OUTSIDE) if price < PRICE_MAX else ceiling - PRICE_MAX - _OUTSIDE,
        price=price,
        characters=tuple(zip(text, map(float, peaks), strict=True)),
        rows=rows,
        places=(),
        rivals=rivals,
        agreed=len(set(raws)) == 1,
        heard=tuple(given),
    )


def _rivals(readings: Sequence[list[Matrix]], lines: int, shares: NDArray[np.float64]) -> tuple[tuple[str, float], ...]:
    """Texts of the grammar that any reading holds possible, by the mean of the logarithms of all readings."""
    found = [search(each, automaton(lines))[:_RIVALS] for each in readings]
    if len(readings) == 1:
        return tuple((plate.text, plate.score) for plate in found[0])
    priors = {plate.text: plate.prior for plates in found for plate in plates}
    floors = [surest(each) - _VETO for each in readings]
    scores = {
        text: prior
        + float(shares @ [max(floor, said(each, text)) for each, floor in zip(readings, floors, strict=True)])
        for text, prior in priors.items()
    }
    return tuple(sorted(scores.items(), key=lambda pair: -pair[1]))[:_RIVALS]


def distinct(ranked: Sequence[Candidate]) -> list[Candidate]:
    """The best of those that say the same or stand on the same spot."""
    kept: list[Candidate] = []
    for candidate in ranked:
        if not any(candidate.text == other.text or overlap(candidate, other) for other in kept):
            kept.append(candidate)
    return kept


def overlap(a: Candidate, b: Candidate) -> bool:
    """Whether both are about the same spot of the picture."""
    spot = a.places[0]
    return any(within(spot, place) or within(place, spot) for place in b.places)
