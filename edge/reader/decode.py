"""Search of the recogniser's probabilities for the most probable plate (CTC prefix search under the grammar)."""

import math
from typing import Final, NamedTuple

import numpy as np

from edge.reader.automaton import BREAK, NEVER, Automaton, State
from edge.reader.networks import Matrix
from edge.reader.symbols import ALPHABET, BLANK, doubted

_BEAM: Final = 12
_WORTH: Final = 1e-3  # a character below this probability at a moment is not tried there
_QUIET: Final = 0.9995  # a moment with this much blank changes nothing but the repeat rule

# The search keeps, for each prefix: its state, and the probability of ending in a blank and in its last character.
_Beam = dict[str, tuple[State, float, float]]


class Found(NamedTuple):
    """A plate in the grammar. `score` is a natural logarithm: probability of the text and prior of its format."""

    text: str
    score: float


def greedy(lines: list[Matrix]) -> str:
    """The text as read, without the grammar: the most probable symbol of each moment."""
    return "".join(_greedy(folded) for folded in lines)


def _greedy(folded: Matrix) -> str:
    best = folded.argmax(axis=1)
    kept = (best != BLANK) & np.insert(best[1:] != best[:-1], 0, values=True)
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
        Found(text.replace(BREAK, ""), prior + math.log(p) + scale)
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


def heard(lines: list[Matrix], text: str) -> tuple[float, ...]:
    """Probability of each character of `text` at the moments that belong to it (best alignment; nothing added).

    What was read beside a character and has no place in the text is held against that character.
    """
    folded = np.concatenate(lines)
    columns = [ALPHABET.index(char) for char in text]
    path = _aligned(np.log(np.maximum(folded, 1e-6)), columns)
    peaks, intruders = [0.0] * len(text), [0.0] * len(text)
    for place, moment in zip(path, folded, strict=True):
        if place % 2:
            peaks[place // 2] = max(peaks[place // 2], float(moment[columns[place // 2]]))
        else:
            near = range(max(0, place // 2 - 1), min(len(text), place // 2 + 1))
            intruder = max(0.0, *np.delete(moment, [BLANK, *(columns[i] for i in near)]))
            for i in near:
                intruders[i] = max(intruders[i], float(intruder))
    return tuple(min(peak, 1.0 - intruder, 1.0) for peak, intruder in zip(peaks, intruders, strict=True))


def _aligned(logs: Matrix, columns: list[int]) -> list[int]:
    """For each moment the place in blank, first, blank, second ... blank on the best path (Viterbi)."""
    places = [BLANK]
    for column in columns:
        places += [column, BLANK]
    skip = np.array([i > 1 and place != BLANK and place != places[i - 2] for i, place in enumerate(places)])
    best = np.full(len(places), NEVER)
    best[:2] = logs[0, places[:2]]
    came = np.zeros((len(logs), len(places)), np.int8)
    for moment in range(1, len(logs)):
        steps = np.full((3, len(places)), NEVER)
        steps[0], steps[1, 1:] = best, best[:-1]
        steps[2, 2:] = np.where(skip[2:], best[:-2], NEVER)
        came[moment] = steps.argmax(axis=0)
        best = steps.max(axis=0) + logs[moment, places]
    place = len(places) - 1 if best[-1] >= best[-2] else len(places) - 2
    path = [place]
    for moment in range(len(logs) - 1, 0, -1):
        place -= int(came[moment, place])
        path.append(place)
    return path[::-1]
