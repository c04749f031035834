"""What every request has to keep to, and every answer says: sizes, time, headers that allow a page nothing foreign."""

from collections.abc import MutableMapping
from typing import Any, Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.devices.push import READ_PAST
from edge.devices.push_body import BODY_MAX
from edge.web.listening import SAY_S, Guest, Listener

FORM_MAX: Final = 4_096
PUSH: Final = "/push/"
BODIES_MAX: Final = 32_000_000
"""Bytes of all bodies on their way together: the agent's memory is the lanes'."""
ANSWER_S: Final = 30.0
GUEST: Final = "barie.guest"
log = structlog.get_logger()
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class TooLarge(HTTPException):
    """The body went on beyond its limit, or all bodies together did."""

    def __init__(self) -> None:
        super().__init__(413, "too large", {"Connection": "close"})


class Manners:
    """ASGI middleware around all that the box serves."""

    def __init__(self, app: ASGIApp, listener: Listener) -> None:
        self._app, self._listener = app, listener
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        guest = self._listener.guests.get(tuple(scope.get("client") or ("", 0)))
        if guest:
            scope[GUEST] = guest
            guest.may_stay(ANSWER_S)
        try:
            await self._served(scope, receive, _with_headers(send))
        finally:
            if guest:
                guest.may_stay(SAY_S)

    async def _served(self, scope: Scope, receive: Receive, send: Send) -> None:
        most = BODY_MAX if scope["path"].startswith(PUSH) else FORM_MAX
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or len(announced) > 12 or int(announced) > most:
            await _refuse(413, f"at most {most} bytes\n", scope, receive, send)
            return
        body = _Body(self, receive, most)
        scope[READ_PAST] = body.read_past
        try:
            await self._app(scope, body.receive, send)
        except Exception:  # starlette has answered 500 by now; what began is cut off
            log.exception("request failed", path=scope["path"][:200])
        finally:
            self.give_back(body.held)

    def take(self, size: int) -> None:
        """Bytes of a body came. Raises TooLarge when all together are too many."""
        self._held += size
        if self._held > BODIES_MAX:
            raise TooLarge

    def give_back(self, size: int) -> None:
        """These are held no more."""
        self._held -= size


class _Body:
    """A request's body, counted while it comes."""

    def __init__(self, manners: Manners, receive: Receive, most: int) -> None:
        self._manners, self._receive, self._most = manners, receive, most
        self._taken = self.held = 0
        self._kept = True

    def read_past(self) -> None:
        """It is read to its end and thrown away: a stranger's must not take the room of a camera's."""
        self._kept = False
        self._manners.give_back(self.held)
        self.held = 0

    async def receive(self) -> Message:
        message = await self._receive()
        size = len(message.get("body", b""))
        self._taken += size
        if self._kept:
            self.held += size
            self._manners.take(size)
        if self._taken > self._most:
            raise TooLarge
        return message


def guest_of(scope: MutableMapping[str, Any]) -> Guest | None:
    """The connection of a request; None where the application is called without a listener."""
    found: Guest | None = scope.get(GUEST)
    return found


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sent


async def _refuse(status: int, why: str, scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(why, status, headers={"Connection": "close"})(scope, receive, send)
