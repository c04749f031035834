"""Tells open pages that something changed. Pages then ask for what they show; nothing is pushed but the news."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

BACKLOG_MAX: Final = 64


def of_person(name: str) -> str:
    """The topic of a person's sessions and rights."""
    return f"person:{name}"


class Live:
    """Subscribers of changes by topic: a site's name, or a kind and a name such as `case:...`. `changed` may be called
    from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: dict[asyncio.Queue[str], asyncio.AbstractEventLoop] = {}

    def changed(self, topic: str) -> None:
        """Something about this site, case or visit is new."""
        with self._lock:
            pages = list(self._pages.items())
        for page, loop in pages:
            loop.call_soon_threadsafe(_offer, page, topic)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[asyncio.Queue[str]]:
        """Changes from now on. A page that does not keep up loses repeats, never the last word."""
        page: asyncio.Queue[str] = asyncio.Queue(BACKLOG_MAX)
        with self._lock:
            self._pages[page] = asyncio.get_running_loop()
        try:
            yield page
        finally:
            with self._lock:
                del self._pages[page]


def _offer(page: asyncio.Queue[str], topic: str) -> None:
    if not page.full():
        page.put_nowait(topic)
