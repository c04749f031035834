"""The lane screens over HTTP: the page, its news, the picture of the vehicle that it names."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from string import Template
from typing import Any, Final

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from edge.web.assets import address, document, edition
from edge.web.door import COOKIE, Answer, Door, is_own
from edge.web.draw import AWAY, draw
from edge.web.html import fill, joined
from edge.web.manners import guest_of
from edge.web.pairing import keep
from edge.web.wall import Wall

BEAT_S: Final = 2.0
"""A screen that hears nothing for five seconds takes its page down."""
STUCK_S: Final = 15.0
STREAMS_MAX: Final = 80
RETRY_MS: Final = 1_000
PHOTO_MAX: Final = 8_000_000
_PICTURES: Final = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))
_LINK: Final = Template('<li><a href="/screen/$lane">$lane</a></li>')
log = structlog.get_logger()


class Screens:
    """The routes of all lanes' screens."""

    def __init__(self, wall: Wall, door: Door) -> None:
        self._wall, self._door = wall, door
        self._streams = 0

    @property
    def routes(self) -> list[Route]:
        """What it serves."""
        return [
            Route("/", self._first),
            Route("/screen/{lane}", self._screen),
            Route("/screen/{lane}/events", self._events),
            Route("/screen/{lane}/photo/{name}", self._photo),
        ]

    async def _first(self, request: Request) -> Response:
        """To the screen's own lane, or the lanes of this machine."""
        if is_own(request):
            links = joined(fill(_LINK, lane=lane) for lane in self._wall.lanes)
            return HTMLResponse(fill(document("lanes.html"), links=links, style=address("door.css")))
        lane = await run_in_threadpool(self._door.lane_of, request)
        return RedirectResponse(f"/screen/{lane}" if lane else "/pair", 303)

    async def _screen(self, request: Request) -> Response:
        """The whole page; it looks after itself from then on."""
        refused = await self._refused(request)
        if refused:
            return refused
        lane = request.path_params["lane"]
        text = fill(
            document("screen.html"),
            lane=lane,
            edition=edition(),
            style=address("screen.css"),
            script=address("screen.js"),
            face=draw(self._wall.page(lane)),
            away=AWAY,
        )
        answer = HTMLResponse(text)
        if COOKIE in request.cookies and not is_own(request):
            keep(answer, request.cookies[COOKIE])  # a screen that is used stays paired
        return answer

    async def _events(self, request: Request) -> Response:
        refused = await self._refused(request, page=False)
        if refused:
            return refused
        if self._streams >= STREAMS_MAX:
            return PlainTextResponse("too many screens are open\n", 503)
        return StreamingResponse(self._news(request), media_type="text/event-stream")

    async def _photo(self, request: Request) -> Response:
        refused = await self._refused(request, page=False)
        if refused:
            return refused
        file = self._wall.picture(request.path_params["lane"], request.path_params["name"])
        try:
            content = await run_in_threadpool(file.read_bytes) if file else b""
        except OSError:  # shed meanwhile
            content = b""
        kind = next((kind for begins, kind in _PICTURES if content.startswith(begins)), None)
        if kind is None or len(content) > PHOTO_MAX:
            return PlainTextResponse("no such picture\n", 404)
        return Response(content, media_type=kind)

    # --- news -----------------------------------------------------------------------------------------------

    async def _news(self, request: Request) -> AsyncIterator[str]:
        """The newest page at once and whenever it was replaced; a beat when it was not."""
        lane, guest = request.path_params["lane"], guest_of(request.scope)
        self._streams += 1
        try:
            with self._wall.watching(lane) as replaced:
                yield f"retry: {RETRY_MS}\n\nevent: edition\ndata: {edition()}\n\n"
                shown: Any = None
                while not self._wall.ended:
                    replaced.clear()
                    page = self._wall.page(lane)
                    yield _event("beat", "") if page is shown else _event("page", draw(page))
                    shown = page
                    if guest:
                        guest.may_stay(STUCK_S)  # it took what was sent
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(replaced.wait(), BEAT_S)
                        continue
                    if not await self._is_in(request, lane):
                        return
        finally:
            self._streams -= 1

    async def _is_in(self, request: Request, lane: str) -> bool:
        try:
            return await run_in_threadpool(self._door.lets, request, lane) is Answer.IN
        except sqlite3.Error:
            return True  # who is in stays in while the file cannot be read

    async def _refused(self, request: Request, *, page: bool = True) -> Response | None:
        """Why this request gets nothing, if so. Strangers do not learn which lanes there are."""
        lane = request.path_params["lane"]
        answer = await run_in_threadpool(self._door.lets, request, lane)
        if answer is Answer.UNKNOWN and page and self._door.pairs:
            return RedirectResponse("/pair", 303)
        if answer is not Answer.IN:
            return _told("not for this screen: pair it with this lane, or open it on the box itself\n", 403)
        if lane not in self._wall.lanes:
            return _told("no such lane\n", 404)
        return None


def _told(why: str, status: int) -> Response:
    return PlainTextResponse(why, status)


def _event(name: str, text: str) -> str:
    """One event; a text of several lines is sent as such, so that none of them can begin an event of its own."""
    lines = "".join(f"data: {line}\n" for line in text.splitlines()) or "data:\n"
    return f"event: {name}\n{lines}\n"
