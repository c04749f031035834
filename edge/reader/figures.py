"""What a picture tells of its camera: how sharp the plate on it is, how bright all of it is."""

from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

PLATE_HEIGHT: Final = 64
"""Pixels to which a plate is scaled down first, so that a near one is not taken for a sharp one."""


class Figures(NamedTuple):
    """`sharpness`: variance of the Laplacian of the plate's grey levels, which blur and veils lower; 0: no plate.
    `brightness`: mean grey level of the picture, 0 to 255."""

    sharpness: float
    brightness: float


def figures(picture: NDArray[np.uint8], box: tuple[int, int, int, int] | None) -> Figures:
    """Of a picture (height x width x 3, BGR) and the box (x, y, width, height) of the plate on it, if there is one."""
    brightness = float(np.mean(cv2.mean(picture)[:3]))
    return Figures(round(_sharpness(picture, box), 1) if box else 0.0, round(brightness, 2))


def _sharpness(picture: NDArray[np.uint8], box: tuple[int, int, int, int]) -> float:
    x, y, width, height = box
    part = picture[max(0, y) : y + height, max(0, x) : x + width]
    if min(part.shape[:2]) < 3:
        return 0.0
    grey = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)
    scale = PLATE_HEIGHT / grey.shape[0]
    if scale < 1.0:
        size = (max(3, round(grey.shape[1] * scale)), PLATE_HEIGHT)
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var())
