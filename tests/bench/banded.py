"""The drawn test set, by bands: `python -m tests.bench.banded --count 10000 --seed 1`.

One plate to a picture, in faces and before grounds that no network learnt from, read by the whole reader.

*clear*: at least 100 pixels wide, nothing worn or hidden: whole on the picture, neither blurred nor dazzled, every
character apart from its ground; *small*: the same from 60 to 100 pixels; *poor*: wide and whole, but blurred, dark,
dazzled or noisy, up to where nobody reads it; *worn*: paint gone, dirt, wires, at least 60 pixels; *wild*: all of it at
full strength, at least 40 pixels.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.reader.contract import Reader
from edge.reader.engines import BARIE, ENGINES, engine
from simulator.draw.layout import printed_lines
from simulator.draw.plates import PlateSource, random_class
from simulator.draw.subject import MOTO, Subject
from simulator.training.scenes import Manner, Scene, Stage
from simulator.training.texts import Writing
from tests.bench.report import percentiles

CLEAR: Final = "clear"
SMALL: Final = "small"
BANDS: Final = {CLEAR: 0.4, SMALL: 0.15, "poor": 0.15, "worn": 0.2, "wild": 0.1}  # and their shares
_OPEN: Final = frozenset({CLEAR, SMALL})  # nothing is hidden
_EACH: Final = 250  # pictures of one stage: the next has other faces and grounds
_SEEDS: Final = 100_000  # of stages, far from those of the training
_MOTORBIKES: Final = 0.5
_DEADLINE_MS: Final = 60_000.0
_STANDS_OUT: Final = 25.5
"""Greys between ink and ground, a tenth of white: what stands out less is hidden, in glare, in the dark, by shade."""
_TRIES: Final = 50
_ROW: Final = 24  # pixels that a row is brought to before it is looked at


class Portrait(NamedTuple):
    """A picture (height x width x 3, BGR), what its plate says, and its band."""

    image: NDArray[np.uint8]
    plate: str
    band: str


def portraits(count: int, seed: int, *, fonts: bool = True) -> Iterator[Portrait]:
    """The same pictures for the same arguments, on a machine with the same faces."""
    rng = random.Random(seed)
    source = PlateSource(random.Random(rng.getrandbits(64)))
    for number in range(count):
        if number % _EACH == 0:
            stage = Stage(seed * _SEEDS + number, held_out=True, fonts=fonts)
        band = rng.choices(list(BANDS), list(BANDS.values()))[0]
        subject = source.draw(MOTO if rng.random() < _MOTORBIKES else random_class(rng))
        scene = _shown(stage, _writing(subject), band, rng)
        yield Portrait(np.asarray(cv2.cvtColor(scene.picture, cv2.COLOR_GRAY2BGR), np.uint8), subject.key, band)


def _shown(stage: Stage, text: Writing, band: str, rng: random.Random) -> Scene:
    """The plate; in a band that hides nothing drawn again until nothing of it is hidden."""
    for _ in range(_TRIES):
        scene = stage.portrait(text, _manner(band, rng))
        rows = [row.corners for row in scene.rows if row.wanted]
        if scene.texts and (band not in _OPEN or all(stands_out(scene.picture, row) for row in rows)):
            return scene
    raise RuntimeError(f"{text.lines} was hidden on {_TRIES} pictures")


def stands_out(picture: NDArray[np.uint8], corners: NDArray[np.float32]) -> bool:
    """Whether a row of characters is whole on the picture and differs from its ground all along."""
    if corners.min() < 1 or (corners > np.array(picture.shape[::-1]) - 2).any():
        return False
    across = float(np.linalg.norm(corners[1] - corners[0]) / np.linalg.norm(corners[3] - corners[0]))
    width = max(_ROW, round(_ROW * across))
    flat = np.array([(0, 0), (width, 0), (width, _ROW), (0, _ROW)], np.float32)
    row = cv2.warpPerspective(picture, cv2.getPerspectiveTransform(corners, flat), (width, _ROW))
    parts = (row[:, x : x + _ROW] for x in range(0, width - _ROW // 2, _ROW // 2))
    return all(float(np.subtract(*np.percentile(part, (95, 5)))) >= _STANDS_OUT for part in parts)


def _manner(band: str, rng: random.Random) -> Manner:
    return {
        CLEAR: Manner(0.0, 0.0, hide=False, least=100),
        SMALL: Manner(0.0, 0.0, hide=False, least=60, most=100),
        "poor": Manner(rng.uniform(0.2, 0.6), 0.0, hide=False, least=100),
        "worn": Manner(0.7, 0.7 * rng.random(), hide=True, least=60),
        "wild": Manner(1.0, rng.random(), hide=True, least=40),
    }[band]


def _writing(subject: Subject) -> Writing:
    lines = printed_lines(subject)
    shape = "moto" if subject.vehicle_class == MOTO else "long" if len(lines) == 1 else "short"
    return Writing(lines, subject.colour, shape)


def figures(reader: Reader, count: int, seed: int, *, fonts: bool = True) -> dict[str, Any]:
    """Exact answers by band, how many of the sure ones are wrong, and milliseconds."""
    right: dict[str, list[bool]] = {band: [] for band in BANDS}
    paths: Counter[str] = Counter()
    answers: list[tuple[float, bool]] = []
    times = []
    for portrait in portraits(count, seed, fonts=fonts):
        begun = time.perf_counter()
        plates = reader.read(portrait.image, deadline_ms=_DEADLINE_MS)
        times.append(1000 * (time.perf_counter() - begun))
        best = plates[0] if plates else None
        hit = best is not None and best.text == portrait.plate
        right[portrait.band].append(hit)
        answers.append((best.confidence if best else 0.0, hit))
        paths[best.path if best else "nothing"] += 1
    answers.sort(key=lambda answer: -answer[0])
    most = {share: answers[: round(count * share / 100)] for share in (80, 90, 95)}
    return {
        "pictures": count,
        "seed": seed,
        "exact": {band: round(sum(hits) / len(hits), 4) for band, hits in right.items() if hits},
        "pictures_of": {band: len(hits) for band, hits in right.items()},
        "wrong_among_the_most_confident_percent": {
            share: sum(not hit for _, hit in some) for share, some in most.items()
        },
        "paths": dict(paths),
        "ms": percentiles(times),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw, read, print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.banded", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--count", type=int, default=1000, help="pictures (default 1000)")
    parser.add_argument("--seed", type=int, default=1, help="of the drawing (default 1)")
    parser.add_argument("--engine", choices=ENGINES, default=BARIE, help="which reader (default barie)")
    options = parser.parse_args(arguments)
    print(json.dumps(figures(engine(options.engine, 2), options.count, options.seed)))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
