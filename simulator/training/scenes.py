"""Pictures with plates somewhere on them, for the network that finds their rows: grey, small, wildly varied.

`Stage(seed).scene()` gives a picture and where the rows of its plates stand. Nothing here needs torch.
"""

import random
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.training.lines import Artist, Corners
from simulator.training.plates import PAD, Sheet
from simulator.training.pools import Field, Grey, Pools
from simulator.training.spoil import expose, soil
from simulator.training.texts import Writing, label, word, writing

SHAPE: Final = (256, 320)  # rows and columns of a picture
_COUNTS: Final = ((0, 1, 2, 3, 4), (7, 58, 22, 9, 4))  # plates on a picture, and how often
_WIDTH: Final = (78.0, 0.62, 20.0, 300.0)  # of a plate in pixels: median, spread, least, most
_FORCES: Final = ((0.2, 0.55, 1.0), (45, 40, 15))
_HIDING: Final = 0.5  # force from which something may stand before a plate
_TRIES: Final = 8  # to find room for a plate
_CAPITAL_MIN: Final = 4.5  # pixels; lower rows are there, but nobody has to find them


@dataclass(frozen=True, eq=False)
class Row:
    """A row of characters: corners of its capitals (4 x 2 from the top left, clockwise). Nobody has to find it where it
    is not `wanted`: a word on a wall, a row too small."""

    corners: Corners
    wanted: bool


@dataclass(frozen=True, eq=False)
class Scene:
    """`picture` is SHAPE of grey; `texts` are what its plates say, without separators."""

    picture: Grey
    rows: tuple[Row, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Manner:
    """How a plate is shown: `force` 0..1 of everything that spoils it, `wear` 0..1 of its paint, whether something may
    stand before it, and limits of its width in pixels."""

    force: float
    wear: float
    hide: bool
    least: float = _WIDTH[2]
    most: float = _WIDTH[3]


class Stage:
    """Draws scenes from a seed, with the faces and surroundings of an artist."""

    def __init__(
        self, seed: int, *, held_out: bool = False, fonts: bool = True, faces: int = 60, backdrops: int = 12
    ) -> None:
        self._rng = random.Random(seed)
        self._artist = Artist(seed, held_out=held_out, faces=faces, fonts=fonts, scenes=backdrops)

    def scene(self) -> Scene:
        """The next one: no plate, one or several, and words that are none."""
        rng = self._rng
        force = rng.choices(*_FORCES)[0]
        plates = [writing(rng) for _ in range(rng.choices(*_COUNTS)[0])]
        words = [word(rng) for _ in range(rng.choice((0, 0, 1, 2)))]
        manner = Manner(force, force * rng.random(), force > _HIDING)
        return self._drawn([*plates, *words], manner)

    def portrait(self, text: Writing, manner: Manner) -> Scene:
        """One plate, and a word now and then where it leaves room."""
        words = [word(self._rng) for _ in range(self._rng.choice((0, 0, 0, 1)))]
        return self._drawn([text, *words], manner)

    def _drawn(self, texts: list[Writing], manner: Manner) -> Scene:
        rng, pools = self._rng, self._artist.pools
        picture = _surroundings(rng, pools)
        taken: list[tuple[float, float, float]] = []  # x, y, radius
        rows: list[Row] = []
        shown: list[str] = []
        for text in texts:
            seen = self._placed(picture, taken, text, manner)
            rows += seen
            if seen and text.shape != "none":
                shown.append("".join(label(line) for line in text.lines))
        heights = [_height(row.corners) for row in rows if row.wanted]
        capital = float(np.median(heights)) if heights else 20.0
        seen_by = expose(rng, picture, max(capital, 6.0), pools, manner.force)
        return Scene(np.asarray(np.clip(seen_by + 0.5, 0, 255), np.uint8), tuple(rows), tuple(shown))

    def _placed(
        self, picture: Field, taken: list[tuple[float, float, float]], text: Writing, manner: Manner
    ) -> list[Row]:
        """Draw a plate, or a word that is none, where there is room for it."""
        rng, loose = self._rng, text.shape == "none"
        drawn = self._artist.sheet(text, manner.wear)
        soil(rng, drawn, self._artist.pools, manner.force, hide=manner.hide)
        corners = _corners(rng, drawn, manner)
        spot = _room(rng, taken, corners)
        if spot is None:
            return []
        taken.append((*spot, _radius(corners)))
        corners += np.array(spot, np.float32)
        turn = _mounted(rng, picture, drawn, corners, loose=loose)
        wanted = not loose and any(text.lines)
        rows = [_row(box, turn) for box in drawn.boxes]
        return [Row(row, wanted and _height(row) >= _CAPITAL_MIN) for row in rows]


def _surroundings(rng: random.Random, pools: Pools) -> Field:
    """A ground, and panels of others before it."""
    picture = pools.ground(rng, SHAPE).astype(np.float32)
    for _ in range(rng.choice((0, 1, 2, 3, 5, 8))):
        width, height = rng.uniform(20, 300), rng.uniform(10, 200)
        centre = (rng.uniform(0, SHAPE[1]), rng.uniform(0, SHAPE[0]))
        quad = cv2.boxPoints((centre, (width, height), rng.gauss(0, 12)))
        shake = np.array([(rng.gauss(0, 6), rng.gauss(0, 6)) for _ in range(4)])
        mask = np.zeros(SHAPE, np.uint8)
        cv2.fillPoly(mask, [np.asarray(quad + shake, np.int32)], 255, cv2.LINE_AA)
        share = mask.astype(np.float32) * (rng.uniform(0.5, 1.0) / 255)
        panel = pools.ground(rng, SHAPE).astype(np.float32)
        if rng.random() < 0.4:
            panel = np.full(SHAPE, rng.uniform(0, 255), np.float32)
        picture += (panel - picture) * share
    return picture


def _corners(rng: random.Random, drawn: Sheet, manner: Manner) -> Corners:
    """Of the plate without its surroundings, around (0, 0): scaled, turned, sheared, in perspective."""
    height, width = drawn.picture.shape[0] - 2 * PAD, drawn.picture.shape[1] - 2 * PAD
    median, spread, _, _ = _WIDTH
    across = float(np.clip(rng.lognormvariate(np.log(max(median, manner.least)), spread), manner.least, manner.most))
    down = across * height / width * rng.uniform(0.85, 1.2)
    corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]) * (across, down)
    wild = rng.random() < 0.1 + 0.2 * manner.force
    turn, shear = np.radians(rng.gauss(0, 13 if wild else 3.5)), rng.gauss(0, 0.25 if wild else 0.08)
    corners = corners @ np.array([(1.0, 0.0), (shear, 1.0)])
    corners = corners @ np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])
    shake = np.array([(rng.gauss(0, 0.03), rng.gauss(0, 0.03)) for _ in range(4)])
    return np.asarray(corners + shake * down * (2 if wild else 1), np.float32)


