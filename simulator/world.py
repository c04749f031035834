"""The world without hardware, in real time: sites, vehicles, a bank and an attendant, and the truth about all of it.

It stops by itself: arrivals end, parked vehicles leave, and what is not done when the drain ends stays undone.
"""

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, Final

import httpx

from simulator.attendant import Attendant
from simulator.bank import Bank
from simulator.day import Day, Phase
from simulator.devices.arm import arrives_at
from simulator.driver import Driver
from simulator.notices import Notices
from simulator.plan import WorldPlan
from simulator.population import Vehicle, arrivals
from simulator.progress import report
from simulator.site import Site
from simulator.truth import Truth

LAST_CALL_S: Final = 8.0
_CONNECT_WITHIN_S: Final = 15.0
_NOTICES_WITHIN_S: Final = 10.0
_ARMS_WITHIN_S: Final = 3.0
_HEARD_WITHIN_S: Final = 0.2
_REPORT_EVERY_S: Final = 1.0

Tell = Callable[[dict[str, Any]], None]


class World:
    """All of it. Made inside a running event loop; `run` once, `stop` whenever."""

    def __init__(self, plan: WorldPlan, tell: Tell) -> None:
        """`tell` hears progress: first `ready` with the cameras' ports, then figures every second."""
        self.day = Day()
        self.truth = Truth(tuple(site.site for site in plan.sites))
        self._plan = plan
        self._tell = tell
        self._drivers: set[asyncio.Task[None]] = set()
        self.sites: dict[str, Site] = {}
        self.bank = Bank({site.account.number: site.account.bin for site in plan.sites})
        self._failure: BaseException | None = None

    def stop(self) -> None:
        """End now: whoever drives finishes driving, nobody begins anything."""
        self.day.advance(Phase.OVER)

    async def run(self) -> Truth:
        """Live the day. Raises LinkFailed or CameraFailed when it cannot begin, and whatever broke within."""
        asyncio.get_running_loop().set_exception_handler(self._broke)
        async with AsyncExitStack() as stack:
            await self._set_up(stack)
            client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, verify=self._trusted()))
            notices = Notices(self._plan.bank, self.truth.faults, client)
            ports = {name: site.cameras.port for name, site in self.sites.items()}
            self._tell({"event": "ready", "cameras": ports})
            others = [self._watched(work) for work in self._background(client, notices)]
            await self._live(notices)
            await asyncio.gather(*self._drivers, *others)
            await notices.finish(_NOTICES_WITHIN_S)
            await self._let_arms_settle()
        if self._failure is not None:
            raise self._failure
        self._tell(report(self.day, self.truth))
        return self.truth

    def _trusted(self) -> ssl.SSLContext | bool:
        return ssl.create_default_context(cafile=self._plan.ca_file) if self._plan.ca_file else True

    async def _set_up(self, stack: AsyncExitStack) -> None:
        for plan in self._plan.sites:
            site = self.sites[plan.site] = Site(plan, self.day, self.truth)
            stack.callback(site.cameras.stop)
            site.cameras.start()
        links = [lane.link for site in self.sites.values() for lane in site.lanes.values()]
        for link in links:
            stack.push_async_callback(link.close)
        await asyncio.gather(*(link.open(_CONNECT_WITHIN_S) for link in links))

    def _background(self, client: httpx.AsyncClient, notices: Notices) -> list[Coroutine[Any, Any, None]]:
        works = [self._bring(name, notices) for name in self.sites]
        if self._plan.attendant is not None:
            works.append(Attendant(self._plan.attendant, self.sites, self.day, self.truth, client).work())
        works.append(self._report())
        return works

    async def _live(self, notices: Notices) -> None:
        """Go through the phases."""
        await self.day.until(lambda: self.day.phase >= Phase.DRAIN, self._plan.arrivals_s)
        self.day.advance(Phase.DRAIN)
        last_call_s = min(LAST_CALL_S, self._plan.drain_s / 2)
        for phase, after_s in ((Phase.LAST_CALL, self._plan.drain_s - last_call_s), (Phase.OVER, last_call_s)):
            await self.day.until(lambda: not self._drivers, after_s)
            if phase is Phase.LAST_CALL:
                notices.hurry()
            self.day.advance(phase)

    async def _bring(self, name: str, notices: Notices) -> None:
        """Let vehicles come to one site."""
        site = self.sites[name]
        for after_s, vehicle in arrivals(site.plan, self._plan.bank, self._plan.seed):
            await self.day.rest(after_s, Phase.DRAIN)
            if self.day.phase >= Phase.DRAIN:
                return
            self._drivers.add(self._watched(self._driver(vehicle, site, notices).live()))

    def _driver(self, vehicle: Vehicle, site: Site, notices: Notices) -> Driver:
        return Driver(vehicle, site, self.day, self.truth, self.bank, notices)

    def _watched(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin something whose failure ends the day."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._drivers.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._fail(error)
        self.day.ring()

    async def _report(self) -> None:
        while self.day.phase < Phase.OVER:
            self._tell(report(self.day, self.truth))
            await self.day.rest(_REPORT_EVERY_S)

    async def _let_arms_settle(self) -> None:
        """An arm on its way still reaches its end, and the product still hears of it."""
        now = asyncio.get_running_loop().time()
        boards = [lane.board for site in self.sites.values() for lane in site.lanes.values()]
        ends = [arrives_at(board.arm) or now for board in boards]
        await asyncio.sleep(min(_ARMS_WITHIN_S, max(0.0, max(ends) - now) + _HEARD_WITHIN_S))

    def _broke(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._fail(context.get("exception") or RuntimeError(context["message"]))

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error
        self.stop()
