"""Visits: found by what somebody remembers of a plate, or listed by site, day and state."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from gate.vehicle import VehicleClass
from server import visit_search
from server.api.caller import CentreDep, PersonDep, needed
from server.console.days import maybe_day
from server.console.page import page
from server.console.paging import Leaf, placed
from server.console.shown import plate
from server.console.sites import sites_of
from server.console.tabs import Tab
from server.db import reading, transaction
from server.plate_parts import LONGEST
from server.roles import Power
from server.stays import state_of
from server.visit_list import State, Vehicle
from server.visit_search import Listed

TAB: Final = Tab("visits", "/visits", Power.SEE_PLATES, "v", 30)
router = APIRouter()


class Wanted(BaseModel):
    """The form above the list; `after` is the place in it, `near` asks for similar plates as well."""

    plate: str = ""
    site: str = ""
    state: State = State.ALL
    since: str = ""
    until: str = ""
    near: bool = False
    after: str = ""


@router.get("/visits")
def visits(wanted: Annotated[Wanted, Query()], request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """Those of a plate, or of a site. Who looks at plates is recorded; what was typed is not."""
    needed(person, Power.SEE_PLATES)
    asked = _asked(wanted)
    with reading(centre.engine) as session:
        sites = sites_of(session, person)
        straight = visit_search.reference(session, asked.typed, person)
        if straight:
            return RedirectResponse(f"/visits/{straight}", 303)
        with placed():
            found = visit_search.search(session, asked, person)
    with transaction(centre.engine) as session:
        visit_search.looked(session, person.name, found, datetime.now(UTC))
    form = {"plate": asked.typed, "site": found.site, "state": asked.state.value}
    form |= {"since": wanted.since, "until": wanted.until}
    values = _values(found) | {"asked_for": form, "sites": sites, "states": list(State)}
    values |= {"near": wanted.near, "path": _path(form, near=wanted.near)}
    part = request.headers.get("hx-request") and wanted.after
    return page(request, "visits_rows.html" if part else "visits.html", person, **values)


def _asked(form: Wanted) -> visit_search.Wanted:
    days = maybe_day(form.since, "since"), maybe_day(form.until, "until")
    return visit_search.Wanted(form.plate, form.site, form.state, *days, near=form.near, after=form.after)


def _values(listed: Listed) -> dict[str, Any]:
    known = listed.vehicles
    rows = tuple((visit, money, drawn(known[visit.visit], visit.vehicle_class)) for visit, money in listed.leaf.rows)
    states = {visit.visit: state_of(visit) for visit, _, _ in rows}
    shown = Leaf(rows, listed.leaf.after)
    return {"leaf": shown, "found": listed.found, "known": known, "state_of": states, "longest": LONGEST}


def drawn(vehicle: Vehicle, vehicle_class: str) -> Any:
    """Its plate as it is drawn; a corrected one is as certain as its person."""
    read = vehicle.read
    sure = 1.0 if vehicle.corrected or read is None else read.confidence
    colour, lines = (read.colour, read.lines) if read else ("unknown", 0)
    return plate(vehicle.plate, sure, colour, lines, VehicleClass(vehicle_class))


def _path(form: dict[str, str], *, near: bool) -> str:
    """This list's address without a place in it."""
    asked = {name: value for name, value in form.items() if value} | ({"near": "true"} if near else {})
    return f"/visits?{urlencode(asked)}"