def _radius(corners: Corners) -> float:
    return float(np.hypot(*(corners[2] - corners[0]))) / 2


def _room(rng: random.Random, taken: list[tuple[float, float, float]], corners: Corners) -> tuple[float, float] | None:
    """Where the plate's middle may stand: whole on the picture, away from the others."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    for _ in range(_TRIES):
        x, y = (rng.uniform(-a, side - b) for a, b, side in zip(low, high, SHAPE[::-1], strict=True))
        if all(np.hypot(x - a, y - b) > _radius(corners) + r for a, b, r in taken):
            return x, y
    return None


def _mounted(rng: random.Random, picture: Field, drawn: Sheet, corners: Corners, *, loose: bool) -> NDArray[np.float64]:
    """Put the sheet onto its corners, with more or less of what it was drawn with around it; the transform used."""
    rows, columns = drawn.picture.shape
    scale = float(np.linalg.norm(corners[1] - corners[0])) / (columns - 2 * PAD)
    flat = np.array([(PAD, PAD), (columns - PAD, PAD), (columns - PAD, rows - PAD), (PAD, rows - PAD)], np.float32)
    turn = cv2.getPerspectiveTransform(flat, corners)
    sharp = drawn.picture
    if scale < 0.85:
        sharp = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 0.42 * float(np.sqrt(1 / scale**2 - 1))))
    edge = rng.choice((0, 0, 0, PAD // 2, PAD))
    cover = np.zeros((rows, columns), np.float32)
    cover[PAD - edge : rows - PAD + edge, PAD - edge : columns - PAD + edge] = 1.0
    if loose and rng.random() < 0.5:
        cover = np.asarray(cv2.GaussianBlur(cover, (0, 0), 6), np.float32)
    size = (picture.shape[1], picture.shape[0])
    seen = cv2.warpPerspective(sharp, turn, size, flags=cv2.INTER_LINEAR)
    share = cv2.warpPerspective(cover, turn, size, flags=cv2.INTER_LINEAR)
    picture += (seen - picture) * share
    return np.asarray(turn, np.float64)


def _row(box: tuple[float, float, float, float], turn: NDArray[np.float64]) -> Corners:
    left, top, right, bottom = box
    flat = np.array([[(left, top), (right, top), (right, bottom), (left, bottom)]], np.float32)
    return np.asarray(cv2.perspectiveTransform(flat, turn)[0], np.float32)


def _height(corners: Corners) -> float:
    return float(np.linalg.norm(corners[3] + corners[2] - corners[0] - corners[1])) / 2
