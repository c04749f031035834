"""The reader on RapidOCR's bundled networks: find lines, recognise, join, decide under the plate grammar."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from edge.reader.automaton import automaton
from edge.reader.colour import background
from edge.reader.decode import greedy, heard, search, surest
from edge.reader.layout import Place, Row, arrangements, bounds, halves, within
from edge.reader.networks import Detector, Image, Matrix, Recogniser, cut
from edge.reader.symbols import Folding
from gate.reading import PlateReading

_SIDES: Final = (320, 480, 800)  # the shorter side given to the detector, finer where the coarser look was not sure
_SIDE_MIN: Final = 16  # pixels; nothing smaller holds a plate
_PADDED: Final = 320  # the recogniser was trained on lines at least this wide and reads narrower ones worse
_PRICE_MAX: Final = 8.0  # what the grammar may cost (log) before the text stays as read
_SURE_PRICE: Final = 5.0  # below this a second look is not needed
_LENGTHS: Final = range(4, 12)
_OUTSIDE: Final = 3.0  # rank (log) that a text as read stands behind the dearest one of the grammar
_OUTSIDE_DIGITS: Final = 3
_OUTSIDE_TRUST: Final = 0.5  # of the weakest character, for such a text: signs and telephone numbers read well too
_SQUARE: Final = 2.2  # width to height below which one box may hold two lines
_LONG: Final = 8.0  # width to height; the longest plate has 4.7, its line of text not much more
_LINES_MAX: Final = 40
_GUESSED: Final = 3.0  # rank (log) that each half of a line stands behind a whole one
_SURE: Final = 0.9  # weakest character from which the lines are not read again
_MARGINS: Final = ((0.12, 0.06), (-0.04, -0.06), (0.06, 0.16))  # of a line's height, at each end and at top and bottom


@dataclass(frozen=True, eq=False)
class Line:
    """One line of text: where it stands and its probabilities folded into the plate alphabet."""

    place: Place
    folded: Matrix
    whole: bool  # as the detector found it; False for a half of it


@dataclass(frozen=True)
class Candidate:
    """One way to read some of the lines as a plate. `rank` and `price` are natural logarithms."""

    text: str
    raw: str
    rank: float
    price: float
    characters: tuple[tuple[str, float], ...]
    rows: tuple[Row, ...]

    @property
    def weakest(self) -> float:
        """Probability of the least certain character."""
        return min(p for _, p in self.characters)

    @property
    def used(self) -> frozenset[int]:
        """Numbers of the lines it is made of."""
        return frozenset(i for row in self.rows for i in row)


class RapidReader:
    """A `Reader` on the PP-OCRv6 networks inside the rapidocr wheel. Not for two threads at once."""

    def __init__(self, threads: int = 1) -> None:
        cv2.setNumThreads(threads)
        self._detector = Detector(threads)
        self._recogniser = Recogniser(threads)
        self._folding = Folding(self._recogniser.symbols)

    def read(self, image: Image) -> list[PlateReading]:
        """Plates best first. A finer look is taken where the coarse one is not sure, and another where that finds none
        that fits the grammar."""
        if min(image.shape[:2]) < _SIDE_MIN:
            return []
        best: list[tuple[Candidate, list[Line]]] = []
        for side, lines in self._looks(image):
            best += [(self._checked(image, candidate, lines), lines) for candidate in chosen(lines)]
            sure = _SURE if side == _SIDES[0] else 0.0
            if any(candidate.price < _SURE_PRICE and candidate.weakest >= sure for candidate, _ in best):
                break
        best.sort(key=lambda pair: -pair[0].rank)
        return [_reading(candidate, lines, image) for candidate, lines in _distinct(best)]

    def _looks(self, image: Image) -> Iterator[tuple[int, list[Line]]]:
        """The lines of the picture, each time looked for with more effort, and the side that they were found at."""
        for side in _SIDES:
            found = [Place(quad) for quad in self._detector.lines(image, side)]
            places = sorted((p for p in found if p.width < _LONG * p.height), key=lambda p: -p.height * p.width)
            lines = [self._line(image, place) for place in places[:_LINES_MAX]]
            yield side, lines
            square = [line.place for line in lines if line.place.width < _SQUARE * line.place.height]
            if square:
                yield side, lines + [self._line(image, half, whole=False) for place in square for half in halves(place)]

    def _line(self, image: Image, place: Place, *, whole: bool = True) -> Line:
        return Line(place, self._folded(image, place), whole)

    def _folded(self, image: Image, place: Place) -> Matrix:
        return self._folding.fold(self._recogniser.read(cut(image, place.quad), _PADDED))

    def _checked(self, image: Image, candidate: Candidate, lines: Sequence[Line]) -> Candidate:
        """An unsure candidate read again from slightly wider and narrower cuts of the same lines."""
        if candidate.weakest >= _SURE or candidate.price >= _PRICE_MAX:
            return candidate
        cuts = [_joined(lines, candidate.rows)]
        for along, across in _MARGINS:
            wider = {i: self._folded(image, lines[i].place.grown(along, across)) for i in candidate.used}
            cuts.append([np.concatenate([wider[i] for i in row]) for row in candidate.rows])
        again = judged(cuts, candidate.rows)
        return _handicapped(again, lines) if again else candidate


def chosen(lines: Sequence[Line]) -> list[Candidate]:
    """The best reading of each line or pair of lines; no line serves two plates."""
    candidates = []
    for rows in arrangements([line.place for line in lines]):
        candidate = judged([_joined(lines, rows)], rows)
        if candidate:
            candidates.append(_handicapped(candidate, lines))
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda candidate: -candidate.rank):
        if not any(candidate.used & other.used for other in kept):
            kept.append(candidate)
    return kept


def _handicapped(candidate: Candidate, lines: Sequence[Line]) -> Candidate:
    guessed = sum(not lines[i].whole for i in candidate.used)
    return replace(candidate, rank=candidate.rank - _GUESSED * guessed)


def _joined(lines: Sequence[Line], rows: tuple[Row, ...]) -> list[Matrix]:
    return [np.concatenate([lines[i].folded for i in row]) for row in rows]


def judged(cuts: Sequence[list[Matrix]], rows: tuple[Row, ...]) -> Candidate | None:
    """These rows, cut once or several times, as one plate; None where they hardly are one.

    Under the grammar where that is not too dear, else as the first cut reads.
    """
    raw = greedy(cuts[0])
    if len(raw) not in _LENGTHS:
        return None
    ceiling = _mixed([surest(joined) for joined in cuts])
    votes: dict[str, list[float]] = {}
    for joined in cuts:
        for found in search(joined, automaton(len(rows))):
            votes.setdefault(found.text, []).append(found.score)
    scores = {text: _mixed(scores + [-math.inf] * (len(cuts) - len(scores))) for text, scores in votes.items()}
    text = max(scores, key=lambda text: scores[text], default=raw)
    price = ceiling - scores.get(text, -math.inf)
    if price >= _PRICE_MAX:
        if sum(char.isdigit() for char in raw) < _OUTSIDE_DIGITS:
            return None
        text = raw
    rank = ceiling - (price if price < _PRICE_MAX else _PRICE_MAX + _OUTSIDE)
    peaks = np.mean([heard(joined, text) for joined in cuts], axis=0)
    return Candidate(text, raw, rank, price, tuple(zip(text, map(float, peaks), strict=True)), rows)


def _mixed(logs: Sequence[float]) -> float:
    """Logarithm of the mean of the probabilities."""
    top = max(logs)
    return top + math.log(sum(math.exp(log - top) for log in logs) / len(logs)) if top > -math.inf else top


def _distinct(ranked: list[tuple[Candidate, list[Line]]]) -> list[tuple[Candidate, list[Line]]]:
    """The best of those that say the same or stand on the same spot."""
    kept: list[tuple[Candidate, list[Line]]] = []
    for candidate, lines in ranked:
        if not any(candidate.text == other.text or _overlap(candidate, lines, other, own) for other, own in kept):
            kept.append((candidate, lines))
    return kept


def _overlap(a: Candidate, a_lines: list[Line], b: Candidate, b_lines: list[Line]) -> bool:
    spot = a_lines[a.rows[0][0]].place
    return any(within(spot, b_lines[i].place) or within(b_lines[i].place, spot) for i in b.used)


def _reading(candidate: Candidate, lines: list[Line], image: Image) -> PlateReading:
    places = [lines[i].place for i in sorted(candidate.used)]
    trust = 1.0 if candidate.price < _PRICE_MAX else _OUTSIDE_TRUST
    return PlateReading(
        text=candidate.text,
        confidence=round(candidate.weakest * trust, 4),
        characters=tuple((char, round(p, 4)) for char, p in candidate.characters),
        box=bounds(places, image.shape),
        lines=len(candidate.rows),
        colour=background([cut(image, place.grown(0.0, -0.1).quad) for place in places]),
        raw=candidate.raw,
    )
