"""Passes from a file: looked at first, with every fault by its line; then all of it, or none."""

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, File, Form, HTTPException, Request, UploadFile
from fastapi.responses import Response

from gate.lease import Standing
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import audit
from server.console.lists import OnceDep, SiteName
from server.console.page import page, seen
from server.console.sites import known_site
from server.db import reading, transaction
from server.list_files import BYTES_MAX, COLUMNS, HEADINGS, BadFile, checked, enter
from server.roles import Power

FAULTS_SHOWN: Final = 200
ROWS_SHOWN: Final = 10
Upload = Annotated[UploadFile, File()]
router = APIRouter()


@router.get("/lists/{site}/import")
def ask(site: SiteName, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """Which file, and what it should hold."""
    needed(person, Power.MANAGE_LISTS)
    with reading(centre.engine) as session:
        row = known_site(session, site)
    return page(request, "lists_import.html", person, site=row, columns=COLUMNS, headings=HEADINGS)


@router.post("/lists/{site}/import/check")
def check(site: SiteName, request: Request, centre: CentreDep, person: PersonDep, file: Upload) -> Response:
    """What entering the file would do. Nothing is kept, of the file neither."""
    needed(person, Power.MANAGE_LISTS)
    data = file.file.read(BYTES_MAX + 1)
    with reading(centre.engine) as session:
        row = known_site(session, site)
        found = checked(session, site, data, datetime.now(UTC))
    counts = {each.value: sum(row.standing is each for _, row in found.rows) for each in Standing}
    values: dict[str, Any] = {
        "site": row,
        "faults": found.faults[:FAULTS_SHOWN],
        "many": len(found.faults),
        "lines": len({fault.line for fault in found.faults}),
        "rows": found.rows[:ROWS_SHOWN],
        "good": len(found.rows),
        "counts": counts,
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    return page(request, "lists_checked.html", person, **values)


@router.post("/lists/{site}/import")
def take(
    site: SiteName,
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: OnceDep,
    file: Upload,
    sha256: Annotated[str, Form(pattern="^[0-9a-f]{64}$")],
) -> Response:
    """Enter all rows of the file that was looked at."""
    needed(person, Power.MANAGE_LISTS)
    data, now = file.file.read(BYTES_MAX + 1), datetime.now(UTC)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise HTTPException(400, "error.other_file")
    try:
        with transaction(centre.engine) as session:
            known_site(session, site)
            if form.first(session):
                names = enter(session, site, data, person.name, now)
                audit(
                    session, person.name, "imported the lists", site, now, {"sha256": sha256, "rows": str(len(names))}
                )
    except BadFile as error:
        raise HTTPException(400, "error.file_faults") from error
    centre.live.changed(f"list:{site}")
    return seen(request, f"/lists/{site}", "imported")
