"""Findings over HTTP, for those who work them off."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel, Field
from sqlmodel import Session

from gate.findings import Code
from gate.occupancy import Estimate
from server import occupancy, work
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import Person
from server.caseload import may_speak, may_work
from server.db import reading, transaction
from server.reconcile import NoSuchSite
from server.roles import Power
from server.work import NoSuchFinding, NotSo

router = APIRouter()
SiteName = Annotated[str, Path(max_length=10)]
Subject = Annotated[str, Path(max_length=200)]


class Because(BaseModel):
    """Why."""

    reason: str = Field(max_length=2 * work.NOTE_MAX)


@router.get("/v1/sites/{site}/findings")
def site_findings(site: SiteName, centre: CentreDep, person: PersonDep, *, every: bool = False) -> dict[str, Any]:
    """Open findings, the dearest first. An attendant sees those that are an attendant's."""
    needed(person, Power.SEE_LANES)
    with reading(centre.engine) as session:
        rows = work.shown(session, site, datetime.now(UTC), every=every)
    return {"site": site, "findings": [row for row in rows if may_work(person, Code(row["code"]))]}


@router.get("/v1/sites/{site}/occupancy")
def site_occupancy(site: SiteName, centre: CentreDep, person: PersonDep) -> Any:
    """How many vehicles are inside, with the error bar."""
    needed(person, Power.SEE_LANES)
    try:
        with reading(centre.engine) as session:
            found: Estimate = occupancy.estimate(session, site, datetime.now(UTC))
    except NoSuchSite as error:
        raise HTTPException(404, str(error)) from error
    return {name: getattr(found, name) for name in found.__struct_fields__}


@router.post("/v1/findings/{code}/{subject:path}/take")
def take(code: Code, subject: Subject, centre: CentreDep, person: PersonDep) -> dict[str, str]:
    """From now on it is the caller's."""
    _may(person, code)
    _do(centre, lambda session, now: work.take(session, code, subject, person.name, now))
    return {"taken_by": person.name}


@router.post("/v1/findings/{code}/{subject:path}/give_back")
def give_back(code: Code, subject: Subject, centre: CentreDep, person: PersonDep) -> dict[str, str]:
    """It was the caller's and is nobody's again."""
    _may(person, code)
    _do(centre, lambda session, now: work.give_back(session, code, subject, person.name, now))
    return {"taken_by": ""}


@router.post("/v1/findings/{code}/{subject:path}/explain")
def explain(code: Code, subject: Subject, body: Because, centre: CentreDep, person: PersonDep) -> dict[str, bool]:
    """Say why. `settled`: a reason was all that was missing."""
    _may(person, code)
    done = _do(centre, lambda session, now: work.explain(session, code, subject, person.name, body.reason, now))
    return {"settled": bool(done)}


@router.post("/v1/findings/{code}/{subject:path}/dismiss")
def dismiss(code: Code, subject: Subject, body: Because, centre: CentreDep, person: PersonDep) -> dict[str, bool]:
    """Nothing more is to be done. `settled` is false while a second person must agree."""
    needed(person, Power.DECIDE_MONEY)
    _may(person, code)
    done = _do(centre, lambda session, now: work.dismiss(session, code, subject, person.name, body.reason, now))
    return {"settled": bool(done)}


@router.post("/v1/findings/{code}/{subject:path}/reopen")
def reopen(code: Code, subject: Subject, body: Because, centre: CentreDep, person: PersonDep) -> dict[str, bool]:
    """Take back what was explained or dismissed."""
    needed(person, Power.DECIDE_MONEY)
    _may(person, code)
    _do(centre, lambda session, now: work.reopen(session, code, subject, person.name, body.reason, now))
    return {"settled": False}


def _do(centre: CentreDep, work_of: Callable[[Session, datetime], bool | None]) -> bool | None:
    try:
        with transaction(centre.engine) as session:
            return work_of(session, datetime.now(UTC))
    except NoSuchFinding as error:
        raise HTTPException(404, str(error)) from error
    except NotSo as error:
        raise HTTPException(409, str(error)) from error


def _may(person: Person, code: Code) -> None:
    if not may_speak(person, code):
        raise HTTPException(403, f"{person.role} has nothing to do with {code}")
