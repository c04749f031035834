"""Help for a driver from the page: this vehicle, or open with a reason."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import Response
from sqlmodel import Session

from gate.messages import Action, Direction, Display, Open, OpeningReason
from gate.plate import normalise
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import Person, audit
from server.centre import Centre
from server.commands import NobodyThere
from server.console.cards import open_visits
from server.console.once import Once, sent
from server.console.page import page
from server.db import reading, transaction
from server.derived import LaneNowRow
from server.help import NOTE_MAX, VISIT, Because, noted, ordered
from server.roles import Power
from server.turning import turns

CHOICES_MAX: Final = 24
OnceDep = Annotated[Once, Depends(sent)]
Visit = Annotated[str, Form(pattern=VISIT)]
router = APIRouter()


class Asked(NamedTuple):
    """A form that works once, with who sent it."""

    request: Request
    centre: Centre
    person: Person
    form: Once


def asked(request: Request, centre: CentreDep, person: PersonDep, form: OnceDep) -> Asked:
    """This request."""
    return Asked(request, centre, person, form)


AskedDep = Annotated[Asked, Depends(asked)]


@router.get("/live/{site}/{lane}/open")
def open_form(site: str, lane: str, approach: UUID, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """The reasons to open for."""
    lane_for(centre, person, site, lane)
    return page(request, "help_open.html", person, site=site, lane=lane, approach=approach, reasons=list(Because))


@router.get("/live/{site}/{lane}/choose")
def choose_form(
    site: str, lane: str, approach: UUID, request: Request, centre: CentreDep, person: PersonDep, part: str = ""
) -> Response:
    """Vehicles inside, to pick the one at the exit. Who looks is recorded."""
    row = lane_for(centre, person, site, lane)
    if row.direction != Direction.OUT:
        raise HTTPException(404)
    now, key = datetime.now(UTC), normalise(part)[:16]
    with transaction(centre.engine) as session:
        audit(session, person.name, "looked at open visits", site, now, {"part": key})
    with reading(centre.engine) as session:
        found, more = open_visits(session, site, now, key, CHOICES_MAX)
    template = "help_choices.html" if request.headers.get("hx-target") == "choices" else "help_choose.html"
    values: dict[str, Any] = {"site": site, "lane": lane, "approach": approach, "found": found, "more": more}
    return page(request, template, person, **values)


@router.post("/live/{site}/{lane}/open")
def open_lane(
    site: str,
    lane: str,
    approach: Annotated[UUID, Form()],
    because: Annotated[Because, Form()],
    it: AskedDep,
    note: Annotated[str, Form(max_length=NOTE_MAX)] = "",
) -> Response:
    """Order the arm up for the vehicle that stands there, with a reason that is kept."""
    if because is Because.OTHER and len(note.strip()) < 3:
        raise HTTPException(400, "error.note")
    if turns(note):
        raise HTTPException(400, "error.turning")
    action = Open(lane=lane, reason=OpeningReason.PERSON, approach=approach, note=noted(because, note))
    return _order(it, site, action, "opened by hand")


@router.post("/live/{site}/{lane}/display")
def display(
    site: str,
    lane: str,
    approach: Annotated[UUID, Form()],
    visit: Visit,
    it: AskedDep,
) -> Response:
    """Tell the box which visit stands at its arm."""
    action = Display(lane=lane, approach=approach, visit=visit)
    return _order(it, site, action, "matched by hand")


def _order(it: Asked, site: str, action: Open | Display, what: str) -> Response:
    row = lane_for(it.centre, it.person, site, action.lane)
    if row.approach != str(action.approach) and row.wants_approach != str(action.approach):
        raise HTTPException(409)
    return given(it, site, action, what)


def given(it: Asked, site: str, action: Action, what: str) -> Response:
    """Give the order, once a form; the page is told that it is on its way."""
    with it.form.taking(it.centre.engine) as first:
        if first:
            try:
                ordered(it.centre, it.person, site, action, what)
            except NobodyThere as error:
                raise HTTPException(404, "error.no_box") from error
    return on_its_way(it.request, it.person)


def on_its_way(request: Request, person: Person) -> Response:
    """What the page is told of an order that was given."""
    answer = page(request, "help_sent.html", person)
    answer.headers["HX-Trigger"] = "helped"
    return answer


def lane_for(centre: Centre, person: Person, site: str, lane: str, power: Power = Power.HELP_DRIVERS) -> LaneNowRow:
    """The lane, for a person who has this power. Raises 403 or 404."""
    needed(person, power)
    with reading(centre.engine) as session:
        return _found(session, site, lane)


def _found(session: Session, site: str, lane: str) -> LaneNowRow:
    row = session.get(LaneNowRow, (site, lane))
    if row is None:
        raise HTTPException(404)
    return row
