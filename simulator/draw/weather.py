"""What lies between the scene and the file: fog, rain, blur, noise."""

import random

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.draw.camera import HEIGHT, WIDTH
from simulator.draw.look import INFRARED, NIGHT, Look
from simulator.draw.paint import Picture
from simulator.draw.texture import generator

_TILE = (120, 320)


def weather(picture: Picture, look: Look) -> Picture:
    """The picture through fog, rain, lens and sensor, in that order."""
    dark = look.light in {NIGHT, INFRARED}
    if look.fog > 0:
        veil = 70 if dark else 205
        picture = np.asarray(cv2.convertScaleAbs(picture, alpha=1 - look.fog, beta=veil * look.fog), np.uint8)
    if look.rain > 0:
        _rain(picture, look, 150 if dark else 205)
    return _noise(_blur(picture, look), look)


def _rain(picture: Picture, look: Look, grey: int) -> None:
    rng = random.Random(look.seed + 2)
    slant = rng.uniform(-0.25, 0.25)
    streaks = np.zeros((HEIGHT // 2, WIDTH // 2), np.uint8)
    for _ in range(round(260 * look.rain)):
        x, y, length = rng.uniform(0, WIDTH / 2), rng.uniform(-20, HEIGHT / 2), rng.uniform(8, 26)
        ends = np.array([(x, y), (x + slant * length, y + length)]) * 16
        path = [ends.round().astype(np.int32).reshape(-1, 1, 2)]
        cv2.polylines(streaks, path, isClosed=False, color=rng.randint(25, 80), lineType=cv2.LINE_AA, shift=4)
    full = cv2.resize(streaks, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    drops = cv2.convertScaleAbs(full, alpha=grey / 255)
    cv2.add(picture, cv2.cvtColor(drops, cv2.COLOR_GRAY2BGR), picture)


def _blur(picture: Picture, look: Look) -> Picture:
    """The lens's softness, then the vehicle's movement during the exposure."""
    if look.defocus > 0:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), look.defocus), np.uint8)
    if look.motion > 1:
        picture = np.asarray(cv2.filter2D(picture, -1, _streak(look.motion, look.motion_angle)), np.uint8)
    return picture


def _streak(length: float, angle: float) -> NDArray[np.float32]:
    side = 2 * int(np.ceil(length / 2)) + 1
    kernel = np.zeros((side, side), np.float32)
    half = (length - 1) / 2 * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    ends = (np.array([-half, half]) + side // 2) * 256
    cv2.polylines(kernel, [ends.round().astype(np.int32).reshape(-1, 1, 2)], isClosed=False, color=1.0, shift=8)
    return np.asarray(kernel / kernel.sum(), np.float32)


def _noise(picture: Picture, look: Look) -> Picture:
    if look.noise <= 0:
        return picture
    rng = generator(random.Random(look.seed + 3))
    tile = rng.standard_normal((*_TILE, 3), dtype=np.float32) * look.noise
    if look.light == INFRARED:
        tile[:] = tile[..., :1]
    grain = np.clip(tile + 128.5, 0, 255).astype(np.uint8)
    whole = np.tile(grain, (HEIGHT // _TILE[0], WIDTH // _TILE[1], 1))
    return np.asarray(cv2.addWeighted(picture, 1, whole, 1, -128), np.uint8)
