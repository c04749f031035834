"""The shapes of car, van, minibus and coach, as data: stations from the bumper's lower edge up and back to the tail."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.draw.subject import BUS30, CAR9, MINI29, VAN16

# Indices of the stations that the details hang on.
FLOOR, BUMPER, NOSE, LIP, HOOD, SCREEN, BROW, ROOF, TAIL = range(9)


@dataclass(frozen=True)
class Body:
    """A vehicle's front: nine stations of (y, z, half width, how far the corner is set back, rise of the middle), m."""

    name: str
    stations: tuple[tuple[float, float, float, float, float], ...]
    plate_z: float
    lamp: tuple[float, float, float, float]
    """The headlamp on the skin: inner and outer u (1 is the side), lower and upper station."""
    grille: tuple[float, float, float]
    """Half width in u, lower and upper station."""
    wheel: float
    dark_brow: bool = False

    def skin(self, u: NDArray[np.float64], s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (..., 3) on the front's surface at u across (-1 to 1) and s along the stations (0 to 8)."""
        table = np.array(self.stations)
        y, z, half, corner, crown = np.moveaxis(_spline(table, np.asarray(s, np.float64)), -1, 0)
        bend = np.abs(u)
        return np.stack([half * u, y + corner * bend**3, z - crown * bend**2], axis=-1)

    def nose(self) -> float:
        """y of the foremost point at the plate's height."""
        return min(station[0] for station in self.stations[:LIP])


def _spline(table: NDArray[np.float64], s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows of `table` at fractional indices, through the rows with softened tangents."""
    last = len(table) - 1
    base = np.clip(np.floor(s).astype(int), 0, last - 1)
    t = (s - base)[..., None]
    before, here = table[np.maximum(base - 1, 0)], table[base]
    there, after = table[base + 1], table[np.minimum(base + 2, last)]
    leave, arrive = 0.3 * (there - before), 0.3 * (after - here)
    cubic = here * (2 * t**3 - 3 * t**2 + 1) + there * (3 * t**2 - 2 * t**3)
    return np.asarray(cubic + leave * (t**3 - 2 * t**2 + t) + arrive * (t**3 - t**2))


_SEDAN = Body(
    "sedan",
    ((0.10, 0.19, 0.80, 0.30, 0.0), (0.00, 0.36, 0.88, 0.34, 0.0), (0.02, 0.60, 0.89, 0.36, 0.0),
     (0.16, 0.74, 0.87, 0.34, 0.05), (0.55, 0.86, 0.85, 0.16, 0.06), (1.12, 0.97, 0.76, 0.16, 0.05),
     (1.85, 1.40, 0.60, 0.12, 0.04), (2.20, 1.46, 0.57, 0.05, 0.05), (3.30, 1.36, 0.55, 0.0, 0.05)),
    0.43, (0.50, 0.97, 1.75, 2.75), (0.42, 1.85, 2.75), 0.32,
)  # fmt: skip
_SUV = Body(
    "suv",
    ((0.10, 0.27, 0.84, 0.20, 0.0), (0.00, 0.46, 0.92, 0.22, 0.0), (0.00, 0.78, 0.94, 0.24, 0.0),
     (0.10, 0.98, 0.92, 0.24, 0.05), (0.50, 1.10, 0.91, 0.12, 0.06), (1.05, 1.18, 0.84, 0.14, 0.05),
     (1.65, 1.66, 0.70, 0.10, 0.04), (2.05, 1.74, 0.68, 0.05, 0.05), (4.30, 1.70, 0.68, 0.0, 0.04)),
    0.52, (0.54, 0.96, 1.95, 2.70), (0.46, 1.75, 2.85), 0.38,
)  # fmt: skip
_HATCH = Body(
    "hatch",
    ((0.08, 0.20, 0.76, 0.30, 0.0), (0.00, 0.38, 0.82, 0.34, 0.0), (0.02, 0.62, 0.83, 0.36, 0.0),
     (0.14, 0.80, 0.81, 0.36, 0.06), (0.40, 0.93, 0.80, 0.18, 0.07), (0.85, 1.05, 0.74, 0.18, 0.05),
     (1.55, 1.46, 0.62, 0.12, 0.04), (1.90, 1.53, 0.60, 0.05, 0.05), (3.10, 1.48, 0.58, 0.0, 0.05)),
    0.45, (0.52, 0.98, 1.75, 2.90), (0.34, 2.05, 2.55), 0.31,
)  # fmt: skip
_VAN = Body(
    "van",
    ((0.10, 0.27, 0.90, 0.16, 0.0), (0.00, 0.48, 0.96, 0.18, 0.0), (0.02, 0.82, 0.97, 0.20, 0.0),
     (0.14, 1.02, 0.96, 0.22, 0.05), (0.38, 1.18, 0.94, 0.16, 0.05), (0.62, 1.30, 0.90, 0.16, 0.05),
     (1.30, 2.05, 0.80, 0.12, 0.04), (1.65, 2.25, 0.77, 0.05, 0.05), (5.40, 2.30, 0.77, 0.0, 0.05)),
    0.53, (0.58, 0.97, 1.85, 2.95), (0.44, 1.80, 2.50), 0.36,
)  # fmt: skip
_MINIBUS = Body(
    "minibus",
    ((0.06, 0.30, 0.98, 0.14, 0.0), (0.00, 0.52, 1.03, 0.16, 0.0), (0.00, 0.88, 1.04, 0.16, 0.0),
     (0.04, 1.08, 1.04, 0.16, 0.0), (0.08, 1.22, 1.03, 0.15, 0.0), (0.12, 1.34, 1.01, 0.15, 0.02),
     (0.36, 2.20, 0.98, 0.14, 0.04), (0.46, 2.50, 0.96, 0.14, 0.05), (6.50, 2.66, 0.92, 0.0, 0.05)),
    0.57, (0.60, 0.95, 1.55, 2.25), (0.42, 2.05, 2.55), 0.40, dark_brow=True,
)  # fmt: skip
_COACH = Body(
    "coach",
    ((0.05, 0.32, 1.18, 0.16, 0.0), (0.00, 0.56, 1.24, 0.18, 0.0), (0.00, 0.95, 1.25, 0.18, 0.0),
     (0.03, 1.15, 1.25, 0.18, 0.0), (0.06, 1.26, 1.25, 0.18, 0.0), (0.09, 1.38, 1.24, 0.18, 0.0),
     (0.30, 2.80, 1.21, 0.16, 0.04), (0.40, 3.15, 1.18, 0.14, 0.06), (11.0, 3.35, 1.15, 0.0, 0.06)),
    0.60, (0.62, 0.96, 1.35, 2.15), (0.36, 2.35, 2.85), 0.48, dark_brow=True,
)  # fmt: skip

BODIES: dict[str, tuple[Body, ...]] = {
    CAR9: (_SEDAN, _SUV, _HATCH), VAN16: (_VAN,), MINI29: (_MINIBUS,), BUS30: (_COACH,),
}  # fmt: skip
