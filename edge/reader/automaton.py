"""The plate grammar as a finite automaton, for a search that goes character by character."""

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from gate.plate import MOTORBIKES, PATTERNS, Pattern, PlateClass
from gate.plates.grammar import SERIES, SERIES_SECOND

BREAK: Final = "|"  # the end of the first of two lines
NEVER: Final = float("-inf")

# How much rarer than a car's or motorbike's plate, as natural logarithms; ours, by judgement.
_RARITY: Final[Mapping[PlateClass, float]] = MappingProxyType(
    {
        PlateClass.SPECIAL: -0.7,
        PlateClass.MOTO_EV: -0.7,
        PlateClass.MIL: -1.5,
        PlateClass.DIPLO: -1.0,
        PlateClass.DIPLO_OLD: -1.0,
        PlateClass.MOTO_SMALL: -2.0,
        PlateClass.TEMPORARY: -2.0,
        PlateClass.CN: -2.0,
    },
)
_ONE_LINE_MOTORBIKE: Final = -4.0
# Series letters that the order does not know but old plates in the street carry: tried, at a price.
_WILD: Final[Mapping[str, str]] = MappingProxyType({SERIES: SERIES + "R", SERIES_SECOND: SERIES_SECOND + "G"})
_WILD_RARITY: Final = -3.0

State = int


class Automaton:
    """States are numbers, 0 is the start. `following[state]` maps a character to the next state;
    `ending[state]` is the prior (log) of a plate that ends there, `NEVER` where none does."""

    def __init__(self, patterns: Iterable[tuple[tuple[str, ...], float]]) -> None:
        self._patterns = tuple(patterns)
        self.following: list[dict[str, State]] = []
        self.ending: list[float] = []
        self._known: dict[tuple[int, tuple[int, ...]], State] = {}
        self._state(0, tuple(range(len(self._patterns))))

    def _state(self, depth: int, alive: tuple[int, ...]) -> State:
        """Number of the state in which these patterns have matched `depth` characters; made when new."""
        if (depth, alive) in self._known:
            return self._known[depth, alive]
        number = self._known[depth, alive] = len(self.ending)
        rest = [i for i in alive if len(self._patterns[i][0]) > depth]
        self.ending.append(max((self._patterns[i][1] for i in alive if i not in rest), default=NEVER))
        self.following.append({})
        wanted = sorted({char for i in rest for char in self._patterns[i][0][depth]})
        for char in wanted:
            fits = tuple(i for i in rest if char in self._patterns[i][0][depth])
            self.following[number][char] = self._state(depth + 1, fits)
        return number


def _one_line(pattern: Pattern) -> tuple[tuple[str, ...], float]:
    rarity = _RARITY.get(pattern.kind, 0.0)
    return pattern.places, rarity + (_ONE_LINE_MOTORBIKE if pattern.kind in MOTORBIKES else 0.0)


def _two_lines(pattern: Pattern) -> tuple[tuple[str, ...], float]:
    head, tail = pattern.places[: pattern.head], pattern.places[pattern.head :]
    return (*head, BREAK, *tail), _RARITY.get(pattern.kind, 0.0)


@cache
def automaton(lines: int) -> Automaton:
    """The grammar of plates with one or with two lines."""
    laid_out = _two_lines if lines == 2 else _one_line
    known = [laid_out(pattern) for pattern in PATTERNS]
    wild = [
        (tuple(_WILD.get(place, place) for place in places), prior + _WILD_RARITY)
        for places, prior in known
        if any(place in _WILD for place in places)
    ]
    return Automaton(known + wild)
