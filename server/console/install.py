"""Puts the console into the web application."""

from fastapi import FastAPI

from server.centre import Centre
from server.console import errors, live_parts
from server.console.rooms import Rooms
from server.console.stream import Streams
from server.console.tabs import modules
from server.console.watching import Watching


def install(app: FastAPI, centre: Centre) -> None:
    """Add the pages, what they load, and answers in words. `app.state.streams` must be closed before the server
    waits for open requests (`server.console.serving`)."""
    app.state.streams = Streams(centre.live)
    app.state.rooms = Rooms(centre.live, app.state.streams, live_parts.drawing(centre), live_parts.whole)
    app.state.watching = Watching(centre.live)
    for module in modules():
        app.include_router(module.router)
    errors.install(app)
