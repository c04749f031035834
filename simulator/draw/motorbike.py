"""A motorbike and its rider seen from behind, where its only plate is."""

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.draw.camera import Point3, Points
from simulator.draw.paint import Brush, Colour, disc, mixed, panel, smooth

PLATE_Z = 0.60
_PLASTIC: Colour = (38, 37, 37)
_SKIN: Colour = (112, 146, 190)
_SHIRTS: tuple[Colour, ...] = (
    (150, 90, 50), (52, 48, 140), (200, 200, 204), (60, 60, 62), (70, 120, 70), (40, 120, 190), (120, 70, 110),
)  # fmt: skip
_PAINTS: tuple[Colour, ...] = ((40, 36, 160), (36, 34, 34), (216, 218, 220), (150, 70, 30), (110, 108, 106))
_TROUSERS: tuple[Colour, ...] = ((84, 62, 44), (44, 42, 42), (96, 94, 90), (70, 82, 92))


@dataclass(frozen=True)
class Bike:
    """One rider's looks."""

    paint: Colour
    shirt: Colour
    trousers: Colour
    helmet: Colour
    box: bool


def bike_of(rng: random.Random) -> Bike:
    """A plausible rider from `rng`."""
    return Bike(
        rng.choice(_PAINTS),
        rng.choice(_SHIRTS),
        rng.choice(_TROUSERS),
        rng.choice(_PAINTS + _SHIRTS),
        rng.random() < 0.15,
    )


def tail_lamp() -> NDArray[np.float64]:
    """The middle of the tail lamp in the bike's frame (1, 3)."""
    return np.array([[0.0, 0.0, 0.83]])


def paint_bike(brush: Brush, bike: Bike) -> None:
    """The whole machine but its plate and the light of its lamp, farthest parts first."""
    _handlebar(brush, bike)
    _rider(brush, bike)
    _legs(brush, bike)
    _exhaust(brush)
    _wheel(brush)
    _tail(brush, bike)


def _handlebar(brush: Brush, bike: Bike) -> None:
    brush.line([(-0.34, 1.05, 1.02), (0.34, 1.05, 1.02)], (40, 40, 40), 0.04)
    for side in (-1, 1):
        brush.line([(side * 0.28, 1.05, 1.02), (side * 0.40, 1.0, 1.24)], (60, 60, 60), 0.015)
        brush.fill(disc((side * 0.42, 1.0, 1.27), 0.15, 0.10), mixed(bike.paint, (60, 60, 60), 0.5))
        brush.fill(disc((side * 0.42, 0.99, 1.27), 0.12, 0.075), (160, 150, 140))


def _rider(brush: Brush, bike: Bike) -> None:
    """Back, arms, neck and helmet, seen from behind."""
    dark = mixed(bike.shirt, (0, 0, 0), 0.35)
    for side in (-1, 1):
        arm = [(side * 0.19, 0.5, 1.38), (side * 0.27, 0.55, 1.34), (side * 0.36, 0.75, 1.12), (side * 0.34, 1.0, 1.02),
               (side * 0.28, 1.0, 1.0), (side * 0.27, 0.7, 1.1), (side * 0.17, 0.5, 1.2)]  # fmt: skip
        brush.fade(smooth(arm, 2), bike.shirt, dark)
        brush.fill(disc((side * 0.31, 1.0, 1.03), 0.09, 0.08), _SKIN)
    back = _whole([(0.10, 0.5, 1.47), (0.23, 0.5, 1.42), (0.22, 0.45, 1.1), (0.20, 0.42, 0.86)])
    brush.fade(smooth(back, 2), mixed(bike.shirt, (255, 255, 255), 0.1), dark)
    brush.line([(0.0, 0.44, 1.40), (0.01, 0.42, 0.95)], mixed(dark, bike.shirt, 0.4), 0.02)
    brush.fill(panel(-0.06, 0.06, 1.42, 1.52, 0.5), _SKIN)
    brush.fade(
        disc((0.0, 0.5, 1.62), 0.27, 0.28),
        mixed(bike.helmet, (255, 255, 255), 0.25),
        mixed(bike.helmet, (0, 0, 0), 0.3),
    )


