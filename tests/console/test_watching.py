"""Two people on one case see each other, and hear when it changes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from server.console.watching import Watching
from server.live import Live
from tests.console.conftest import Visitor
from tests.console.scene import Scene

CASE = "case:left_unpaid/SPS23456789"
PATIENCE_S = 10.0


@asynccontextmanager
async def looking(browser: httpx.Client, topic: str = CASE) -> AsyncIterator[AsyncIterator[str]]:
    """The page of one thing is open inside the block; the names of its events from then on."""
    async with (
        httpx.AsyncClient(base_url=browser.base_url, cookies=browser.cookies, timeout=PATIENCE_S) as page,
        page.stream("GET", "/watching/events", params={"on": topic}) as news,
    ):
        assert news.status_code == 200
        events = (line.removeprefix("event: ") async for line in news.aiter_lines() if line.startswith("event: "))
        assert [await anext(events), await anext(events)] == ["changed", "people"]
        yield events


async def heard(events: AsyncIterator[str], wanted: str) -> None:
    """The event comes, whatever comes before it."""
    async with asyncio.timeout(PATIENCE_S):
        async for event in events:
            if event == wanted:
                return
    raise AssertionError(wanted)


def others(browser: httpx.Client, topic: str = CASE) -> str:
    return browser.get("/watching/people", params={"on": topic}).text.strip()


def test_two_people_on_one_case_see_each_other_come_and_go(visitor: Visitor) -> None:
    lan, minh = visitor("manager"), visitor("attendant")

    async def both() -> None:
        async with looking(lan) as page:
            assert others(lan) == ""
            async with looking(minh):
                await heard(page, "people")
                assert others(lan) == "Đang cùng xem: attendant"
                assert others(minh) == "Đang cùng xem: manager"
            await heard(page, "people")
            assert others(lan) == ""

    asyncio.run(both())


def test_a_page_hears_of_its_own_thing_only(scene: Scene, visitor: Visitor) -> None:
    async def both() -> None:
        async with looking(visitor("manager")) as page, looking(visitor("finance"), "case:other") as other:
            scene.centre.live.changed(CASE)
            await heard(page, "changed")
            scene.centre.live.changed("case:other")
            await heard(other, "changed")
            scene.centre.live.changed("people:" + CASE)
            assert await anext(page) == "people"

    asyncio.run(both())


@pytest.mark.parametrize(
    ("role", "topic", "status"),
    [
        ("attendant", "day:SPS/2026-11-22", 403),
        ("manager", "nothing:known", 404),
        ("manager", "people:case:x", 404),
        ("manager", "SPS", 400),
        ("manager", f"case:{'x' * 201}", 400),
    ],
)
def test_not_everything_can_be_watched(visitor: Visitor, role: str, topic: str, status: int) -> None:
    browser = visitor(role)
    for path in ("/watching/events", "/watching/people"):
        assert browser.get(path, params={"on": topic}).status_code == status


def test_strangers_hear_nothing(visitor: Visitor) -> None:
    answer = visitor().get("/watching/events", params={"on": CASE}, headers={"accept": "text/event-stream"})
    assert answer.status_code == 401


def test_who_has_it_open_twice_is_there_until_both_are_closed() -> None:
    watching = Watching(Live())
    with watching.looks(CASE, "lan"):
        with watching.looks(CASE, "lan"):
            assert watching.others(CASE, "minh") == ["lan"]
        assert watching.others(CASE, "minh") == ["lan"]
        assert watching.others(CASE, "lan") == []
    assert watching.others(CASE, "minh") == []
    assert watching._people == {}  # noqa: SLF001 - nothing is kept of those who have gone
