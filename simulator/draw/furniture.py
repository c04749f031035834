"""What stands in and beside a lane: markings, kerbs, posts, booth, barrier, and the row behind."""

import random
from itertools import pairwise

import numpy as np

from simulator.draw.paint import Brush, Colour, disc, mixed, panel

_YELLOW: Colour = (34, 178, 226)
_BLACK: Colour = (34, 34, 34)
_WALLS: tuple[Colour, ...] = ((176, 184, 188), (150, 168, 184), (120, 140, 160), (160, 170, 150))


def backdrop(brush: Brush, rng: random.Random) -> None:
    """A wall with pillars and a hedge before it, far behind the lane, where the ground would else go on for ever."""
    y, wall = rng.uniform(8, 12), rng.choice(_WALLS)
    brush.fade(panel(-16, 16, 0, 4.5, y), mixed(wall, (255, 255, 255), 0.15), mixed(wall, (0, 0, 0), 0.3))
    for x in np.arange(-15, 16, 3.0) + rng.uniform(-1, 1):
        brush.fade(
            panel(x - 0.25, x + 0.25, 0, 4.5, y - 0.1), mixed(wall, (0, 0, 0), 0.25), mixed(wall, (0, 0, 0), 0.45)
        )
    for _ in range(45):
        x, size = rng.uniform(-12, 12), rng.uniform(0.5, 1.1)
        leaf = rng.uniform(0.6, 1.3)
        brush.fill(disc((x, y - 0.6, size * 0.42), size, size * 0.85, 9), (44 * leaf, 84 * leaf, 62 * leaf))


def markings(brush: Brush, half: float, rng: random.Random) -> None:
    """Stop line, edge lines and, on some lanes, a hump in yellow and black."""
    paint: Colour = (178, 184, 186)
    for side in (-1.0, 1.0):
        edge = side * (half - 0.12)
        brush.fill([(edge - 0.05, -3, 0), (edge + 0.05, -3, 0), (edge + 0.05, 14, 0), (edge - 0.05, 14, 0)], paint)
    brush.fill(_flat(-half + 0.2, half - 0.2, -0.75, -0.55), paint)
    if rng.random() < 0.5:
        count = round(2 * half / 0.25)
        for index in range(count):
            left = -half + index * 2 * half / count
            brush.fill(_flat(left, left + 2 * half / count, 0.1, 0.45, 0.03), (_YELLOW, _BLACK)[index % 2])


def kerb(brush: Brush, side: float, half: float, rng: random.Random) -> None:
    """An island beside the lane: its top, and its face in painted blocks."""
    near, high = side * half, 0.16
    stone = mixed((138, 142, 144), (108, 110, 112), rng.random())
    far = side * (half + 1.3)
    brush.fill([(near, -3.5, high), (far, -3.5, high), (far, 14, high), (near, 14, high)], stone)
    starts = np.arange(-3.0, 14.0, 0.5)[::-1]
    faces = [[(near, y, 0), (near, y + 0.5, 0), (near, y + 0.5, high), (near, y, high)] for y in starts]
    rim = near + side * 0.1
    tops = [[(near, y, high), (near, y + 0.5, high), (rim, y + 0.5, high), (rim, y, high)] for y in starts]
    colours = np.array([(_YELLOW, _BLACK)[index % 2] for index in range(len(starts))])
    brush.tiles(np.array(tops), colours)
    brush.tiles(np.array(faces), colours * 0.8)


def posts(brush: Brush, side: float, half: float) -> None:
    """A row of flexible posts along the island's edge."""
    near, high = side * half, 0.16
    for y in np.arange(6.5, -1.0, -1.5):
        post = near + side * 0.3
        brush.fade(panel(post - 0.045, post + 0.045, high, 0.85, y), (60, 120, 214), (36, 80, 170))
        for z in (0.45, 0.68):
            brush.fill(panel(post - 0.047, post + 0.047, z, z + 0.09, y - 0.01), (216, 218, 220))


def booth(brush: Brush, side: float, half: float, rng: random.Random) -> None:
    """The attendant's booth on the island: side wall, front wall with a plinth, dark window."""
    near, far = side * (half + 0.55), side * (half + 1.6)
    front, back = rng.uniform(1.2, 2.4), rng.uniform(4.2, 5.5)
    wall = rng.choice(((196, 200, 202), (170, 150, 120), (120, 160, 190), (150, 168, 150)))
    dark = mixed(wall, (0, 0, 0), 0.25)
    brush.fill([(near, front, 0.16), (near, back, 0.16), (near, back, 2.6), (near, front, 2.6)], dark)
    brush.fade(panel(near, far, 0.16, 2.6, front), wall, mixed(wall, (0, 0, 0), 0.15))
    brush.fill(panel(near, far, 0.16, 0.40, front - 0.01), (70, 72, 74))
    brush.fade(panel(near + side * 0.12, far, 1.15, 2.3, front - 0.01), (96, 90, 80), (60, 58, 54))


def barrier(brush: Brush, side: float, half: float) -> None:
    """The barrier's cabinet, its raised arm and its lamp."""
    middle = side * (half + 0.32)
    arm = [(middle, 0.85, 0.95 + 0.28 * step) for step in range(9)]
    for index, (low, high) in enumerate(pairwise(arm)):
        colour: Colour = ((40, 36, 200), (232, 234, 234))[index % 2]
        brush.fill(panel(low[0] - 0.045, low[0] + 0.045, low[2], high[2], 0.85), colour)
    brush.fill(
        [
            (middle - side * 0.16, 0.9, 0.16),
            (middle - side * 0.16, 1.2, 0.16),
            (middle - side * 0.16, 1.2, 1.0),
            (middle - side * 0.16, 0.9, 1.0),
        ],
        (24, 88, 150),
    )
    brush.fade(panel(middle - 0.16, middle + 0.16, 0.16, 1.0, 0.9), (40, 142, 232), (28, 104, 180))
    brush.fill(panel(middle - 0.11, middle + 0.11, 0.3, 0.72, 0.89), (30, 116, 200))
    brush.fill(disc((middle, 0.88, 0.88), 0.08, 0.08), (80, 200, 90))


def _flat(left: float, right: float, near: float, far: float, z: float = 0.0) -> list[tuple[float, float, float]]:
    return [(left, near, z), (right, near, z), (right, far, z), (left, far, z)]
