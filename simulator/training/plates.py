"""A flat grey plate with a piece of its surroundings: rows of characters, rim, frame, relief. All sizes in pixels."""

import random
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.draw.subject import BLUE, RED, YELLOW
from simulator.training.faces import CAPITAL, MARGIN, Face, Mask
from simulator.training.pools import Field, Pools
from simulator.training.texts import STRANGE, Writing

PAD: Final = 26  # surroundings on every side
_ROOM: Final = {"long": (64, 290), "short": (112, 224), "moto": (112, 152), "none": (64, 0)}
_SEPARATORS: Final = "-. "

Box = tuple[float, float, float, float]  # left, top, right, bottom of the capitals of a row


@dataclass(frozen=True, eq=False)
class Sheet:
    """The picture (rows x columns), the box of each row, and the width of the plate in it."""

    picture: Field
    boxes: tuple[Box, ...]
    width: int


@dataclass(frozen=True, eq=False)
class _Row:
    mask: Mask
    ruddy: NDArray[np.float32]  # for each column, the share of the ink that a red letter has


def _row(rng: random.Random, line: str, face: Face, strange: list[Mask], *, red: bool) -> _Row:
    rows = CAPITAL + 2 * MARGIN
    gap, wide = face.gap * rng.uniform(0.5, 2.0), rng.uniform(0.15, 0.8) * CAPITAL
    pieces, shares = [], []
    dash, dot = _dash(rng), _dot(rng)
    for character in line:
        if character in _SEPARATORS:
            piece, space = {"-": (dash, 0.25 * wide), ".": (dot, 0.3 * gap)}.get(character, (dot[:, :0], wide / 2))
        else:
            piece, space = (rng.choice(strange) if character == STRANGE else face.masks[character]), gap
        blank = np.zeros((rows, max(1, round(space * rng.uniform(0.8, 1.2)))), np.uint8)
        for part in (piece, blank):
            pieces.append(part)
            shares.append(np.full(part.shape[1], 0.62 if red and character.isalpha() else 1.0, np.float32))
    if not pieces:
        return _Row(np.zeros((rows, 4 * CAPITAL), np.uint8), np.ones(4 * CAPITAL, np.float32))
    return _Row(np.hstack(pieces), np.concatenate(shares))


def _dash(rng: random.Random) -> Mask:
    mask = np.zeros((CAPITAL + 2 * MARGIN, round(rng.uniform(0.1, 0.5) * CAPITAL)), np.uint8)
    middle, half = MARGIN + CAPITAL * rng.uniform(0.44, 0.58), CAPITAL * rng.uniform(0.03, 0.09)
    mask[round(middle - half) : round(middle + half) + 1, 1:-1] = 255
    return mask


