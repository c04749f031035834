"""A file that comes as the body of a request: whole within its time, or nothing of it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import ClientDisconnect, Request

BODY_S: Final = 1_200.0
"""32 MiB over slow 3G take eleven minutes."""
IDLE_S: Final = 60.0


class TooLarge(ValueError):
    """It is larger than what is read."""


class NotWhole(ValueError):
    """It broke off, came to a halt, or took too long."""


async def whole(request: Request, most: int, *, idle: float = IDLE_S, within: float = BODY_S) -> bytes:
    """The body. Raises TooLarge as soon as it is, NotWhole after `idle` seconds of nothing or `within` in all."""
    raw, pieces = bytearray(), request.stream()
    try:
        async with asyncio.timeout(within):
            while (piece := await _next(pieces, idle)) is not None:
                raw += piece
                if len(raw) > most:
                    raise TooLarge(f"at most {most} bytes")
    except (ClientDisconnect, TimeoutError) as error:
        raise NotWhole("the file did not come to its end") from error
    return bytes(raw)


async def _next(pieces: AsyncIterator[bytes], idle: float) -> bytes | None:
    """The next piece; None after the last. `wait_for` would lose the outer limit where a piece is there already."""
    async with asyncio.timeout(idle):
        return await anext(pieces, None)
