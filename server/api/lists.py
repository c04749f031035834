"""A site's lists and its places, for those who manage them."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Path
from pydantic import AwareDatetime, BaseModel, Field

from gate.lease import Standing
from gate.vehicle import VehicleClass
from server import lists
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import audit
from server.centre import Centre
from server.db import transaction
from server.lists import BadListing, Listing, NoSuchEntry
from server.register import SiteRow
from server.roles import Power

router = APIRouter()
_TEXT: Final = 400
"""The rules of `server.lists` name the field; this only keeps a stranger's megabytes out."""

SiteName = Annotated[str, Path(max_length=10)]


class NewListing(BaseModel):
    """A row: a plate, a tag or both, of an owner, for a reason, until it is over."""

    standing: Standing
    until: AwareDatetime
    owner: str = Field(max_length=_TEXT)
    reason: str = Field(max_length=_TEXT)
    since: AwareDatetime | None = None
    plate: str = Field(default="", max_length=_TEXT)
    tag: str = Field(default="", max_length=_TEXT)
    vehicle_class: VehicleClass | None = None


class Because(BaseModel):
    """Why a row is ended."""

    reason: str = Field(max_length=_TEXT)


class Places(BaseModel):
    """How many places there are; 0: nobody counts."""

    capacity: int = Field(ge=0, le=lists.CAPACITY_MAX)


@router.get("/v1/sites/{site}/lists")
def site_lists(site: SiteName, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """The rows that count now or later, plates included: who asks is recorded."""
    needed(person, Power.SEE_PLATES)
    known = _site(centre, site)
    now = datetime.now(UTC)
    with transaction(centre.engine) as session:
        audit(session, person.name, "looked at the lists", site, now, {})
        return {"site": site, "capacity": known.capacity, "lists": lists.shown(session, site, now)}


@router.post("/v1/sites/{site}/lists", status_code=201)
def new_listing(site: SiteName, body: NewListing, centre: CentreDep, person: PersonDep) -> dict[str, str]:
    """Enter a row. The site's boxes have it with their next state, seconds later."""
    needed(person, Power.MANAGE_LISTS)
    _site(centre, site)
    now = datetime.now(UTC)
    listing = Listing(
        standing=body.standing,
        since=body.since or now,
        until=body.until,
        owner=body.owner,
        reason=body.reason,
        plate=body.plate,
        tag=body.tag,
        vehicle_class=body.vehicle_class,
    )
    try:
        with transaction(centre.engine) as session:
            return {"entry": lists.add(session, site, listing, person.name, now)}
    except BadListing as error:
        raise HTTPException(422, str(error)) from error


@router.post("/v1/sites/{site}/lists/{entry}/end")
def end_listing(
    site: SiteName, entry: Annotated[str, Path(max_length=64)], body: Because, centre: CentreDep, person: PersonDep
) -> dict[str, bool]:
    """End a row before its time. `ended` is false when somebody did before."""
    needed(person, Power.MANAGE_LISTS)
    try:
        with transaction(centre.engine) as session:
            return {"ended": lists.end(session, site, entry, body.reason, person.name, datetime.now(UTC))}
    except NoSuchEntry as error:
        raise HTTPException(404, str(error)) from error
    except BadListing as error:
        raise HTTPException(422, str(error)) from error


@router.put("/v1/sites/{site}/capacity")
def site_capacity(site: SiteName, body: Places, centre: CentreDep, person: PersonDep) -> dict[str, int]:
    """How many places the site has from now on."""
    needed(person, Power.MANAGE_LISTS)
    _site(centre, site)
    with transaction(centre.engine) as session:
        lists.set_capacity(session, site, body.capacity, person.name, datetime.now(UTC))
    return {"capacity": body.capacity}


def _site(centre: Centre, site: str) -> SiteRow:
    with transaction(centre.engine) as session:
        row = session.get(SiteRow, site)
    if row is None:
        raise HTTPException(404, f"no site {site}")
    return row
