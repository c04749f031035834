"""Light on the lane: by day, dusk, lamp or infrared; the vehicle's shadow and the glare of its lamps."""

import random

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from simulator.draw.camera import HEIGHT, WIDTH, Points
from simulator.draw.look import DAY, DUSK, INFRARED, NIGHT, Look
from simulator.draw.paint import Picture

_COARSE = 8
_SIZE = (WIDTH // _COARSE, HEIGHT // _COARSE)
_AMBIENT: dict[str, tuple[float, float, float]] = {
    DAY: (1.18, 1.17, 1.15), DUSK: (0.66, 0.60, 0.62), NIGHT: (0.27, 0.26, 0.26), INFRARED: (0.24, 0.24, 0.24),
}  # fmt: skip
_POOL: dict[str, tuple[float, float, float]] = {
    DAY: (0.0, 0.0, 0.0), DUSK: (0.10, 0.15, 0.20), NIGHT: (0.48, 0.58, 0.62), INFRARED: (0.58, 0.58, 0.58),
}  # fmt: skip
_MOST = 1.6
"""The brightest that the light map can make a colour, as a factor."""
_PLATE_GAIN = {DAY: 0.96, DUSK: 0.78, NIGHT: 0.86, INFRARED: 0.96}
"""Retroreflective sheeting throws the lane's own lamp back, so a plate stays bright at night."""


def shadow(picture: Picture, outline: Points) -> None:
    """A soft dark patch on the ground under the vehicle; `outline` in pixels."""
    mask = np.full((_SIZE[1], _SIZE[0]), 255, np.uint8)
    cv2.fillPoly(mask, [(outline / _COARSE * 16).round().astype(np.int32).reshape(-1, 1, 2)], 70, cv2.LINE_AA, 4)
    _darken(picture, np.asarray(cv2.GaussianBlur(mask, (0, 0), 3), np.uint8))


def illuminate(picture: Picture, look: Look, spot: Points) -> None:
    """Daylight or lamp light over the whole picture, brightest at `spot`, darker towards the corners."""
    away = _distance(spot, 1.5)
    pool = np.exp(-((away / 0.62) ** 2))[..., None]
    level = np.array(_AMBIENT[look.light], np.float32) + pool * np.array(_POOL[look.light], np.float32)
    vignette = 1 - 0.22 * _distance(np.array([WIDTH / 2, HEIGHT / 2]), 1.0)[..., None] ** 2
    _multiply(picture, np.clip(level * vignette * look.exposure * (255 / _MOST), 0, 255).astype(np.uint8), _MOST)


def plate_light(plate: Picture, look: Look) -> Picture:
    """The plate as the sensor sees it under the look's light."""
    gain = _PLATE_GAIN[look.light] * (0.5 + 0.5 * look.exposure)
    tint = np.array((0.96, 1.0, 1.04) if look.light in {NIGHT, DUSK} else (1, 1, 1), np.float32)
    return np.clip(plate * (gain * tint), 0, 255).astype(np.uint8)


def cast_shade(picture: Picture, look: Look, spot: Points) -> None:
    """The hard edge of a roof's or a tree's shadow across the picture, through the neighbourhood of `spot`."""
    if look.shade <= 0:
        return
    rng = random.Random(look.seed + 1)
    turn, reach = rng.uniform(0, 2 * np.pi), rng.uniform(-0.15, 0.15) * WIDTH
    normal, along = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    edge = (spot + normal * reach) / _COARSE
    corners = np.array(
        [edge - 400 * along, edge + 400 * along, edge + 400 * (along + normal), edge - 400 * (along - normal)]
    )
    mask = np.full((_SIZE[1], _SIZE[0]), 255, np.uint8)
    cv2.fillPoly(
        mask, [(corners * 16).round().astype(np.int32).reshape(-1, 1, 2)], round(255 * (1 - look.shade)), cv2.LINE_AA, 4
    )
    _darken(picture, mask)


def glare(picture: Picture, look: Look, lamps: Points, radius: float, colour: tuple[float, float, float]) -> None:
    """Lit lamps and the bloom around them; `radius` is a lamp's own in pixels."""
    if look.glare <= 0:
        return
    light = np.zeros((_SIZE[1], _SIZE[0]), np.float32)
    for lamp in lamps:
        away = _distance(lamp, 1.0) * (WIDTH / 2)
        light += np.exp(-((away / (0.9 * radius)) ** 2)) * 1.6 + look.glare * 0.55 * np.exp(-away / (1.6 * radius))
    bloom = np.clip(light[..., None] * np.array(colour, np.float32), 0, 255).astype(np.uint8)
    cv2.add(picture, cv2.resize(bloom, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR), picture)


def to_infrared(picture: Picture) -> Picture:
    """The picture of a sensor without a colour filter."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


def _distance(spot: Points, flat: float) -> NDArray[np.float32]:
    """Distance of each coarse cell from `spot` in half widths, heights weighted by `flat`."""
    columns = (np.arange(_SIZE[0], dtype=np.float32) + 0.5) * _COARSE
    rows = (np.arange(_SIZE[1], dtype=np.float32) + 0.5) * _COARSE
    far = np.hypot(columns[None] - np.float32(spot[0]), flat * (rows[:, None] - np.float32(spot[1])))
    return np.asarray(far / (WIDTH / 2), np.float32)


def _multiply(picture: Picture, coarse: MatLike, most: float = 1.0) -> None:
    full = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    cv2.multiply(picture, full, picture, scale=most / 255)


def _darken(picture: Picture, coarse: NDArray[np.uint8]) -> None:
    """Multiply by a grey map, only in the rows that it changes."""
    rows = np.flatnonzero((coarse < 255).any(axis=1))
    if len(rows) == 0:
        return
    first, last = int(rows[0]), int(rows[-1]) + 1
    grey = cv2.resize(coarse[first:last], (WIDTH, (last - first) * _COARSE), interpolation=cv2.INTER_LINEAR)
    part = picture[first * _COARSE : last * _COARSE]
    cv2.multiply(part, cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), part, scale=1 / 255)
