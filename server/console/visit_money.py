"""A visit's debt waived: asked for by one person within a limit, agreed to by another."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from gate.messages import NOTE_MAX
from server import decisions
from server.api.caller import CentreDep, PersonDep, needed
from server.api.money import rules_of
from server.centre import Centre
from server.console.once import Once, sent
from server.console.page import page, seen
from server.console.refusing import refused
from server.console.visit import known
from server.db import reading, transaction
from server.decisions import NOTE_MIN, Decided, Wanted
from server.effects import Kind
from server.facts_money import DecisionRow
from server.ingest import Settled
from server.money_rules import Impossible, NoSuch, NotYours, Speaker
from server.roles import Power

router = APIRouter()
OnceDep = Annotated[Once, Depends(sent)]


class Waiver(BaseModel):
    """How much is to be waived, in dong, and why."""

    amount: int = Field(ge=1, le=10**13)
    note: str = Field(min_length=NOTE_MIN, max_length=NOTE_MAX)
    once: str = Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")


@router.get("/visits/{visit}/waive")
def waive_form(visit: str, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """The form, with this person's limit."""
    needed(person, Power.DECIDE_MONEY)
    with reading(centre.engine) as session:
        values = known(session, visit, plates=False)
    limit = rules_of(centre).limits.get(person.role, 0)
    return page(request, "visit_waive.html", person, limit=limit, **values)


@router.post("/visits/{visit}/waive")
def waive(
    visit: str, said: Annotated[Waiver, Form()], request: Request, centre: CentreDep, person: PersonDep, form: OnceDep
) -> Response:
    """Ask for it; it waits for another person's word."""
    needed(person, Power.DECIDE_MONEY)
    wanted = Wanted(kind=Kind.WAIVE, note=said.note, amount=said.amount, visit=visit)
    who = Speaker(person.name, person.role)
    try:
        with transaction(centre.engine) as session:
            if form.first(session):
                decisions.decide(session, wanted, who, rules_of(centre), datetime.now(UTC))
    except (Impossible, NotYours, NoSuch) as error:
        return refused(request, error)
    centre.live.changed(f"visit:{visit}")
    return seen(request, f"/visits/{visit}", "waiver_asked")


@router.post("/visits/{visit}/decisions/{decision}")
def word(
    visit: str,
    decision: str,
    agrees: Annotated[bool, Form()],
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: OnceDep,
) -> Response:
    """The second person's word. Whoever owes nothing by it may go."""
    needed(person, Power.DECIDE_MONEY)
    who, done = Speaker(person.name, person.role), None
    try:
        with transaction(centre.engine) as session:
            row = session.get(DecisionRow, decision)
            if row is None or row.visit != visit:
                raise NoSuch(f"there is no decision {decision}")
            if form.first(session):
                done = decisions.approve(session, decision, who, rules_of(centre), datetime.now(UTC), agrees=agrees)
    except (Impossible, NotYours, NoSuch) as error:
        return refused(request, error)
    _freed(centre, done)
    centre.live.changed(f"visit:{visit}")
    return seen(request, f"/visits/{visit}", "agreed" if agrees else "not_agreed")


def _freed(centre: Centre, done: Decided | None) -> None:
    if done is not None and done.freed:
        centre.authorise([Settled(site, visit) for site, visit in done.freed])
