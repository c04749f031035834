"""A brush: fills shapes given in a vehicle's or the lane's metres onto the picture."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.draw.camera import Camera, Point3, Points, Pose

Picture = NDArray[np.uint8]
Colour = tuple[float, float, float]
"""Blue, green, red from 0 to 255."""

_SHIFT = 4
_FAR = 6000.0


@dataclass
class Brush:
    """Paints on `picture` through `camera`, in the frame of `pose`."""

    picture: Picture
    camera: Camera
    pose: Pose = field(default_factory=Pose)

    def at(self, points: Iterable[Point3] | Points) -> Points:
        """Pixels of points in the pose's frame."""
        return self.camera.project(self.pose.place(points))

    def fill(self, points: Iterable[Point3] | Points, colour: Colour) -> None:
        """A filled outline with smooth edges."""
        cv2.fillPoly(self.picture, [_fixed(self.at(points))], colour, cv2.LINE_AA, _SHIFT)

    def tiles(self, corners: Points, colours: Points) -> None:
        """Many quadrilaterals (n, 4, 3) with a colour each (n, 3), in order: without smoothing, so no seams show."""
        pixels = _fixed(self.at(corners.reshape(-1, 3))).reshape(-1, 4, 2)
        for quad, colour in zip(pixels, colours.tolist(), strict=True):
            cv2.fillConvexPoly(self.picture, quad, colour, cv2.LINE_8, _SHIFT)

    def fade(self, points: Points, first: Colour, last: Colour) -> None:
        """An outline filled with a gradient from the first colour at its top to the last at its bottom."""
        pixels = self.at(points)
        height, width = self.picture.shape[:2]
        left, top = np.floor(pixels.min(axis=0)).clip(0, (width, height)).astype(int)
        right, bottom = np.ceil(pixels.max(axis=0) + 1).clip(0, (width, height)).astype(int)
        if right <= left or bottom <= top:
            return
        path = _fixed(pixels)
        cv2.fillPoly(self.picture, [path], mixed(first, last, 0.5), cv2.LINE_AA, _SHIFT)
        mask = np.zeros((bottom - top, right - left), np.uint8)
        cv2.fillPoly(mask, [_fixed(pixels - (left, top))], 255, cv2.LINE_AA, _SHIFT)
        inside = cv2.threshold(mask, 254, 255, cv2.THRESH_BINARY)[1]
        column = np.linspace(first, last, bottom - top).clip(0, 255).astype(np.uint8)[:, None]
        cv2.copyTo(np.repeat(column, right - left, axis=1), inside, self.picture[top:bottom, left:right])

    def line(self, points: Iterable[Point3] | Points, colour: Colour, width: float, *, closed: bool = False) -> None:
        """A line `width` metres wide, as wide as it is at its middle."""
        where = np.asarray(points if isinstance(points, np.ndarray) else list(points), dtype=np.float64)
        pixels = max(1, round(width * self.scale(where.mean(axis=0))))
        cv2.polylines(self.picture, [_fixed(self.at(where))], closed, colour, pixels, cv2.LINE_AA, _SHIFT)

    def scale(self, point: Points) -> float:
        """Pixels to a metre at a point of the frame."""
        step = np.array([0.05, 0, 0])
        ends = self.at(np.array([point - step, point + step]))
        return float(np.hypot(*(ends[1] - ends[0]))) * 10


def smooth(points: Iterable[Point3] | Points, times: int = 2, *, closed: bool = True) -> Points:
    """The outline with its corners cut `times` times (Chaikin): few points give round shapes."""
    path = np.asarray(points if isinstance(points, np.ndarray) else list(points), dtype=np.float64)
    for _ in range(times):
        following = np.roll(path, -1, axis=0) if closed else path[1:]
        here = path if closed else path[:-1]
        cut = np.stack([0.75 * here + 0.25 * following, 0.25 * here + 0.75 * following], axis=1).reshape(
            -1, path.shape[1]
        )
        path = cut if closed else np.concatenate([path[:1], cut, path[-1:]])
    return path


def disc(centre: Point3, width: float, height: float, steps: int = 20) -> Points:
    """An upright ellipse facing the camera, `width` and `height` across."""
    turns = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    flat = np.zeros(steps)
    ring = np.stack([width / 2 * np.cos(turns), flat, height / 2 * np.sin(turns)], axis=1)
    return np.asarray(ring + np.array(centre), np.float64)


def panel(left: float, right: float, bottom: float, top: float, y: float = 0.0) -> Points:
    """An upright rectangle facing the camera."""
    return np.array([(left, y, top), (right, y, top), (right, y, bottom), (left, y, bottom)])


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """`share` of the second colour in the first."""
    a, b, c = (one + (other - one) * share for one, other in zip(first, second, strict=True))
    return a, b, c


def _fixed(pixels: Points) -> NDArray[np.int32]:
    return np.round(np.clip(pixels, -_FAR, _FAR) * (1 << _SHIFT)).astype(np.int32).reshape(-1, 1, 2)
