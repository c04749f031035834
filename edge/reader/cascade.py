"""The reader: a look by our own networks first; where that is not sure enough, the bundled recogniser's word, then
finer looks by both, while there is time."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from edge.reader.certainty import CHECKED, FAST, SLOW, alternatives, certainty, characters, sure_from
from edge.reader.colour import background
from edge.reader.contract import Box, LineFinder, Pair
from edge.reader.kind import kinds
from edge.reader.layout import Place, bounds
from edge.reader.lines import Line, grey_of, halved, plausible, read_by
from edge.reader.networks import Image, cut
from edge.reader.weigh import Candidate, chosen, distinct, overlap, pooled
from gate.reading import PlateReading

_FIRST: Final = (256, 512)  # the shorter side of the quick looks in pixels: the second where the first saw no plate
_THEN: Final = (320, 800)  # of the thorough ones, where nothing like a plate was seen before
_DEARER: Final = (_THEN[1] / _THEN[0]) ** 2  # the second of them, of the first
_CLOSE: Final = 192  # of a closer look at a part
_AROUND: Final = 0.6  # of a spot's longer side, what a closer look shows beyond it on each side
_SPOTS: Final = 2  # that are looked at more closely
_LINES_MAX: Final = 16
_CHECKED_MAX: Final = 3  # candidates that the second network reads
_THOROUGH_MAX: Final = 6  # lines that it reads
_WORTH: Final = 2.0  # what the second network's word counts beside the first's
_SIDE_MIN: Final = 16  # pixels; nothing smaller holds a plate
# Margins of a line's cuts, in shares of its height: at each end, and at top and bottom. An end that the finder cut off
# is there in the second.
_MARGINS: Final = ((0.0, 0.0), (0.35, 0.04))
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
    def area(self) -> float:
        """Of its lines, in pixels."""
        return sum(place.width * place.height for place in self.candidate.places)

    @property
    def is_sure(self) -> bool:
        """Whether nothing further needs to be looked at."""
        return self.certainty >= sure_from(self.path) and self.candidate.price < _PLATE_LIKE


def _order(judged: Judged) -> tuple[bool, float]:
    """Of those that are sure the largest first: the nearest vehicle. The others behind them by certainty."""
    return not judged.is_sure, -judged.area if judged.is_sure else -judged.certainty


def _is_settled(judged: Sequence[Judged]) -> bool:
    """Whether one is sure, and nothing nearer that is like a plate is still in doubt."""
    sure = max((each.area for each in judged if each.is_sure), default=math.inf)
    return sure < math.inf and not any(each.is_plate_like and each.area > sure for each in judged)


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
    """A `Reader` of two speeds. `quick` looks first; `thorough` is loaded when a first picture needs it, reads the
    lines that were chosen and looks for others. Not for two threads at once."""

    def __init__(self, quick: Pair, thorough: Callable[[], Pair], *, threads: int = 1) -> None:
        cv2.setNumThreads(threads)
        self.quick, self._load = quick, thorough
        self._thorough: Pair | None = None

    @property
    def thorough(self) -> Pair:
        """The second networks."""
        if self._thorough is None:
            self._thorough = self._load()
        return self._thorough

    def read(self, image: Image, *, roi: Box | None = None, deadline_ms: float | None = None) -> list[PlateReading]:
        """Plates best first; see `Reader`."""
        part, offset = _part(image, roi)
        if min(part.shape[:2]) < _SIDE_MIN:
            return []
        until = time.perf_counter() + (DEADLINE_MS if deadline_ms is None else deadline_ms) / 1000
        best = _Search(self, part, until).best()
        best.reverse()  # of equals the one that was looked at longer comes first
        ranked = sorted(best, key=_order)
        kept = distinct([judged.candidate for judged in ranked])
        return [_reading(judged, part, offset) for judged in ranked if judged.candidate in kept]

    def explained(self, image: Image) -> Iterator[list[Judged]]:
        """What each step sees, the sure ones too, one after another until nothing is left to try."""
        seen: list[Judged] = []
        for judged in _Search(self, image, math.inf).steps(seen):
            seen += judged
            yield judged


class _Search:
    """One picture's search."""

    def __init__(self, cascade: Cascade, image: Image, until: float) -> None:
        self._cascade, self._quick = cascade, cascade.quick
        self._image, self._grey, self._until = image, grey_of(image), until
        self._slowest = 0.0  # seconds of the dearest step so far
        self._dearer = 1.0  # times as long the next may take
        self._began = time.perf_counter()

    def best(self) -> list[Judged]:
        """Everything that was seen, after as many steps as were needed and allowed."""
        seen: list[Judged] = []
        for judged in self.steps(seen):
            seen[:] = [*_not_superseded(seen, judged), *judged]
            if _is_settled(judged) or not self._has_time():
                break
        return seen

    def _has_time(self) -> bool:
        now = time.perf_counter()
        self._slowest = max(self._slowest, now - self._began)
        self._began = now
        return now + self._slowest * self._dearer < self._until

    def steps(self, seen: list[Judged]) -> Iterator[list[Judged]]:
        """One look after another, each dearer than the one before; `seen` is what the earlier ones saw."""
        lines: list[Line] = []
        best: list[Candidate] = []
        for side in _FIRST:
            lines = self._read(self._found(self._quick.finder, side)) or lines
            best = chosen(lines)
            yield self._judged(best, FAST)
            if any(each.is_plate_like for each in seen):
                break
        yield self._judged(chosen(self._checked(lines, best)), CHECKED)
        yield from self._closer_looks(seen)
        if not any(each.is_plate_like for each in seen):
            for side, self._dearer in zip(_THEN, (_DEARER, 1.0), strict=True):
                yield self._judged(self._thoroughly(self._found(self._cascade.thorough.finder, side)), SLOW)
                if any(each.is_plate_like for each in seen):
                    break
            yield from self._closer_looks(seen)

    def _closer_looks(self, seen: list[Judged]) -> Iterator[list[Judged]]:
        for spot in _spots(seen):
            yield self._judged(_pooled(self._thoroughly(self._closer(spot)), seen), SLOW)

    def _found(self, finder: LineFinder, side: int) -> list[Place]:
        places = [Place(quad) for quad in finder.lines(self._image, side)]
        return plausible(places, self._grey, _LINES_MAX)

    def _closer(self, spot: Box) -> list[Place]:
        """Lines at a spot of the picture, looked for at a finer scale."""
        part, (left, top) = _part(self._image, spot)
        quads = self._cascade.thorough.finder.lines(part, _CLOSE)
        shift = np.array((left, top), np.float32)
        return plausible([Place(quad + shift) for quad in quads], self._grey, _LINES_MAX)

    def _read(self, places: Sequence[Place], *, whole: bool = True) -> list[Line]:
        lines = [Line(place, whole=whole) for place in places]
        return read_by(self._quick.symbols, self._image, lines, _MARGINS)

    def _judged(self, candidates: Sequence[Candidate], path: str) -> list[Judged]:
        return [Judged(candidate, path, certainty(candidate, path)) for candidate in candidates]

    def _checked(self, lines: Sequence[Line], candidates: Sequence[Candidate]) -> list[Line]:
        """The lines of the best candidates, and the largest where none is like a plate, by the second network too."""
        best = distinct(candidates)[:_CHECKED_MAX]
        picked = [i for candidate in best for i in sorted(candidate.used)]
        if not any(candidate.price < _PLATE_LIKE for candidate in best):
            picked = list(dict.fromkeys([*picked, *range(len(lines))]))
        return read_by(
            self._cascade.thorough.symbols, self._image, [lines[i] for i in picked[:_THOROUGH_MAX]], worth=_WORTH
        )

    def _thoroughly(self, places: Sequence[Place]) -> list[Candidate]:
        """Candidates among these lines and their halves, read by both networks."""
        whole = self._read(places)
        lines = [*whole, *self._read([line.place for line in halved(whole)], whole=False)]
        return chosen(self._checked(lines, chosen(lines)))


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
