"""The face of a car, van, minibus or coach: lamps, grille, bumper, windscreen, mirrors, wheels."""

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.draw.bodies import BODIES, BROW, LIP, NOSE, SCREEN, Body
from simulator.draw.camera import Point3
from simulator.draw.paint import Brush, Colour, disc, mixed, panel, smooth
from simulator.draw.skin import paint_on, paint_skin
from simulator.draw.subject import BUS30, CAR9, MINI29, YELLOW, Subject

_CAR_PAINTS: tuple[Colour, ...] = (
    (204, 206, 206), (196, 200, 204), (172, 174, 174), (150, 148, 144), (58, 56, 54), (40, 38, 38),
    (52, 40, 150), (120, 66, 40), (66, 82, 104), (58, 92, 70), (92, 88, 86),
)  # fmt: skip
_COACH_PAINTS: tuple[Colour, ...] = (
    (200, 203, 206), (40, 96, 214), (60, 150, 80), (40, 40, 176), (150, 96, 40), (50, 176, 226),
)  # fmt: skip
_BLACK: Colour = (24, 23, 23)
_CHROME: Colour = (190, 188, 186)
_LENS: Colour = (176, 172, 168)


@dataclass(frozen=True)
class Face:
    """One vehicle's own looks."""

    body: Body
    paint: Colour
    accent: Colour | None
    bars: int
    seed: int


def face_of(subject: Subject, rng: random.Random) -> Face:
    """A plausible vehicle for the subject: its shape, paint and grille come from `rng`."""
    body = rng.choice(BODIES[subject.vehicle_class])
    coach = subject.vehicle_class in {MINI29, BUS30}
    paint = rng.choice(_COACH_PAINTS if coach else _CAR_PAINTS)
    if subject.vehicle_class not in {CAR9, BUS30}:
        paint = mixed(paint, (200, 203, 205), 0.6)
    band = coach or (subject.colour == YELLOW and rng.random() < 0.4)
    return Face(
        body, paint, rng.choice(_COACH_PAINTS[1:]) if band else None, rng.choice((2, 3, 4, 6)), rng.getrandbits(32)
    )


def lamps(face: Face) -> NDArray[np.float64]:
    """The middles of the two headlamps in the vehicle's frame (2, 3)."""
    inner, outer, low, high = face.body.lamp
    middle = inner + 0.45 * (outer - inner)
    return face.body.skin(np.array([-middle, middle]), np.full(2, (low + high) / 2))


def paint_face(brush: Brush, face: Face, sun: Point3) -> None:
    """The whole vehicle but its plate and the light of its lamps."""
    rng = random.Random(face.seed)
    body = face.body
    _wheels(brush, body)
    paint_skin(brush, body, face.paint, sun)
    _windscreen(brush, body, rng)
    if face.accent is not None:
        _accent(brush, body, face.accent)
    _grille(brush, face)
    _bumper(brush, body, rng)
    for side in (-1.0, 1.0):
        _headlamp(brush, body, side)
        _mirror(brush, body, side, face.paint)


def _wheels(brush: Brush, body: Body) -> None:
    half = body.stations[1][2]
    for side in (-1.0, 1.0):
        outer, inner = side * half * 0.97, side * (half * 0.97 - 0.21)
        brush.fill(smooth(panel(min(inner, outer), max(inner, outer), 0.0, 2 * body.wheel, 0.6), 1), (22, 22, 22))
    brush.fill(panel(-half * 0.9, half * 0.9, 0.12, 0.4, 0.5), (16, 16, 16))


def _windscreen(brush: Brush, body: Body, rng: random.Random) -> None:
    """Reflection of the sky, seats and driver as shades, wipers, and the inspection sticker."""
    tint = rng.randint(58, 96)
    sheet = [(-0.88, SCREEN + 0.08), (-0.86, BROW - 0.08), (0.86, BROW - 0.08), (0.88, SCREEN + 0.08)]
    paint_on(brush, body, sheet, (tint, tint - 4, tint - 8), (34, 32, 30))
    for u in (-0.4, 0.4):
        head = [(u - 0.13, SCREEN + 0.1), (u - 0.12, SCREEN + 0.5), (u - 0.05, SCREEN + 0.62),
                (u + 0.05, SCREEN + 0.62), (u + 0.12, SCREEN + 0.5), (u + 0.13, SCREEN + 0.1)]  # fmt: skip
        paint_on(brush, body, head, (30, 29, 29))
    slope = rng.uniform(-0.5, 0.2)
    streak = [
        (slope - 0.2, SCREEN + 0.1),
        (slope + 0.25, BROW - 0.1),
        (slope + 0.5, BROW - 0.1),
        (slope + 0.1, SCREEN + 0.1),
    ]
    paint_on(brush, body, streak, (tint + 22, tint + 20, tint + 16), (52, 50, 48))
    paint_on(
        brush,
        body,
        [(0.66, SCREEN + 0.7), (0.66, SCREEN + 0.84), (0.8, SCREEN + 0.84), (0.8, SCREEN + 0.7)],
        (96, 170, 60),
    )
    for u in (-0.7, 0.08):
        arm = body.skin(np.array([u, u + 0.55]), np.array([SCREEN + 0.03, SCREEN + 0.1])) - (0, 0.02, 0)
        brush.line(arm, _BLACK, 0.018)


