"""A vehicle as the scene needs it: how to paint it, where its plate and its lamps are, what ground it covers."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simulator.draw.camera import Points
from simulator.draw.front import face_of, lamps, paint_face
from simulator.draw.motorbike import PLATE_Z, bike_of, paint_bike, tail_lamp
from simulator.draw.paint import Brush, panel
from simulator.draw.subject import MOTO, Subject

_SUNS = ((-0.7, -0.5, 0.8), (0.6, -0.6, 0.8), (0.2, -0.4, 1.0), (-0.2, -0.9, 0.5))
_HOLDER_M = 0.008


@dataclass(frozen=True)
class Vehicle:
    """All points in the vehicle's own frame, metres: `plate` (4, 3) from the upper left clockwise, `lamps` (n, 3)."""

    plate: Points
    lamps: Points
    footprint: Points
    lamp_radius: float
    lamp_colour: tuple[float, float, float]
    paint: Callable[[Brush], None]


def vehicle_of(subject: Subject, rng: random.Random, plate_width: float, plate_height: float) -> Vehicle:
    """The front of a car, van or coach, or the rear of a motorbike; `rng` chooses its looks."""
    if subject.vehicle_class == MOTO:
        return _motorbike(rng, plate_width, plate_height)
    face, sun = face_of(subject, rng), rng.choice(_SUNS)
    body = face.body
    half, y = plate_width / 2, body.nose() - 0.03
    plate = panel(-half, half, body.plate_z - plate_height / 2, body.plate_z + plate_height / 2, y)

    def paint(brush: Brush) -> None:
        paint_face(brush, face, sun)
        _holder(brush, plate)

    return Vehicle(plate, lamps(face), _ground_of(body.stations[1][2], 4.0), 0.085, (235.0, 250.0, 255.0), paint)


def _motorbike(rng: random.Random, width: float, height: float) -> Vehicle:
    bike = bike_of(rng)
    plate = panel(-width / 2, width / 2, PLATE_Z - height / 2, PLATE_Z + height / 2)
    lean = rng.uniform(0.0, 0.05)
    plate[:2, 1] += lean

    def paint(brush: Brush) -> None:
        paint_bike(brush, bike)
        _holder(brush, plate)

    return Vehicle(plate, tail_lamp(), _ground_of(0.3, 1.6), 0.05, (70.0, 60.0, 255.0), paint)


def _holder(brush: Brush, plate: Points) -> None:
    middle = plate.mean(axis=0)
    outward = np.sign(plate - middle) * (_HOLDER_M, 0, _HOLDER_M)
    brush.fill(plate + outward, (30, 30, 30))


def _ground_of(half: float, length: float) -> Points:
    return np.array([(-half, -0.1, 0.0), (half, -0.1, 0.0), (half, length, 0.0), (-half, length, 0.0)])
