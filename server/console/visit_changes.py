"""A visit voided, merged with another or split, by a person who sees first what it comes to."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from server import stay_asked, stay_changes
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import Person
from server.console.once import Once, sent
from server.console.page import page, seen
from server.console.refusing import refused
from server.console.visit import known
from server.corrections import NOTE_MAX, NOTE_MIN, NotPossible
from server.db import reading, transaction
from server.roles import Power
from server.stay_changes import Change
from server.vault_plates import plates
from server.visit_list import same_plate

router = APIRouter()


class Said(BaseModel):
    """The form: `other` for a merge; `cost` is the price that the person was shown, empty for none."""

    other: str = Field(default="", max_length=11)
    cost: str = Field(default="", max_length=20)
    note: str = Field(min_length=NOTE_MIN, max_length=NOTE_MAX)
    once: str = Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")


@router.get("/visits/{visit}/change/{kind}")
def change_form(
    visit: str, kind: Change, request: Request, centre: CentreDep, person: PersonDep, other: str = ""
) -> Response:
    """What it comes to, with what else is of this plate where two are to be merged."""
    _may(person)
    with reading(centre.engine) as session:
        values = known(session, visit, plates=True)
        values |= _planned(request, session, kind, visit, other.strip().upper()[:11])
        values["near"] = _near(session, values["it"].visit, person) if kind is Change.MERGE else ()
    return page(request, "visit_change.html", person, kind=kind, other=other.strip().upper()[:11], **values)


@router.post("/visits/{visit}/change/{kind}")
def change(
    visit: str,
    kind: Change,
    said: Annotated[Said, Form()],
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: Annotated[Once, Depends(sent)],
) -> Response:
    """Do it, once. Refused where it costs another amount than was shown."""
    _may(person)
    kept = visit
    try:
        with transaction(centre.engine) as session:
            if form.first(session):
                asked = stay_asked.Asked(kind, visit, said.other, said.note, said.cost)
                kept = stay_asked.make(session, asked, person.name, datetime.now(UTC)).visit
    except NotPossible as error:
        return refused(request, error)
    for name in {visit, kept, said.other} - {""}:
        centre.live.changed(f"visit:{name}")
    centre.live.changed(visit[:3])
    return seen(request, f"/visits/{kept}", f"stay_{kind}")


def _planned(request: Request, session: Session, kind: Change, visit: str, other: str) -> dict[str, Any]:
    if kind is Change.MERGE and not other:
        return {"plan": None, "cost": "", "objection": ""}
    try:
        plan = stay_changes.planned(session, kind, visit, other)
    except NotPossible as error:
        return {"plan": None, "cost": "", "objection": bytes(refused(request, error).body).decode()}
    return {"plan": plan, "cost": stay_asked.cost_of(plan), "objection": ""}


def _near(session: Session, visit: Any, person: Person) -> tuple[Any, ...]:
    """Other visits of these plates about that time, for whoever looks for the second half of a stay."""
    ends = plates(session, [visit.entry_approach, visit.exit_approach or ""])
    return same_plate(session, visit, set(ends.values())) if person.sees(visit.site) else ()


def _may(person: Person) -> None:
    needed(person, Power.CORRECT_STAYS)
    needed(person, Power.SEE_PLATES)