def _accent(brush: Brush, body: Body, colour: Colour) -> None:
    low, high = NOSE + 0.1, LIP + 0.6
    swoosh = [
        (-1, low),
        (-0.3, low + 0.2),
        (0.3, low + 0.2),
        (1, low),
        (1, high),
        (0.3, low + 0.65),
        (-0.3, low + 0.65),
        (-1, high),
    ]
    paint_on(brush, body, swoosh, colour, mixed(colour, (0, 0, 0), 0.25))


def _grille(brush: Brush, face: Face) -> None:
    half, low, high = face.body.grille
    outline = [
        (-half, high),
        (half, high),
        (half * 0.94, (low + high) / 2),
        (half * 0.8, low),
        (-half * 0.8, low),
        (-half * 0.94, (low + high) / 2),
    ]
    paint_on(brush, face.body, outline, (30, 29, 28), (14, 14, 14))
    bars = min(face.bars, round(6 * (high - low)))
    for level in np.linspace(low, high, bars + 2)[1:-1]:
        bar = face.body.skin(np.linspace(-half * 0.86, half * 0.86, 9), np.full(9, level)) - (0, 0.01, 0)
        brush.line(bar, mixed(_CHROME, _BLACK, 0.35), 0.016)
    rim = face.body.skin(*np.array([*outline, outline[0]]).T) - (0, 0.01, 0)
    brush.line(rim, _CHROME, 0.014)
    middle = face.body.skin(np.array([0.0]), np.array([(low + high) / 2]))[0]
    brush.fill(disc((0.0, middle[1] - 0.03, middle[2]), 0.13, 0.10), _CHROME)
    brush.fill(disc((0.0, middle[1] - 0.03, middle[2]), 0.09, 0.06), (90, 88, 86))


def _bumper(brush: Brush, body: Body, rng: random.Random) -> None:
    """The lower intake, the fog lamps in their corners, and the tow cover."""
    paint_on(brush, body, [(-0.6, 0.85), (0.6, 0.85), (0.5, 0.4), (-0.5, 0.4)], (26, 25, 25), (12, 12, 12))
    fog = rng.random() < 0.7
    for side in (-1.0, 1.0):
        pocket = [(side * 0.68, 1.15), (side * 0.9, 1.3), (side * 0.9, 0.75), (side * 0.7, 0.7)]
        paint_on(brush, body, pocket, (30, 29, 29), (18, 18, 18))
        if fog:
            where = body.skin(np.array([side * 0.79]), np.array([0.97]))[0]
            brush.fill(disc((where[0], where[1] - 0.02, where[2]), 0.09, 0.08), _LENS)
            brush.fill(disc((where[0], where[1] - 0.02, where[2]), 0.05, 0.045), (225, 224, 222))


def _headlamp(brush: Brush, body: Body, side: float) -> None:
    inner, outer, low, high = body.lamp
    reach = high - low
    shape = [
        (inner, low + 0.15 * reach),
        (inner + 0.05, low + 0.75 * reach),
        (outer, high),
        (outer, low + 0.35 * reach),
        (inner + 0.12, low),
    ]
    points = smooth(body.skin(np.array([side * u for u, _ in shape]), np.array([s for _, s in shape])), 2) - (
        0,
        0.008,
        0,
    )
    brush.fade(points, (150, 146, 142), (84, 80, 78))
    brush.line(points, (50, 48, 48), 0.008, closed=True)
    for share, size in ((0.3, 0.11), (0.62, 0.09)):
        where = body.skin(np.array([side * (inner + share * (outer - inner))]), np.array([low + 0.45 * reach]))[0]
        spot = (where[0], where[1] - 0.02, where[2])
        brush.fill(disc(spot, size, size * 0.9), (206, 204, 202))
        brush.fill(disc(spot, size * 0.55, size * 0.5), (244, 243, 242))
    corner = body.skin(np.array([side * (outer - 0.05)]), np.array([low + 0.6 * reach]))[0]
    brush.fill(disc((corner[0], corner[1] - 0.02, corner[2]), 0.06, 0.07), (60, 150, 236))


def _mirror(brush: Brush, body: Body, side: float, paint: Colour) -> None:
    y, z, half = body.stations[SCREEN][:3]
    where = (side * (half + 0.17), y + 0.15, z + 0.12)
    brush.line([(side * half * 0.95, y + 0.1, z), where], _BLACK, 0.05)
    brush.fill(disc(where, 0.24, 0.17), mixed(paint, (0, 0, 0), 0.25))
    brush.fill(disc((where[0], where[1], where[2] + 0.02), 0.2, 0.11), mixed(paint, (255, 255, 255), 0.1))
