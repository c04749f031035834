"""A lane's gear in one place, as a driver finds it: loops, arm, profiler, screen, camera, and the queue before it."""

import asyncio
from collections import deque
from typing import NamedTuple

from gate.devices import profiler, screen
from gate.devices.board import Sensor
from gate.devices.screen import Face, Page
from gate.messages import Direction
from simulator.day import Day
from simulator.devices.arm import Arm
from simulator.devices.screen import ScreenTwin
from simulator.devices.tasmota import TasmotaTwin
from simulator.link import Link
from simulator.plan import BrokerPlan, LanePlan
from simulator.population import Vehicle
from simulator.truth import SiteTruth, Truth


class Glance(NamedTuple):
    """What a driver remembers of the lane from the moment of arriving: only what is newer is meant for them."""

    ups: int
    pages: int


class Lane:
    """One lane. Made inside a running event loop."""

    def __init__(self, plan: LanePlan, site: SiteTruth, broker: BrokerPlan, day: Day, truth: Truth) -> None:
        self.name = plan.lane
        self.direction: Direction = plan.direction
        self.queue: deque[Vehicle] = deque()
        self.standing: Vehicle | None = None
        self.screen = ScreenTwin()
        self._site = site
        self._truth = truth
        self._day = day
        self.link = Link(broker, plan.lane, self._hear)
        arm = Arm(travel_s=plan.travel_s, fault=plan.arm)
        self.board = TasmotaTwin(plan.lane, self.link.publish, asyncio.get_running_loop(), arm=arm)
        self.board.up = self._arm_is_up
        self.board.danger = self._arm_came_down_over_somebody
        self.board.changed = day.ring

    def arrive(self, vehicle: Vehicle) -> Glance:
        """The vehicle stands on the arming loop; the profiler has measured it on its way there."""
        glance = Glance(self.board.ups, self.screen.pages)
        self.standing = vehicle
        self.board.sense(Sensor.ARMING, on=True)
        self.link.publish(profiler.profile_topic(self.name), profiler.profile_payload(vehicle.outline[self.direction]))
        return glance

    def may_go(self, since: Glance) -> bool:
        """Whether the arm is up for whoever arrived then; an arm still up from before counts only with a GO."""
        mine = self.board.ups > since.ups or self.screen.newer(since.pages, Face.GO) is not None
        return self.board.is_up and mine

    def asks_to_pay(self, since: Glance) -> Page | None:
        """The page that asks whoever arrived then for money."""
        return self.screen.newer(since.pages, Face.PAY)

    def _hear(self, topic: str, payload: bytes) -> None:
        if topic != screen.screen_topic(self.name):
            self.board.hear(topic, payload)
            return
        unreadable = len(self.screen.unreadable)
        self.screen.hear(payload)
        for why in self.screen.unreadable[unreadable:]:
            self._truth.complain(self._site.site, self.name, None, f"the screen cannot read its page: {why}")
        self._day.ring()

    def _arm_is_up(self) -> None:
        self._site.opened(self.name, self.standing.name if self.standing else None)

    def _arm_came_down_over_somebody(self) -> None:
        who = self.standing.name if self.standing else None
        self._truth.complain(self._site.site, self.name, who, "the arm came down over an occupied safety loop")
