"""A vehicle at an exit that is no visit's: which visits it may be, and where none fits the lost entry."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from gate.tariff import BadTariff
from gate.vehicle import VehicleClass
from server import lost_entries
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import Person
from server.console.once import Once, sent
from server.console.page import page, seen
from server.console.refusing import refused
from server.corrections import NOTE_MAX, NOTE_MIN
from server.db import reading, transaction
from server.derived import VisitRow
from server.facts_visits import LostEntryRow
from server.lost_entries import NoSuchVehicle, NotYet
from server.pricing import NoTariff
from server.roles import Power
from server.vault import VaultPictureRow

router = APIRouter()


class Lost(BaseModel):
    """None of the candidates fits: the class that a person sees, and why."""

    vehicle_class: VehicleClass
    note: str = Field(min_length=NOTE_MIN, max_length=NOTE_MAX)
    once: str = Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")


@router.get("/visits/exits/{site}/{approach}")
def at_exit(site: str, approach: str, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """The candidates, best first. That this person looked is recorded: only who has looked makes a lost entry."""
    _may(person)
    try:
        with transaction(centre.engine) as session:
            shown = lost_entries.show(session, site, approach, person.name, datetime.now(UTC), plates=True)
    except NoSuchVehicle as error:
        raise HTTPException(404, "error.no_visit") from error
    with reading(centre.engine) as session:
        names = [each["picture"] for each in (shown, *shown["candidates"]) if each["picture"]]
        here = {name for name in names if session.get(VaultPictureRow, name)}
        at = {each["visit"]: session.get_one(VisitRow, each["visit"]).opened_at for each in shown["candidates"]}
    return page(request, "visit_exit.html", person, it=shown, arrived=here, at=at, classes=list(VehicleClass))


@router.post("/visits/exits/{site}/{approach}")
def lost(
    site: str,
    approach: str,
    said: Annotated[Lost, Form()],
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: Annotated[Once, Depends(sent)],
) -> Response:
    """A visit of its own at the price list's row for it."""
    _may(person)
    now = datetime.now(UTC)
    try:
        with transaction(centre.engine) as session:
            if form.first(session):
                kind = said.vehicle_class
                lost_entries.make(session, site, approach, kind, person.name, said.note, now)
            row = lost_entries.of_approach(session, approach)
    except (NotYet, NoTariff, BadTariff, NoSuchVehicle) as error:
        return refused(request, error)
    return _told(request, centre, row)


def _told(request: Request, centre: CentreDep, row: LostEntryRow | None) -> Response:
    if row is None:
        raise HTTPException(404, "error.no_visit")
    centre.live.changed(row.site)
    return seen(request, f"/visits/{row.visit}", "lost_made")


def _may(person: Person) -> None:
    needed(person, Power.HELP_DRIVERS)
    needed(person, Power.SEE_PLATES)
