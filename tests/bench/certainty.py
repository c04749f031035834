"""Fit what a reading's figures mean, on drawn pictures: `python -m tests.bench.certainty --count 600 --seed 3`.

For each path a logistic function of the figures of `edge.reader.certainty.traits`, by maximum likelihood, none of them
allowed to count the wrong way; and the certainty from which an answer of that path needs no second look.
"""

import argparse
import hashlib
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from edge.reader.cascade import Cascade, Judged
from edge.reader.certainty import CHECKED, FAST, NAME, PATHS, SLOW, logit, traits
from edge.reader.engines import BARIE, engine
from edge.reader.kept import FOLDER, HASHES
from tests.bench.banded import portraits
from tests.bench.drawn import pictures

# Which way a figure may count: more of it surer (1), less sure (-1), not at all (0).
_WAYS: Final = {"weakest": 1, "second": 1, "margin": 1, "price": -1, "height": 1, "agreed": 1, "rows": 0, "whole": 1}
_RIDGE: Final = 0.3
_WRONG_MAX: Final = 0.001  # of the answers that are let through without a second look
# What certainty must be at least to be sure. Our network learnt from drawings and is tried on drawings here, so its own
# word must be far above the others; the second network learnt from photographs.
_SURE_LEAST: Final = {FAST: 0.9998, CHECKED: 0.99, SLOW: 0.98}
_UNSURE: Final = 0.995  # pictures below it are looked at on every path; of the others every tenth
_RANK_LEAST: Final = -12.0
_BELIEVED: Final = 0.05  # certainty of a wrong answer that is about a plate, not about a word on a wall
_APART: Final = 500  # of seeds: those of the drawn test set are low


class Sample(NamedTuple):
    """One answer of one path."""

    path: str
    traits: dict[str, float]
    right: bool
    certainty: float
    heard: tuple[tuple[float, bool], ...]  # of each character: what the networks said, whether it is right
    listed: bool  # whether the plate is among the other texts of the answer


def samples(reader: Cascade, count: int, seed: int) -> Iterator[Sample]:
    """Every answer inside the grammar that a path gave as its best."""
    for number, (image, plate) in enumerate(_drawn(count, seed)):
        for judged in reader.explained(image):
            inside = [each for each in judged if each.candidate.inside and each.candidate.rank > _RANK_LEAST]
            yield from (_sample(each, plate) for each in inside)
            if number % 10 and any(each.path == CHECKED and each.certainty > _UNSURE for each in judged):
                break


def _drawn(count: int, seed: int) -> Iterator[tuple[NDArray[np.uint8], str]]:
    """Pictures and what their plates say: a lane's camera and a plate in wild surroundings with words on it in turn."""
    for scene, portrait in zip(pictures(count // 2, seed), portraits(count // 2, seed + _APART), strict=True):
        yield scene.image, scene.plate
        yield portrait.image, portrait.plate


def _sample(judged: Judged, plate: str) -> Sample:
    candidate = judged.candidate
    same = len(candidate.text) == len(plate)
    heard = [(p, true == char) for (char, p), true in zip(candidate.characters, plate, strict=False)] if same else []
    listed = any(text == plate != candidate.text for text, _ in candidate.rivals)
    return Sample(judged.path, traits(candidate), candidate.text == plate, judged.certainty, tuple(heard), listed)


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
    ranked = sorted(((probability(table, row), good) for row, good in zip(rows, right, strict=True)), reverse=True)
    wrong, least = 0, ranked[0][0]
    for number, (each, good) in enumerate(ranked, 1):
        wrong += not good
        if wrong <= _WRONG_MAX * number:
            least = each
    return round(least, 4)


def probability(table: dict[str, float], row: dict[str, float]) -> float:
    """What such a function gives for such figures."""
    odds = table["bias"] + sum(table[name] * value for name, value in row.items())
    return 1 / (1 + math.exp(-min(max(odds, -30.0), 30.0)))


def table(found: Iterable[Sample]) -> dict[str, dict[str, float]]:
    """What goes into `weights/certainty.json`."""
    found = list(found)
    fit: dict[str, dict[str, float]] = {}
    for path in PATHS:
        mine = [sample for sample in found if sample.path == path]
        rows, right = [sample.traits for sample in mine], [sample.right for sample in mine]
        weights = fitted(rows, right)
        fit[path] = weights | {"sure": max(_SURE_LEAST[path], sure_from(weights, rows, right))}
        sys.stderr.write(f"{path}: {len(mine)} answers, {right.count(False)} wrong: {fit[path]}\n")
    heard = [({"heard": logit(p)}, good) for sample in found for p, good in sample.heard]
    wrong = [sample for sample in found if not sample.right and sample.certainty > _BELIEVED]
    fit["others"] = {"listed": round((sum(sample.listed for sample in wrong) + 1) / (len(wrong) + 2), 4)}
    fit["character"] = fitted([row for row, _ in heard], [good for _, good in heard])
    return fit


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw, read, fit, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.certainty", description=__doc__)
    parser.add_argument("--count", type=int, default=600, help="pictures drawn (default 600)")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write to (default: the reader's weights)")
    options = parser.parse_args(arguments)
    reader = engine(BARIE)
    assert isinstance(reader, Cascade)
    found = list(samples(reader, options.count, options.seed))
    fit = table(found)
    _write(options.out, NAME, json.dumps(fit, indent=1) + "\n")
    (options.out / _CARD).write_text(_card(found, fit, options.count, options.seed), encoding="utf-8")
    return 0


def _write(folder: Path, name: str, text: str) -> None:
    """The file, and its hash beside those of the networks."""
    (folder / name).write_text(text, encoding="utf-8")
    book = folder / HASHES
    hashes = json.loads(book.read_text(encoding="utf-8")) if book.is_file() else {}
    hashes[name] = hashlib.sha256(text.encode()).hexdigest()
    book.write_text(json.dumps(hashes, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _card(found: Sequence[Sample], fit: dict[str, dict[str, float]], count: int, seed: int) -> str:
    """What the figures were fitted on, for people."""
    rows = []
    for path in PATHS:
        mine = [sample for sample in found if sample.path == path]
        sure = fit[path]["sure"]
        passed = [s for s in mine if probability(fit[path], s.traits) >= sure]
        wrong = sum(not s.right for s in passed)
        all_wrong = sum(not s.right for s in mine)
        rows.append(f"| {path} | {len(mine)} | {all_wrong} | {sure} | {len(passed)} | {wrong} |")
    return _CARD_TEXT.format(count=count, seed=seed, rows="\n".join(rows))


_CARD: Final = "certainty.md"
_CARD_TEXT: Final = """# certainty.json

What the figures of a reading mean: for each path a logistic function of its weakest and second weakest character, the
margin to the next text, the grammar's price, the height in pixels, whether all readings agree and whether its lines
were found whole. Fitted by `python -m tests.bench.certainty --count {count} --seed {seed}` on {count} drawn pictures
(half of them hard; plates from a tenth to three quarters of the picture's width); no photograph. Fit it again after
another network. No licences but this repository's.

| Path | Answers | Wrong | Sure from | Of them sure | Wrong among the sure |
|---|---|---|---|---|---|
{rows}
"""


if __name__ == "__main__":
    sys.exit(main())
