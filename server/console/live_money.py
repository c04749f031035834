"""Money at an exit: a driver let out who shows a transfer that has not arrived, and cash, each within its limits."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import Response
from sqlmodel import Session

from gate.messages import Direction
from server import claims, shifts
from server.api.caller import CentreDep, PersonDep
from server.api.money import rules_of
from server.auth import Person
from server.centre import Centre
from server.commands import NobodyThere
from server.console.helping import AskedDep, lane_for, on_its_way
from server.console.page import page
from server.db import reading, transaction
from server.derived import LaneNowRow, VisitRow
from server.effects import owes
from server.help import NOTE_MAX
from server.ingest import Settled
from server.letting_out import let_out
from server.money_rules import Impossible, NoSuch
from server.tills import CASH_MAX, ShiftRefused

NOTE_MIN: Final = 3
Note = Annotated[str, Form(max_length=NOTE_MAX)]
router = APIRouter()


@router.get("/live/{site}/{lane}/claim")
def claim_form(site: str, lane: str, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """What is owed, and how much more this person may let out on a word in this shift."""
    row, debt = _owing(centre, person, site, lane)
    rules = rules_of(centre)
    with reading(centre.engine) as session:
        used = claims.used(session, site, person.name, datetime.now(UTC))
    left = max(0, rules.claims_vnd - used.amount)
    enough = used.vehicles < rules.claims and debt <= left
    values: dict[str, Any] = {"site": site, "lane": lane, "row": row, "debt": debt, "used": used, "rules": rules}
    return page(request, "live_claim.html", person, left=left, enough=enough, **values)


@router.post("/live/{site}/{lane}/claim")
def claim(
    site: str,
    lane: str,
    it: AskedDep,
    visit: Annotated[str, Form(max_length=20)],
    note: Note = "",
) -> Response:
    """Let the driver out; the stay stays owing."""
    row = _at_the_arm(it.centre, it.person, site, lane, visit)
    if len(note.strip()) < NOTE_MIN:
        raise HTTPException(400, "error.note")
    approach = UUID(row.approach) if row.approach else None
    with it.form.taking(it.centre.engine) as first:
        if first:
            try:
                let_out(it.centre, it.person, site, lane, visit, note, rules_of(it.centre), approach)
            except Impossible as error:
                raise HTTPException(400, "error.claim_refused") from error
            except (NoSuch, NobodyThere) as error:
                raise HTTPException(404, "error.no_box") from error
    return on_its_way(it.request, it.person)


@router.get("/live/{site}/{lane}/cash")
def cash_form(site: str, lane: str, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """What is owed, and this person's shift; without one the way to begin it."""
    row, debt = _owing(centre, person, site, lane)
    with reading(centre.engine) as session:
        shift = shifts.current(session, site, person.name)
    values: dict[str, Any] = {"site": site, "lane": lane, "row": row, "debt": debt, "shift": shift}
    return page(request, "live_cash.html", person, **values)


@router.post("/live/{site}/{lane}/cash")
def cash(
    site: str,
    lane: str,
    it: AskedDep,
    visit: Annotated[str, Form(max_length=20)],
    amount: Annotated[int, Form(ge=1, le=CASH_MAX)],
    note: Note = "",
) -> Response:
    """Take it into the till. Whoever owes nothing more is let out at once."""
    _at_the_arm(it.centre, it.person, site, lane, visit)
    if len(note.strip()) < NOTE_MIN:
        raise HTTPException(400, "error.note")
    freed: list[Settled] = []
    try:
        with transaction(it.centre.engine) as session:
            if it.form.first(session):
                freed = _taken(session, site, visit, amount, it.person, note)
    except ShiftRefused as error:
        raise HTTPException(400, "error.cash_refused") from error
    it.centre.authorise(freed)
    it.centre.live.changed(site)
    return on_its_way(it.request, it.person)


def _taken(session: Session, site: str, visit: str, amount: int, person: Person, note: str) -> list[Settled]:
    shift = shifts.current(session, site, person.name)
    if shift is None:
        raise ShiftRefused("no shift")
    now = datetime.now(UTC)
    taken = shifts.take_cash(session, shift.shift, visit, amount, by=person.name, note=note, now=now)
    return [Settled(site, visit)] if taken.settled else []


def _owing(centre: Centre, person: Person, site: str, lane: str) -> tuple[LaneNowRow, int]:
    """The exit and what the stay at it owes. 409 where nobody stands there, or no stay is known."""
    row = lane_for(centre, person, site, lane)
    if row.direction != Direction.OUT or not row.visit:
        raise HTTPException(409)
    with reading(centre.engine) as session:
        stay = session.get(VisitRow, row.visit)
        return row, max(0, owes(session, stay)) if stay else 0


def _at_the_arm(centre: Centre, person: Person, site: str, lane: str, visit: str) -> LaneNowRow:
    """The exit at which just this stay stands."""
    row = lane_for(centre, person, site, lane)
    if row.direction != Direction.OUT or row.visit != visit:
        raise HTTPException(409)
    return row
