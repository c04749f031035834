"""The books over HTTP."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, HTTPException

from server.api.caller import CentreDep, PersonDep, needed
from server.auth import audit
from server.books import books
from server.db import transaction
from server.register import SiteRow
from server.roles import Power

router = APIRouter()


@router.get("/v1/books/{site}")
def site_books(site: str, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """The site's books item by item, plates included: who asks is recorded."""
    needed(person, Power.SEE_BOOKS)
    needed(person, Power.SEE_PLATES)
    with transaction(centre.engine) as session:
        if session.get(SiteRow, site) is None:
            raise HTTPException(404, f"no site {site}")
        audit(session, person.name, "looked at the books", site, datetime.now(UTC), {})
        return books(session, site)


@router.get("/v1/health")
def health(centre: CentreDep) -> dict[str, bool]:
    """Whether the centre hears the boxes. Open to all: it says nothing else."""
    return {"broker": centre.bus.connected.is_set()}
