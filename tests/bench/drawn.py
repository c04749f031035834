"""Drawn pictures as photographs come: whole frames of a lane, and cuts around a plate of every size and quality."""

import random
from collections.abc import Iterator
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.draw.look import look
from simulator.draw.plates import PlateSource, random_class
from simulator.draw.scene import Lanes, compose

_WHOLE: Final = 0.15  # of the pictures are the camera's whole frame
_MOTORBIKES: Final = 0.5
_HARD: Final = 0.5
_SHARES: Final = (0.10, 0.75)  # of the cut's width that the plate takes
_SIDES: Final = (200, 900)  # pixels of the cut's shorter side, after scaling
_LARGER: Final = 1.6  # a cut is never scaled up more: that is no photograph
_QUALITIES: Final = (45, 95)
_TILT: Final = 12.0  # degrees to either side


class Drawn(NamedTuple):
    """A picture (height x width x 3, BGR), the plate on it, and where: corners (4 x 2) in its pixels."""

    image: NDArray[np.uint8]
    plate: str
    corners: NDArray[np.float32]


def pictures(count: int, seed: int) -> Iterator[Drawn]:
    """The same pictures for the same arguments."""
    rng = random.Random(seed)
    source, lanes = PlateSource(random.Random(rng.getrandbits(64))), Lanes()
    for _ in range(count):
        subject = source.draw("MOTO" if rng.random() < _MOTORBIKES else random_class(rng))
        scene = compose(subject, look(rng, hard=rng.random() < _HARD, lane=rng.randrange(4)), lanes)
        whole = Drawn(scene.image, subject.key, scene.plate_corners.astype(np.float32))
        yield _pressed(whole if rng.random() < _WHOLE else _cut(whole, rng), rng)


def _cut(drawn: Drawn, rng: random.Random) -> Drawn:
    """A part of the frame around the plate, turned a little and scaled, as a phone held by hand takes it."""
    left, right = drawn.corners[:, 0].min(), drawn.corners[:, 0].max()
    width = (right - left) / rng.uniform(*_SHARES)
    height = width / rng.uniform(1.2, 1.8)
    scale = min(_LARGER, rng.uniform(*_SIDES) / height)
    middle = drawn.corners.mean(axis=0) + np.array([rng.uniform(-0.2, 0.2) * width, rng.uniform(-0.2, 0.2) * height])
    turn = cv2.getRotationMatrix2D(tuple(map(float, middle)), rng.gauss(0, _TILT / 2), scale)
    size = (max(48, round(width * scale)), max(48, round(height * scale)))
    turn[:, 2] += np.array(size) / 2 - middle
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    image = np.asarray(cv2.warpAffine(drawn.image, turn, size, flags=way, borderMode=cv2.BORDER_REFLECT), np.uint8)
    corners = drawn.corners @ turn[:, :2].T + turn[:, 2]
    return Drawn(image, drawn.plate, corners.astype(np.float32))


def _pressed(drawn: Drawn, rng: random.Random) -> Drawn:
    _, data = cv2.imencode(".jpg", drawn.image, [cv2.IMWRITE_JPEG_QUALITY, rng.randint(*_QUALITIES)])
    return drawn._replace(image=np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8))
