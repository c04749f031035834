"""The box's own lane screens: the newest page of each lane, put there by the deciding thread, seen by open screens."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import structlog

from edge.lanes import pages
from edge.parts import Devices
from gate.devices.board import Relay
from gate.devices.screen import Page, Screens

_HEX: Final = frozenset("0123456789abcdef")
log = structlog.get_logger()


class Wall(Screens):
    """Screens of these lanes; `pictures` is the folder that holds each vehicle's picture under its SHA-256."""

    def __init__(self, lanes: Iterable[str], pictures: Path) -> None:
        self._pages = {lane: pages.starting(lane) for lane in lanes}
        self._pictures = pictures
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watching: dict[str, set[asyncio.Event]] = {lane: set() for lane in self._pages}

    @property
    def lanes(self) -> tuple[str, ...]:
        """The lanes that have a screen."""
        return tuple(self._pages)

    # --- any thread ---------------------------------------------------------------------------------------

    def show(self, lane: str, page: Page) -> None:
        """Replace what is shown. Returns at once whoever watches, slowly or not at all."""
        if lane not in self._pages:
            log.warning("no such lane to show on", lane=lane)
            return
        self._pages[lane] = page
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the web server ended meanwhile
                loop.call_soon_threadsafe(self._tell, lane)

    def page(self, lane: str) -> Page:
        """What is shown now. Raises KeyError for a lane that has no screen."""
        return self._pages[lane]

    def picture(self, lane: str, name: str) -> Path | None:
        """Where the picture lies that the lane's present page names; no other can be had. Raises KeyError."""
        named = self._pages[lane].photo
        if not named or name != named or len(name) != 64 or not _HEX.issuperset(name):
            return None
        return self._pictures / name

    # --- the web server's loop ----------------------------------------------------------------------------

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tell watchers on this loop from now on."""
        self._loop = loop

    def detach(self) -> None:
        """The loop is about to end: wake every watcher for the last time."""
        self._loop = None
        for lane in self._watching:
            self._tell(lane)

    @property
    def ended(self) -> bool:
        """Whether no loop is served: a watcher then goes home."""
        return self._loop is None

    @contextmanager
    def watching(self, lane: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever the lane's page was replaced. Raises KeyError."""
        event = asyncio.Event()
        self._watching[lane].add(event)
        try:
            yield event
        finally:
            self._watching[lane].discard(event)

    def _tell(self, lane: str) -> None:
        for event in self._watching[lane]:
            event.set()


class WithScreens(Devices):
    """A site's devices, whose pages go to other screens as well. What fails keeps no other from its page."""

    def __init__(self, devices: Devices, *more: Screens) -> None:
        self._devices, self._screens = devices, (devices, *more)

    def pulse(self, lane: str, relay: Relay) -> None:
        """Make the lane's relay pulse. Raises DeviceFailed."""
        self._devices.pulse(lane, relay)

    def show(self, lane: str, page: Page) -> None:
        """Replace what is shown on all of them."""
        for screens in self._screens:
            try:
                screens.show(lane, page)
            except Exception:
                log.exception("a screen failed", lane=lane)
