"""One camera picture: the lane, the vehicle, its plate, the light and the weather."""

import random
import zlib
from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.draw.camera import Camera, Points, Pose
from simulator.draw.lane import camera_of, draw_ground
from simulator.draw.light import cast_shade, glare, illuminate, plate_light, shadow, to_infrared
from simulator.draw.look import INFRARED, Look
from simulator.draw.paint import Brush, Picture
from simulator.draw.plate import Plate, draw_plate, size_mm
from simulator.draw.subject import MOTO, Subject
from simulator.draw.vehicle import Vehicle, vehicle_of
from simulator.draw.weather import weather


class Scene(NamedTuple):
    """A picture (720, 1280, 3) BGR, and where the plate is in it: four pixels (4, 2) from the upper left, clockwise."""

    image: NDArray[np.uint8]
    plate_corners: NDArray[np.float64]


@dataclass
class Lanes:
    """The empty lanes drawn so far, for a camera that always sees the same: at most `most` of 2.8 MB each."""

    most: int = 4
    _drawn: dict[tuple[int, bool, bool], Picture] = field(default_factory=dict)

    def empty(self, look: Look, *, motorbikes: bool) -> Picture:
        """A fresh copy of the look's lane in plain daylight."""
        key = (look.lane, motorbikes, look.rain > 0)
        if key not in self._drawn:
            while len(self._drawn) >= self.most:
                del self._drawn[next(iter(self._drawn))]
            camera = camera_of(look.lane, motorbikes=motorbikes)
            self._drawn[key] = draw_ground(camera, look.lane, motorbikes=motorbikes, wet=look.rain > 0)
        return self._drawn[key].copy()


@dataclass(frozen=True)
class _Stage:
    """A vehicle in its place before its camera."""

    camera: Camera
    pose: Pose
    vehicle: Vehicle

    def corners(self) -> Points:
        return self.camera.project(self.pose.place(self.vehicle.plate))


def draw_scene(subject: Subject, look: Look, lanes: Lanes | None = None) -> NDArray[np.uint8]:
    """The picture of `subject` under `look`: (720, 1280, 3) BGR, the same for the same arguments.

    `lanes` saves drawing an empty lane again. Raises ValueError naming a plate text that cannot be drawn.
    """
    return compose(subject, look, lanes).image


def plate_corners(subject: Subject, look: Look) -> NDArray[np.float64]:
    """Where the plate is in `draw_scene(subject, look)`, without drawing it."""
    return _stage(subject, look).corners()


def compose(subject: Subject, look: Look, lanes: Lanes | None = None) -> Scene:
    """The picture together with the plate's corners."""
    stage = _stage(subject, look)
    plate = draw_plate(
        Plate(subject, look.wear, look.dirt, look.seed), px_per_mm=1.3 if subject.vehicle_class == MOTO else 1.0
    )
    corners = stage.corners()
    picture = (lanes or Lanes()).empty(look, motorbikes=subject.vehicle_class == MOTO)
    brush = Brush(picture, stage.camera, stage.pose)
    shadow(picture, brush.at(stage.vehicle.footprint))
    stage.vehicle.paint(brush)
    spot = corners.mean(axis=0)
    illuminate(picture, look, spot)
    _mount(picture, plate_light(plate, look), corners)
    cast_shade(picture, look, spot)
    lamps = brush.at(stage.vehicle.lamps)
    glare(
        picture, look, lamps, stage.vehicle.lamp_radius * brush.scale(stage.vehicle.lamps[0]), stage.vehicle.lamp_colour
    )
    return Scene(_finish(picture, look), corners)


def draw_empty(look: Look, *, motorbikes: bool = False, lanes: Lanes | None = None) -> NDArray[np.uint8]:
    """The same lane with nobody in it."""
    camera = camera_of(look.lane, motorbikes=motorbikes)
    picture = (lanes or Lanes()).empty(look, motorbikes=motorbikes)
    illuminate(picture, look, np.array(camera.centre))
    return _finish(picture, look)


def jpeg(image: NDArray[np.uint8], quality: int = 88) -> bytes:
    """The picture as JPEG. Raises ValueError for a quality outside 1 to 100."""
    if not 1 <= quality <= 100:
        raise ValueError(f"JPEG quality {quality} is not between 1 and 100")
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())


def _stage(subject: Subject, look: Look) -> _Stage:
    # The same plate is the same vehicle at the entry and at the exit, whatever the lane and the light.
    own = random.Random(zlib.crc32(f"{subject.key}/{subject.vehicle_class}".encode()))
    camera = camera_of(look.lane, motorbikes=subject.vehicle_class == MOTO)
    height, width = (side / 1000 for side in size_mm(subject))
    return _Stage(camera, Pose(look.x, look.y, np.radians(look.yaw)), vehicle_of(subject, own, width, height))


def _mount(picture: Picture, plate: Picture, corners: Points) -> None:
    """Put the flat plate onto its four corners, smoothly shrunk first so that thin strokes survive."""
    width = float(np.hypot(*(corners[1] - corners[0])))
    share = min(1.0, 1.25 * width / plate.shape[1])
    small = cv2.resize(plate, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    rows, columns = small.shape[:2]
    left, top = np.floor(corners.min(axis=0)).astype(int) - 2
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 3
    left, top = max(left, 0), max(top, 0)
    part = picture[top:bottom, left:right]
    if part.size == 0:
        return
    here = (corners - (left, top)).astype(np.float32)
    flat = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float32) - 0.5
    turn = cv2.getPerspectiveTransform(flat, here)
    shape = (part.shape[1], part.shape[0])
    seen = cv2.warpPerspective(small, turn, shape, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = np.zeros(part.shape[:2], np.uint8)
    cv2.fillConvexPoly(cover, (here * 16).round().astype(np.int32).reshape(-1, 1, 2), 255, cv2.LINE_AA, 4)
    share_of = cover[..., None].astype(np.float32) / 255
    part[:] = (part + (seen.astype(np.float32) - part) * share_of + 0.5).astype(np.uint8)


def _finish(picture: Picture, look: Look) -> NDArray[np.uint8]:
    if look.light == INFRARED:
        picture = to_infrared(picture)
    return weather(picture, look)
