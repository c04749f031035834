"""What is too much is refused before it is in memory, announced or not."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI, Request

from server.limits import BODY_MAX, BodyLimit


@pytest.fixture
def app() -> FastAPI:
    made = FastAPI()
    made.add_middleware(BodyLimit)

    @made.post("/echo")
    async def echo(request: Request) -> int:
        return len(await request.body())

    @made.post("/v1/pictures/x")
    async def picture(request: Request) -> int:
        return len(await request.body())

    @made.post("/v1/imports/explain/x")
    async def explain(request: Request) -> int:
        return len(await request.body())

    return made


async def posted(app: FastAPI, path: str, body: bytes | Iterator[bytes]) -> int:
    content = body if isinstance(body, bytes) else pieces(body)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://barie") as client:
        return (await client.post(path, content=content)).status_code


async def pieces(body: Iterator[bytes]) -> AsyncIterator[bytes]:
    for piece in body:
        yield piece


@pytest.mark.anyio
async def test_a_body_of_the_limit_passes(app: FastAPI) -> None:
    assert await posted(app, "/echo", b"x" * BODY_MAX) == 200


@pytest.mark.anyio
async def test_an_announced_body_beyond_it_is_refused(app: FastAPI) -> None:
    assert await posted(app, "/echo", b"x" * (BODY_MAX + 1)) == 413


@pytest.mark.anyio
async def test_a_body_that_goes_on_and_on_is_refused(app: FastAPI) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 65_536
            yield b"x" * 65_536

    assert await posted(app, "/echo", endless()) == 413
    assert sent <= 4 * BODY_MAX, "it was not read to its end"


@pytest.mark.anyio
async def test_pictures_have_their_own_limit(app: FastAPI) -> None:
    assert await posted(app, "/v1/pictures/x", b"x" * (BODY_MAX + 1)) == 200


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_only_what_reads_in_pieces_has_a_limit_of_its_own(app: FastAPI) -> None:
    assert await posted(app, "/v1/imports/explain/x", b"x" * (BODY_MAX + 1)) == 413
