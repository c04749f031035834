"""A plate's line as the recogniser gets it: drawn, spoilt, seen at an angle, found a little wrong and cut out.

`Artist(seed).line()` gives a grey picture 32 pixels high and its label. Nothing here needs torch.
"""

import random
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.training.faces import (
    HELD_OUT,
    TRAINED_ON,
    Face,
    font_face,
    fonts_found,
    foreign_fonts,
    strange_masks,
    stroke_face,
)
from simulator.training.plates import Box, Sheet, sheet
from simulator.training.pools import Field, Grey, pools
from simulator.training.spoil import expose, soil
from simulator.training.texts import Writing, label, writing

HEIGHT: Final = 32
WIDTH_MIN, WIDTH_MAX, STEP = 32, 320, 8
CLEAR, WORN, WILD = BANDS = ("clear", "worn", "wild")
_FORCE: Final = {CLEAR: 0.25, WORN: 0.7, WILD: 1.0}
_CAPITAL: Final = {CLEAR: (26.0, 0.35, 15.0), WORN: (22.0, 0.45, 9.0), WILD: (17.0, 0.5, 6.5)}  # median, spread, least
_CLEAR_PLATE: Final = 100  # pixels wide

Corners = NDArray[np.float32]  # 4 x 2 from the top left, clockwise


@dataclass(frozen=True, eq=False)
class Line:
    """`picture` is HEIGHT rows of grey; `label` what it says; `band` how hard it was meant to be."""

    picture: Grey
    label: str
    band: str


class Artist:
    """Draws lines from a seed: the same seed on a machine with the same faces draws the same lines."""

    def __init__(
        self, seed: int, *, held_out: bool = False, faces: int = 180, fonts: bool = True, scenes: int = 10
    ) -> None:
        self._rng = rng = random.Random(seed)
        files = fonts_found(HELD_OUT if held_out else TRAINED_ON) if fonts else []
        self._faces: list[Face] = [stroke_face(rng, held_out=held_out) for _ in range(faces)]
        self._faces += [font_face(rng.choice(files), rng) for _ in range(faces // 4 if files else 0)]
        self._strange = strange_masks(rng, foreign_fonts() if fonts else (), faces)
        self.pools = pools(rng, held_out=held_out, scenes=scenes)

    @property
    def faces(self) -> tuple[str, ...]:
        """Names of the faces drawn with."""
        return tuple(sorted({face.name for face in self._faces}))

    def sheet(self, text: Writing, wear: float) -> Sheet:
        """A plate drawn flat in one of the faces."""
        return sheet(self._rng, text, self._rng.choice(self._faces), self._strange, self.pools, wear)

    def line(self, band: str | None = None) -> Line:
        """The next line, of that band or of any."""
        rng = self._rng
        band = band or rng.choices(BANDS, (56, 35, 9))[0]
        force, text = _FORCE[band], writing(rng)
        wear = 0.0 if band == CLEAR else force * rng.random()
        drawn = self.sheet(text, wear)
        soil(rng, drawn, self.pools, force, hide=band != CLEAR)
        row = 0 if rng.random() < 0.55 else len(text.lines) - 1  # the first has the letters
        capital = self._capital(band, drawn, row)
        seen, corners = _seen(rng, drawn, drawn.boxes[row], capital, force)
        seen = expose(rng, seen, capital, self.pools, force)
        return Line(_cut(rng, seen, corners, capital), label(text.lines[row]), band)

    def _capital(self, band: str, drawn: Sheet, row: int) -> float:
        """Height of the characters in pixels of the photograph."""
        median, spread, least = _CAPITAL[band]
        capital = float(np.clip(self._rng.lognormvariate(np.log(median), spread), least, 64))
        _, top, _, bottom = drawn.boxes[row]
        enough = _CLEAR_PLATE * (bottom - top) / drawn.width
        return max(capital, enough) if band == CLEAR else capital


def _seen(rng: random.Random, drawn: Sheet, box: Box, capital: float, force: float) -> tuple[Field, Corners]:
    """The part of the photograph around the row, and the corners of the row's capitals in it."""
    left, top, right, bottom = box
    flat = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
    scale = capital / (bottom - top)
    size = ((right - left) * scale * rng.uniform(0.8, 1.15), capital)
    corners = _tilted(rng, size, force)
    edge = max(size[1] * 1.2, 6.0)
    low = corners.min(axis=0) - edge
    corners = (corners - low).astype(np.float32)
    shape = np.ceil(corners.max(axis=0) + edge).astype(int)
    picture = drawn.picture
    if scale < 0.85:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.42 * float(np.sqrt(1 / scale**2 - 1))))
    turn = cv2.getPerspectiveTransform(flat, corners)
    border = cv2.BORDER_REFLECT_101
    seen = cv2.warpPerspective(picture, turn, (int(shape[0]), int(shape[1])), flags=cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(seen, np.float32), corners


def _tilted(rng: random.Random, size: tuple[float, float], force: float) -> Corners:
    """A rectangle turned, sheared and seen in perspective."""
    width, height = size
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)])
    wild = rng.random() < 0.25 * force
    turn = np.radians(rng.gauss(0, 9 if wild else 3))
    shear = rng.gauss(0, 0.22 if wild else 0.07)
    corners = corners @ np.array([(1.0, 0.0), (shear, 1.0)])
    corners = corners @ np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])
    shake = np.array([(rng.gauss(0, 0.03), rng.gauss(0, 0.03)) for _ in range(4)])
    return np.asarray(corners + shake * height * (2 if wild else 1), np.float32)


