"""The reader: a coarse look first; where that is not sure enough, the second network, then finer looks, while there is
time."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from edge.reader.certainty import CHECKED, FAST, SLOW, alternatives, certainty, characters, sure_from
from edge.reader.colour import background
from edge.reader.contract import Box, LineFinder, SymbolReader
from edge.reader.kind import kinds
from edge.reader.layout import Place, bounds
from edge.reader.lines import Line, grey_of, halved, plausible, read_by
from edge.reader.networks import Image, cut
from edge.reader.weigh import Candidate, chosen, distinct, overlap, pooled, weighed
from gate.reading import PlateReading

_COARSE: Final = 192  # the shorter side of the first look, in pixels
_FINER: Final = (320, 480, 800)  # the whole picture again, where nothing like a plate was seen
_CLOSE: Final = 256  # the shorter side of a closer look at a part
_AROUND: Final = 0.6  # of a spot's longer side, what a closer look shows beyond it on each side
_SPOTS: Final = 2  # that are looked at more closely
_LINES_MAX: Final = 16
_CHECKED_MAX: Final = 3  # candidates that the second network reads
_THOROUGH_MAX: Final = 6  # lines that it reads
_WORTH: Final = 2.0  # what the second network's word counts beside the first's
_SIDE_MIN: Final = 16  # pixels; nothing smaller holds a plate
# Margins of a line's cuts, in shares of its height: at each end, and at top and bottom.
_MARGINS: Final = ((0.12, 0.06), (-0.04, -0.06))
_PLATE_LIKE: Final = 5.0  # price (log) of the grammar below which something is like a plate
_HALF: Final = 0.5
_DIGITS: Final = 6  # of a probability
_NBEST: Final = 5  # texts that an answer names
DEADLINE_MS: Final = 1500.0


@dataclass(frozen=True)
class Judged:
    """A candidate, the path that gave it and what that is worth."""

    candidate: Candidate
    path: str
    certainty: float

    @property
    def is_plate_like(self) -> bool:
        """Whether the same spot rather than the rest of the picture deserves a closer look."""
        return self.candidate.price < _PLATE_LIKE and (self.candidate.whole or self.certainty > _HALF)

    @property
    def is_sure(self) -> bool:
        """Whether nothing further needs to be looked at."""
        return self.certainty >= sure_from(self.path)


def _order(judged: Judged) -> tuple[bool, float]:
    """Of those that are sure the largest first: the nearest vehicle. The others behind them by certainty."""
    area = sum(place.width * place.height for place in judged.candidate.places)
    return not judged.is_sure, -area if judged.is_sure else -judged.certainty


def _not_superseded(seen: Sequence[Judged], fresh: Sequence[Judged]) -> list[Judged]:
    """Those of which nothing fresh is about the same spot and was read by more networks."""
    return [
        old
        for old in seen
        if not any(
            old.candidate.readings < new.candidate.readings and overlap(old.candidate, new.candidate) for new in fresh
        )
    ]


class Cascade:
    """A `Reader` of two speeds. `quick` reads every line; `thorough` is loaded when a first picture needs it and reads
    the chosen ones. Not for two threads at once."""

    def __init__(
        self, finder: LineFinder, quick: SymbolReader, thorough: Callable[[], SymbolReader], *, threads: int = 1
    ) -> None:
        cv2.setNumThreads(threads)
        self._finder, self._quick, self._load = finder, quick, thorough
        self._thorough: SymbolReader | None = None

    @property
    def thorough(self) -> SymbolReader:
        """The second network."""
        if self._thorough is None:
            self._thorough = self._load()
        return self._thorough

    def read(self, image: Image, *, roi: Box | None = None, deadline_ms: float | None = None) -> list[PlateReading]:
        """Plates best first; see `Reader`."""
        part, offset = _part(image, roi)
        if min(part.shape[:2]) < _SIDE_MIN:
            return []
        until = time.perf_counter() + (DEADLINE_MS if deadline_ms is None else deadline_ms) / 1000
        best = _Search(self._finder, self._quick, self, part, until).best()
        best.reverse()  # of equals the one that was looked at longer comes first
        ranked = sorted(best, key=_order)
        kept = distinct([judged.candidate for judged in ranked])
        return [_reading(judged, part, offset) for judged in ranked if judged.candidate in kept]

    def explained(self, image: Image) -> Iterator[list[Judged]]:
        """What each step sees, the sure ones too, one after another until nothing is left to try."""
        seen: list[Judged] = []
        for judged in _Search(self._finder, self._quick, self, image, math.inf).steps(seen):
            seen += judged
            yield judged


class _Search:
    """One picture's search."""

    def __init__(self, finder: LineFinder, quick: SymbolReader, cascade: Cascade, image: Image, until: float) -> None:
        self._finder, self._quick, self._cascade = finder, quick, cascade
        self._image, self._grey, self._until = image, grey_of(image), until
        self._slowest = 0.0  # seconds of the dearest step so far: what the next may take
        self._began = time.perf_counter()

    def best(self) -> list[Judged]:
        """Everything that was seen, after as many steps as were needed and allowed."""
        seen: list[Judged] = []
        for judged in self.steps(seen):
            seen[:] = [*_not_superseded(seen, judged), *judged]
            if any(each.is_sure for each in judged) or not self._has_time():
                break
        return seen

    def _has_time(self) -> bool:
        now = time.perf_counter()
        self._slowest = max(self._slowest, now - self._began)
        self._began = now
        return now + self._slowest < self._until

    def steps(self, seen: list[Judged]) -> Iterator[list[Judged]]:
        """One look after another, each dearer than the one before; `seen` is what the earlier ones saw."""
        lines = self._read(self._found(self._image, _COARSE))
        yield self._judged(chosen(lines), FAST)
        lines = self._checked(lines)
        yield self._judged(chosen(lines), CHECKED)
        yield from self._closer_looks(seen)
        if not any(each.is_plate_like for each in seen):
            for side in _FINER:
                yield self._judged(self._thoroughly(self._found(self._image, side)), SLOW)
                if any(each.is_plate_like for each in seen):
                    break
            yield from self._closer_looks(seen)
        yield self._judged(self._again(seen), SLOW)

    def _closer_looks(self, seen: list[Judged]) -> Iterator[list[Judged]]:
        for spot in _spots(seen):
            yield self._judged(_pooled(self._thoroughly(self._closer(spot)), seen), SLOW)

    def _found(self, image: Image, side: int) -> list[Place]:
        places = [Place(quad) for quad in self._finder.lines(image, side)]
        return plausible(places, self._grey, _LINES_MAX)

    def _closer(self, spot: Box) -> list[Place]:
        """Lines at a spot of the picture, looked for at a finer scale."""
        part, (left, top) = _part(self._image, spot)
        quads = self._finder.lines(part, _CLOSE)
        shift = np.array((left, top), np.float32)
        return plausible([Place(quad + shift) for quad in quads], self._grey, _LINES_MAX)

    def _read(self, places: Sequence[Place], *, whole: bool = True) -> list[Line]:
        lines = [Line(place, whole=whole) for place in places]
        return read_by(self._quick, self._image, lines)

    def _judged(self, candidates: Sequence[Candidate], path: str) -> list[Judged]:
        return [Judged(candidate, path, certainty(candidate, path)) for candidate in candidates]

    def _checked(self, lines: Sequence[Line]) -> list[Line]:
        """The lines of the best candidates, and the largest where none is like a plate, by the second network too."""
        best = distinct(chosen(lines))[:_CHECKED_MAX]
        picked = [i for candidate in best for i in sorted(candidate.used)]
        if not any(candidate.price < _PLATE_LIKE for candidate in best):
            picked = list(dict.fromkeys([*picked, *range(len(lines))]))
        return read_by(self._cascade.thorough, self._image, [lines[i] for i in picked[:_THOROUGH_MAX]], worth=_WORTH)

    def _thoroughly(self, places: Sequence[Place]) -> list[Candidate]:
        """Candidates among these lines and their halves, read by both networks."""
        whole = self._read(places)
        return chosen(self._checked([*whole, *self._read([line.place for line in halved(whole)], whole=False)]))

    def _again(self, seen: Sequence[Judged]) -> list[Candidate]:
        """The best candidate so far, its lines cut wider and narrower and read by both networks too."""
        if not seen:
            return []
        best = min(seen, key=_order).candidate
        lines = read_by(self._quick, self._image, [Line(place) for place in best.places], _MARGINS)
        lines = read_by(self._cascade.thorough, self._image, lines, _MARGINS, worth=_WORTH)
        numbers = iter(range(len(lines)))
        rows = tuple(tuple(next(numbers) for _ in row) for row in best.rows)
        return _pooled([*filter(None, [weighed(lines, rows)])], seen)


