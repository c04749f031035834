"""Surfaces made once and used many times: clouds, grain, and what stands around a plate. Drawing must be quick."""

import random
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.draw.look import look
from simulator.draw.plates import random_class, random_plate
from simulator.draw.scene import draw_scene
from simulator.draw.texture import clouds, generator

Grey = NDArray[np.uint8]
Field = NDArray[np.float32]

_Surface = NDArray[np.float32 | np.uint8]
_SIZE: Final = (256, 512)
_SURFACES: Final = 40
_SCENES: Final = 10


@dataclass(frozen=True, eq=False)
class Pools:
    """`clouds` are fields of 0..1, `grain` of mean 0 and deviation 1, `grounds` pictures of surroundings."""

    clouds: tuple[Field, ...]
    grain: Field
    grounds: tuple[Grey, ...]

    def cloud(self, rng: random.Random, shape: tuple[int, int]) -> Field:
        """A piece of a cloud of any coarseness, stretched or not."""
        return np.asarray(_piece(rng, rng.choice(self.clouds), shape), np.float32)

    def noise(self, rng: random.Random, shape: tuple[int, int]) -> Field:
        """Grain of this shape, by pixel or in clots of two."""
        if rng.random() < 0.7:
            return np.asarray(_piece(rng, self.grain, shape), np.float32)
        clots = _piece(rng, self.grain, ((shape[0] + 1) // 2, (shape[1] + 1) // 2))
        return np.asarray(cv2.resize(clots, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), np.float32) * 1.5

    def ground(self, rng: random.Random, shape: tuple[int, int]) -> Grey:
        """Surroundings of this shape, nearer or farther, brighter or darker."""
        picture = rng.choice(self.grounds)
        zoom = rng.uniform(0.5, 2.0)
        part = _piece(rng, picture, (min(_SIZE[0], int(shape[0] * zoom) + 2), min(_SIZE[1], int(shape[1] * zoom) + 2)))
        wide = cv2.resize(part, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
        return np.asarray(cv2.convertScaleAbs(wide, alpha=rng.uniform(0.15, 1.2), beta=rng.uniform(0, 60)), np.uint8)


def _piece(rng: random.Random, whole: _Surface, shape: tuple[int, int]) -> _Surface:
    rows, columns = shape
    if rows > whole.shape[0] or columns > whole.shape[1]:
        size = (max(columns, _SIZE[1]), max(rows, _SIZE[0]))
        whole = np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_LINEAR))
    top, left = rng.randint(0, whole.shape[0] - rows), rng.randint(0, whole.shape[1] - columns)
    return whole[top : top + rows, left : left + columns]


def pools(rng: random.Random, *, held_out: bool = False, scenes: int = _SCENES) -> Pools:
    """New surfaces; the held-out ones are other patterns (weave, pebbles) and other scenes."""
    fields = tuple(clouds(rng, _SIZE, cells) for cells in (3, 5, 8, 12, 20, 32, 60) for _ in range(5))
    grain = generator(rng).standard_normal(_SIZE, dtype=np.float32)
    patterns = (_weave, _pebbles) if held_out else (_plain, _stripes, _cloudy, _junk, _blocks)
    grounds = [rng.choice(patterns)(rng) for _ in range(_SURFACES)]
    grounds += [piece for _ in range(scenes) for piece in _scene(rng)]
    return Pools(fields, grain, tuple(grounds))


def _scene(rng: random.Random) -> list[Grey]:
    """Pieces of what a lane's camera sees, its plates blurred away."""
    subject = random_plate(rng, random_class(rng))
    grey = cv2.cvtColor(draw_scene(subject, look(rng)), cv2.COLOR_BGR2GRAY)
    soft = cv2.GaussianBlur(grey, (0, 0), 5)
    spots = [(rng.randint(0, grey.shape[0] - _SIZE[0]), rng.randint(0, grey.shape[1] - _SIZE[1])) for _ in range(4)]
    return [np.asarray(soft[y : y + _SIZE[0], x : x + _SIZE[1]], np.uint8).copy() for y, x in spots]


def _plain(rng: random.Random) -> Grey:
    slope = np.linspace(rng.uniform(0, 255), rng.uniform(0, 255), _SIZE[1], dtype=np.float32)
    return _grey(np.broadcast_to(slope, _SIZE) + 4 * generator(rng).standard_normal(_SIZE, dtype=np.float32))


def _stripes(rng: random.Random) -> Grey:
    y, x = np.mgrid[0 : _SIZE[0], 0 : _SIZE[1]].astype(np.float32)
    turn, period = rng.uniform(0, np.pi), rng.uniform(4, 40)
    wave = np.sin((np.cos(turn) * x + np.sin(turn) * y) * 2 * np.pi / period) * rng.uniform(1, 6)
    return _grey(rng.uniform(20, 160) + rng.uniform(10, 90) * np.clip(wave, -1, 1))


def _cloudy(rng: random.Random) -> Grey:
    return _grey(rng.uniform(0, 120) + rng.uniform(30, 200) * clouds(rng, _SIZE, rng.randint(4, 90)))


def _blocks(rng: random.Random) -> Grey:
    """Panels, lamps and gaps: rectangles and discs of all greys."""
    picture = np.full(_SIZE, rng.randint(0, 255), np.uint8)
    for _ in range(rng.randint(10, 50)):
        x, y, grey = rng.randint(0, _SIZE[1]), rng.randint(0, _SIZE[0]), rng.randint(0, 255)
        if rng.random() < 0.6:
            cv2.rectangle(picture, (x, y), (x + rng.randint(4, 160), y + rng.randint(2, 60)), grey, -1)
        else:
            cv2.circle(picture, (x, y), rng.randint(2, 40), grey, rng.choice((-1, 1, 3)), cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 3)), np.uint8)


def _junk(rng: random.Random) -> Grey:
    """Lines at all angles: wires, spokes, cracks, leaves."""
    picture = np.asarray(_cloudy(rng))
    for _ in range(rng.randint(20, 90)):
        ends = [(rng.randint(-20, _SIZE[1] + 20), rng.randint(-20, _SIZE[0] + 20)) for _ in range(2)]
        cv2.line(picture, ends[0], ends[1], rng.randint(0, 255), rng.randint(1, 9), cv2.LINE_AA)
    return picture


def _weave(rng: random.Random) -> Grey:
    y, x = np.mgrid[0 : _SIZE[0], 0 : _SIZE[1]].astype(np.float32)
    first, second = rng.uniform(6, 30), rng.uniform(6, 30)
    return _grey(120 + 60 * np.sin(x * 6.3 / first) * np.sin(y * 6.3 / second) + 60 * clouds(rng, _SIZE, 9))


def _pebbles(rng: random.Random) -> Grey:
    picture = np.full(_SIZE, rng.randint(30, 200), np.uint8)
    for _ in range(400):
        spot, radius = (rng.randint(0, _SIZE[1]), rng.randint(0, _SIZE[0])), rng.randint(2, 15)
        cv2.ellipse(picture, spot, (radius, rng.randint(2, 15)), rng.uniform(0, 180), 0, 360, rng.randint(20, 230), -1)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.2), np.uint8)


def _grey(field: NDArray[np.floating]) -> Grey:
    return np.asarray(np.clip(field, 0, 255), np.uint8)
