"""News for open pages over server-sent events: which site changed, never what. Pages then ask for what they show."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
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


class Streams:
    """The streams of all open pages, which end together when the server does."""

    def __init__(self, live: Live, *, most: int = STREAMS_MAX, round_s: float = ROUND_S) -> None:
        self._live, self._most, self._round_s = live, most, round_s
        self._ending: set[asyncio.Event] = set()

    @property
    def open(self) -> int:
        """How many pages listen."""
        return len(self._ending)

    def close(self) -> None:
        """End every stream; call it on the loop they run on."""
        for ending in self._ending:
            ending.set()

    async def news(self, sites: list[str], still_in: Callable[[], bool]) -> AsyncIterator[str]:
        """Lines of one page's stream. It begins with every site, so that a page that comes back misses nothing;
        it ends when `still_in` says at a heartbeat that the person has gone. Raises TooManyStreams.
        """
        if self.open >= self._most:
            raise TooManyStreams
        ending = asyncio.Event()
        self._ending.add(ending)
        try:
            async with self._live.listening() as changes:
                yield f"retry: {RETRY_MS}\n\n" + "".join(map(_event, sites))
                while not ending.is_set():
                    changed = await _next(changes, ending)
                    if changed:
                        yield "".join(map(_event, sorted(changed)))
                        await _pause(ending, self._round_s)
                    elif not ending.is_set():
                        if not await asyncio.to_thread(still_in):
                            return
                        yield ": still here\n\n"
        finally:
            self._ending.discard(ending)


def _event(site: str) -> str:
    return f"event: {site}\ndata: changed\n\n"


async def _next(changes: asyncio.Queue[str], ending: asyncio.Event) -> set[str]:
    """The sites that changed, waiting for the first; none when it is time for a heartbeat or the end."""
    first = asyncio.ensure_future(changes.get())
    end = asyncio.ensure_future(ending.wait())
    try:
        await asyncio.wait({first, end}, timeout=HEARTBEAT_S, return_when=asyncio.FIRST_COMPLETED)
        changed = {first.result()} if first.done() else set[str]()
    finally:
        first.cancel()
        end.cancel()
    while not changes.empty():
        changed.add(changes.get_nowait())
    return changed


async def _pause(ending: asyncio.Event, seconds: float) -> None:
    """Wait, unless the end comes first."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(ending.wait(), seconds)