def _pooled(fresh: Sequence[Candidate], seen: Sequence[Judged]) -> list[Candidate]:
    """The fresh candidates together with what both networks heard at the same spots before."""
    before = [judged.candidate for judged in seen if judged.path != FAST]
    return [pooled(candidate, before) for candidate in fresh]


def _spots(seen: Sequence[Judged]) -> list[Box]:
    """Parts of the picture around what was most like a plate."""
    like = distinct([judged.candidate for judged in sorted(seen, key=_order)])
    return [_around(candidate.places) for candidate in like[:_SPOTS]]


def _around(places: Sequence[Place]) -> Box:
    corners = np.concatenate([place.quad for place in places])
    low, high = corners.min(axis=0), corners.max(axis=0)
    side = float((high - low).max())
    left, top = low - _AROUND * side
    right, bottom = high + _AROUND * side
    return int(left), int(top), int(right - left), int(bottom - top)


def _part(image: Image, box: Box | None) -> tuple[Image, tuple[int, int]]:
    """What of the picture is in the box, and where it begins; the whole picture where the box is outside of it."""
    if box is None:
        return image, (0, 0)
    left, top = max(0, box[0]), max(0, box[1])
    part = image[top : max(top, box[1] + box[3]), left : max(left, box[0] + box[2])]
    return (part, (left, top)) if part.size else (image, (0, 0))


def _reading(judged: Judged, image: Image, offset: tuple[int, int]) -> PlateReading:
    candidate = judged.candidate
    x, y, width, height = bounds(candidate.places, image.shape)
    whole = round(judged.certainty, _DIGITS)
    colour = background([cut(image, place.grown(0.0, -0.1).quad) for place in candidate.places])
    return PlateReading(
        text=candidate.text,
        confidence=whole,
        characters=tuple((char, round(p, _DIGITS)) for char, p in characters(candidate, whole)),
        box=(x + offset[0], y + offset[1], width, height),
        lines=len(candidate.rows),
        colour=colour,
        raw=candidate.raw,
        path=judged.path,
        alternatives=tuple((text, round(p, _DIGITS)) for text, p in alternatives(candidate, whole)[:_NBEST]),
        kinds=kinds(candidate, colour),
    )
