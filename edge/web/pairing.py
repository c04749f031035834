"""`/pair`: a screen types the code that `barie pair` printed, and belongs to that lane from then on."""

import asyncio
from typing import Final
from urllib.parse import parse_qs, urlsplit

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from edge.web.assets import address, document
from edge.web.door import COOKIE, Guesses
from edge.web.html import fill
from edge.web.pairs import Pairs, WrongCode

LIFE_S: Final = 400 * 24 * 3600
"""The longest that browsers keep a cookie; each page that is loaded renews it."""
_WRONG: Final = "Mã không đúng hoặc đã hết hạn. · The code is wrong or has expired."
_OFTEN: Final = "Sai quá nhiều lần. Hãy thử lại sau mười phút. · Too many guesses. Try again in ten minutes."
_FOREIGN: Final = "Hãy nhập mã từ chính trang này. · Type the code on this page itself."
log = structlog.get_logger()


class Pairing:
    """The routes of pairing."""

    def __init__(self, pairs: Pairs, guesses: Guesses) -> None:
        self._pairs, self._guesses = pairs, guesses
        self._one_by_one = asyncio.Lock()  # a guess costs a hash of eight megabytes

    @property
    def routes(self) -> list[Route]:
        """What it serves."""
        return [
            Route("/pair", self._form, methods=["GET"]),
            Route("/pair", self._typed, methods=["POST"]),
        ]

    async def _form(self, _request: Request) -> Response:
        return _page("", 200)

    async def _typed(self, request: Request) -> Response:
        peer = request.client.host if request.client else ""
        if not _from_here(request):
            return _page(_FOREIGN, 403)
        said = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=5)
        if not self._guesses.may(peer):
            log.warning("too many pairing codes", peer=peer)
            return _page(_OFTEN, 429)
        try:
            async with self._one_by_one:
                lane, token = await run_in_threadpool(self._pairs.redeem, said.get("code", [""])[0])
        except WrongCode:
            log.warning("wrong pairing code", peer=peer)
            return _page(_WRONG, 403)
        self._guesses.forget(peer)
        log.info("screen paired", lane=lane, peer=peer)
        answer = RedirectResponse(f"/screen/{lane}", 303)
        keep(answer, token)
        return answer


def keep(answer: Response, token: str) -> None:
    """Let the screen keep its token, out of the reach of scripts, other sites and plain lines."""
    answer.set_cookie(COOKIE, token, max_age=LIFE_S, path="/", secure=True, httponly=True, samesite="strict")


def _page(trouble: str, status: int) -> Response:
    return HTMLResponse(fill(document("pair.html"), trouble=trouble, style=address("door.css")), status)


def _from_here(request: Request) -> bool:
    """Whether a browser says that the form is ours. Programs say nothing."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
