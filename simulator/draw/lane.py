"""The lane without a vehicle: asphalt, kerbs, hump, barrier post, booth, and what stands behind."""

import random

import cv2
import numpy as np

from simulator.draw.camera import HEIGHT, WIDTH, Camera, Points
from simulator.draw.furniture import backdrop, barrier, booth, kerb, markings, posts
from simulator.draw.paint import Brush, Picture
from simulator.draw.texture import clouds, generator

_TEXTURE_M = 0.025
_TEXTURE_PX = 256
_HALF_LANE = {True: 0.85, False: 1.75}


def camera_of(lane: int, *, motorbikes: bool) -> Camera:
    """The fixed camera of a lane; a lane for motorbikes has a narrower view than one for cars."""
    rng = random.Random(2 * lane + motorbikes)
    if motorbikes:
        height, distance, px_per_m = rng.uniform(1.2, 1.9), rng.uniform(2.8, 3.4), rng.uniform(560, 680)
    else:
        height, distance, px_per_m = rng.uniform(1.3, 2.3), rng.uniform(4.4, 5.6), rng.uniform(385, 450)
    position = (rng.uniform(-0.8, 0.8) * _HALF_LANE[motorbikes], -distance, height)
    target = (0.0, 0.0, 0.62 if motorbikes else 0.52)
    focal = px_per_m * float(np.hypot(distance, height - target[2]))
    row = rng.uniform(350, 400) if motorbikes else rng.uniform(430, 500)
    centre = (WIDTH / 2 + rng.uniform(-60, 60), row)
    return Camera(position, target, focal, np.radians(rng.uniform(-2.5, 2.5)), centre)


def draw_ground(camera: Camera, lane: int, *, motorbikes: bool, wet: bool) -> Picture:
    """The empty lane in plain daylight, BGR 1280 x 720."""
    rng = random.Random(4 * lane + 2 + motorbikes)
    picture = _asphalt(camera, rng, wet=wet)
    horizon = camera.horizon()
    if horizon > 1:
        _sky(picture, horizon, rng)
    brush = Brush(picture, camera)
    half = _HALF_LANE[motorbikes]
    backdrop(brush, rng)
    markings(brush, half, rng)
    for side in (-1.0, 1.0):
        kerb(brush, side, half, rng)
    side = rng.choice((-1.0, 1.0))
    booth(brush, -side, half, rng)
    for edge in (-1.0, 1.0):
        posts(brush, edge, half)
    barrier(brush, side, half)
    return picture


def _asphalt(camera: Camera, rng: random.Random, *, wet: bool) -> Picture:
    """Grain and stains on the ground plane, seen through the camera."""
    grain = generator(rng).standard_normal((_TEXTURE_PX, _TEXTURE_PX), dtype=np.float32) * 9
    shape = (_TEXTURE_PX, _TEXTURE_PX)
    stains = (clouds(rng, shape, 5) - 0.5) * 20 + (clouds(rng, shape, 20) - 0.5) * 12
    base = rng.randint(96, 138) - 26 * wet
    tile = np.clip(base + grain + stains, 0, 255).astype(np.uint8)
    spots: Points = np.array([(-2, 0), (2, 0), (2, 4), (-2, 4)], np.float64)
    ground = np.column_stack([spots, np.zeros(4)])
    texels = (spots / _TEXTURE_M + 20 * _TEXTURE_PX).astype(np.float32)
    # At half size, since the grain is finer than the sensor: a quarter of the time and no difference to the eye.
    plane = cv2.getPerspectiveTransform(texels, (camera.project(ground) / 2).astype(np.float32))
    half = (WIDTH // 2, HEIGHT // 2)
    grey = cv2.warpPerspective(tile, plane, half, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    tint = rng.choice(((1.0, 1.0, 1.0), (0.94, 0.99, 1.03), (1.04, 1.0, 0.97)))
    table = np.clip(np.arange(256)[None, :, None] * np.array(tint), 0, 255).astype(np.uint8)
    small = cv2.LUT(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), table)
    return np.asarray(cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR), np.uint8)


def _sky(picture: Picture, horizon: float, rng: random.Random) -> None:
    """Sky, a ridge of mountains and a row of trees above the horizon."""
    rows = min(int(horizon), HEIGHT)
    high, low = rng.choice([((214, 176, 132), (232, 222, 208)), ((206, 202, 198), (226, 224, 222))])
    steps = np.linspace(0, 1, rows)[:, None]
    picture[:rows] = (np.array(high) + steps * (np.array(low) - np.array(high)))[:, None].astype(np.uint8)
    for reach, colour, cells in ((0.55, (150, 140, 118), 5), (0.3, (70, 92, 66), 40)):
        steps = np.linspace(0, WIDTH, cells)
        tops = horizon - reach * horizon * np.array([rng.uniform(0.3, 1) for _ in steps])
        ridge = np.column_stack([np.append(steps, (WIDTH, 0)), np.append(tops, (horizon + 2, horizon + 2))])
        cv2.fillPoly(picture, [ridge.round().astype(np.int32).reshape(-1, 1, 2)], colour, cv2.LINE_AA)
