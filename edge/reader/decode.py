"""Search of the recogniser's probabilities for the most probable plate (CTC prefix search under the grammar)."""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.reader.automaton import BREAK, NEVER, Automaton, State
from edge.reader.networks import Matrix
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


def greedy(lines: list[Matrix]) -> str:
    """The text as read, without the grammar: the most probable symbol of each moment."""
    return "".join(_greedy(folded) for folded in lines)


def _greedy(folded: Matrix) -> str:
    best = folded.argmax(axis=1)
    kept = (best < BLANK) & np.insert(best[1:] != best[:-1], 0, values=True)
    return "".join(ALPHABET[i] for i in best[kept])


def surest(lines: list[Matrix]) -> float:
    """Logarithm of the probability of the single best path: what the grammar's price is counted from."""
    return sum(float(np.log(np.maximum(folded.max(axis=1), 1e-9)).sum()) for folded in lines)


def search(lines: list[Matrix], grammar: Automaton) -> list[Found]:
    """Plates of the grammar that the folded matrices may show, best first; empty where none is near."""
    beam: _Beam = {"": (0, 1.0, 0.0)}
    scale = 0.0
    for number, folded in enumerate(lines):
        if number:
            beam = _broken(beam, grammar)
        for moment in doubted(folded):
            beam, lost = _advance(beam, moment, grammar)
            scale += lost
            if not beam:
                return []
    ends = ((text, grammar.ending[state], blank + other) for text, (state, blank, other) in beam.items())
    found = [
        Found(text.replace(BREAK, ""), prior + math.log(p) + scale, prior)
        for text, prior, p in ends
        if prior > NEVER and p > 0
    ]
    return sorted(found, key=lambda plate: -plate.score)


def _broken(beam: _Beam, grammar: Automaton) -> _Beam:
    """What is left at the end of a first line, where the grammar allows one."""
    ends = ((text, grammar.following[state].get(BREAK), blank + other) for text, (state, blank, other) in beam.items())
    return {text + BREAK: (state, p, 0.0) for text, state, p in ends if state is not None}


def _advance(beam: _Beam, moment: Matrix, grammar: Automaton) -> tuple[_Beam, float]:
    """One moment further; and the logarithm by which the probabilities were scaled up again."""
    nothing = float(moment[BLANK])
    worth = np.flatnonzero(moment[:BLANK] > _WORTH) if nothing < _QUIET else ()
    tried = {ALPHABET[i]: float(moment[i]) for i in worth}
    new: _Beam = {}
    for text, (state, blank, other) in beam.items():
        last = text[-1:]
        _add(new, text, state, (blank + other) * nothing, other * tried.get(last, 0.0))
        for char, p in tried.items():
            onward = grammar.following[state].get(char)
            if onward is not None:
                _add(new, text + char, onward, 0.0, p * (blank if char == last else blank + other))
    kept = sorted(new.items(), key=lambda item: -(item[1][1] + item[1][2]))[:_BEAM]
    top = max((blank + other for _, (_, blank, other) in kept), default=0.0)
    if top <= 0.0:
        return {}, 0.0
    return {text: (state, blank / top, other / top) for text, (state, blank, other) in kept}, math.log(top)


def _add(beam: _Beam, text: str, state: State, blank: float, other: float) -> None:
    _, had_blank, had_other = beam.get(text, (state, 0.0, 0.0))
    beam[text] = (state, had_blank + blank, had_other + other)


def said(lines: list[Matrix], text: str) -> float:
    """Logarithm of the probability of just this text, doubt included, the lines read as one (CTC forward)."""
    columns = [ALPHABET.index(char) for char in text]
    places, skip = _path(columns)
    shares = np.maximum(doubted(np.concatenate(lines))[:, places].astype(np.float64), 1e-9)
    alive, scale = np.zeros(len(places)), 0.0
    alive[:2] = shares[0, :2]
    for moment in shares[1:]:
        whole = float(alive.sum())
        scale += math.log(whole)
        alive /= whole
        onward = alive.copy()
        onward[1:] += alive[:-1]
        onward[2:] += np.where(skip[2:], alive[:-2], 0.0)
        alive = onward * moment
    return scale + math.log(max(float(alive[-2:].sum()), 1e-300))


def heard(lines: list[Matrix], text: str) -> tuple[float, ...]:
    """Probability of each character of `text` at the moments that belong to it (best alignment; nothing added).

    What was read beside a character and has no place in the text is held against that character.
    """
    folded = np.concatenate(lines)
    columns = [ALPHABET.index(char) for char in text]
    path = np.array(_aligned(np.log(np.maximum(folded, 1e-6)), columns))
    here = path // 2  # between two characters: the number of the one that comes next
    said_here = folded[np.arange(len(path)), np.array([*columns, BLANK])[here]]
    beside = folded.copy()
    beside[:, BLANK] = 0.0
    for number in (here - 1, here):  # either neighbour may be heard a moment too early or too late
        near = (number >= 0) & (number < len(columns))
        beside[near, np.array(columns)[number[near]]] = 0.0
    intruders = beside.max(axis=1)
    between = path % 2 == 0
    return tuple(
        min(
            1.0,
            float(said_here[~between & (here == i)].max(initial=0.0)),
            1.0 - float(intruders[between & ((here == i) | (here == i + 1))].max(initial=0.0)),
        )
        for i in range(len(columns))
    )


def _path(columns: list[int]) -> tuple[list[int], NDArray[np.bool_]]:
    """Blank, first, blank, second ... blank; and which of these may follow the last but one before it."""
    places = [BLANK]
    for column in columns:
        places += [column, BLANK]
    skip = [i > 1 and place != BLANK and place != places[i - 2] for i, place in enumerate(places)]
    return places, np.array(skip)


def _aligned(logs: Matrix, columns: list[int]) -> list[int]:
    """For each moment the place in blank, first, blank, second ... blank on the best path (Viterbi)."""
    places, skip = _path(columns)
    heights = logs[:, places]
    best = np.full(len(places), NEVER)
    best[:2] = heights[0, :2]
    came = np.zeros((len(logs), len(places)), np.int8)
    steps = np.full((3, len(places)), NEVER)
    for moment in range(1, len(logs)):
        steps[0], steps[1, 1:] = best, best[:-1]
        steps[2, 2:] = best[:-2]
        steps[2, ~skip] = NEVER
        came[moment] = steps.argmax(axis=0)
        best = steps.max(axis=0) + heights[moment]
    place = len(places) - 1 if best[-1] >= best[-2] else len(places) - 2
    path = [place]
    for moment in range(len(logs) - 1, 0, -1):
        place -= int(came[moment, place])
        path.append(place)
    return path[::-1]
