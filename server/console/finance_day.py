"""The day of a site for finance: three witnesses side by side, each figure a way to its parts; and the day's files."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, HTTPException, Path, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from gate.messages import OpeningReason
from gate.reconcile import Report
from server import months, parts
from server.api.caller import CentreDep, PersonDep, needed
from server.console import finance_charts
from server.console.day import date_of, near_date, witnesses_of
from server.console.errors import is_part
from server.console.page import page, say_to
from server.console.paging import leaf
from server.console.sites import known_site, sites_of
from server.db import reading
from server.facts_day import CloseRow
from server.first_facts import began
from server.months import Line, closed_line, report_now
from server.parts import FIGURES, by_hour, parts_of, whole
from server.reconcile import local_date
from server.roles import Power

PASSAGES: Final = ("entries", "exits", "openings")
VISITS: Final = ("visits_in", "visits_out", "visits_out_charged", "visits", "unread", "voided")
LEDGER: Final = ("charged", "paid", "waived", "outstanding", "received", "returned", "unapplied")
BANK: Final = ("awaiting_bank", "settled", "fees", "fee_vat", "on_statement", "unknown_on_statement")
GROUPS: Final = {"passages": PASSAGES, "visits": VISITS, "ledger": LEDGER, "bank": BANK}
SiteName = Annotated[str, Path(max_length=10)]
Hour = Annotated[int | None, Query(ge=0, le=23)]
Cursor = Annotated[str, Query(max_length=400)]
router = APIRouter()


class Told(NamedTuple):
    """A figure of the day as it stands now, and as it was closed where that was otherwise."""

    name: str
    is_money: bool
    now: int
    closed: int | None


@router.get("/finance/{site}/{on}")
def one_day(site: SiteName, on: str, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """A site's local day as the three witnesses have it."""
    needed(person, Power.SEE_BOOKS)
    day, now = date_of(on), datetime.now(UTC)
    with reading(centre.engine) as session:
        row, sites = known_site(session, site), sites_of(session, person)
        found = report_now(session, site, day, now)
        close = session.get(CloseRow, (site, day))
        came = months.by_class(session, site, [day])
        since = began(session, site, now)
        share = months.shares(session, site, [day])[day]
    closed = closed_line(close) if close else None
    state = closed.state if closed else months.state_of(day, found, since, now)
    values: dict[str, Any] = {"site": row, "sites": sites, "on": day, "as_of": now, "close": close, "share": share}
    values |= {"previous": near_date(day, -1), "next": near_date(day, 1), "today": local_date(now), "report": found}
    values |= {"groups": {name: told(names, found, closed) for name, names in GROUPS.items()}}
    values |= {"reasons": told([f"openings_{each}" for each in OpeningReason], found, closed)}
    values |= {"witnesses": witnesses_of(found.counts), "line": months.open_line(day, found)}
    values |= {"state": state.value, "since": since}
    values["charts"] = finance_charts.of_day(found.hours, came, found.leakage, say_to(request))
    return page(request, "finance_day.html", person, **values)


def told(names: Any, found: Report, closed: Line | None) -> list[Told]:
    """Figures by their names."""
    return [_told(name, found, closed) for name in names]


def figure_of(found: Report, name: str) -> int:
    """A figure of a report, a count or dong."""
    return found.money[name] if name in found.money else found.counts[name]


def _told(name: str, found: Report, closed: Line | None) -> Told:
    now = figure_of(found, name)
    was = None if closed is None else {**closed.counts, **closed.money}.get(name)
    return Told(name, name in found.money, now, was if was != now else None)


@router.get("/finance/{site}/{on}/parts/{figure}")
def parts_page(
    site: SiteName,
    on: str,
    figure: Annotated[str, Path(max_length=40)],
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    hour: Hour = None,
    after: Cursor = "",
) -> Response:
    """What a figure was made of, hour by hour and part by part, and whether the parts come to it."""
    needed(person, Power.SEE_BOOKS)
    day, chosen = date_of(on), FIGURES.get(figure)
    if chosen is None:
        raise HTTPException(404, "error.no_figure")
    values: dict[str, Any] = {
        "on": day,
        "figure": figure,
        "shape": chosen.shape.value,
        "adds": chosen.adds,
        "hour": hour,
    }
    with reading(centre.engine) as session:
        values["site"] = known_site(session, site)
        values["leaf"] = leaf(session, parts_of(chosen, site, day, hour), chosen.keys, after, rising=True)
        if not is_part(request):
            values |= _sums(session, chosen, figure, site, day)
    return page(request, "finance_leaf.html" if is_part(request) else "finance_parts.html", person, **values)


def _sums(session: Session, chosen: parts.Figure, name: str, site: str, day: Any) -> dict[str, Any]:
    hours = by_hour(session, chosen, site, day)
    total = figure_of(report_now(session, site, day, datetime.now(UTC)), name)
    return {"hours": hours, "whole": whole(hours), "total": total}
