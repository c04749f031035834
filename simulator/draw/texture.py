"""Random surfaces: clouds for dirt and asphalt, grain for the sensor. All from the caller's generator."""

import random

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def generator(rng: random.Random) -> np.random.Generator:
    """A numpy generator seeded from `rng`."""
    return np.random.Generator(np.random.SFC64(rng.getrandbits(64)))


def clouds(rng: random.Random, shape: tuple[int, int], cells: int) -> Field:
    """Smooth noise between 0 and 1 with about `cells` patches across the shorter side."""
    height, width = shape
    cell = max(1.0, min(height, width) / cells)
    coarse = (max(2, round(height / cell)), max(2, round(width / cell)))
    small = generator(rng).random(coarse, dtype=np.float32)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32).clip(0, 1)
