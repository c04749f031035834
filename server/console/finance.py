"""The month of a site: a line for each day, their sum, and charts. From here to each day and each of its parts."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import RedirectResponse, Response

from server import months
from server.api.caller import CentreDep, PersonDep, needed
from server.console import finance_charts
from server.console.page import page, say_to
from server.console.sites import known_site, site_or_first, sites_of
from server.console.tabs import Tab
from server.db import reading
from server.first_facts import began
from server.reconcile import local_date
from server.roles import Power

TAB: Final = Tab(
    "finance", "/finance", Power.SEE_BOOKS, "f", 70, ("/money", "/decisions", "/imports", "/bank-lines", "/refunds")
)
COLUMNS: Final = ("charged", "outstanding", "paid", "waived", "received", "settled", "fees", "on_statement")
MOVED: Final = ("entries", "exits")
SiteName = Annotated[str, Path(max_length=10)]
router = APIRouter()


@router.get("/finance")
def this_month(centre: CentreDep, person: PersonDep, site: str = "", month: str = "") -> Response:
    """The month that a form asks for; without one, this month at the first site."""
    needed(person, Power.SEE_BOOKS)
    with reading(centre.engine) as session:
        here = site_or_first(session, person, site)
    on = _first_of(month) if month else local_date(datetime.now(UTC))
    return RedirectResponse(f"/finance/{here}/{on:%Y-%m}", 303)


@router.get("/finance/{site}/{year:int}-{month:int}")
def one_month(
    site: SiteName, year: int, month: int, request: Request, centre: CentreDep, person: PersonDep
) -> Response:
    """A site's month."""
    needed(person, Power.SEE_BOOKS)
    days, now, say = days_of(year, month), datetime.now(UTC), say_to(request)
    with reading(centre.engine) as session:
        row = known_site(session, site)
        sites = sites_of(session, person)
        lines = months.month(session, site, days, now)
        shares = months.shares(session, site, days)
        came = months.by_class(session, site, days)
        since = began(session, site, now)
    values: dict[str, Any] = {"site": row, "sites": sites, "first": days[0], "lines": lines, "as_of": now}
    values |= {"total": months.totals(lines), "columns": COLUMNS, "moved": MOVED, "today": local_date(now)}
    values |= {"previous": next(months.near(year, month, -1), None), "next": next(months.near(year, month, 1), None)}
    values |= {"before": [line.on for line in lines if line.state is months.State.BEFORE], "since": since}
    values["charts"] = finance_charts.of_month(lines, shares, came, say)
    return page(request, "finance.html", person, **values)


def days_of(year: int, month: int) -> list[date]:
    """The days of a month as in an address. 404 for what is none."""
    if not (2000 <= year <= 2200 and 1 <= month <= 12):
        raise HTTPException(404, "error.bad_month")
    return months.dates_of(year, month)


def _first_of(text: str) -> date:
    """What a browser's field for months sends: `2026-11`."""
    year, _, month = text.partition("-")
    if not (year.isdecimal() and month.isdecimal() and len(text) <= 7):
        raise HTTPException(404, "error.bad_month")
    return days_of(int(year), int(month))[0]
