"""My shift: the till counted at its beginning, what it should hold, and handing it over to somebody else."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session, col, select

from server import shifts
from server.api.caller import CentreDep, PersonDep, needed
from server.api.shifts import taking_over
from server.auth import Person
from server.console.errors import is_part
from server.console.helping import AskedDep
from server.console.page import page, seen
from server.console.sites import sites_of
from server.db import reading, transaction
from server.reconcile import NoSuchSite
from server.register import SiteRow, UserRow
from server.roles import POWERS, Power, Role
from server.shifts import ReasonsMissing, ShiftRefused, Till
from server.tills import CASH_MAX, TEXT_MAX

MISSING_SHOWN: Final = 20
Amount = Annotated[int, Form(ge=0, le=CASH_MAX)]
router = APIRouter()


class Mine(NamedTuple):
    """A site, and my shift's till there; None without a shift."""

    site: SiteRow
    till: Till | None


@router.get("/live/shifts")
def mine(request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """My tills, and who could take over: a part of the live page, which whoever opens its address is shown instead.
    Once a till is begun the other sites' lie closed behind it."""
    needed(person, Power.HELP_DRIVERS)
    if not is_part(request):
        return RedirectResponse("/live", 303)
    now = datetime.now(UTC)
    with reading(centre.engine) as session:
        found = [Mine(site, _till(session, site.site, person, now)) for site in sites_of(session, person)]
        others = _others(session, person)
    found.sort(key=lambda each: each.till is None)
    begun = any(each.till for each in found)
    values: dict[str, Any] = {"mine": found, "begun": begun, "others": others, "most": MISSING_SHOWN}
    return page(request, "live_shifts.html", person, **values)


@router.post("/live/shifts/{site}")
def begin(site: str, it: AskedDep, counted: Amount) -> Response:
    """Begin with what was counted in the till."""
    needed(it.person, Power.HELP_DRIVERS)
    try:
        with transaction(it.centre.engine) as session:
            if it.form.first(session):
                shifts.begin(session, site, by=it.person.name, opening_cash=counted, now=datetime.now(UTC))
    except (ShiftRefused, NoSuchSite) as error:
        raise HTTPException(400, "error.shift_refused") from error
    return seen(it.request, "/live", "shift_begun")


@router.post("/live/shifts/{site}/end")
def end(
    site: str,
    it: AskedDep,
    to: Annotated[str, Form(max_length=100)],
    counted: Amount,
    left: Amount = 0,
    note: Annotated[str, Form(max_length=TEXT_MAX)] = "",
) -> Response:
    """Hand the till over."""
    needed(it.person, Power.HELP_DRIVERS)
    said = {"to": to, "counted": counted, "left": left, "note": note}
    try:
        with transaction(it.centre.engine) as session:
            if it.form.first(session):
                _hand_over(session, site, it.person, said)
    except ReasonsMissing as error:
        raise HTTPException(400, "error.shift_reasons") from error
    except ShiftRefused as error:
        raise HTTPException(400, "error.shift_refused") from error
    return seen(it.request, "/live", "shift_over")


def _hand_over(session: Session, site: str, person: Person, said: dict[str, Any]) -> None:
    shift = shifts.current(session, site, person.name)
    if shift is None:
        raise ShiftRefused(f"{person.name} has no shift at {site}")
    taking_over(session, said["to"])
    shifts.hand_over(session, shift.shift, by=person.name, now=datetime.now(UTC), **said)


def _till(session: Session, site: str, person: Person, now: datetime) -> Till | None:
    shift = shifts.current(session, site, person.name)
    return shifts.till(session, shift.shift, now) if shift else None


def _others(session: Session, person: Person) -> list[str]:
    """Who may have a till."""
    rows = session.exec(select(UserRow).where(col(UserRow.disabled).is_(False)).order_by(col(UserRow.name)))
    may = {Power.HELP_DRIVERS, Power.DECIDE_MONEY}
    return [row.name for row in rows if row.name != person.name and POWERS[Role(row.role)] & may]
