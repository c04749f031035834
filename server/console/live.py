"""The live page: every lane of my sites, and the news that keeps it true."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response, StreamingResponse
from sqlmodel import Session, col, select

from server.api.caller import CentreDep, DoorkeeperDep, PersonDep, needed, token_of
from server.auth import Person, audit
from server.centre import Centre
from server.console.cards import SiteNow, site_now
from server.console.page import page
from server.console.stream import Streams, TooManyStreams
from server.db import reading, transaction
from server.register import SiteRow
from server.roles import Power

router = APIRouter()


def sites_of(session: Session) -> list[SiteRow]:
    """The sites that a person may see: all of them, until people belong to sites."""
    return list(session.exec(select(SiteRow).order_by(col(SiteRow.site))))


@router.get("/live")
def live(request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """Every lane. Whoever may see plates is recorded as having looked."""
    needed(person, Power.SEE_LANES)
    if person.may(Power.SEE_PLATES):
        with transaction(centre.engine) as session:
            audit(session, person.name, "looked at the lanes", "", datetime.now(UTC), {})
    with reading(centre.engine) as session:
        sites = [_now(session, site, person) for site in sites_of(session)]
    return page(request, "live.html", person, sites=sites)


@router.get("/live/site/{site}")
def live_site(site: str, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """One site's lanes, and with them its place in the queue of waiting drivers."""
    needed(person, Power.SEE_LANES)
    with reading(centre.engine) as session:
        row = session.get(SiteRow, site)
        if row is None:
            raise HTTPException(404, "error.no_site")
        shown = _now(session, row, person)
    return page(request, "live_site.html", person, shown=shown)


@router.get("/live/events")
async def events(request: Request, centre: CentreDep, doorkeeper: DoorkeeperDep, person: PersonDep) -> Response:
    """News: an event named after each site that changed."""
    needed(person, Power.SEE_LANES)
    streams: Streams = request.app.state.streams
    token = token_of(request)
    news = streams.news(_names(centre), lambda: doorkeeper.person(token) is not None)
    try:
        first = await anext(news)
    except TooManyStreams as error:
        raise HTTPException(503, headers={"Retry-After": "5"}) from error
    return StreamingResponse(_after(first, news), media_type="text/event-stream")


def _names(centre: Centre) -> list[str]:
    with reading(centre.engine) as session:
        return [site.site for site in sites_of(session)]


async def _after(first: str, news: AsyncGenerator[str]) -> AsyncIterator[str]:
    async with aclosing(news):
        yield first
        async for line in news:
            yield line


def _now(session: Session, site: SiteRow, person: Person) -> SiteNow:
    return site_now(session, site, datetime.now(UTC), plates=person.may(Power.SEE_PLATES))