def found(rng: random.Random, corners: Corners, capital: float) -> Corners:
    """The rectangle that a text detector would give for a row: loose, tight, shifted, with half of its neighbour."""
    way = corners[1] + corners[2] - corners[0] - corners[3]
    turn = float(np.arctan2(way[1], way[0])) + np.radians(rng.gauss(0, 1.2))
    along, across = np.array((np.cos(turn), np.sin(turn))), np.array((-np.sin(turn), np.cos(turn)))
    u, v = corners @ along, corners @ across
    ends = [u.min() - _spare(rng, capital), u.max() + _spare(rng, capital)]
    sides = [v.min() - capital * rng.uniform(0.04, 0.52), v.max() + capital * rng.uniform(0.04, 0.52)]
    if rng.random() < 0.18:
        sides = [sides[0] - 0.6 * capital * rng.random(), sides[1] + 0.6 * capital * rng.random()]
    return np.array(
        [along * ends[0] + across * sides[0], along * ends[1] + across * sides[0],
         along * ends[1] + across * sides[1], along * ends[0] + across * sides[1]], np.float32,
    )  # fmt: skip


def _spare(rng: random.Random, capital: float) -> float:
    return capital * (rng.uniform(0.5, 1.4) if rng.random() < 0.12 else rng.uniform(-0.03, 0.42))


def _cut(rng: random.Random, seen: Field, corners: Corners, capital: float) -> Grey:
    """The line turned upright as the reader cuts it: through 48 rows, then 32."""
    quad = found(rng, corners, capital)
    width = float(np.linalg.norm(quad[1] - quad[0]))
    height = float(np.linalg.norm(quad[3] - quad[0]))
    columns = int(np.clip(round(HEIGHT * width / height * rng.uniform(0.88, 1.4)), 16, WIDTH_MAX))
    target = np.array([(0, 0), (columns * 1.5, 0), (columns * 1.5, 48), (0, 48)], np.float32)
    turn = cv2.getPerspectiveTransform(quad, target)
    size = (round(columns * 1.5), 48)
    line = cv2.warpPerspective(seen, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    small = cv2.resize(line, (columns, HEIGHT), interpolation=rng.choice((cv2.INTER_AREA, cv2.INTER_LINEAR)))
    return np.asarray(np.clip(small + 0.5, 0, 255), np.uint8)


def padded(pictures: list[Grey]) -> NDArray[np.uint8]:
    """Count x HEIGHT x width: a multiple of STEP that holds the widest, the last column repeated."""
    widest = max(WIDTH_MIN, *(picture.shape[1] for picture in pictures))
    width = min(WIDTH_MAX, -(-widest // STEP) * STEP)
    return np.stack([np.pad(p, ((0, 0), (0, width - p.shape[1])), mode="edge") for p in pictures])
