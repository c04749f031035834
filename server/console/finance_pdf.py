"""The day's report on paper."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from server import months
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import audit
from server.console.day import date_of
from server.console.page import language
from server.console.sites import known_site
from server.db import transaction
from server.export import snapshot
from server.facts_day import CloseRow
from server.first_facts import began
from server.months import report_now
from server.printed.day import Known, day_pdf
from server.roles import Power

router = APIRouter()


@router.get("/finance/{site}/{on}/report.pdf")
def day_report(
    site: Annotated[str, Path(max_length=10)], on: str, request: Request, centre: CentreDep, person: PersonDep
) -> Response:
    """A4 with letterhead and charts. Who takes it is recorded."""
    needed(person, Power.EXPORT)
    day, now = date_of(on), datetime.now(UTC)
    with transaction(centre.engine) as session:
        known_site(session, site)
        audit(session, person.name, "exported a day", site, now, {"day": on, "format": "pdf"})
    with snapshot(centre.engine) as session:
        report = report_now(session, site, day, now)
        known = Known(
            site=known_site(session, site),
            on=day,
            report=report,
            state=months.state_of(day, report, began(session, site, now), now),
            close=session.get(CloseRow, (site, day)),
            share=months.shares(session, site, [day])[day],
            came=months.by_class(session, site, [day]),
            now=now,
            language=language(request),
        )
    named = {"Content-Disposition": f'attachment; filename="barie-{site}-{day.isoformat()}.pdf"'}
    return Response(day_pdf(known), media_type="application/pdf", headers=named)
