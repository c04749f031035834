"""The web application around a centre."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI, Request, Response
from starlette.middleware.base import RequestResponseEndpoint

from server.api import (
    books,
    boxes,
    cases,
    closing,
    described,
    devices,
    events,
    findings,
    imports,
    lanes,
    lists,
    money,
    notices,
    orders,
    people,
    pictures,
    session,
    shifts,
    tariffs,
    visit_changes,
    visits,
)
from server.auth import Doorkeeper
from server.centre import Centre
from server.console.install import install
from server.first_run import FirstRun
from server.limits import BodyLimit

PARTS: Final = (
    session,
    notices,
    orders,
    pictures,
    lanes,
    lists,
    tariffs,
    boxes,
    books,
    findings,
    cases,
    visit_changes,
    visits,
    events,
    people,
    devices,
    money,
    imports,
    shifts,
    closing,
    described,
)
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def application(centre: Centre) -> FastAPI:
    """The application; it starts and stops the centre with itself."""

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        centre.start()
        yield
        centre.stop()

    app = FastAPI(title="barie", lifespan=running, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.centre = centre
    app.state.doorkeeper = Doorkeeper(centre.engine, centre.live.changed)
    app.state.first_run = FirstRun(centre.engine)
    for part in PARTS:
        app.include_router(part.router)
    install(app, centre)
    app.middleware("http")(_with_headers)
    app.add_middleware(BodyLimit)
    return app


async def _with_headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
