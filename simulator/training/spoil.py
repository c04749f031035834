"""What happens to a plate before a camera and inside it, on grey pictures of floats."""

import random
from typing import Final

import cv2
import numpy as np

from simulator.training.plates import Sheet
from simulator.training.pools import Field, Pools

_JPEG: Final = int(cv2.IMWRITE_JPEG_QUALITY)
_GRAIN_MAX: Final = 0.7  # deviations of the picture: more noise than that leaves nothing to learn
_INK_MAX: Final = 215.0  # grey of the ink in the brightest exposure, about


def soil(rng: random.Random, drawn: Sheet, pools: Pools, force: float, *, hide: bool) -> None:
    """Dirt, shadows and bolts on the plate itself; with `hide`, glare, wires and stickers across it as well."""
    picture = drawn.picture
    shape = (picture.shape[0], picture.shape[1])
    if rng.random() < 0.7 * force:
        cover = np.clip(pools.cloud(rng, shape) * 2.4 - rng.uniform(0.9, 1.8), 0, 1) * rng.uniform(0.1, 0.75) * force
        picture += (rng.uniform(30, 190) - picture) * cover
    if rng.random() < 0.35:
        _shadow(rng, picture, force)
    if hide and rng.random() < 0.25 * force:
        _glare(rng, drawn)
    if rng.random() < 0.5:
        _bolts(rng, drawn)
    if hide and rng.random() < 0.22 * force:
        _across(rng, drawn)


def _shadow(rng: random.Random, picture: Field, force: float) -> None:
    """The edge of a shadow, soft or hard."""
    height, width = picture.shape
    corner = [(rng.uniform(0, width), 0.0), (rng.uniform(0, width), float(height))]
    if rng.random() < 0.5:
        corner = [(0.0, rng.uniform(0, height)), (float(width), rng.uniform(0, height))]
        outline = [*corner, (float(width), 0.0), (0.0, 0.0)]
    else:
        outline = [corner[0], corner[1], (0.0, float(height)), (0.0, 0.0)]
    mask = np.zeros(picture.shape, np.float32)
    cv2.fillPoly(mask, [np.array(outline, np.int32)], 1.0)
    if rng.random() < 0.5:
        mask = 1 - mask
    soft = cv2.blur(mask, (rng.choice((1, 3, 7, 15)),) * 2)
    picture *= 1 - np.asarray(soft, np.float32) * rng.uniform(0.15, 0.4 + 0.45 * force)


def _glare(rng: random.Random, drawn: Sheet) -> None:
    """A lamp or the sun in the enamel: a bright spot that takes the contrast with it."""
    height, width = drawn.picture.shape
    x, y = rng.uniform(0, width), rng.uniform(0, height)
    across, down = rng.uniform(0.05, 0.5) * width, rng.uniform(0.1, 0.6) * height
    rows = np.exp(-(((np.arange(height, dtype=np.float32) - y) / down) ** 2))
    columns = np.exp(-(((np.arange(width, dtype=np.float32) - x) / across) ** 2))
    picture = drawn.picture
    picture += np.outer(rows, columns) * rng.uniform(40, 230)


def _bolts(rng: random.Random, drawn: Sheet) -> None:
    """Screw heads beside the rows, now and then in them."""
    x0, y0, x1, y1 = rng.choice(drawn.boxes)
    size = y1 - y0
    for _ in range(rng.randint(1, 3)):
        x = rng.choice((x0 - 0.25 * size, x1 + 0.25 * size, rng.uniform(x0, x1)))
        y = rng.choice((rng.uniform(y0, y1), y0 - 0.12 * size, y1 + 0.12 * size))
        spot, radius = (round(x), round(y)), max(1, round(size * rng.uniform(0.03, 0.11)))
        cv2.circle(drawn.picture, spot, radius + 1, rng.uniform(0, 120), -1, cv2.LINE_AA)
        cv2.circle(drawn.picture, spot, radius, rng.uniform(60, 240), -1, cv2.LINE_AA)


def _across(rng: random.Random, drawn: Sheet) -> None:
    """A wire, a strap, a rack's bar or a sticker over the characters."""
    x0, y0, x1, y1 = rng.choice(drawn.boxes)
    size = y1 - y0
    grey = rng.uniform(0, 255)
    for _ in range(rng.choice((1, 1, 2))):
        if rng.random() < 0.65:
            start = (round(rng.uniform(x0, x1)), round(y0 - size))
            end = (round(rng.uniform(x0, x1)), round(y1 + size))
            if rng.random() < 0.4:
                start, end = (round(x0 - 20), round(rng.uniform(y0, y1))), (round(x1 + 20), round(rng.uniform(y0, y1)))
            if rng.random() < 0.3:
                _hoop(rng, drawn, start, grey)
            else:
                cv2.line(drawn.picture, start, end, grey, rng.choice((1, 1, 2, 2, 3, 4)), cv2.LINE_AA)
        else:
            spot = (round(rng.uniform(x0, x1)), round(rng.uniform(y0, y1)))
            axes = (max(1, round(size * rng.uniform(0.06, 0.3))), max(1, round(size * rng.uniform(0.06, 0.3))))
            cv2.ellipse(drawn.picture, spot, axes, rng.uniform(0, 180), 0, 360, grey, -1, cv2.LINE_AA)


