"""A person at the console. They see who stands in a lane and know that vehicle again in any picture; nothing else.

They work the product's own interface over HTTP, look every second, help where a lane wants a person, and shrug when
the centre is away.
"""

import asyncio
from typing import Annotated, Any, Final
from urllib.parse import quote

import httpx
import msgspec
from msgspec import Meta

from gate.messages import Direction, Why
from simulator.day import Day, Phase
from simulator.plan import AttendantPlan
from simulator.population import Vehicle
from simulator.site import Site
from simulator.truth import Truth, stamp

_PATIENCE_S: Final = 5.0
_AGAIN_AFTER_S: Final = 4.0
_LET_OUT_AFTER_S: Final = 20.0

Words = Annotated[str, Meta(max_length=200)]


class Wants(msgspec.Struct, frozen=True):
    """Why a lane wants a person, and for which approach."""

    why: Words
    approach: Words | None = None


class LaneView(msgspec.Struct, frozen=True):
    """A lane as the console lists it; what the person does not look at is passed over."""

    site: Words
    lane: Words
    direction: Direction
    wants: Wants | None = None
    approach: Words | None = None


class _Lanes(msgspec.Struct, frozen=True):
    lanes: tuple[LaneView, ...]


class VisitView(msgspec.Struct, frozen=True):
    """An open visit as the console lists it."""

    visit: Words
    picture: Words | None = None


class _Visits(msgspec.Struct, frozen=True):
    visits: tuple[VisitView, ...]


class _Session(msgspec.Struct, frozen=True):
    token: str


class Attendant:
    """The person. `failures` counts looks that got no sensible answer."""

    def __init__(
        self, plan: AttendantPlan, sites: dict[str, Site], day: Day, truth: Truth, client: httpx.AsyncClient
    ) -> None:
        self.failures = 0
        self._failure = ""
        self._plan = plan
        self._sites = sites
        self._day = day
        self._truth = truth
        self._client = client
        self._token: str | None = None
        self._first_seen: dict[tuple[str, str, str], float] = {}
        self._last_helped: dict[tuple[str, str, str], float] = {}

    async def work(self) -> None:
        """Look and help until the day is over."""
        while self._day.phase < Phase.OVER:
            try:
                await self._look()
            except (httpx.HTTPError, msgspec.DecodeError) as error:
                self._failed(f"{type(error).__name__}: {error}")
            await self._day.rest(self._plan.look_s)

    def _failed(self, why: str) -> None:
        """Note it down, once as long as it stays the same."""
        self.failures += 1
        if why != self._failure:
            self._truth.attendant.append({"at": stamp(), "did": "look", "failed": why})
        self._failure = why

    async def _look(self) -> None:
        if self._token is None:
            person = {"user": self._plan.user, "password": self._plan.password}
            answer = await self._client.post(self._at("/v1/session"), json=person, timeout=_PATIENCE_S)
            self._token = msgspec.json.decode(answer.raise_for_status().content, type=_Session).token
        for lane in msgspec.json.decode(await self._get("/v1/lanes"), type=_Lanes).lanes:
            if lane.wants is not None:
                await self._consider(lane, lane.wants)

    async def _consider(self, view: LaneView, wants: Wants) -> None:
        site = self._sites.get(view.site)
        lane = site.lanes.get(view.lane) if site else None
        approach = wants.approach or view.approach
        if site is None or lane is None or lane.standing is None or approach is None:
            return
        now = asyncio.get_running_loop().time()
        asked = (view.site, view.lane, f"{approach}/{wants.why}")
        waited_s = now - self._first_seen.setdefault(asked, now)
        recently = now - self._last_helped.get(asked, -_AGAIN_AFTER_S) < _AGAIN_AFTER_S
        if recently or (wants.why == Why.UNPAID and _will_pay(lane.standing) and waited_s < _LET_OUT_AFTER_S):
            return
        self._last_helped[asked] = now
        await self._help(site, view, wants.why, approach, lane.standing)

    async def _help(self, site: Site, view: LaneView, why: str, approach: str, vehicle: Vehicle) -> None:
        visit = None
        if view.direction is Direction.OUT and why != Why.UNPAID:
            visit = await self._visit_of(site, vehicle)
        if visit is not None:
            await self._act(view, vehicle, "display", {"approach": approach, "visit": visit})
        else:
            await self._act(view, vehicle, "open", {"approach": approach, "note": _note(view.direction, why)})

    async def _visit_of(self, site: Site, vehicle: Vehicle) -> str | None:
        """The open visit whose picture shows this vehicle."""
        listed = await self._get(f"/v1/visits/{quote(site.name, safe='')}/open")
        visits = msgspec.json.decode(listed, type=_Visits).visits
        return next((visit.visit for visit in visits if site.vehicle_in(visit.picture) == vehicle.name), None)

    async def _act(self, view: LaneView, vehicle: Vehicle, what: str, order: dict[str, str]) -> None:
        done: dict[str, Any] = {"at": stamp(), "site": view.site, "lane": view.lane, "vehicle": vehicle.name}
        self._truth.attendant.append(done | {"did": what} | order)
        where = f"/v1/lanes/{view.site}/{view.lane}/{what}"
        answer = await self._client.post(self._at(where), json=order, headers=self._badge(), timeout=_PATIENCE_S)
        self._truth.attendant[-1]["answer"] = answer.status_code
        self._check(answer)

    async def _get(self, path: str) -> bytes:
        answer = await self._client.get(self._at(path), headers=self._badge(), timeout=_PATIENCE_S)
        self._check(answer)
        return answer.raise_for_status().content

    def _check(self, answer: httpx.Response) -> None:
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._token = None  # the session ended: log in again at the next look

    def _badge(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _at(self, path: str) -> str:
        return self._plan.url.rstrip("/") + path


def _will_pay(vehicle: Vehicle) -> bool:
    """One asks the driver, who says so."""
    return vehicle.payer.pays


def _note(direction: Direction, why: str) -> str:
    if direction is Direction.IN:
        return f"xe đang chờ vào ({why})"
    return "lái xe chưa trả được, cho ra và ghi nợ" if why == Why.UNPAID else f"xe đang chờ ra ({why})"
