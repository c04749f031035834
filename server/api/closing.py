"""Closing days over HTTP, for those who answer for the books."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel, Field
from sqlmodel import col, select

from server import close_check, closing
from server.api.caller import CentreDep, PersonDep, needed
from server.api.days import Day
from server.db import reading, transaction
from server.facts_day import CloseRow
from server.first_facts import no_beginning
from server.reconcile import NoSuchSite
from server.register import BoxRow
from server.roles import Power

router = APIRouter()
SiteName = Annotated[str, Path(max_length=10)]
_TEXT = 400


class NewClose(BaseModel):
    """first: this is the first day that the site closes; empty: even if nothing happened on it, but later did."""

    first: bool = False
    empty: bool = False


class Gone(BaseModel):
    """Why nothing more of a box's day will come."""

    reason: str = Field(min_length=1, max_length=_TEXT)


@router.get("/v1/sites/{site}/closes")
def closes(site: SiteName, centre: CentreDep, person: PersonDep) -> list[dict[str, Any]]:
    """The closed days with their figures, oldest first."""
    needed(person, Power.SEE_BOOKS)
    with reading(centre.engine) as session:
        rows = session.exec(select(CloseRow).where(CloseRow.site == site).order_by(col(CloseRow.on)))
        return [_row(row) for row in rows]


@router.get("/v1/sites/{site}/closes/{on}/check")
def may_close(site: SiteName, on: Day, centre: CentreDep, person: PersonDep, *, first: bool = False) -> dict[str, Any]:
    """Whether the day can be closed, and everything that is in its way."""
    needed(person, Power.SEE_BOOKS)
    with closing.snapshot(centre.engine) as session:
        done = session.get(CloseRow, (site, on)) is not None
        try:
            now = datetime.now(UTC)
            reasons = [] if done else closing.look(session, site, on, now, first=first).reasons
            if first and (why := no_beginning(session, site, on, now)):
                reasons.insert(0, why)
        except NoSuchSite as error:
            raise HTTPException(404, str(error)) from error
    return {"site": site, "date": str(on), "closed": done, "possible": not reasons, "reasons": reasons}


@router.post("/v1/sites/{site}/closes/{on}")
def close_day(site: SiteName, on: Day, body: NewClose, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """Close the day. `fresh` is false when it was closed before. 409 with every reason while it cannot be."""
    needed(person, Power.CLOSE_DAYS)
    now = datetime.now(UTC)
    if body.first and not body.empty:
        with reading(centre.engine) as session:
            why = no_beginning(session, site, on, now)
        if why:
            raise HTTPException(409, [why])
    try:
        made = closing.close(centre.engine, site, on, centre.key, by=person.name, now=now, first=body.first)
    except NoSuchSite as error:
        raise HTTPException(404, str(error)) from error
    except closing.NotYet as error:
        raise HTTPException(409, error.reasons) from error
    return {**_row(made.row), "fresh": made.fresh}


@router.get("/v1/sites/{site}/closes/verified")
def verified(site: SiteName, centre: CentreDep, person: PersonDep, head: str = "") -> dict[str, Any]:
    """Whether closes and closed facts are as they were. head: a hash that was written down elsewhere."""
    needed(person, Power.SEE_BOOKS)
    with reading(centre.engine) as session:
        found = close_check.check(session, site, centre.key.public_key(), filter(None, [head]))
    told = {"wrong": [each._asdict() for each in found.wrong], "late": [each._asdict() for each in found.late]}
    return {**found._asdict(), **told}


@router.post("/v1/sites/{site}/boxes/{box}/written-off/{on}")
def write_off(site: SiteName, box: str, on: Day, body: Gone, centre: CentreDep, person: PersonDep) -> dict[str, bool]:
    """Say that nothing more of a box's day will come. `written_off` is false when somebody did before."""
    needed(person, Power.CLOSE_DAYS)
    try:
        with transaction(centre.engine) as session:
            known = session.get(BoxRow, box)
            if known is None or known.site != site:
                raise HTTPException(404, f"{site} has no box {box}")
            now = datetime.now(UTC)
            new = closing.write_off(session, box, on, by=person.name, note=body.reason, now=now)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
    return {"written_off": new}


def _row(row: CloseRow) -> dict[str, Any]:
    told = {"site": row.site, "date": str(row.on), "sha256": row.sha256, "previous": row.previous}
    told |= {"signature": row.signature, "closed_at": row.closed_at.isoformat(), "by": row.by}
    return {**told, "body": msgspec.json.decode(row.body)}
