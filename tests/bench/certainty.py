"""Fit what a reading's figures mean, on drawn pictures: `python -m tests.bench.certainty --count 1500 --seed 3 OUT`.

For each path a logistic function of the figures of `edge.reader.certainty.traits`, by maximum likelihood, none of them
allowed to count the wrong way; and the certainty from which an answer of that path needs no second look.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from edge.reader.cascade import Cascade, Judged
from edge.reader.certainty import FAST, PATHS, logit, traits
from edge.reader.engines import BARIE, engine
from tests.bench.drawn import pictures

# Which way a figure may count: more of it surer (1), less sure (-1), not at all (0).
_WAYS: Final = {"weakest": 1, "second": 1, "margin": 1, "price": -1, "height": 1, "agreed": 1, "rows": 0, "whole": 1}
_RIDGE: Final = 0.02
_WRONG_MAX: Final = 0.001  # of the answers that are let through without a second look
_SURE_LEAST: Final = 0.98
_UNSURE: Final = 0.999  # pictures below it go on to the next path; of the others every tenth
_RANK_LEAST: Final = -12.0


class Sample(NamedTuple):
    """One answer of one path."""

    path: str
    traits: dict[str, float]
    right: bool
    certainty: float
    heard: tuple[tuple[float, bool], ...]  # of each character: what the networks said, whether it is right


def samples(reader: Cascade, count: int, seed: int) -> Iterator[Sample]:
    """Every answer inside the grammar that a path gave as its best."""
    for number, drawn in enumerate(pictures(count, seed)):
        for judged in reader.explained(drawn.image):
            inside = [each for each in judged if each.candidate.inside and each.candidate.rank > _RANK_LEAST]
            yield from (_sample(each, drawn.plate) for each in inside)
            sure = any(each.path == FAST and each.certainty > _UNSURE for each in judged)
            if sure and number % 10:
                break


def _sample(judged: Judged, plate: str) -> Sample:
    candidate = judged.candidate
    same = len(candidate.text) == len(plate)
    heard = [(p, true == char) for (char, p), true in zip(candidate.characters, plate, strict=False)] if same else []
    return Sample(judged.path, traits(candidate), candidate.text == plate, judged.certainty, tuple(heard))


def fitted(rows: Sequence[dict[str, float]], right: Sequence[bool]) -> dict[str, float]:
    """Bias and weights of a logistic function, with signs as they may be."""
    names = list(rows[0])
    values = np.array([[row[name] for name in names] for row in rows])
    truth = np.array(right, float)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = weights[0] + values @ weights[1:]
        p = 1 / (1 + np.exp(-odds))
        against = np.logaddexp(0, -odds) * truth + np.logaddexp(0, odds) * (1 - truth)
        slope = np.concatenate([[np.sum(p - truth)], values.T @ (p - truth)]) + _RIDGE * weights
        return float(against.sum() + _RIDGE / 2 * (weights**2).sum()), slope

    limits = [(None, None), *(_LIMITS[_WAYS.get(name, 1)] for name in names)]
    best = minimize(loss, np.zeros(len(names) + 1), jac=True, method="L-BFGS-B", bounds=limits).x
    return {"bias": round(float(best[0]), 4)} | {
        name: round(float(weight), 4) for name, weight in zip(names, best[1:], strict=True)
    }


_LIMITS: Final = {1: (0.0, None), -1: (None, 0.0), 0: (0.0, 0.0)}


def sure_from(table: dict[str, float], rows: Sequence[dict[str, float]], right: Sequence[bool]) -> float:
    """The lowest certainty above which hardly any answer is wrong."""
    odds = [table["bias"] + sum(table[name] * value for name, value in row.items()) for row in rows]
    ranked = sorted(zip(odds, right, strict=True), reverse=True)
    wrong, least = 0, ranked[0][0]
    for number, (each, good) in enumerate(ranked, 1):
        wrong += not good
        if wrong <= _WRONG_MAX * number:
            least = each
    return round(max(_SURE_LEAST, 1 / (1 + float(np.exp(-least)))), 4)


def table(found: Iterable[Sample]) -> dict[str, dict[str, float]]:
    """What goes into `weights/certainty.json`."""
    found = list(found)
    fit: dict[str, dict[str, float]] = {}
    for path in PATHS:
        mine = [sample for sample in found if sample.path == path]
        rows, right = [sample.traits for sample in mine], [sample.right for sample in mine]
        weights = fitted(rows, right)
        fit[path] = weights | {"sure": sure_from(weights, rows, right)}
        sys.stderr.write(f"{path}: {len(mine)} answers, {right.count(False)} wrong: {fit[path]}\n")
    heard = [({"heard": logit(p)}, good) for sample in found for p, good in sample.heard]
    fit["character"] = fitted([row for row, _ in heard], [good for _, good in heard])
    return fit


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw, read, fit, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.certainty", description=__doc__)
    parser.add_argument("--count", type=int, default=1500, help="pictures drawn (default 1500)")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("out", type=Path, metavar="OUT", help="the JSON file to write")
    options = parser.parse_args(arguments)
    reader = engine(BARIE)
    assert isinstance(reader, Cascade)
    fit = table(samples(reader, options.count, options.seed))
    options.out.write_text(json.dumps(fit, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
