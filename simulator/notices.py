"""The bank feed's notices in SePay's form (vietnam.md 3.5): signed, and as unpunctual as real ones.

A notice may come late, twice, or after the one that was sent next. What is not answered with 2xx in time is sent
again, eight times in all; the waits are the provider's, in units of `retry_unit_s`.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Coroutine
from typing import Any, Final

import httpx

from simulator.bank import Transfer
from simulator.plan import BankPlan
from simulator.population import Payer
from simulator.providers.sepay import WAITS, notice, signed

_HELD_AT_MOST_S: Final = 3.0
_AGAIN_AFTER_S: Final = 0.4
_HURRIED_WAIT_S: Final = 0.8  # retries of the last moment still leave a centre time to come back


class Notices:
    """Sends the notices of all transfers. `faults` counts what really happened, not what was meant to."""

    def __init__(self, plan: BankPlan, faults: Counter[str], client: httpx.AsyncClient) -> None:
        self._plan = plan
        self._faults = faults
        self._client = client
        self._tasks: set[asyncio.Task[None]] = set()
        self._untold: set[bytes] = set()
        self._held: asyncio.Future[None] | None = None
        self._hurry = asyncio.Event()

    def send(self, transfer: Transfer, payer: Payer) -> None:
        """Send this transfer's notice, now or when its fate lets it."""
        body = notice(transfer)
        self._untold.add(body)
        if payer.reordered and self._held is None and not self._hurry.is_set():
            self._held = asyncio.get_running_loop().create_future()
            self._begin(self._send_swapped(body, self._held))
            return
        overtaken, self._held = self._held, None
        self._begin(self._send_one(body, payer, overtaken))

    def hurry(self) -> None:
        """The day nears its end: whatever waits goes now, and pauses are short from here on."""
        self._hurry.set()

    async def idle(self) -> None:
        """Return when nothing is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def finish(self, within_s: float) -> None:
        """Hurry whatever still waits, and return when all is told or the time is up."""
        self.hurry()
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=within_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for body in tuple(self._untold):
            self._give_up(body)

    async def _send_one(self, body: bytes, payer: Payer, overtaken: asyncio.Future[None] | None) -> None:
        if payer.late_s:
            self._faults["late"] += 1
            await self._pause(payer.late_s)
        await self._deliver(body)
        if overtaken is not None and not overtaken.done():
            overtaken.set_result(None)
        if payer.twice:
            await self._pause(_AGAIN_AFTER_S)
            self._faults["twice"] += 1
            await self._deliver(body)

    async def _send_swapped(self, body: bytes, overtaken: asyncio.Future[None]) -> None:
        hurried = asyncio.create_task(self._hurry.wait())
        await asyncio.wait((overtaken, hurried), timeout=_HELD_AT_MOST_S, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        if overtaken.done():
            self._faults["reordered"] += 1
        elif self._held is overtaken:
            self._held = None
        await self._deliver(body)

    async def _deliver(self, body: bytes) -> None:
        if await self._post(body):
            return
        for wait in WAITS:
            await self._pause(wait * self._plan.retry_unit_s)
            if self._hurry.is_set():
                await asyncio.sleep(min(wait * self._plan.retry_unit_s, _HURRIED_WAIT_S))
            self._faults["retried"] += 1
            if await self._post(body):
                return
        self._give_up(body)

    def _give_up(self, body: bytes) -> None:
        if body in self._untold:  # a second telling that fails leaves the first one told
            self._untold.discard(body)
            self._faults["undelivered"] += 1

    async def _post(self, body: bytes) -> bool:
        try:
            answer = await self._client.post(
                self._plan.notice_url,
                content=body,
                headers=signed(body, self._plan.secret, int(time.time())),
                timeout=self._plan.timeout_s,
            )
        except httpx.HTTPError:
            return False
        if answer.is_success:
            self._untold.discard(body)
        return answer.is_success

    async def _pause(self, seconds: float) -> None:
        """Wait, but not when the world ends."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            asyncio.get_running_loop().call_exception_handler({"message": "a notice failed", "exception": error})
