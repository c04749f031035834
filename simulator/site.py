"""A car park of the world: its lanes and cameras, and its price board, which is its own and not the product's."""

import zlib
from dataclasses import replace

from gate.messages import Direction
from simulator.day import Day
from simulator.devices.camera import CameraTwins, View
from simulator.draw.look import DAY, clear
from simulator.draw.scene import draw_empty, draw_scene, jpeg
from simulator.lane import Lane
from simulator.plan import SitePlan
from simulator.population import Vehicle
from simulator.truth import Truth

_QUALITY = 88


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
        """What the lane's camera sees while the vehicle stands there: the same picture each time it is asked."""
        sight = vehicle.stands[lane.direction]
        here = replace(sight, lane=self._camera_number(lane.name))
        return View(
            f"{lane.name}/{vehicle.name}", vehicle.name, lambda: jpeg(draw_scene(vehicle.subject, here), _QUALITY)
        )

    def vehicle_in(self, picture: str | None) -> str | None:
        """The vehicle in a picture that one of the cameras gave, by its SHA-256."""
        return None if picture is None else self.cameras.seen.get(picture)

    def _empty(self, lane: str) -> View:
        nobody = clear(self._camera_number(lane), DAY)
        return View(f"{lane}/", None, lambda: jpeg(draw_empty(nobody), _QUALITY))

    def _camera_number(self, lane: str) -> int:
        return zlib.crc32(f"{self.name}/{lane}".encode()) % 1000
