"""A body is taken whole within its time and size, or not at all."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.requests import Request

from server.api.bodies import NotWhole, TooLarge, whole

Message = dict[str, Any]


def asked(*messages: Message, then: Callable[[], Awaitable[Message]] | None = None) -> Request:
    """A request whose body comes in these pieces; after them `then` says what comes."""
    left = list(messages)

    async def receive() -> Message:
        if left:
            return left.pop(0)
        return await then() if then else {"type": "http.disconnect"}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


def piece(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def never() -> Message:
    return await asyncio.Future[Message]()


async def dribbles() -> Message:
    await asyncio.sleep(0)
    return piece(b"x")


def test_a_whole_body_is_taken() -> None:
    assert asyncio.run(whole(asked(piece(b"ab"), piece(b"c", more=False)), 3)) == b"abc"


def test_one_that_breaks_off_is_nothing() -> None:
    with pytest.raises(NotWhole):
        asyncio.run(whole(asked(piece(b"ab")), 10))


def test_one_that_comes_to_a_halt_is_given_up() -> None:
    with pytest.raises(NotWhole):
        asyncio.run(whole(asked(piece(b"ab"), then=never), 10, idle=0.01))


def test_one_that_dribbles_has_an_end() -> None:
    with pytest.raises(NotWhole):
        asyncio.run(whole(asked(then=dribbles), 10**9, within=0.05))


def test_one_that_is_too_large_is_refused_at_once() -> None:
    with pytest.raises(TooLarge):
        asyncio.run(whole(asked(piece(b"abcd"), then=never), 3))