def _dot(rng: random.Random) -> Mask:
    side = round(rng.uniform(0.1, 0.2) * CAPITAL)
    mask = np.zeros((CAPITAL + 2 * MARGIN, side + 2), np.uint8)
    low = MARGIN + CAPITAL if rng.random() < 0.85 else MARGIN + round(CAPITAL * rng.uniform(0.5, 0.62))
    if rng.random() < 0.5:
        cv2.circle(mask, (side // 2 + 1, low - side // 2), side // 2, 255, -1, cv2.LINE_AA)
    else:
        mask[low - side : low, 1:-1] = 255
    return mask


def sheet(rng: random.Random, text: Writing, face: Face, strange: list[Mask], pools: Pools, wear: float) -> Sheet:
    """One plate drawn flat. `wear` 0..1 is how much of the paint may be gone."""
    rows = [_row(rng, line, face, strange, red=text.red) for line in text.lines]
    height, width = _room(rng, text, rows)
    ink, ruddy, boxes = np.zeros((height, width), np.float32), np.ones((height, width), np.float32), []
    for row, box in zip(rows, _frames(rng, rows, height, width), strict=True):
        boxes.append(_place(ink, ruddy, row, box))
    if wear > 0:
        ink *= _worn(rng, pools, (height, width), boxes, wear)
    ground, paint = _greys(rng, text.colour)
    flat = np.full((height, width), ground, np.float32)
    if rng.random() < 0.5:
        flat += rng.uniform(5, 30) * (pools.cloud(rng, (height, width)) - 0.5)
    flat += (paint - ground) * ink * ruddy
    _relief(rng, flat, ink)
    if text.shape != "none" or rng.random() < 0.5:
        _rim(rng, flat, paint, pools)
    whole = pools.ground(rng, (height + 2 * PAD, width + 2 * PAD)).astype(np.float32)
    if rng.random() < 0.35:
        whole *= rng.uniform(0.05, 0.5)  # the dark of a bumper
    whole[PAD : PAD + height, PAD : PAD + width] = flat
    if rng.random() < 0.12:
        _other_ground(rng, whole, ground)
    return Sheet(whole, tuple((a + PAD, b + PAD, c + PAD, d + PAD) for a, b, c, d in boxes), width)


def _room(rng: random.Random, text: Writing, rows: list[_Row]) -> tuple[int, int]:
    height, width = _ROOM[text.shape]
    if text.shape == "none":
        return height, round(rows[0].mask.shape[1] * rng.uniform(1.0, 1.3)) + 8
    width = round(width * rng.uniform(0.86, 1.06))
    longest = max(row.mask.shape[1] * (0.35 if len(rows) == 2 else 0.66) * height / CAPITAL for row in rows)
    return height, max(width, round(longest * 0.8))


def _frames(rng: random.Random, rows: list[_Row], height: int, width: int) -> list[Box]:
    """Where the capitals of each row may stand."""
    if len(rows) == 1:
        tall, middle = rng.uniform(0.56, 0.8), rng.uniform(0.47, 0.53)
        return [(0.03 * width, (middle - tall / 2) * height, 0.97 * width, (middle + tall / 2) * height)]
    tall = rng.uniform(0.31, 0.385)
    top, gap = rng.uniform(0.06, 0.14), rng.uniform(0.05, 0.13)
    under = tall * rng.uniform(0.96, 1.1)
    low = min(top + tall + gap, 0.97 - under)
    return [
        (0.08 * width, top * height, 0.92 * width, (top + tall) * height),
        (0.04 * width, low * height, 0.96 * width, (low + under) * height),
    ]


def _place(ink: Field, ruddy: Field, row: _Row, box: Box) -> Box:
    """The row centred in its box, never wider; the box that its capitals fill."""
    left, top, right, bottom = box
    scale = (bottom - top) / CAPITAL
    width = max(3, min(round(row.mask.shape[1] * scale), round(right - left)))
    height = max(4, round(row.mask.shape[0] * scale))
    small = cv2.resize(row.mask, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    share = cv2.resize(row.ruddy[None], (width, 1), interpolation=cv2.INTER_NEAREST)
    x, y = round((left + right - width) / 2), max(0, round(top - MARGIN * scale))
    part = ink[y : y + height, x : x + width]
    np.maximum(part, small[: part.shape[0], : part.shape[1]], out=part)
    ruddy[y : y + height, x : x + width] = share
    return (float(x), top, float(x + width), bottom)


def _worn(rng: random.Random, pools: Pools, shape: tuple[int, int], boxes: list[Box], wear: float) -> Field:
    """What is left of the ink: scratched in clouds, and an upper half, an edge or a corner of a character gone."""
    left = np.ones(shape, np.float32)
    if rng.random() < 0.6 * wear:
        left -= np.clip((pools.cloud(rng, shape) - rng.uniform(0.55, 0.8)) * 8, 0, 1) * rng.uniform(0.3, 0.95)
    if rng.random() < 0.3 * wear:
        left -= np.clip(pools.noise(rng, shape) - 0.8, 0, 1) * rng.uniform(0.2, 0.9)
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3)) if rng.random() < wear else 0):
        x0, y0, x1, y1 = rng.choice(boxes)
        size = y1 - y0
        x, y = rng.uniform(x0, x1), rng.uniform(y0, y1)
        across, down = rng.uniform(0.05, 0.5) * size, rng.uniform(0.05, 0.45) * size
        spot = np.zeros(shape, np.float32)
        cv2.ellipse(
            spot,
            (round(x), round(y)),
            (max(1, round(across)), max(1, round(down))),
            rng.uniform(0, 180),
            0,
            360,
            1.0,
            -1,
        )
        soft = cv2.GaussianBlur(spot, (0, 0), rng.uniform(0.5, 4))
        left -= np.asarray(soft, np.float32) * rng.uniform(0.4, 1.0)
    if rng.random() < 0.2 * wear:  # the upper or the lower part of a whole row is faded
        x0, y0, x1, y1 = rng.choice(boxes)
        edge = y0 + (y1 - y0) * rng.uniform(0.15, 0.5)
        fade = np.clip((np.arange(shape[0], dtype=np.float32) - edge) / rng.uniform(1, 8), 0, 1)
        left *= np.maximum(fade if rng.random() < 0.6 else 1 - np.clip((fade[::-1]), 0, 1), rng.uniform(0.1, 0.6))[
            :, None
        ]
    return np.clip(left, 0, 1)


def _greys(rng: random.Random, colour: str) -> tuple[float, float]:
    """Ground and ink as a grey camera sees them."""
    if colour in {BLUE, RED}:
        ground = rng.uniform(20, 120)
        return ground, min(255.0, ground + rng.uniform(60, 170))
    ground = rng.uniform(120, 200) if colour == YELLOW else rng.uniform(150, 255)
    return ground, ground * rng.uniform(0.03, 0.62)


def _relief(rng: random.Random, flat: Field, ink: Field) -> None:
    """Light on the raised edges of the characters."""
    if rng.random() < 0.6:
        step, side = rng.choice((1, 1, 2)), rng.choice((-1, 1))
        edges = np.roll(ink, (step, step * side), (0, 1)) - np.roll(ink, (-step, -step * side), (0, 1))
        flat -= edges * rng.uniform(5, 45)


def _rim(rng: random.Random, flat: Field, paint: float, pools: Pools) -> None:
    """The pressed line near the edge, or a frame of chrome, or nothing."""
    height, width = flat.shape
    roll = rng.random()
    if roll < 0.5:
        inset, pen = rng.randint(1, 4), rng.choice((1, 1, 2, 3))
        cv2.rectangle(
            flat, (inset, inset), (width - 1 - inset, height - 1 - inset), rng.choice((paint, rng.uniform(0, 255))), pen
        )
    elif roll < 0.75:
        band = round(height * rng.uniform(0.03, 0.085))
        pattern = pools.ground(rng, (height, width)).astype(np.float32) * rng.uniform(0.5, 1) + rng.uniform(0, 90)
        pattern += 40 * pools.noise(rng, (height, width))
        inner = flat[band:-band, band:-band].copy()
        flat[:] = pattern
        flat[band:-band, band:-band] = inner


def _other_ground(rng: random.Random, whole: Field, ground: float) -> None:
    """What stands around is as bright as the plate: a white car, a sheet without an edge."""
    height, width = whole.shape
    for rows in (slice(0, PAD), slice(height - PAD, height)):
        if rng.random() < 0.7:
            whole[rows] = ground * rng.uniform(0.85, 1.1)
    for columns in (slice(0, PAD), slice(width - PAD, width)):
        if rng.random() < 0.7:
            whole[:, columns] = ground * rng.uniform(0.85, 1.1)
