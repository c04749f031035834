"""Who else has the same thing open: two people on one case see each other, and each other's words.

A page names its topic, `KIND:NAME`, and includes `watching.html`. What changes a topic says so:
`centre.live.changed("case:...")`. Known by this process only: pages of another process's people are not seen.
"""

import threading
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from sqlmodel import Session, select

from gate.findings import Code
from server.api.caller import DoorkeeperDep, PersonDep, needed
from server.auth import Person
from server.case_doing import topic_of
from server.centre import Centre
from server.console.page import page
from server.console.stream import Streams
from server.console.streaming import same, streaming
from server.db import reading
from server.derived import FindingRow
from server.live import Live, of_person
from server.reach import of_file
from server.roles import Power

KINDS: Final = {
    "case": Power.SEE_LANES,
    "visit": Power.SEE_LANES,
    "tariff": Power.SEE_BOOKS,
    "day": Power.SEE_BOOKS,
    "event": Power.SEE_BOOKS,
    "list": Power.SEE_LANES,
    "import": Power.SEE_BOOKS,
}
"""What can be watched, and who may."""
Topic = Annotated[str, Query(pattern=r"^[a-z]+:[^\s]{1,200}$")]
router = APIRouter()


class Watching:
    """The people with a page open, by topic; one may have it open twice."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._lock = threading.Lock()
        self._people: dict[str, Counter[str]] = {}

    @contextmanager
    def looks(self, topic: str, name: str) -> Iterator[None]:
        """This person has it open inside the block; all who have it open hear of both ends."""
        self._count(topic, name, 1)
        try:
            yield
        finally:
            self._count(topic, name, -1)

    def others(self, topic: str, name: str) -> list[str]:
        """Who else has it open, by name."""
        with self._lock:
            return sorted(set(self._people.get(topic, ())) - {name})

    def _count(self, topic: str, name: str, by: int) -> None:
        with self._lock:
            people = self._people.setdefault(topic, Counter())
            people[name] += by
            if not people[name]:
                del people[name]
            if not people:
                del self._people[topic]
        self._live.changed(_crowd(topic))


@router.get("/watching/events")
async def events(on: Topic, request: Request, doorkeeper: DoorkeeperDep, person: PersonDep) -> Response:
    """News of one topic: `changed`, and `people` when somebody comes or goes."""
    await run_in_threadpool(_may, request.app.state.centre, person, on)
    return await streaming(_news(request, on, person.name, same(request, doorkeeper, person)))


@router.get("/watching/people")
def people(on: Topic, request: Request, person: PersonDep) -> Response:
    """Who else has it open, as a part of the page."""
    _may(request.app.state.centre, person, on)
    watching: Watching = request.app.state.watching
    return page(request, "watching_people.html", person, others=watching.others(on, person.name))


async def _news(request: Request, topic: str, name: str, still_in: Callable[[], bool]) -> AsyncGenerator[str]:
    streams: Streams = request.app.state.streams
    watching: Watching = request.app.state.watching
    events = {topic: "changed", _crowd(topic): "people"}
    with watching.looks(topic, name):
        async with aclosing(streams.news(list(events.values()), still_in, events.get, whose=of_person(name))) as news:
            async for line in news:
                yield line


def _crowd(topic: str) -> str:
    """The topic of who has it open."""
    return f"people:{topic}"


def _may(centre: Centre, person: Person, topic: str) -> None:
    """404 for what cannot be watched, and for what is of a site that the person does not see."""
    kind, _, name = topic.partition(":")
    power = KINDS.get(kind)
    if power is None:
        raise HTTPException(404)
    needed(person, power)
    if not person.sites:
        return
    with reading(centre.engine) as session:
        sites = _SITES[kind](session, name) if kind in _SITES else {name[:3]}
    if not sites & person.sites:
        raise HTTPException(404)


def _of_case(session: Session, name: str) -> set[str]:
    """The site of a case, by the name under which it is told of: its topic is a digest, so they are gone through."""
    rows = session.exec(select(FindingRow.code, FindingRow.subject, FindingRow.site))
    return {site for code, subject, site in rows if topic_of(Code(code), subject) == f"case:{name}"}


_SITES: Final[dict[str, Callable[[Session, str], set[str]]]] = {"case": _of_case, "import": of_file}
"""Kinds whose names do not begin with their site."""
