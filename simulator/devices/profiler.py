"""A profiler's twin: it measures true outlines, a few centimetres off as lasers in rain are."""

import random
from typing import Final, NamedTuple

from gate.vehicle import Profile, VehicleClass

NOISE_MM: Final = 40


class Outlines(NamedTuple):
    """The shortest and the longest, the lowest and the highest vehicle of a class on Vietnamese roads, millimetres."""

    length: tuple[int, int]
    height: tuple[int, int]


# A motorbike is as high as its rider; a ten-to-sixteen seater is told from a car by its roof.
OUTLINES: Final = {
    VehicleClass.MOTO: Outlines((1_750, 2_250), (1_300, 1_900)),
    VehicleClass.CAR9: Outlines((3_300, 5_300), (1_380, 1_980)),
    VehicleClass.VAN16: Outlines((5_200, 6_150), (2_240, 2_800)),
    VehicleClass.MINI29: Outlines((6_400, 8_550), (2_600, 3_050)),
    VehicleClass.BUS30: Outlines((8_900, 12_200), (3_000, 3_700)),
}


def true_outline(kind: VehicleClass, rng: random.Random) -> Profile:
    """A vehicle of the class."""
    outlines = OUTLINES[kind]
    return Profile(rng.randint(*outlines.length), rng.randint(*outlines.height))


def measured(outline: Profile, rng: random.Random) -> Profile:
    """What the profiler makes of it this time."""
    return Profile(
        outline.length_mm + rng.randint(-NOISE_MM, NOISE_MM), outline.height_mm + rng.randint(-NOISE_MM, NOISE_MM)
    )
