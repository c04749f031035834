"""Vehicle classes of the price list, and how a lane tells them apart by measure.

A plate's letter says nothing about the class since 2025 (vietnam.md 1.5), so a lane measures:
a profiler over the lane gives length and height, as toll lanes do.
"""

from enum import StrEnum
from typing import Final, NamedTuple


class VehicleClass(StrEnum):
    """Class codes of the price list (vietnam.md 6.4)."""

    MOTO = "MOTO"  # motorbike, moped, electric bike
    CAR9 = "CAR9"  # car up to 9 seats, pickup, truck up to 1.5 t
    VAN16 = "VAN16"  # 10-16 seats
    MINI29 = "MINI29"  # 17-29 seats, truck 1.5-5 t
    BUS30 = "BUS30"  # 30 seats and more, truck over 5 t


class Profile(NamedTuple):
    """A vehicle's outline as the lane's profiler measured it, in millimetres."""

    length_mm: int
    height_mm: int


# longest vehicle of each class; a class is left when either measure is exceeded
_UP_TO: Final = (
    (VehicleClass.MOTO, Profile(2_600, 2_100)),
    (VehicleClass.CAR9, Profile(5_450, 2_150)),
    (VehicleClass.VAN16, Profile(6_300, 2_900)),
    (VehicleClass.MINI29, Profile(8_700, 3_150)),
)


def classify(profile: Profile) -> VehicleClass:
    """The class of the smallest outline that holds the measured one. Raises ValueError below 0.5 m."""
    if profile.length_mm < 500 or profile.height_mm < 500:
        raise ValueError(f"no vehicle is {profile.length_mm} x {profile.height_mm} mm")
    for kind, most in _UP_TO:
        if profile.length_mm <= most.length_mm and profile.height_mm <= most.height_mm:
            return kind
    return VehicleClass.BUS30
