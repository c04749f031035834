"""A car park of the world: its lanes and cameras, and its price board, which is its own and not the product's."""

import zlib
from dataclasses import replace
from functools import partial

from gate.messages import Direction
from gate.vehicle import VehicleClass
from simulator.day import Day
from simulator.devices.camera import CameraTwins, View
from simulator.draw.look import DAY, clear
from simulator.draw.scene import draw_empty, draw_scene, jpeg
from simulator.lane import Lane
from simulator.plan import SitePlan
from simulator.population import Vehicle
from simulator.truth import Truth

_QUALITY = 88
_SHORT_M = (0.6, 0.25)
"""How far from where it stops a vehicle is that has just reached the loop, and a moment later."""


class Site:
    """One site. Made inside a running event loop."""

    def __init__(self, plan: SitePlan, day: Day, truth: Truth) -> None:
        self.plan = plan
        self.name = plan.site
        self.truth = truth.sites[plan.site]
        self.prices = plan.prices
        self.lanes = {lane.lane: Lane(lane, self.truth, plan.broker, day, truth) for lane in plan.lanes}
        dead = frozenset(lane.lane for lane in plan.lanes if lane.camera_dead)
        self.cameras = CameraTwins(plan.camera_port, {name: self._empty(name) for name in self.lanes}, dead)

    def shortest(self, direction: Direction) -> Lane:
        """The lane of this direction with the fewest vehicles before it."""
        return min((self.lanes[name] for name in self.plan.lanes_of(direction)), key=lambda lane: len(lane.queue))

    def view(self, lane: Lane, vehicle: Vehicle) -> View:
        """What the lane's camera sees: the vehicle on the last of its way, then the same picture while it stands."""
        here = replace(vehicle.stands[lane.direction], lane=self._camera_number(lane.name))
        away = -1.0 if vehicle.kind is VehicleClass.MOTO else 1.0  # a motorbike is seen from behind, and drives off

        def draw(short_m: float) -> bytes:
            return jpeg(draw_scene(vehicle.subject, replace(here, y=here.y + away * short_m)), _QUALITY)

        rolling = tuple(partial(draw, short_m) for short_m in _SHORT_M)
        return View(f"{lane.name}/{vehicle.name}", vehicle.name, partial(draw, 0.0), rolling)

    def vehicle_in(self, picture: str | None) -> str | None:
        """The vehicle in a picture that one of the cameras gave, by its SHA-256."""
        return None if picture is None else self.cameras.seen.get(picture)

    def _empty(self, lane: str) -> View:
        nobody = clear(self._camera_number(lane), DAY)
        return View(f"{lane}/", None, lambda: jpeg(draw_empty(nobody), _QUALITY))

    def _camera_number(self, lane: str) -> int:
        return zlib.crc32(f"{self.name}/{lane}".encode()) % 1000
