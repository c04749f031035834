"""One vehicle's way through a site: queue, entry, stay, exit, with a driver who reads the price board and pays.

The driver needs nothing of the product but what a driver sees: the arm and the screen. Every wait ends with the day;
a vehicle that was never let through stays where it is and is written down as being there.
"""

import asyncio
from typing import Final

from gate import vietqr
from gate.devices.board import Sensor
from gate.devices.screen import Page
from gate.messages import Direction
from simulator.bank import Bank, Refused
from simulator.day import Day, Phase
from simulator.lane import Glance, Lane
from simulator.notices import Notices
from simulator.population import Vehicle
from simulator.site import Site
from simulator.truth import Truth, stamp

_REACTION_S: Final = 0.3
_QUICKLY_S: Final = 0.5
# From the stop line under the arm and away: seconds before each input changes, at an ordinary pace.
_DRIVE: Final = (
    (0.5, Sensor.SAFETY, True),
    (0.2, Sensor.ARMING, False),
    (0.2, Sensor.EXIT, True),
    (0.4, Sensor.SAFETY, False),
    (0.4, Sensor.EXIT, False),
)


class Driver:
    """One driver in one vehicle; `live` is the whole of it."""

    def __init__(self, vehicle: Vehicle, site: Site, day: Day, truth: Truth, bank: Bank, notices: Notices) -> None:
        self.vehicle = vehicle
        self._site = site
        self._day = day
        self._truth = truth
        self._bank = bank
        self._notices = notices
        self._known = site.truth.arrived(vehicle, site.prices[vehicle.kind])

    async def live(self) -> None:
        """Come, park, pay and leave, as far as the day allows."""
        entry = self._site.shortest(Direction.IN)
        since = await self._take_turn(entry, Phase.DRAIN)
        if since is None:
            self._known.where = "turned away"
            return
        if not await self._let_through(entry, since):
            return
        await self._drive_through(entry)
        await self._day.rest(self.vehicle.stay_s, Phase.DRAIN)
        await self._leave(self._site.shortest(Direction.OUT))

    async def _leave(self, way_out: Lane) -> None:
        since = await self._take_turn(way_out, Phase.LAST_CALL)
        if since is None:
            self._known.where = "parked"
            return
        await self._day.until(lambda: way_out.may_go(since) or way_out.asks_to_pay(since))
        page = way_out.asks_to_pay(since)
        if page is not None and not way_out.may_go(since):
            await self._pay(page, way_out, since)
        if await self._let_through(way_out, since):
            await self._drive_through(way_out)

    async def _let_through(self, lane: Lane, since: Glance) -> bool:
        """Wait for the arm. One that already rises as the day ends is still for us."""
        if not await self._day.until(lambda: lane.may_go(since)):
            await asyncio.sleep(lane.board.up_in_s)
        return lane.may_go(since)

    async def _take_turn(self, lane: Lane, last: Phase) -> Glance | None:
        """Queue and roll up to the arm; None when the phase `last` began before it was our turn."""
        lane.queue.append(self.vehicle)
        self._known.where = f"before {lane.name}"
        await self._day.until(lambda: lane.queue[0] is self.vehicle or self._day.phase >= last)
        if lane.queue[0] is not self.vehicle or self._day.phase >= last:
            lane.queue.remove(self.vehicle)
            self._day.ring()
            return None
        view = self._site.view(lane, self.vehicle)
        await asyncio.gather(
            asyncio.to_thread(self._site.cameras.prepare, view), self._day.rest(self.vehicle.roll_up_s)
        )
        self._site.cameras.show(lane.name, view)
        self._known.where = f"at {lane.name}"
        return lane.arrive(self.vehicle)

    async def _pay(self, page: Page, lane: Lane, since: Glance) -> None:
        payer = self.vehicle.payer
        if not payer.pays:
            self._truth.faults["never_paid"] += 1
            return
        wanted = self._scan(page, lane)
        if wanted is None or wanted.amount is None:
            return
        after_s = payer.after_s if self._day.phase < Phase.DRAIN else min(payer.after_s, _QUICKLY_S)
        # Somebody may open while the telephone is being found; who is let out does not stay to pay.
        if await self._day.until(lambda: lane.may_go(since), after_s) or self._day.phase >= Phase.OVER:
            return
        self._transfer(wanted, lane)

    def _scan(self, page: Page, lane: Lane) -> vietqr.VietQR | None:
        try:
            wanted = vietqr.decode(page.payload)
        except vietqr.BrokenPayload as error:
            self._complain(lane, f"the QR cannot be read: {error}")
            return None
        if wanted.amount != self._known.price:
            self._complain(lane, f"the price board says {self._known.price}, the QR {wanted.amount}")
        if page.total != self._known.price:
            self._complain(lane, f"the price board says {self._known.price}, the screen {page.total}")
        account = self._site.plan.account
        if (wanted.bin, wanted.account) != (account.bin, account.number):
            self._complain(lane, f"the QR pays {wanted.bin} {wanted.account}, which is not this car park's")
        return wanted

    def _transfer(self, wanted: vietqr.VietQR, lane: Lane) -> None:
        try:
            done = self._bank.transfer(self.vehicle.payer, wanted.bin, wanted.account, wanted.amount or 0, wanted.note)
        except Refused as error:
            self._complain(lane, f"the bank refuses: {error}")
            return
        self._site.truth.transferred(
            {
                "id": str(done.number),
                "vehicle": self.vehicle.name,
                "amount": done.amount,
                "content": done.content,
                "reference": wanted.note,
                "at": stamp(),
            }
        )
        self._notices.send(done, self.vehicle.payer)

    async def _drive_through(self, lane: Lane) -> None:
        """Nobody stops under an arm: once begun, the way through is finished whatever the day does."""
        await asyncio.sleep(_REACTION_S)
        for seconds, sensor, on in _DRIVE:
            await asyncio.sleep(seconds * self.vehicle.pace)
            lane.board.sense(sensor, on=on)
            if sensor is Sensor.ARMING:
                self._site.cameras.show(lane.name, None)
        self._site.truth.passed(lane.name, lane.direction, self.vehicle.name)
        lane.standing = None
        lane.queue.popleft()
        self._day.ring()

    def _complain(self, lane: Lane, what: str) -> None:
        self._truth.complain(self._site.name, lane.name, self.vehicle.name, what)
