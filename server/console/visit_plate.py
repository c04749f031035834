"""A plate is corrected by a person, who sees what it does to the money before it is kept."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from gate.messages import Direction
from gate.plate import normalise
from server.api.caller import CentreDep, PersonDep, needed
from server.api.money import rules_of
from server.auth import Person
from server.console.once import Once, sent
from server.console.page import page, seen
from server.console.refusing import refused
from server.console.visit import known
from server.corrections import NOTE_MAX, NOTE_MIN, NotPossible
from server.db import reading, transaction
from server.money_rules import Impossible, NotYours, Speaker
from server.plate_corrections import Effect, effect, save
from server.roles import Power

router = APIRouter()


class Typed(BaseModel):
    """The plate of one end as a person has it."""

    side: Direction = Direction.IN
    plate: str = Field(default="", max_length=40)


class Correction(BaseModel):
    """The form: with `difference` and `shown`, the plate and the money that the person was shown."""

    side: Direction
    plate: str = Field(max_length=40)
    shown: str = Field(max_length=40)
    difference: int = Field(ge=-(10**13), le=10**13)
    note: str = Field(min_length=NOTE_MIN, max_length=NOTE_MAX)
    waive: bool = False
    once: str = Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")


@router.get("/visits/{visit}/plate")
def plate_form(visit: str, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """The form, with both pictures."""
    _may(person)
    with reading(centre.engine) as session:
        values = known(session, visit, plates=True)
    return page(request, "visit_plate.html", person, **values)


@router.get("/visits/{visit}/plate/effect")
def plate_effect(
    visit: str, typed: Annotated[Typed, Query()], request: Request, centre: CentreDep, person: PersonDep
) -> Response:
    """What it would do. Nothing is kept."""
    _may(person)
    found: Effect | None = None
    objection = ""
    if typed.plate.strip():
        try:
            with reading(centre.engine) as session:
                found = effect(session, visit, typed.side, typed.plate, datetime.now(UTC))
        except NotPossible as error:
            objection = bytes(refused(request, error).body).decode()
    return page(request, "visit_effect.html", person, visit=visit, effect=found, objection=objection)


@router.post("/visits/{visit}/plate")
def correct(
    visit: str,
    said: Annotated[Correction, Form()],
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: Annotated[Once, Depends(sent)],
) -> Response:
    """Keep it. Refused where the money is another than was shown."""
    _may(person)
    if normalise(said.plate) != normalise(said.shown):
        raise HTTPException(409, "error.plate_changed")
    who, now = Speaker(person.name, person.role), datetime.now(UTC)
    try:
        with transaction(centre.engine) as session:
            if form.first(session):
                save(
                    session,
                    visit,
                    said.side,
                    said.plate,
                    seen=said.difference,
                    waive=said.waive,
                    who=who,
                    rules=rules_of(centre),
                    note=said.note,
                    now=now,
                )
    except (NotPossible, Impossible, NotYours) as error:
        return refused(request, error)
    centre.live.changed(f"visit:{visit}")
    centre.live.changed(visit[:3])
    return seen(request, f"/visits/{visit}", "plate_corrected")


def _may(person: Person) -> None:
    needed(person, Power.CORRECT_STAYS)
    needed(person, Power.SEE_PLATES)
