"""News for open pages: soon, not too often, and over when the server is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial

import pytest

from server.console import stream
from server.console.stream import Streams, TooManyStreams
from server.live import BACKLOG_MAX, Live, of_person

SOON_S = 5.0


async def _next(news: AsyncIterator[str]) -> str:
    async with asyncio.timeout(SOON_S):
        return await anext(news)


async def _settled() -> None:
    """Whatever was called from other threads has run."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_page_hears_of_every_site_first_and_then_of_changes() -> None:
    async def visit() -> list[str]:
        live = Live()
        news = Streams(live, round_s=0).news(["BHT", "SPS"], lambda: True)
        heard = [await _next(news)]
        live.changed("SPS")
        heard.append(await _next(news))
        await news.aclose()
        return heard

    first, second = asyncio.run(visit())
    assert "event: BHT\n" in first
    assert "event: SPS\n" in first
    assert second == "event: SPS\ndata: changed\n\n"


def test_many_changes_are_told_once_and_the_last_is_never_lost() -> None:
    async def visit() -> list[str]:
        live = Live()
        news = Streams(live, round_s=0.05).news([], lambda: True)
        heard = [await _next(news)]
        for site in ["SPS", "SPL"] * 20:
            live.changed(site)
        await _settled()
        heard.append(await _next(news))
        waiting = asyncio.ensure_future(_next(news))
        await _settled()
        live.changed("BHT")  # within the pause after the round
        heard.append(await waiting)
        await news.aclose()
        return heard

    _, together, after = asyncio.run(visit())
    assert together.count("event:") == 2
    assert after == "event: BHT\ndata: changed\n\n"


def test_a_busy_site_does_not_crowd_out_a_quiet_one() -> None:
    async def visit() -> set[str]:
        live = Live()
        news = Streams(live, round_s=0.1).news([], lambda: True)
        await _next(news)
        live.changed("SPS")
        await _next(news)
        waiting = asyncio.ensure_future(_next(news))
        for _ in range(3 * BACKLOG_MAX):
            live.changed("SPS")
            await _settled()
        live.changed("BHT")
        heard = await waiting
        await news.aclose()
        return set(heard.split())

    assert "BHT" in asyncio.run(visit())


def test_rounds_lie_apart() -> None:
    async def visit() -> float:
        live, loop = Live(), asyncio.get_running_loop()
        news = Streams(live, round_s=0.2).news([], lambda: True)
        await _next(news)
        live.changed("SPS")
        await _next(news)
        began = loop.time()
        live.changed("SPS")
        await _next(news)
        await news.aclose()
        return loop.time() - began

    assert asyncio.run(visit()) >= 0.19


def test_a_quiet_stream_shows_that_it_lives_until_the_person_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.02)
    sessions = iter([True, True, False])

    async def visit() -> tuple[list[str], int]:
        streams = Streams(Live())
        heard = [line async for line in streams.news([], lambda: next(sessions))]
        return heard, streams.open

    heard, left = asyncio.run(visit())
    assert heard[1:] == [": still here\n\n"] * 2
    assert left == 0


@pytest.mark.parametrize("busy", [True, False])
def test_whoever_has_gone_hears_no_more_however_much_happens(monkeypatch: pytest.MonkeyPatch, *, busy: bool) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.05)
    sessions = iter([True, False])

    async def visit() -> int:
        live = Live()
        streams = Streams(live, round_s=0)
        async with asyncio.timeout(SOON_S):
            async for _ in streams.news(["SPS"], lambda: next(sessions)):
                if busy:
                    live.changed("SPS")
        return streams.open

    assert asyncio.run(visit()) == 0


def test_a_person_is_asked_for_at_once_when_their_sessions_change_and_others_are_not() -> None:
    asked: list[str] = []

    def still_in(name: str) -> bool:
        asked.append(name)
        return False

    async def visit() -> list[str]:
        live = Live()
        streams = Streams(live, round_s=0)
        pages = [streams.news([], partial(still_in, name), whose=of_person(name)) for name in ("an", "binh")]
        for page in pages:
            await _next(page)
        live.changed(of_person("an"))
        with pytest.raises(StopAsyncIteration):
            await _next(pages[0])
        live.changed("SPS")
        heard = [await _next(pages[1])]
        await pages[1].aclose()
        return heard

    assert asyncio.run(visit()) == ["event: SPS\ndata: changed\n\n"]
    assert asked == ["an"]


def test_closing_ends_every_stream_at_once() -> None:
    async def visit() -> int:
        streams = Streams(Live(), round_s=60)
        pages = [streams.news([], lambda: True) for _ in range(3)]
        for page in pages:
            await _next(page)
        ends = [asyncio.ensure_future(_next(page)) for page in pages]
        await _settled()
        streams.close()
        for end in ends:
            with contextlib.suppress(StopAsyncIteration):
                raise AssertionError(await end)
        return streams.open

    assert asyncio.run(visit()) == 0


def test_there_are_only_so_many_streams() -> None:
    async def visit() -> None:
        streams = Streams(Live(), most=1)
        first = streams.news([], lambda: True)
        await _next(first)
        with pytest.raises(TooManyStreams):
            await _next(streams.news([], lambda: True))
        await first.aclose()
        await _next(streams.news([], lambda: True))

    asyncio.run(visit())
