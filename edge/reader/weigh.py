"""What lines of text may say as plates, weighed: candidates with their ranks and rivals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.reader.automaton import automaton
from edge.reader.decode import greedy, search
from edge.reader.layout import Place, Row, arrangements, within
from edge.reader.lines import Line
from edge.reader.networks import Matrix
from edge.reader.same import KEPT, Same
from edge.reader.spell import heard, said, surest

PRICE_MAX: Final = 8.0  # what the grammar may cost (log) before the text stays as read
_LENGTHS: Final = range(4, 12)
_OUTSIDE: Final = 3.0  # rank (log) that a text as read stands behind the dearest one of the grammar
_OUTSIDE_DIGITS: Final = 3
_GUESSED: Final = 3.0  # rank (log) that each half of a line stands behind a whole one
_VETO: Final = 8.0  # how much (log) one reading may say against a text: it may have been blind
_EXACT: Final = 9  # digits of a price: where every reading is against a text, rounding must not decide
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
    candidates = [_weighed(lines, rows) for rows in arrangements([line.place for line in lines])]
    kept: list[Candidate] = []
    for candidate in sorted(filter(None, candidates), key=lambda candidate: -candidate.rank):
        if not any(candidate.used & other.used for other in kept):
            kept.append(candidate)
    return [_spelled(candidate) for candidate in kept]


def weighed(lines: Sequence[Line], rows: tuple[Row, ...]) -> Candidate | None:
    """These rows of the lines as one plate, by every network that has read them all."""
    candidate = _weighed(lines, rows)
    return candidate and _spelled(candidate)


def _weighed(lines: Sequence[Line], rows: tuple[Row, ...]) -> Candidate | None:
    used = [lines[i] for row in rows for i in row]
    readings = [
        Reading([_joined(Same(lines[i].heard[number] for i in row)) for row in rows], used[0].worth[number])
        for number in range(min(len(line.heard) for line in used))
    ]
    return _judged(readings, rows, tuple(line.place for line in used), sum(not line.whole for line in used))


def pooled(fresh: Candidate, seen: Sequence[Candidate]) -> Candidate:
    """The fresh candidate with what earlier looks at its spot heard, if they saw as many lines there."""
    same = [old for old in seen if len(old.rows) == len(fresh.rows) and overlap(fresh, old)]
    given = [*fresh.heard, *(reading for old in same for reading in old.heard)]
    candidate = _judged(given, fresh.rows, fresh.places, int(not fresh.whole))
    return _spelled(candidate) if candidate else fresh


def judged(given: Sequence[Reading], rows: tuple[Row, ...]) -> Candidate | None:
    """These rows, read once or several times, as one plate; None where they hardly are one.

    Under the grammar where that is not too dear, else as the first reading of a plate's length has it.
    """
    candidate = _judged(given, rows)
    return candidate and _spelled(candidate)


def _judged(
    given: Sequence[Reading], rows: tuple[Row, ...], places: tuple[Place, ...] = (), guessed: int = 0
) -> Candidate | None:
    """The same without its characters, and ranked behind for each line that is a guess."""
    raws = [greedy(reading.rows) for reading in given]
    raw = next((raw for raw in raws if len(raw) in _LENGTHS), None)
    if raw is None:
        return None
    ceilings = surest(_wholes(given))
    rivals = _rivals(given, ceilings)
    ceiling = float(_shares(given) @ ceilings)
    price = round(ceiling - rivals[0][1], _EXACT) if rivals else math.inf
    inside = price < PRICE_MAX
    if not inside and sum(char.isdigit() for char in raw) < _OUTSIDE_DIGITS:
        return None
    return Candidate(
        text=rivals[0][0] if inside else raw,
        raw=raw,
        rank=ceiling - (price if inside else PRICE_MAX + _OUTSIDE) - _GUESSED * guessed,
        price=price,
        characters=(),
        rows=rows,
        places=places,
        rivals=rivals,
        agreed=len(set(raws)) == 1,
        whole=not guessed,
        heard=tuple(given),
    )


def _spelled(candidate: Candidate) -> Candidate:
    """With the probability of each of its characters."""
    peaks = _shares(candidate.heard) @ heard(_wholes(candidate.heard), candidate.text)
    return replace(candidate, characters=tuple(zip(candidate.text, peaks.tolist(), strict=True)))


def _rivals(given: Sequence[Reading], ceilings: NDArray[np.float64]) -> tuple[tuple[str, float], ...]:
    """Texts of the grammar that any reading holds possible, by the mean of the logarithms of all readings."""
    found = [plate for reading in given for plate in search(reading.rows, automaton(len(reading.rows)))[:_RIVALS]]
    if len(given) == 1 or not found:
        return tuple((plate.text, plate.score) for plate in found)
    priors = {plate.text: plate.prior for plate in found}
    heights = np.maximum(said(_wholes(given), list(priors)), ceilings[:, None] - _VETO)
    scores = np.array(list(priors.values())) + _shares(given) @ heights
    return tuple(sorted(zip(priors, scores.tolist(), strict=True), key=lambda pair: -pair[1]))[:_RIVALS]


def _shares(given: Sequence[Reading]) -> NDArray[np.float64]:
    """What each reading counts, one together."""
    together = sum(reading.worth for reading in given)
    return np.array([reading.worth / together for reading in given])


def _wholes(given: Sequence[Reading]) -> list[Matrix]:
    """Each reading's rows as one line."""
    return [_joined(Same(reading.rows)) for reading in given]


@lru_cache(KEPT)
def _joined(parts: Same) -> Matrix:
    """One line of these parts: the same for the same parts."""
    return np.concatenate(parts) if parts[1:] else parts[0]


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
