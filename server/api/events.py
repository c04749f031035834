"""Planned events: a site's, one whole, what one would change, plan it, cancel it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from server import asked_events
from server.api.asking import Asking, AskingDep, Key, answered
from server.api.days import Day
from server.days.spans import LAST, local_date
from server.planned_events import WORDS_MAX

router = APIRouter()
AHEAD: Final = timedelta(days=31)
SiteName = Annotated[str, Path(max_length=10)]
EventName = Annotated[str, Path(max_length=40)]


class Because(BaseModel):
    """Why."""

    why: str = Field(max_length=WORDS_MAX)


@router.get("/v1/sites/{site}/events")
def events(site: SiteName, it: AskingDep, since: Day | None = None, until: Day | None = None) -> dict[str, Any]:
    """Those that touch these local dates; without them from today on, for 31 days."""
    first = since or local_date(datetime.now(UTC))
    with it.desk() as desk:
        return asked_events.of_site(desk, site, first, until or min(first + AHEAD, LAST))


@router.get("/v1/events/{event}")
def event(event: EventName, it: AskingDep) -> dict[str, Any]:
    """One whole."""
    with it.desk() as desk:
        return asked_events.one(desk, event)


@router.post("/v1/sites/{site}/events/effect")
async def effect(site: SiteName, request: Request, it: AskingDep) -> dict[str, Any]:
    """What the event in the body would change. Nothing is kept."""
    return await run_in_threadpool(_effect, it, site, await request.body())


@router.post("/v1/sites/{site}/events", status_code=201)
async def plan(site: SiteName, request: Request, it: AskingDep, key: Key) -> dict[str, Any]:
    """Keep the event in the body; its prices wait for a second person."""
    return await run_in_threadpool(_plan, it, site, await request.body(), key)


@router.post("/v1/events/{event}/cancel")
def cancel(event: EventName, body: Because, it: AskingDep, key: Key) -> dict[str, Any]:
    """Take it back before it begins."""
    with it.desk(key) as desk:
        answer = asked_events.cancel(desk, event, body.why)
    it.changed(f"event:{answer['site']}/{event}")
    return answer


def _effect(it: Asking, site: str, raw: bytes) -> dict[str, Any]:
    with answered():
        wanted = asked_events.read(raw)
    with it.desk() as desk:
        return asked_events.effect(desk, site, wanted)


def _plan(it: Asking, site: str, raw: bytes, key: str) -> dict[str, Any]:
    with answered():
        wanted = asked_events.read(raw)
    with it.desk(key) as desk:
        return asked_events.plan(desk, site, wanted)
