"""Puts the console into the web application."""

from fastapi import FastAPI

from server.centre import Centre
from server.console import assets, day, errors, files, helping, live, ordering, session
from server.console.stream import Streams


def install(app: FastAPI, centre: Centre) -> None:
    """Add the pages, what they load, and answers in words. `app.state.streams` must be closed before the server
    waits for open requests (`server.console.serving`)."""
    app.state.streams = Streams(centre.live)
    for part in (session, live, helping, ordering, day, files, assets):
        app.include_router(part.router)
    errors.install(app)
