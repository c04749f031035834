"""Parts of a page, drawn once for everybody who sees them alike, and sent as they change.

A room is one view of one site: what one role reads in one language. It draws when the site changes, at most once a
round, and sends its pages the parts that differ from before. Each message is packed once: a deflate block that needs
nothing before it fits into any stream.
"""

import asyncio
import zlib
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final, NamedTuple

import structlog

from server.console.stream import RETRY_MS, ROUND_S, Guest, Streams
from server.language import Language
from server.live import Live
from server.roles import Role

AGAIN_S: Final = 10.0
"""A room draws as often though nobody told it anything: a box falls silent, an order grows late by itself."""
BEHIND_MAX: Final = 8
"""Messages that wait for one page; one that is slower gets the whole instead."""
_GZIP: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_PACKED: Final = 4
log = structlog.get_logger()


class View(NamedTuple):
    """Whatever makes two pages alike."""

    site: str
    role: Role
    language: Language


Parts = dict[str, str]
"""Elements by their ids, in the order of the page."""
Draw = Callable[[View], Parts]
Whole = Callable[[View, Parts], str]
"""All parts as elements that take the places of those with their ids."""


class Message(NamedTuple):
    """Lines of an event stream, plain, and as a deflate block by itself."""

    plain: bytes
    packed: bytes


class Page:
    """What one open page has not been sent yet."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self.waiting: deque[tuple[Room, Message]] = deque()
        self.news = asyncio.Event()
        self.over = False

    def end(self) -> None:
        """Wake whoever waits for news, for the last time."""
        self.over = True
        self.news.set()

    def heard(self, topic: str) -> None:
        """Something changed: perhaps what the person may."""
        if topic == self.guest.whose:
            self.guest.tell()
            self.news.set()

    def offer(self, room: "Room", message: Message) -> None:
        """Another message; of a room of which too many wait, the whole in place of all."""
        if sum(each is room for each, _ in self.waiting) >= BEHIND_MAX:
            self.waiting = deque((each, sent) for each, sent in self.waiting if each is not room)
            message = room.whole()
        self.waiting.append((room, message))
        self.news.set()

    def take(self) -> list[Message]:
        """Everything that waits."""
        taken = [message for _, message in self.waiting]
        self.waiting.clear()
        self.news.clear()
        return taken


class Room:
    """One view with the pages that show it."""

    def __init__(self, view: View, draw: Draw, whole: Whole, round_s: float) -> None:
        self.view, self.pages = view, set[Page]()
        self.news = asyncio.Event()
        self._draw, self._whole, self._round_s = draw, whole, round_s
        self._parts: Parts = {}
        self._first = asyncio.Lock()
        self._following: asyncio.Task[None] | None = None

    async def enter(self, page: Page) -> None:
        """Show the page everything, and from now on what changes."""
        async with self._first:
            if self._following is None:
                self._parts = await asyncio.to_thread(self._draw, self.view)
                self._following = asyncio.create_task(self._follow(), name=f"cards of {self.view.site}")
        self.pages.add(page)
        page.offer(self, self.whole())

    def leave(self, page: Page) -> bool:
        """The page is closed. Says whether nobody is left; then the room draws no more."""
        self.pages.discard(page)
        if not self.pages and self._following is not None:
            self._following.cancel()
        return not self.pages

    def whole(self) -> Message:
        """Everything as it was drawn last."""
        return _message(self.view.site, self._whole(self.view, self._parts))

    async def _follow(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.news.wait(), AGAIN_S)
            self.news.clear()
            await self._tell()
            await asyncio.sleep(self._round_s)

    async def _tell(self) -> None:
        try:
            drawn = await asyncio.to_thread(self._draw, self.view)
        except Exception as error:  # noqa: BLE001 - the database is away for a while: the pages stay, and are told later
            log.warning("cannot draw", site=self.view.site, error=repr(error)[:300])
            return
        before, self._parts = self._parts, drawn
        if drawn == before:
            return
        if list(drawn) == list(before):
            changed = "".join(replacing(part) for name, part in drawn.items() if part != before[name])
            message = _message(self.view.site, changed)
        else:
            message = self.whole()
        for page in self.pages:
            page.offer(self, message)


class Rooms:
    """All rooms of this process. Use it on one loop."""

    def __init__(self, live: Live, streams: Streams, draw: Draw, whole: Whole, *, round_s: float = ROUND_S) -> None:
        self._live, self._streams, self._draw, self._whole, self._round_s = live, streams, draw, whole, round_s
        self._rooms: dict[View, Room] = {}
        self._hearing: asyncio.Task[None] | None = None

    async def stream(
        self, views: Sequence[View], still_in: Callable[[], bool], *, packed: bool, whose: str = ""
    ) -> AsyncGenerator[bytes]:
        """One page's stream: all of each view, then what changes. It ends when `still_in`, asked every so often and
        when `whose` changes, says that the person has gone, or has other rights. Raises TooManyStreams.
        """
        page, sent, size = Page(Guest(still_in, whose)), 0, 0
        with self._streams.opened(page):
            async with AsyncExitStack() as stack:
                for view in views:
                    await stack.enter_async_context(self._in_room(view, page))
                if packed:
                    yield _GZIP
                async for message in _told(page):
                    sent, size = zlib.crc32(message.plain, sent), size + len(message.plain)
                    yield message.packed if packed else message.plain
        if packed:
            yield b"\x03\x00" + sent.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")

    @asynccontextmanager
    async def _in_room(self, view: View, page: Page) -> AsyncIterator[None]:
        room = self._rooms.setdefault(view, Room(view, self._draw, self._whole, self._round_s))
        room.pages.add(page)
        if self._hearing is None:
            self._hearing = asyncio.create_task(self._hear(), name="news of all rooms")
            await asyncio.sleep(0)  # it listens before anything is drawn
        try:
            await room.enter(page)
            yield
        finally:
            if room.leave(page):
                self._rooms.pop(view, None)
            if not self._rooms and self._hearing is not None:
                self._hearing.cancel()
                self._hearing = None

    async def _hear(self) -> None:
        async with self._live.listening() as changes:
            while True:
                topic = await changes.get()
                for view, room in self._rooms.items():
                    if view.site == topic:
                        room.news.set()
                    for page in room.pages:
                        page.heard(topic)


def replacing(part: str) -> str:
    """An element that takes the place of the one with its id."""
    tag, rest = part.lstrip().split(" ", 1)
    return f'{tag} hx-swap-oob="true" {rest}'


async def _told(page: Page) -> AsyncIterator[Message]:
    yield _packed(f"retry: {RETRY_MS}\n\n".encode())
    while not page.over:
        with suppress(TimeoutError):
            await asyncio.wait_for(page.news.wait(), page.guest.wait_s())
        if page.guest.wait_s() == 0:  # asked in a busy minute as in a quiet one
            if await page.guest.is_gone():
                return
            yield STILL
        for message in page.take():
            yield message


def _message(site: str, elements: str) -> Message:
    lines = "\n".join(f"data: {line}" for line in elements.splitlines() if line.strip())
    return _packed(f"event: {site}\n{lines}\n\n".encode())


def _packed(plain: bytes) -> Message:
    packer = zlib.compressobj(_PACKED, wbits=-zlib.MAX_WBITS)
    return Message(plain, packer.compress(plain) + packer.flush(zlib.Z_FULL_FLUSH))


STILL: Final = _packed(b": still here\n\n")
