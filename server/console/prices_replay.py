"""Past days by another list, while the person watches: a stream that says how far it is and ends with the result."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any, Final

import structlog
from anyio import from_thread
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy import Engine

from gate.tariff import Tariff
from server import drafts
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import Person
from server.console.days import typed_day
from server.console.page import page, text
from server.console.prices import Code, SiteName, missing
from server.db import reading
from server.replays import Replayed, replay
from server.roles import Power

DAYS_MAX: Final = 400
AT_ONCE: Final = 2
"""Replays that run at the same time; each takes a processor as long as it lasts."""
router = APIRouter()
log = structlog.get_logger()
_running = threading.BoundedSemaphore(AT_ONCE)


class Left(Exception):
    """Nobody listens any more."""


@router.get("/prices/{site}/list/{code}/replay")
def begin(
    site: SiteName, code: Code, request: Request, centre: CentreDep, person: PersonDep, first: str, last: str
) -> Response:
    """The part of the page that listens to the stream. 400 for days that cannot be."""
    needed(person, Power.SET_TARIFFS)
    days = _days(first, last)
    with reading(centre.engine) as session, missing():
        drafts.version(session, site, code, datetime.now(UTC))
    return page(request, "prices_replay.html", person, site=site, code=code, first=days[0], last=days[1])


@router.get("/prices/{site}/list/{code}/replay/events")
def events(
    site: SiteName, code: Code, request: Request, centre: CentreDep, person: PersonDep, first: str, last: str
) -> Response:
    """`progress` now and then, at last `result` and `over`. 503 where too many run already."""
    needed(person, Power.SET_TARIFFS)
    days = _days(first, last)
    with reading(centre.engine) as session, missing():
        tariff = drafts.version(session, site, code, datetime.now(UTC)).tariff
    if not _running.acquire(blocking=False):
        raise HTTPException(503, headers={"Retry-After": "5"})
    loop = from_thread.run_sync(asyncio.get_running_loop)
    work = _Work(centre.engine, site, days, tariff, loop)
    work.start()  # not with the stream: whoever leaves before its first line would keep the place for ever
    return StreamingResponse(_stream(work, request, person), media_type="text/event-stream")


class _Work:
    """A replay in a thread of its own, told step by step."""

    def __init__(
        self, engine: Engine, site: str, days: tuple[date, date], tariff: Tariff, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._engine, self._site, self._days, self._tariff, self._loop = engine, site, days, tariff, loop
        self._left = threading.Event()
        self.steps: asyncio.Queue[tuple[int, int] | Replayed | None] = asyncio.Queue()

    def start(self) -> None:
        """Begin; its place is free again when it ends."""
        threading.Thread(target=self._run, name="replay", daemon=True).start()

    def leave(self) -> None:
        """Nobody listens: end at the next step."""
        self._left.set()

    def _run(self) -> None:
        try:
            with reading(self._engine) as session:
                found = replay(session, self._site, *self._days, self._tariff, self._told)
            self._say(found)
        except Left:
            pass
        except Exception:
            log.exception("replay failed", site=self._site, tariff=self._tariff.code)
            self._say(None)
        finally:
            _running.release()

    def _told(self, done: int, many: int) -> None:
        if self._left.is_set():
            raise Left
        self._say((done, many))

    def _say(self, step: Any) -> None:
        with suppress(RuntimeError):  # the loop has ended with its server
            self._loop.call_soon_threadsafe(self.steps.put_nowait, step)


async def _stream(work: _Work, request: Request, person: Person) -> AsyncIterator[str]:
    try:
        while True:
            step = await work.steps.get()
            if isinstance(step, tuple) and not isinstance(step, Replayed):
                yield _event("progress", text(request, "prices_progress.html", person, done=step[0], many=step[1]))
                continue
            yield _event("result", text(request, "prices_replayed.html", person, found=step))
            yield _event("over", "over")
            return
    finally:
        work.leave()


def _event(name: str, body: str) -> str:
    lines = "".join(f"data: {line}\n" for line in body.splitlines() if line.strip())
    return f"event: {name}\n{lines}\n"


def _days(first: str, last: str) -> tuple[date, date]:
    days = typed_day(first), typed_day(last)
    if not 0 <= (days[1] - days[0]).days < DAYS_MAX:
        raise HTTPException(400, "error.replay_days")
    return days
