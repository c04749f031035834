"""Parts of the live page: drawn once for all who see them alike, only what changed, and none more than their own."""

import asyncio
import gzip
from datetime import datetime

import pytest

from server.console import rooms, stream
from server.console.live_parts import drawing
from server.console.rooms import Parts, Rooms, View, replacing
from server.console.stream import Guest, Streams
from server.language import Language
from server.live import Live, of_person
from server.roles import POWERS, Power, Role
from tests.console.conftest import Visitor
from tests.console.scene import Scene

SPS = View("SPS", Role.ATTENDANT, Language.VI)


class Drawn:
    """A site of two lanes of which one counts how often it was drawn."""

    def __init__(self) -> None:
        self.times = 0

    def draw(self, view: View) -> Parts:
        self.times += 1
        return {"card-a": f'<p id="card-a">{view.site} {self.times}</p>', "card-b": '<p id="card-b">same</p>'}

    @staticmethod
    def whole(_: View, parts: Parts) -> str:
        return "".join(map(replacing, parts.values()))


async def _next(stream: object) -> bytes:
    async with asyncio.timeout(5):
        return await anext(stream)  # type: ignore[call-overload,no-any-return]


def test_many_pages_are_drawn_for_once_and_told_only_what_changed() -> None:
    async def visit() -> tuple[int, set[bytes]]:
        live, site = Live(), Drawn()
        held = Rooms(live, Streams(live), site.draw, site.whole, round_s=0)
        pages = [held.stream([SPS], lambda: True, packed=False) for _ in range(20)]
        for page in pages:
            await _next(page)
            assert b"same" in await _next(page)
        live.changed("SPL")
        live.changed("SPS")
        heard = {await _next(page) for page in pages}
        for page in pages:
            await page.aclose()
        return site.times, heard

    assert asyncio.run(visit()) == (2, {b'event: SPS\ndata: <p hx-swap-oob="true" id="card-a">SPS 2</p>\n\n'})


def test_what_is_packed_once_is_a_whole_file_of_each_stream() -> None:
    async def visit() -> bytes:
        live, site = Live(), Drawn()
        streams = Streams(live)
        held = Rooms(live, streams, site.draw, site.whole, round_s=0)
        page = held.stream([SPS], lambda: True, packed=True)
        heard = [await _next(page) for _ in range(3)]
        live.changed("SPS")
        heard.append(await _next(page))
        streams.close()
        return b"".join([*heard, *[line async for line in page]])

    plain = gzip.decompress(asyncio.run(visit()))  # it looks at length and checksum
    assert (plain.count(b"card-a"), plain.count(b"card-b")) == (2, 1)


def test_whoever_was_disabled_is_let_go_at_once() -> None:
    async def visit() -> int:
        live, site = Live(), Drawn()
        streams = Streams(live)
        held = Rooms(live, streams, site.draw, site.whole, round_s=0)
        async with asyncio.timeout(5):
            async for _ in held.stream([SPS], lambda: False, packed=False, whose=of_person("an")):
                live.changed(of_person("an"))
        return streams.open

    assert asyncio.run(visit()) == 0


def test_who_is_no_longer_who_they_were_is_let_go_in_a_busy_minute_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.05)
    asked = iter([True, False])

    async def visit() -> int:
        live, site = Live(), Drawn()
        streams = Streams(live)
        held = Rooms(live, streams, site.draw, site.whole, round_s=0)
        async with asyncio.timeout(5):
            async for _ in held.stream([SPS], lambda: next(asked), packed=False):
                live.changed("SPS")
        return streams.open

    assert asyncio.run(visit()) == 0


def test_a_slow_page_gets_the_whole_in_place_of_what_it_missed() -> None:
    async def visit() -> bytes:
        site = Drawn()
        room = rooms.Room(SPS, site.draw, site.whole, 0)
        page = rooms.Page(Guest(lambda: True))
        await room.enter(page)
        for _ in range(3 * rooms.BEHIND_MAX):
            page.offer(room, rooms.STILL)
        waiting = page.take()
        room.leave(page)
        assert len(waiting) <= rooms.BEHIND_MAX
        return waiting[0].plain

    assert b"card-b" in asyncio.run(visit())


def test_a_plate_is_in_the_parts_of_those_only_who_may_see_it(scene: Scene, now: datetime) -> None:
    scene.read("SPS", "in-1", "30A12345", now)
    draw = drawing(scene.centre)
    shown = {role: "".join(draw(SPS._replace(role=role)).values()) for role in Role}
    seen = {role for role, html in shown.items() if "123.45" in html}
    assert Role.ATTENDANT in seen
    assert seen == {role for role in Role if Power.SEE_PLATES in POWERS[role]}


def test_cards_come_over_http(scene: Scene, visitor: Visitor, now: datetime) -> None:
    scene.states("SPS", now, in_1=("idle", "down"), out_1=("idle", "down"))
    browser, heard = visitor("attendant"), []
    with browser.stream("GET", "/live/cards", timeout=10) as stream:
        assert stream.headers["content-encoding"] == "gzip"
        for line in stream.iter_lines():
            heard.append(line)
            if sum(each.startswith("event: ") for each in heard) == 3 and not line:
                scene.states("SPS", now, in_1=("idle", "up"), out_1=("idle", "down"))
            if sum(each.startswith("event: ") for each in heard) == 4 and not line:
                break
    last = "\n".join(heard[len(heard) - 1 - heard[::-1].index("event: SPS") :])
    assert 'id="card-SPS-in-1"' in last
    assert 'id="card-SPS-out-1"' not in last
    assert visitor().get("/live/cards").status_code in {303, 401}
