"""Which characters of a plate are mistaken for which, and what follows from it (vietnam.md §1.7)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gate.plates.grammar import normalise

MASK_CAR_5: Final = "DDLDDDDD"
MASK_CAR_4: Final = "DDLDDDD"
MASK_MOTO_9: Final = "DDL?DDDDD"  # the fourth may be a letter or a digit: never coerced
MASKS: Final[Mapping[int, str]] = MappingProxyType({len(m): m for m in (MASK_CAR_4, MASK_CAR_5, MASK_MOTO_9)})

DIGIT_FOR: Final[Mapping[str, str]] = MappingProxyType(
    {wrong: digit for digit, letters in zip("01245678", ("OQD", "IJL", "Z", "A", "S", "G", "T", "B"), strict=True)
     for wrong in letters},
)  # fmt: skip
LETTER_FOR: Final[Mapping[str, str]] = MappingProxyType(
    {"0": "D", "1": "L", "2": "Z", "3": "B", "4": "A", "5": "S", "6": "G", "7": "T", "8": "B"},
)

ALIKE: Final = 0.3  # cost of taking one for the other: the shapes differ by a stroke
NEAR: Final = 0.5  # only under dirt, blur or a bolt
_ALIKE_PAIRS: Final = "0O 0Q 0D OQ OD QD 1I 1J 1L 1T IJ IL 2Z 3B 4A 5S 6G 7T 8B"
_NEAR_PAIRS: Final = "VY UV MN CG EF KX PF HN 38 68 08 17 IT"
COSTS: Final[Mapping[frozenset[str], float]] = MappingProxyType(
    {frozenset(pair): NEAR for pair in _NEAR_PAIRS.split()} | {frozenset(pair): ALIKE for pair in _ALIKE_PAIRS.split()},
)
_BESIDES: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        char: {min(pair - {char}): price for pair, price in COSTS.items() if char in pair}
        for char in frozenset().union(*COSTS)
    },
)  # the same by character: an exit compares its plate with all who are inside


def repair(text: str, mask: str) -> str:
    """The text with letters and digits put where the mask wants them: D digit, L letter, ? left alone.

    A character without a twin stays, so the result may still be outside the grammar. A mask of another length
    changes nothing. Whether a repair is wanted (low confidence, raw reading kept) is for the caller to know.
    """
    key = normalise(text)
    if len(key) != len(mask):
        return key
    twins: Mapping[str, Mapping[str, str]] = {"D": DIGIT_FOR, "L": LETTER_FOR}
    return "".join(twins.get(want, {}).get(char, char) for char, want in zip(key, mask, strict=True))


def cost(a: str, b: str) -> float:
    """Of reading character a as b: 0 the same, `ALIKE`, `NEAR`, or 1."""
    return 0.0 if a == b else _BESIDES.get(a, {}).get(b, 1.0)


def distance(a: str, b: str) -> float:
    """Weighted edit distance of two plates: confusable characters are cheap, a lost or added one costs 1. Symmetric."""
    a, b = normalise(a), normalise(b)
    row = [float(j) for j in range(len(b) + 1)]
    for i, char in enumerate(a, 1):
        costs = {**_BESIDES.get(char, {}), char: 0.0}
        diagonal, left = row[0], float(i)
        row[0] = left
        for j, other in enumerate(b, 1):
            gone = row[j]
            left = min(gone + 1, left + 1, diagonal + costs.get(other, 1.0))
            diagonal, row[j] = gone, left
    return row[-1]
