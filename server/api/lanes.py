"""Lanes as they are now, the two ways to help a driver, and how a lane works."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field
from sqlmodel import col, select

from gate.messages import Action, Close, Display, LaneMode, Mode, Open, OpeningReason
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import Person, audit
from server.centre import Centre
from server.commands import NobodyThere
from server.db import reading, transaction
from server.help import NOTE_MAX, VISIT, ordered
from server.lanes import lanes_now, open_visits
from server.register import SiteRow
from server.roles import Power

router = APIRouter()


class DisplayOrder(BaseModel):
    """This approach is that visit."""

    approach: UUID
    visit: str = Field(pattern=VISIT)


class OpenOrder(BaseModel):
    """Raise the arm; why is kept for ever."""

    note: str = Field(min_length=3, max_length=NOTE_MAX)
    approach: UUID | None = None
    visit: str | None = Field(default=None, pattern=VISIT)


class ModeOrder(BaseModel):
    """How a lane works from now on."""

    mode: LaneMode


@router.get("/v1/lanes")
def lanes(centre: CentreDep, person: PersonDep, site: str | None = None) -> dict[str, Any]:
    """Every lane as it is now."""
    needed(person, Power.SEE_LANES)
    with reading(centre.engine) as session:
        sites = [site] if site else list(session.exec(select(SiteRow.site).order_by(col(SiteRow.site))))
        sites = [each for each in sites if person.sees(each)]
        found = [lane for each in sites for lane in lanes_now(session, each, plates=person.may(Power.SEE_PLATES))]
    return {"lanes": found}


@router.get("/v1/visits/{site}/open")
def visits(site: str, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """Who is inside, for a person who looks for the vehicle at the exit."""
    needed(person, Power.HELP_DRIVERS)
    with transaction(centre.engine) as session:
        audit(session, person.name, "looked at open visits", site, datetime.now(UTC), {})
        return {"visits": open_visits(session, site)}


@router.post("/v1/lanes/{site}/{lane}/display")
def display(site: str, lane: str, body: DisplayOrder, centre: CentreDep, person: PersonDep) -> dict[str, str]:
    """Tell the box which visit stands at its arm."""
    action = Display(lane=lane, approach=body.approach, visit=body.visit)
    return _ordered(centre, person, site, action, "matched by hand")


@router.post("/v1/lanes/{site}/{lane}/open")
def open_lane(site: str, lane: str, body: OpenOrder, centre: CentreDep, person: PersonDep) -> dict[str, str]:
    """Raise the arm with a person's reason."""
    reason = OpeningReason.PERSON
    action = Open(lane=lane, reason=reason, visit=body.visit, approach=body.approach, note=body.note)
    return _ordered(centre, person, site, action, "opened by hand")


@router.post("/v1/lanes/{site}/{lane}/close")
def close_lane(site: str, lane: str, centre: CentreDep, person: PersonDep) -> dict[str, str]:
    """Lower an arm that is up, if the box knows that nothing is under it."""
    return _ordered(centre, person, site, Close(lane=lane), "lowered by hand")


@router.post("/v1/lanes/{site}/{lane}/mode")
def set_mode(site: str, lane: str, body: ModeOrder, centre: CentreDep, person: PersonDep) -> dict[str, str]:
    """Close a lane, free it, hold it open, or let it work as usual again."""
    action = Mode(lane=lane, mode=body.mode)
    return _ordered(centre, person, site, action, f"mode {body.mode}", Power.SET_MODES)


def _ordered(
    centre: Centre, person: Person, site: str, action: Action, what: str, power: Power = Power.HELP_DRIVERS
) -> dict[str, str]:
    needed(person, power)
    try:
        return {"command": str(ordered(centre, person, site, action, what))}
    except NobodyThere as error:
        raise HTTPException(404, str(error)) from error
