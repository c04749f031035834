"""Search of the recogniser's probabilities for the most probable plate (CTC prefix search under the grammar)."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from edge.reader.automaton import BREAK, NEVER, Automaton, State
from edge.reader.networks import Matrix
from edge.reader.same import KEPT, Same
from edge.reader.symbols import ALPHABET, BLANK, doubted

_BEAM: Final = 12
_WORTH: Final = 1e-3  # a character below this probability at a moment is not tried there
_QUIET: Final = 0.9995  # a moment with this much blank changes nothing but the repeat rule

# The search keeps, for each prefix: its state, and the probability of ending in a blank and in its last character.
_Beam = dict[str, tuple[State, float, float]]


class Found(NamedTuple):
    """A plate in the grammar. `score` is a natural logarithm: probability of the text and `prior` of its format."""

    text: str
    score: float
    prior: float = 0.0


class _Moment(NamedTuple):
    """Probability of nothing, and of the characters that are worth trying."""

    nothing: float
    tried: dict[str, float]


def greedy(lines: Sequence[Matrix]) -> str:
    """The text as read, without the grammar: the most probable symbol of each moment."""
    return "".join(_greedy(Same((folded,))) for folded in lines)


@lru_cache(KEPT)
def _greedy(same: Same) -> str:
    best = same[0].argmax(axis=1).tolist()
    return "".join(ALPHABET[i] for i, before in zip(best, [BLANK, *best], strict=False) if i < BLANK and i != before)


def search(lines: Sequence[Matrix], grammar: Automaton) -> list[Found]:
    """Plates of the grammar that the folded matrices may show, best first; empty where none is near."""
    beam, scale = _heard(Same(lines), grammar)
    ends = ((text, grammar.ending[state], blank + other) for text, (state, blank, other) in beam.items())
    found = [
        Found(text.replace(BREAK, ""), prior + math.log(p) + scale, prior)
        for text, prior, p in ends
        if prior > NEVER and p > 0
    ]
    return sorted(found, key=lambda plate: -plate.score)


@lru_cache(KEPT)
def _heard(lines: Same, grammar: Automaton) -> tuple[_Beam, float]:
    """What may stand there after these lines; and the logarithm by which the probabilities were scaled up."""
    beam, scale = {"": (0, 1.0, 0.0)}, 0.0
    if lines[1:]:
        beam, scale = _heard(Same(lines[:-1]), grammar)
        beam = _broken(beam, grammar)
    for moment in _moments(Same(lines[-1:])):
        beam, top = _advanced(beam, moment, grammar)
        if top <= 0.0:
            return {}, 0.0
        scale += math.log(top)
    return beam, scale


def _broken(beam: _Beam, grammar: Automaton) -> _Beam:
    """What is left at the end of a first line, where the grammar allows one."""
    ends = ((text, grammar.following[state].get(BREAK), blank + other) for text, (state, blank, other) in beam.items())
    return {text + BREAK: (state, p, 0.0) for text, state, p in ends if state is not None}


@lru_cache(KEPT)
def _moments(same: Same) -> list[_Moment]:
    """One line's."""
    shares = doubted(same[0])
    shares[shares[:, BLANK] >= _QUIET, :BLANK] = 0.0
    tried: list[dict[str, float]] = [{} for _ in shares]
    for moment, column in np.argwhere(shares[:, :BLANK] > _WORTH).tolist():
        tried[moment][ALPHABET[column]] = float(shares[moment, column])
    return list(map(_Moment, shares[:, BLANK].tolist(), tried))


def _advanced(beam: _Beam, moment: _Moment, grammar: Automaton) -> tuple[_Beam, float]:
    """One moment further: each prefix stays as it is or grows by one character. The likeliest are scaled to 1; and by
    what they were scaled."""
    nothing, tried = moment
    if not tried:
        return {text: (state, blank + other, 0.0) for text, (state, blank, other) in beam.items()}, nothing
    new = {
        text: (state, (blank + other) * nothing, other * tried.get(text[-1:], 0.0))
        for text, (state, blank, other) in beam.items()
    }
    least = min(blank + other for _, blank, other in new.values()) if len(new) == _BEAM else 0.0
    for text, (state, blank, other) in beam.items():
        following, last, whole = grammar.following[state], text[-1:], blank + other
        for char in tried:
            if char in following:
                grown, p = text + char, tried[char] * (blank if char == last else whole)
                if grown in beam:
                    _, had_blank, had_other = new[grown]
                    new[grown] = (following[char], had_blank, had_other + p)
                elif p > least:  # else so many stay as they are that it would not be kept
                    new[grown] = (following[char], 0.0, p)
    kept = sorted(new.items(), key=_mass)[:_BEAM]
    top = -_mass(kept[0]) if kept else 0.0
    if top <= 0.0:
        return {}, 0.0
    return {text: (state, blank / top, other / top) for text, (state, blank, other) in kept}, top


def _mass(item: tuple[str, tuple[State, float, float]]) -> float:
    return -item[1][1] - item[1][2]
