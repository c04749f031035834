"""News for open pages over server-sent events: that a thing changed, never what. Pages then ask for what they show."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import Final, Protocol

from server.live import Live

HEARTBEAT_S: Final = 15.0
"""How long a stream may be silent: proxies and browsers give up on dead ones."""
ROUND_S: Final = 0.5
"""A page hears of each site at most once in this time, however much happens there."""
STREAMS_MAX: Final = 200
RETRY_MS: Final = 1_000


EventOf = Callable[[str], str | None]
"""The event by which a page hears of a topic that changed; None for one that it does not want."""


def of_site(topic: str) -> str | None:
    """A site's topic is its name, and so is its event. Other topics have a kind before a colon: `case:...`."""
    return None if ":" in topic else topic


class TooManyStreams(RuntimeError):
    """As many pages are open as one process serves."""


class Ends(Protocol):
    """A page whose stream can be ended."""

    def end(self) -> None: ...


class Guest:
    """Whose page it is. They are asked for every so often, however much happens, and at once when `whose`, the topic
    of their sessions, is told."""

    def __init__(self, still_in: Callable[[], bool], whose: str = "") -> None:
        self.whose = whose
        self._still_in = still_in
        self._asked = asyncio.get_running_loop().time()
        self._told = False

    def tell(self) -> None:
        """Their sessions or rights changed."""
        self._told = True

    def wait_s(self) -> float:
        """How long until they are to be asked for."""
        return 0.0 if self._told else max(0.0, self._asked + HEARTBEAT_S - asyncio.get_running_loop().time())

    async def is_gone(self) -> bool:
        """Whether they have gone; call it when `wait_s` is over."""
        self._told = False
        self._asked = asyncio.get_running_loop().time()
        return not await asyncio.to_thread(self._still_in)


class _Page:
    """What one page has not heard yet. Its task empties the queue at once, so that no site's news is crowded out."""

    def __init__(self, event_of: EventOf, guest: Guest) -> None:
        self._event_of = event_of
        self.guest = guest
        self.changed: set[str] = set()
        self.news = asyncio.Event()
        self.over = asyncio.Event()

    async def collect(self, changes: asyncio.Queue[str]) -> None:
        """Note every change that the page wants, for ever."""
        while True:
            topic = await changes.get()
            event = self._event_of(topic)
            if event is not None:
                self.changed.add(event)
                self.news.set()
            if topic == self.guest.whose:
                self.guest.tell()
                self.news.set()

    def end(self) -> None:
        """Wake whoever waits for news, for the last time."""
        self.over.set()
        self.news.set()

    def take(self) -> list[str]:
        """The events since the last time."""
        taken = sorted(self.changed)
        self.changed.clear()
        return taken


class Streams:
    """The streams of all open pages, which end together when the server does."""

    def __init__(self, live: Live, *, most: int = STREAMS_MAX, round_s: float = ROUND_S) -> None:
        self._live, self._most, self._round_s = live, most, round_s
        self._pages: set[Ends] = set()

    @property
    def open(self) -> int:
        """How many pages listen."""
        return len(self._pages)

    def close(self) -> None:
        """End every stream; call it on the loop they run on."""
        for page in self._pages:
            page.end()

    @contextlib.contextmanager
    def opened(self, page: Ends) -> Iterator[None]:
        """The page is open inside the block. Raises TooManyStreams."""
        if self.open >= self._most:
            raise TooManyStreams
        self._pages.add(page)
        try:
            yield
        finally:
            self._pages.discard(page)

    async def news(
        self, events: list[str], still_in: Callable[[], bool], event_of: EventOf = of_site, *, whose: str = ""
    ) -> AsyncGenerator[str]:
        """Lines of one page's stream. It begins with all of `events`, so that a page that comes back misses nothing;
        it ends when `still_in`, asked every so often and when `whose` changes, says that the person has gone. Raises
        TooManyStreams.
        """
        page = _Page(event_of, Guest(still_in, whose))
        with self.opened(page):
            async with self._live.listening() as changes:
                collecting = asyncio.create_task(page.collect(changes), name="news of a page")
                try:
                    yield f"retry: {RETRY_MS}\n\n" + "".join(map(_event, events))
                    async for line in self._lines(page):
                        yield line
                finally:
                    collecting.cancel()

    async def _lines(self, page: _Page) -> AsyncIterator[str]:
        while True:
            await _happens(page.news, page.guest.wait_s())
            page.news.clear()
            if page.over.is_set() or (page.guest.wait_s() == 0 and await page.guest.is_gone()):
                return
            yield "".join(map(_event, page.take())) or ": still here\n\n"
            await _happens(page.over, self._round_s)


def _event(name: str) -> str:
    return f"event: {name}\ndata: changed\n\n"


async def _happens(event: asyncio.Event, seconds: float) -> bool:
    """Whether it happens in this time."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()
