"""How much a caller may send: more is refused before it is in memory."""

from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_MAX: Final = 65_536
"""No form and no body of a program is near this; pictures and files have limits of their own and come in pieces."""
_LARGER: Final = {"/lists/": 1_000_000}
"""Forms that carry a file: by the beginning of their path."""
_OWN_LIMIT: Final = ("/v1/pictures/", "/v1/imports/bank/", "/v1/imports/settlement/", "/imports/file")


class _TooLarge(Exception):
    """The body went on beyond the limit."""


class BodyLimit:
    """ASGI middleware that answers 413 to a body beyond its limit, announced or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"].startswith(_OWN_LIMIT):
            await self._app(scope, receive, send)
            return
        most = next((size for start, size in _LARGER.items() if scope["path"].startswith(start)), BODY_MAX)
        announced = Request(scope).headers.get("content-length", "0")
        if not announced.isdecimal() or int(announced[:20]) > most:
            await _refuse(scope, receive, send, most)
            return
        taken, answered = 0, False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise _TooLarge
            return message

        async def sent(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self._app(scope, counted, sent)
        except _TooLarge:
            if not answered:
                await _refuse(scope, receive, send, most)


async def _refuse(scope: Scope, receive: Receive, send: Send, most: int) -> None:
    answer = PlainTextResponse(f"at most {most} bytes\n", 413, headers={"Connection": "close"})
    await answer(scope, receive, send)
