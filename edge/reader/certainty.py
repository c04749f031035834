"""What a reading's figures mean: the probability that the plate is right, calibrated on drawn pictures.

A logistic function of a few figures for each path, fitted by `tests/bench/certainty.py`; the numbers are in
`weights/certainty.json`. The weakest character weighs most.
"""

import math
from collections.abc import Mapping
from functools import cache
from typing import Final

from edge.reader.kept import figures
from edge.reader.weigh import PRICE_MAX, Candidate

NAME: Final = "certainty.json"
FAST: Final = "fast"
CHECKED: Final = "checked"
SLOW: Final = "slow"
PATHS: Final = (FAST, CHECKED, SLOW)

TRAITS: Final = ("weakest", "second", "margin", "price", "height", "agreed", "rows", "whole")
_LOGIT_MAX: Final = 9.0
_OUTSIDE: Final = 0.5  # of a text outside the grammar: signs and telephone numbers read well too, and none was drawn


def traits(candidate: Candidate) -> dict[str, float]:
    """The figures that tell how sure a reading may be."""
    odds = sorted(logit(p) for _, p in candidate.characters)
    height = min(place.height for place in candidate.places)
    return {
        "weakest": odds[0],
        "second": odds[1],
        "margin": candidate.margin,
        "price": min(candidate.price, PRICE_MAX),
        "height": math.log2(min(max(height, 4.0), 64.0)),
        "agreed": float(candidate.agreed),
        "rows": float(len(candidate.rows)),
        "whole": float(candidate.whole),
    }


def logit(p: float) -> float:
    """Logarithm of the odds, within ±9."""
    p = min(max(p, 1e-6), 1 - 1e-6)
    return min(max(math.log(p / (1 - p)), -_LOGIT_MAX), _LOGIT_MAX)


def certainty(candidate: Candidate, path: str) -> float:
    """Probability (0..1) that the text is the plate's."""
    table = _table()[path]
    p = _logistic(table, traits(candidate))
    return p if candidate.inside else p * _OUTSIDE


def sure_from(path: str) -> float:
    """Certainty from which this path's answer needs no second look."""
    return _table()[path]["sure"]


def characters(candidate: Candidate, whole: float) -> tuple[tuple[str, float], ...]:
    """Each character with its probability: the weakest decides and carries the plate's, no other is below it."""
    table = _table()["character"]
    weakest = candidate.weakest
    return tuple(
        (char, whole if p == weakest else max(whole, _logistic(table, {"heard": logit(p)})))
        for char, p in candidate.characters
    )


def alternatives(candidate: Candidate, whole: float) -> list[tuple[str, float]]:
    """What these lines may say: the text itself, then the others with their shares of what is left, likeliest first;
    some of it is left to texts that nobody thought of."""
    others = [(text, score) for text, score in candidate.rivals if text != candidate.text]
    if not others:
        return [(candidate.text, whole)]
    top = max(score for _, score in others)
    weights = [(text, math.exp(max(score - top, -30.0))) for text, score in others]
    rest = sum(weight for _, weight in weights)
    left = (1 - whole) * _table()["others"]["listed"]
    return [(candidate.text, whole), *((text, left * weight / rest) for text, weight in weights)]


def _logistic(table: Mapping[str, float], values: Mapping[str, float]) -> float:
    total = table["bias"] + sum(table[name] * value for name, value in values.items())
    return 1 / (1 + math.exp(-min(max(total, -30.0), 30.0)))


@cache
def _table() -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = figures(NAME)
    return table
