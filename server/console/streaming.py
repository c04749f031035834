"""A stream of news as an answer."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import TypeVar

from fastapi import HTTPException, Request
from fastapi.responses import Response, StreamingResponse

from server.api.caller import token_of
from server.auth import Doorkeeper, Person
from server.console.stream import TooManyStreams

Lines = TypeVar("Lines", str, bytes)


def same(request: Request, doorkeeper: Doorkeeper, person: Person) -> Callable[[], bool]:
    """Asks whether the request's session goes on, and is still of this person with these rights."""
    token = token_of(request)
    return lambda: doorkeeper.person(token) == person


async def streaming(news: AsyncGenerator[Lines], headers: Mapping[str, str] | None = None) -> Response:
    """The lines of `Streams.news` or of `Rooms.stream`. 503 where too many pages are open: the page tries again."""
    try:
        first = await anext(news)
    except TooManyStreams as error:
        raise HTTPException(503, headers={"Retry-After": "5"}) from error
    return StreamingResponse(_after(first, news), headers=headers, media_type="text/event-stream")


async def _after(first: Lines, news: AsyncGenerator[Lines]) -> AsyncIterator[Lines]:
    async with aclosing(news):
        yield first
        async for line in news:
            yield line