def _legs(brush: Brush, bike: Bike) -> None:
    dark = mixed(bike.trousers, (0, 0, 0), 0.45)
    for side in (-1, 1):
        shoe = [
            (side * 0.21, 0.45, 0.30),
            (side * 0.35, 0.45, 0.30),
            (side * 0.38, 0.40, 0.18),
            (side * 0.21, 0.40, 0.18),
        ]
        brush.fade(smooth(shoe, 2), (60, 58, 58), (30, 30, 30))
        leg = np.array(
            [(0.05, 0.92), (0.22, 0.90), (0.35, 0.70), (0.36, 0.60), (0.33, 0.26), (0.22, 0.24), (0.20, 0.6)]
        )
        outline = np.column_stack([side * leg[:, 0], np.full(len(leg), 0.45), leg[:, 1]])
        brush.fade(smooth(outline, 2), bike.trousers, dark)
    board = _whole([(0.16, 0.5, 0.62), (0.22, 0.5, 0.42), (0.20, 0.5, 0.26)])
    brush.fade(smooth(board, 1), mixed(bike.paint, _PLASTIC, 0.6), (22, 22, 22))


def _exhaust(brush: Brush) -> None:
    pipe = [(0.13, 0.25, 0.42), (0.22, 0.25, 0.44), (0.23, 0.05, 0.26), (0.15, 0.05, 0.24)]
    brush.fade(smooth(pipe, 2), (84, 84, 84), (44, 44, 44))
    brush.fill(disc((0.19, 0.02, 0.29), 0.095, 0.095), (150, 150, 150))
    brush.fill(disc((0.19, 0.01, 0.29), 0.055, 0.055), (18, 18, 18))
    brush.line([(-0.12, 0.2, 0.62), (-0.11, 0.25, 0.34)], (120, 120, 124), 0.035)


def _wheel(brush: Brush) -> None:
    brush.fill(smooth(panel(-0.055, 0.055, 0.0, 0.60, 0.22), 2), (24, 24, 24))
    for z in np.linspace(0.05, 0.4, 8):
        brush.line([(-0.04, 0.2, z), (0.0, 0.2, z + 0.02), (0.04, 0.2, z)], (44, 44, 44), 0.008)
    flap = _whole([(0.075, 0.05, 0.60), (0.07, 0.02, 0.3), (0.04, 0.0, 0.2)])
    brush.fade(smooth(flap, 2), _PLASTIC, (26, 26, 26))


def _tail(brush: Brush, bike: Bike) -> None:
    """Frame, cowl, seat, grab rail, tail lamp and indicators; a delivery box on some."""
    brush.fill(_whole([(0.13, 0.28, 0.92), (0.14, 0.28, 0.66), (0.08, 0.2, 0.48)]), (30, 29, 29))
    for side in (-1, 1):
        cowl = [
            (side * 0.02, 0.1, 0.92),
            (side * 0.15, 0.25, 0.90),
            (side * 0.17, 0.3, 0.68),
            (side * 0.10, 0.1, 0.55),
            (side * 0.02, 0.05, 0.62),
        ]
        brush.fade(smooth(cowl, 2), mixed(bike.paint, (255, 255, 255), 0.12), mixed(bike.paint, (0, 0, 0), 0.4))
    seat = [(-0.17, 0.35, 0.90), (0.17, 0.35, 0.90), (0.14, 0.2, 0.97), (-0.14, 0.2, 0.97)]
    brush.fade(smooth(seat, 2), (52, 50, 50), (24, 24, 24))
    rail = [(-0.13, 0.3, 0.9), (-0.11, 0.08, 0.94), (0.0, 0.05, 0.95), (0.11, 0.08, 0.94), (0.13, 0.3, 0.9)]
    brush.line(smooth(rail, 2, closed=False), (150, 150, 150), 0.022)
    lamp = [(-0.12, 0.04, 0.88), (0.12, 0.04, 0.88), (0.09, 0.0, 0.78), (-0.09, 0.0, 0.78)]
    brush.fade(smooth(lamp, 2), (40, 36, 190), (26, 20, 110))
    for side in (-1, 1):
        brush.fade(disc((side * 0.155, 0.05, 0.80), 0.09, 0.06), (90, 170, 236), (30, 100, 190))
    brush.fill(panel(-0.10, 0.10, 0.50, 0.72, 0.03), _PLASTIC)
    if bike.box:
        brush.fade(panel(-0.24, 0.24, 0.99, 1.36, 0.1), (80, 150, 60), (50, 100, 36))
        brush.line(np.concatenate([panel(-0.24, 0.24, 0.99, 1.36, 0.1)]), (40, 80, 30), 0.012, closed=True)


def _whole(right: list[Point3]) -> Points:
    """A symmetric outline from its right half, top to bottom."""
    half = np.array(right)
    return np.concatenate([half, half[::-1] * (-1, 1, 1)])
