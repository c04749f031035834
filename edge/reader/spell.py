"""One text against what was heard: how probable it is as a whole, and each of its characters.

Several readings are worked through together: the shorter ones are followed by silence, which changes no text.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.reader.automaton import NEVER
from edge.reader.networks import Matrix
from edge.reader.same import KEPT, Same
from edge.reader.symbols import ALPHABET, BLANK, COLUMNS, doubted

_Values = NDArray[np.float64]
_LEAST: Final = 1e-9  # what a moment gives any symbol, when a text is judged as a whole
_LEAST_HEARD: Final = 1e-6  # and when its characters are put where they stand
_NEVER: Final = 1e-300  # a probability that has a logarithm
_SILENCE: Final = np.eye(COLUMNS)[BLANK]


def surest(readings: Sequence[Matrix]) -> _Values:
    """Logarithm of the probability of the single best path of each: what the grammar's price is counted from."""
    return np.array([_shared(Same((reading,)))[1] for reading in readings])


def said(readings: Sequence[Matrix], texts: Sequence[str]) -> _Values:
    """Readings x texts: logarithm of the probability of just this text, doubt included (CTC forward)."""
    length = max(map(len, texts))
    paths = np.array([_path(text, length) for text in texts])
    moments = _stacked([_shared(Same((reading,)))[0] for reading in readings])[:, :, paths]
    leaps = _leaps(paths)
    alive = np.zeros((*moments.shape[1:3], paths.shape[1] + 2))  # before the first place stand two that stay empty
    alive[..., 2:4] = moments[0, ..., :2]
    for moment in moments[1:]:
        alive[..., 2:] = (alive[..., 2:] + alive[..., 1:-1] + alive[..., :-2] * leaps) * moment
    ends = np.array([(2 * len(text) + 1, 2 * len(text) + 2) for text in texts])
    found: _Values = np.log(np.maximum(np.take_along_axis(alive, ends[None], axis=2).sum(axis=2), _NEVER))
    return found + surest(readings)[:, None]


def heard(readings: Sequence[Matrix], text: str) -> _Values:
    """Readings x characters of `text`: probability of each at the moments that belong to it (best alignment; nothing
    added).

    What was read beside a character and has no place in the text is held against that character.
    """
    moments = _stacked(readings)
    path = _aligned(moments, text, list(map(len, readings)))
    columns = np.array([BLANK, *map(ALPHABET.index, text), BLANK])
    here = path // 2  # between two characters: the number of the one that comes next
    said_here = _taken(moments, columns[here + 1])
    for near in (columns[here], columns[here + 1], np.full_like(here, BLANK)):
        np.put_along_axis(moments, near[..., None], 0.0, axis=2)  # a neighbour may be heard a moment early or late
    peaks = np.zeros((len(readings), 2 * len(text) + 1))
    loudest = np.where(path % 2, said_here, moments.max(axis=2))
    np.maximum.at(peaks, (np.arange(len(readings)), path), loudest)
    between = peaks[:, ::2]
    return np.minimum(peaks[:, 1::2], 1.0 - np.maximum(between[:, :-1], between[:, 1:])).clip(max=1.0)


@lru_cache(KEPT)
def _shared(same: Same) -> tuple[_Values, float]:
    """Of one reading: what each moment gives each symbol, doubt included, as a share of its surest, so that products of
    many stay numbers; and how sure (log) the surest are together."""
    (folded,) = same
    top = np.maximum(folded.max(axis=1, keepdims=True), _LEAST)
    return np.maximum(doubted(folded), _LEAST) / top, float(np.log(top).sum())


def _stacked(readings: Sequence[NDArray[np.floating]]) -> _Values:
    """Time x readings x symbols."""
    stack = np.empty((max(map(len, readings)), len(readings), COLUMNS))
    stack[:] = _SILENCE
    for number, reading in enumerate(readings):
        stack[: len(reading), number] = reading
    return stack


def _taken(moments: _Values, columns: NDArray[np.intp]) -> _Values:
    return np.take_along_axis(moments, columns[..., None], axis=2)[..., 0]


def _path(text: str, length: int) -> list[int]:
    """Columns of blank, first, blank, second ... blank; blanks to the end for a text shorter than `length`."""
    places = [BLANK] * (2 * length + 1)
    places[1 : 2 * len(text) : 2] = map(ALPHABET.index, text)
    return places


def _leaps(paths: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Of each place, whether the blank before it may be left out: between two characters that differ."""
    leaps = np.zeros(paths.shape, np.bool_)
    leaps[..., 2:] = (paths[..., 2:] != BLANK) & (paths[..., 2:] != paths[..., :-2])
    return leaps


def _aligned(moments: _Values, text: str, lengths: Sequence[int]) -> NDArray[np.intp]:
    """Time x readings: the place in blank, first, blank, second ... blank on the best path (Viterbi)."""
    places = np.array(_path(text, len(text)))
    heights = np.log(np.maximum(moments[..., places], _LEAST_HEARD))
    for number, length in enumerate(lengths):
        heights[length:, number, 1::2] = NEVER
    leaps = np.where(_leaps(places), 0.0, NEVER)
    best = np.full((*heights.shape[:2], len(places) + 2), NEVER)  # before the first place stand two that stay empty
    best[0, :, 2:4] = heights[0, :, :2]
    for before, after, height in zip(best, best[1:], heights[1:], strict=False):
        onward = np.maximum(before[:, 2:], before[:, 1:-1])
        after[:, 2:] = np.maximum(onward, before[:, :-2] + leaps) + height
    return np.array([_traced(each, leaps.tolist()) for each in best.swapaxes(0, 1).tolist()]).T - 2


def _traced(best: list[list[float]], leaps: list[float]) -> list[int]:
    """The way back along the best path, in the order of time."""
    end = len(leaps) + 1
    path = [max((end, end - 1), key=best[-1].__getitem__)]
    for moment in best[-2::-1]:
        place = path[-1]
        came = (place, place - 1) if leaps[place - 2] else (place, place - 1, place - 2)
        path.append(max(came, key=moment.__getitem__))
    return path[::-1]
