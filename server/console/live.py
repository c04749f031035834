"""The live page: every lane of my sites, and the news that keeps it true."""

from asyncio import to_thread
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from server.api.caller import CentreDep, DoorkeeperDep, PersonDep, needed
from server.auth import Person, audit
from server.centre import Centre
from server.console.bill_words import line_words
from server.console.cards import SiteNow, site_now
from server.console.page import language, page, say_to
from server.console.rooms import Rooms, View
from server.console.sites import known_site, sites_of
from server.console.stream import Streams, of_site
from server.console.streaming import same, streaming
from server.console.tabs import Tab
from server.db import reading, transaction
from server.live import of_person
from server.register import SiteRow
from server.roles import Power

TAB: Final = Tab("live", "/live", Power.SEE_LANES, "l", 10)
router = APIRouter()


@router.get("/live")
def live(request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """Every lane. Whoever may see plates is recorded as having looked."""
    needed(person, Power.SEE_LANES)
    if person.may(Power.SEE_PLATES):
        with transaction(centre.engine) as session:
            audit(session, person.name, "looked at the lanes", "", datetime.now(UTC), {})
    with reading(centre.engine) as session:
        sites = [_now(session, site, person) for site in sites_of(session, person)]
    return page(request, "live.html", person, sites=sites, pushed=False, what_of=_bill_words(request))


@router.get("/live/site/{site}")
def live_site(site: str, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """One site's lanes, and with them its place in the queue of waiting drivers."""
    needed(person, Power.SEE_LANES)
    with reading(centre.engine) as session:
        shown = _now(session, known_site(session, site), person)
    return page(request, "live_site.html", person, shown=shown, pushed=False, what_of=_bill_words(request))


@router.get("/live/events")
async def events(request: Request, centre: CentreDep, doorkeeper: DoorkeeperDep, person: PersonDep) -> Response:
    """News: an event named after each site that changed."""
    needed(person, Power.SEE_LANES)
    streams: Streams = request.app.state.streams
    asked, wanted = same(request, doorkeeper, person), partial(_event_of, person)
    return await streaming(streams.news(_names(centre, person), asked, wanted, whose=of_person(person.name)))


@router.get("/live/cards")
async def cards(request: Request, centre: CentreDep, doorkeeper: DoorkeeperDep, person: PersonDep) -> Response:
    """The parts of the live page as they change, each event named after its site. Drawn once for all who see them so;
    whoever is no longer who they were is let go, and begins anew with what is theirs now."""
    needed(person, Power.SEE_LANES)
    rooms: Rooms = request.app.state.rooms
    spoken, whose = language(request), of_person(person.name)
    packed = "gzip" in request.headers.get("accept-encoding", "")
    views = [View(site, person.role, spoken) for site in await to_thread(_names, centre, person)]
    sent = rooms.stream(views, same(request, doorkeeper, person), packed=packed, whose=whose)
    return await streaming(sent, {"Content-Encoding": "gzip", "Vary": "Accept-Encoding, Cookie"} if packed else None)


def _bill_words(request: Request) -> Callable[[str], str]:
    """A bill's line in the reader's words."""
    return partial(line_words, say=say_to(request))


def _event_of(person: Person, topic: str) -> str | None:
    """A site's own event, for whoever sees the site."""
    site = of_site(topic)
    return site if site is not None and person.sees(site) else None


def _names(centre: Centre, person: Person) -> list[str]:
    with reading(centre.engine) as session:
        return [site.site for site in sites_of(session, person)]


def _now(session: Session, site: SiteRow, person: Person) -> SiteNow:
    return site_now(session, site, datetime.now(UTC), plates=person.may(Power.SEE_PLATES))
