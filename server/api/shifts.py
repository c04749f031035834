"""Shifts and tills over HTTP. A person acts on the shift that is theirs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel, Field
from sqlmodel import Session

from server import shifts
from server.api.caller import CentreDep, PersonDep, needed
from server.centre import Centre
from server.cli_shifts import OF_THE_TILL, as_told
from server.db import reading, transaction
from server.ingest import Settled
from server.reconcile import NoSuchSite
from server.roles import Power
from server.tills import CASH_MAX, TEXT_MAX
from server.typed_by import may

router = APIRouter()
SiteName = Annotated[str, Path(max_length=10)]
ShiftName = Annotated[str, Path(max_length=40)]
Amount = Annotated[int, Field(ge=0, le=CASH_MAX)]


class Begin(BaseModel):
    """What was counted in the till."""

    opening_cash: Amount


class Cash(BaseModel):
    """Cash for a visit, and why it is cash."""

    visit: str = Field(max_length=40)
    amount: Amount
    reason: str = Field(max_length=TEXT_MAX)


class Because(BaseModel):
    """Why an arm was opened."""

    reason: str = Field(max_length=TEXT_MAX)


class End(BaseModel):
    """Who takes over, what was counted, and what of it stays as change."""

    to: str = Field(max_length=100)
    counted: Amount
    left: Amount = 0
    note: str = Field(default="", max_length=TEXT_MAX)


class Deposit(BaseModel):
    """How much goes to the bank."""

    amount: Amount


@router.post("/v1/sites/{site}/shifts", status_code=201)
def begin(site: SiteName, body: Begin, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """Begin a shift."""
    needed(person, Power.HELP_DRIVERS)
    now = datetime.now(UTC)
    with _doing(centre) as session:
        row = shifts.begin(session, site, by=person.name, opening_cash=body.opening_cash, now=now)
        return {"shift": row.shift, "opening_cash": row.opening_cash}


@router.get("/v1/sites/{site}/shifts")
def listed(site: SiteName, centre: CentreDep, person: PersonDep) -> list[dict[str, Any]]:
    """The site's newest shifts; without the books only one's own."""
    needed(person, Power.HELP_DRIVERS if not person.may(Power.SEE_BOOKS) else Power.SEE_BOOKS)
    now = datetime.now(UTC)
    with reading(centre.engine) as session:
        tills = [shifts.till(session, name, now) for name in shifts.shifts(session, site)]
    return [as_told(each) for each in tills if person.may(Power.SEE_BOOKS) or each.shift.by == person.name]


@router.post("/v1/shifts/{shift}/cash", status_code=201)
def cash(shift: ShiftName, body: Cash, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """Take cash for a visit. Where the vehicle stands at the arm and owes nothing more, it is opened for."""
    needed(person, Power.HELP_DRIVERS)
    now = datetime.now(UTC)
    with _doing(centre) as session:
        taken = shifts.take_cash(session, shift, body.visit, body.amount, by=person.name, note=body.reason, now=now)
    receipt = taken.receipt
    if taken.settled:
        centre.authorise([Settled(receipt.site, receipt.visit)])
    return {"shift": shift, "number": receipt.number, "amount": receipt.amount, "settled": taken.settled}


@router.post("/v1/openings/{opening}/reason")
def reason(
    opening: Annotated[str, Path(max_length=64)], body: Because, centre: CentreDep, person: PersonDep
) -> dict[str, str]:
    """Say why an arm was opened by hand, by the button or by fire."""
    needed(person, Power.HELP_DRIVERS)
    with _doing(centre) as session:
        shifts.give_reason(session, opening, by=person.name, note=body.reason, now=datetime.now(UTC))
    return {"opening": opening}


@router.post("/v1/shifts/{shift}/end")
def end(shift: ShiftName, body: End, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """Hand the till over. 409 with every opening that lacks its reason."""
    needed(person, Power.HELP_DRIVERS)
    now = datetime.now(UTC)
    with _doing(centre) as session:
        taking_over(session, body.to)
        row = shifts.hand_over(
            session, shift, by=person.name, to=body.to, counted=body.counted, left=body.left, note=body.note, now=now
        )
        return {"shift": shift, "expected": row.expected_cash, "counted": row.counted_cash, "left": row.left_cash}


@router.post("/v1/shifts/{shift}/deposits", status_code=201)
def deposit(shift: ShiftName, body: Deposit, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """Take a till's cash to the bank; the transfer must carry `deposit`."""
    needed(person, Power.HELP_DRIVERS if not person.may(Power.DECIDE_MONEY) else Power.DECIDE_MONEY)
    with _doing(centre) as session:
        row = shifts.deposit(session, shift, body.amount, by=person.name, now=datetime.now(UTC))
        return {"deposit": row.deposit, "amount": row.amount}


def taking_over(session: Session, name: str) -> None:
    """Raises ShiftRefused unless it is the name of a user who may have a till."""
    try:
        may(session, name.strip(), *OF_THE_TILL, option="to")
    except ValueError as error:
        raise shifts.ShiftRefused(str(error)) from error


@contextmanager
def _doing(centre: Centre) -> Iterator[Session]:
    """A transaction whose refusals are answers."""
    try:
        with transaction(centre.engine) as session:
            yield session
    except shifts.ReasonsMissing as error:
        told = {"why": "openings lack a reason", "openings": error.openings}
        raise HTTPException(409, told) from error
    except (shifts.NotThere, NoSuchSite) as error:
        raise HTTPException(404, str(error)) from error
    except shifts.ShiftRefused as error:
        raise HTTPException(422, str(error)) from error
