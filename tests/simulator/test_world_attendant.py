"""The attendant at the console."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from simulator.attendant import Attendant
from simulator.day import Day, Phase
from simulator.lane import Lane
from simulator.plan import AttendantPlan, BankPlan, SitePlan
from simulator.population import arrivals
from simulator.site import Site
from simulator.truth import Truth
from tests.simulator.test_world import plan

BANK = BankPlan(notice_url="http://127.0.0.1:9/", secret="secret", late=0.2, never_pays=0.1)


@pytest.fixture
def site(tmp_path: Path) -> SitePlan:
    """A site of a world that nobody starts."""
    return plan(tmp_path, 1, "http://127.0.0.1:9").sites[0]


APPROACH = "0190f000-0000-7000-8000-000000000001"


class Console:
    """The centre's side: answers from what it holds, and remembers what it was asked to do."""

    def __init__(self, why: str, pictures: list[tuple[str, str]], lane: str = "out-1") -> None:
        self.wants: dict[str, Any] | None = {"why": why, "since": "2026-11-23T00:00:00Z", "approach": APPROACH}
        self.visits = [{"visit": visit, "picture": picture} for visit, picture in pictures]
        self.lane = lane
        self.done: list[tuple[str, dict[str, str]]] = []
        self.away = 0
        self.expired = 0
        self.logins = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        """One request."""
        if self.away:
            self.away -= 1
            raise httpx.ConnectError("away")
        if request.url.path == "/v1/session":
            self.logins += 1
            return httpx.Response(200, json={"token": "t", "role": "attendant"})
        if self.expired or request.headers["Authorization"] != "Bearer t":
            self.expired -= 1
            return httpx.Response(401)
        if request.url.path == "/v1/lanes":
            way = self.lane.partition("-")[0]
            lane = {"site": "SPS", "lane": self.lane, "direction": way, "wants": self.wants, "arm": "down"}
            return httpx.Response(200, json={"lanes": [lane]})
        if request.url.path == "/v1/visits/SPS/open":
            return httpx.Response(200, json={"visits": self.visits})
        self.done.append((request.url.path, json.loads(request.content)))
        self.wants = None
        return httpx.Response(202)


def attend(site: SitePlan, console: Console, looks: int = 2, *, pays: bool = True) -> tuple[Attendant, Truth]:
    """Let a person look at a console while vehicle `SPS-00001` stands in the lane."""
    day, truth = Day(), Truth(("SPS",))

    async def run() -> Attendant:
        made = Site(site, day, truth)
        bank = msgspec.structs.replace(BANK, never_pays=float(not pays))
        lane: Lane = made.lanes[console.lane]
        _, lane.standing = next(arrivals(site, bank, 1))
        made.cameras.seen |= {"a" * 64: "SPS-00009", "b" * 64: "SPS-00001"}
        person = AttendantPlan(url="http://centre", user="u", password="p", look_s=0.05)
        async with httpx.AsyncClient(transport=httpx.MockTransport(console.answer)) as client:
            attendant = Attendant(person, {"SPS": made}, day, truth, client)
            asyncio.get_running_loop().call_later(0.05 * looks, day.advance, Phase.OVER)
            await attendant.work()
        made.cameras.stop()
        return attendant

    return asyncio.run(run()), truth


def test_the_visit_whose_picture_shows_the_vehicle_is_the_one(site: SitePlan) -> None:
    console = Console("no_match", [("SPSAAAAAAAA", "a" * 64), ("SPSBBBBBBBB", "b" * 64)])
    _, truth = attend(site, console)
    assert console.done == [("/v1/lanes/SPS/out-1/display", {"approach": APPROACH, "visit": "SPSBBBBBBBB"})]
    (done,) = truth.attendant
    assert (done["did"], done["vehicle"], done["answer"]) == ("display", "SPS-00001", 202)


@pytest.mark.parametrize("lane", ["in-1", "out-1"])
def test_where_no_visit_shows_it_the_arm_is_opened_with_a_reason(site: SitePlan, lane: str) -> None:
    console = Console("unread", [("SPSAAAAAAAA", "a" * 64)], lane)
    attend(site, console)
    ((path, order),) = console.done
    assert (path, order["approach"]) == (f"/v1/lanes/SPS/{lane}/open", APPROACH)
    assert order["note"]


@pytest.mark.parametrize(("pays", "opened"), [(True, 0), (False, 1)])
def test_who_will_pay_is_waited_for_and_who_cannot_is_let_out(site: SitePlan, *, pays: bool, opened: int) -> None:
    console = Console("unpaid", [("SPSBBBBBBBB", "b" * 64)])
    attend(site, console, pays=pays)
    assert [path for path, _ in console.done] == ["/v1/lanes/SPS/out-1/open"] * opened


def test_a_centre_that_is_away_or_forgot_the_session_is_asked_again(site: SitePlan) -> None:
    console = Console("no_match", [("SPSBBBBBBBB", "b" * 64)])
    console.away, console.expired = 2, 1
    attendant, truth = attend(site, console, looks=12)
    assert (attendant.failures, console.logins, len(console.done)) == (3, 2, 1)
    assert [done["failed"].partition(":")[0] for done in truth.attendant if done["did"] == "look"] == [
        "ConnectError",
        "HTTPStatusError",
    ]


def test_the_same_help_is_not_given_twice_at_once(site: SitePlan) -> None:
    console = Console("no_match", [("SPSBBBBBBBB", "b" * 64)])
    kept = console.wants
    console.answer = _stubborn(console, kept)  # type: ignore[method-assign]
    attend(site, console, looks=8)
    assert len(console.done) == 1


def _stubborn(console: Console, kept: dict[str, Any] | None) -> Any:
    def answer(request: httpx.Request) -> httpx.Response:
        said = Console.answer(console, request)
        console.wants = kept
        return said

    return answer
