"""News for open pages over server-sent events: which site changed, never what. Pages then ask for what they show."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Final

from server.live import Live

HEARTBEAT_S: Final = 15.0
"""How long a stream may be silent: proxies and browsers give up on dead ones."""
ROUND_S: Final = 0.5
"""A page hears of each site at most once in this time, however much happens there."""
STREAMS_MAX: Final = 200
RETRY_MS: Final = 1_000


class TooManyStreams(RuntimeError):
    """As many pages are open as one process serves."""


class _Page:
    """What one page has not heard yet. Its task empties the queue at once, so that no site's news is crowded out."""

    def __init__(self) -> None:
        self.changed: set[str] = set()
        self.news = asyncio.Event()
        self.over = asyncio.Event()

    async def collect(self, changes: asyncio.Queue[str]) -> None:
        """Note every change, for ever."""
        while True:
            self.changed.add(await changes.get())
            self.news.set()

    def end(self) -> None:
        """Wake whoever waits for news, for the last time."""
        self.over.set()
        self.news.set()

    def take(self) -> list[str]:
        """The sites that changed since the last time."""
        taken = sorted(self.changed)
        self.changed.clear()
        self.news.clear()
        return taken


class Streams:
    """The streams of all open pages, which end together when the server does."""

    def __init__(self, live: Live, *, most: int = STREAMS_MAX, round_s: float = ROUND_S) -> None:
        self._live, self._most, self._round_s = live, most, round_s
        self._pages: set[_Page] = set()

    @property
    def open(self) -> int:
        """How many pages listen."""
        return len(self._pages)

    def close(self) -> None:
        """End every stream; call it on the loop they run on."""
        for page in self._pages:
            page.end()

    async def news(self, sites: list[str], still_in: Callable[[], bool]) -> AsyncGenerator[str]:
        """Lines of one page's stream. It begins with every site, so that a page that comes back misses nothing;
        it ends when `still_in` says at a heartbeat that the person has gone. Raises TooManyStreams.
        """
        if self.open >= self._most:
            raise TooManyStreams
        page = _Page()
        self._pages.add(page)
        try:
            async with self._live.listening() as changes:
                collecting = asyncio.create_task(page.collect(changes), name="news of a page")
                try:
                    yield f"retry: {RETRY_MS}\n\n" + "".join(map(_event, sites))
                    async for line in self._lines(page, still_in):
                        yield line
                finally:
                    collecting.cancel()
        finally:
            self._pages.discard(page)

    async def _lines(self, page: _Page, still_in: Callable[[], bool]) -> AsyncIterator[str]:
        while await _happens(page.news, HEARTBEAT_S) or await asyncio.to_thread(still_in):
            if page.over.is_set():
                return
            yield "".join(map(_event, page.take())) or ": still here\n\n"
            await _happens(page.over, self._round_s)


def _event(site: str) -> str:
    return f"event: {site}\ndata: changed\n\n"


async def _happens(event: asyncio.Event, seconds: float) -> bool:
    """Whether it happens in this time."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()