def _hoop(rng: random.Random, drawn: Sheet, spot: tuple[int, int], grey: float) -> None:
    """A bent wire or a ring."""
    axes = (rng.randint(10, 160), rng.randint(10, 90))
    cv2.ellipse(drawn.picture, spot, axes, rng.uniform(0, 180), 0, 360, grey, rng.choice((1, 2, 3)), cv2.LINE_AA)


def expose(rng: random.Random, picture: Field, capital: float, pools: Pools, force: float) -> Field:
    """Through air, lens and sensor into a file; `capital` is the height of the characters in pixels."""
    shape = (picture.shape[0], picture.shape[1])
    picture = np.asarray(picture * _slope(rng, shape, force), np.float32)
    if rng.random() < 0.12 * force:
        _rain(rng, picture, capital)
    picture = _blurred(rng, picture, capital, force)
    picture = _toned(rng, picture, force)
    if rng.random() < 0.05 * force and shape[0] > 6:
        odd = picture[1::2]
        picture[1::2] = np.roll(odd, rng.choice((-2, -1, 1, 2)), axis=1)  # interlaced
    if rng.random() < 0.3:
        soft = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.6, 1.6))
        picture = picture + (picture - soft) * rng.uniform(0.3, 2.0)  # a camera that sharpens
    if rng.random() < 0.8:
        grain = min(abs(rng.gauss(0, 2 + 11 * force)), _GRAIN_MAX * float(picture.std()))
        picture = picture + pools.noise(rng, shape) * grain
    picture = np.clip(picture, 0, 255)
    return _filed(rng, picture, force) if rng.random() < 0.75 else picture


def _slope(rng: random.Random, shape: tuple[int, int], force: float) -> Field:
    x = np.linspace(-1, 1, shape[1], dtype=np.float32) * rng.gauss(0, 0.08 + 0.15 * force)
    y = np.linspace(-1, 1, shape[0], dtype=np.float32) * rng.gauss(0, 0.05 + 0.1 * force)
    return np.clip(1 + x[None] + y[:, None], 0.2, 1.8)


def _rain(rng: random.Random, picture: Field, capital: float) -> None:
    slant = rng.uniform(-0.3, 0.3)
    for _ in range(rng.randint(1, 14)):
        x, y, length = (
            rng.uniform(0, picture.shape[1]),
            rng.uniform(-5, picture.shape[0]),
            rng.uniform(0.3, 2) * capital,
        )
        if rng.random() < 0.7:
            cv2.line(
                picture,
                (round(x), round(y)),
                (round(x + slant * length), round(y + length)),
                rng.uniform(120, 255),
                1,
                cv2.LINE_AA,
            )
        else:
            cv2.circle(
                picture, (round(x), round(y)), max(1, round(0.06 * capital)), rng.uniform(60, 255), -1, cv2.LINE_AA
            )


def _blurred(rng: random.Random, picture: Field, capital: float, force: float) -> Field:
    if rng.random() < 0.35 + 0.35 * force:
        picture = np.asarray(
            cv2.GaussianBlur(picture, (0, 0), max(0.2, capital * rng.uniform(0.01, 0.035 + 0.09 * force)))
        )
    if rng.random() < 0.45 * force:
        picture = np.asarray(cv2.filter2D(picture, -1, _streak(rng, capital * rng.uniform(0.06, 0.34))))
    return picture


def _streak(rng: random.Random, length: float) -> Field:
    side = 2 * int(np.ceil(length / 2)) + 1
    kernel = np.zeros((side, side), np.float32)
    turn = rng.gauss(0, 0.5) if rng.random() < 0.6 else rng.uniform(0, np.pi)
    half = max(0.1, (length - 1) / 2) * np.array([np.cos(turn), np.sin(turn)])
    ends = (np.array([-half, half]) + side // 2) * 256
    cv2.polylines(kernel, [ends.round().astype(np.int32).reshape(-1, 1, 2)], isClosed=False, color=1.0, shift=8)
    total = float(kernel.sum())
    return kernel / total if total else np.ones((1, 1), np.float32)


def _toned(rng: random.Random, picture: Field, force: float) -> Field:
    """Exposure, curve and veil: washed out, dark, foggy, or as it should be."""
    roll = rng.random()
    if roll < 0.28 * force:  # too bright: the ground is white and eats into the ink
        picture = picture * rng.uniform(1.1, 1.8) + rng.uniform(0, 70)
        picture = picture - max(0.0, float(picture.mean() - picture.std()) - _INK_MAX)
        if rng.random() < 0.5:
            glow = cv2.GaussianBlur(np.clip(picture - 150, 0, 255), (0, 0), rng.uniform(0.8, 4))
            picture = picture + np.asarray(glow, np.float32) * rng.uniform(0.1, 0.5)
    elif roll < 0.5 * force:  # too dark
        picture = picture * rng.uniform(0.16, 0.6)
    if rng.random() < 0.3:
        curve = rng.uniform(0.45, 2.0)
        picture = np.asarray(255 * (np.clip(picture, 0, 255) / 255) ** curve, np.float32)
    if rng.random() < 0.25 * force:
        veil, share = rng.uniform(40, 230), rng.uniform(0.1, 0.7)
        picture = picture + (veil - picture) * share
    return np.asarray(np.clip(picture, 0, 255), np.float32)


def _filed(rng: random.Random, picture: Field, force: float) -> Field:
    """Through a JPEG file."""
    quality = rng.randint(round(60 - 48 * force), 95)
    _, data = cv2.imencode(".jpg", picture.astype(np.uint8), [_JPEG, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.float32)
