"""A pinhole camera over the lane. Metres: x to the right, y away from the camera, z up; the stop line is y = 0."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Point3 = tuple[float, float, float]

WIDTH, HEIGHT = 1280, 720
_NEAR = 0.3


@dataclass(frozen=True)
class Camera:
    """Where it hangs, what it looks at, and how: `focal` in pixels, `centre` the target's place in the picture."""

    position: Point3
    target: Point3
    focal: float
    roll: float = 0.0
    centre: tuple[float, float] = (WIDTH / 2, 430.0)

    @cached_property
    def axes(self) -> Points:
        """Rows: right, down and forward as unit vectors of the world."""
        forward = np.array(self.target) - np.array(self.position)
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, (0.0, 0.0, 1.0))
        right /= np.linalg.norm(right)
        down = np.cross(forward, right)
        cosine, sine = np.cos(self.roll), np.sin(self.roll)
        return np.array([cosine * right + sine * down, cosine * down - sine * right, forward])

    def project(self, points: Iterable[Point3] | Points) -> Points:
        """Pixels (n, 2) of world points (n, 3); what is behind the lens is pushed just before it."""
        relative = np.asarray(points if isinstance(points, np.ndarray) else list(points)) - np.array(self.position)
        seen = relative @ self.axes.T
        depth = np.maximum(seen[:, 2:], _NEAR)
        return np.asarray(seen[:, :2] / depth * self.focal + np.array(self.centre))

    def horizon(self) -> float:
        """The picture row of the horizon under the target's column; negative above the picture."""
        forward = self.axes[2]
        level = float(np.hypot(forward[0], forward[1]))
        return self.centre[1] + self.focal * float(forward[2]) / level


@dataclass(frozen=True)
class Pose:
    """Where a vehicle stands: its front's middle on the ground, and the turn of its body in radians."""

    x: float = 0.0
    y: float = 0.0
    yaw: float = 0.0

    def place(self, points: Iterable[Point3] | Points) -> Points:
        """World points of points in the vehicle's own frame (x right, y to its far end, z up)."""
        own = np.asarray(points if isinstance(points, np.ndarray) else list(points), dtype=np.float64)
        cosine, sine = np.cos(self.yaw), np.sin(self.yaw)
        turned = own @ np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])
        return np.asarray(turned + np.array([self.x, self.y, 0.0]))
