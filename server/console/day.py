"""The day of a site: what happened, what it came to, what is amiss. References only, never a plate."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from gate.findings import WORDS, Finding
from gate.messages import Direction, OpeningReason
from gate.reconcile import Report, reconcile
from server.api.caller import CentreDep, PersonDep, needed
from server.console.page import language, page, say_to
from server.console.sites import known_site, site_or_first, sites_of
from server.console.tabs import Tab
from server.console.words import Say
from server.db import reading
from server.export.evidence import told
from server.language import Language
from server.reconcile import NotYet, local_date
from server.reconcile import day as facts_of
from server.reconcile import report as reported
from server.roles import Power

FINDINGS_MAX: Final = 200
MONEY: Final = ("charged", "paid", "waived", "outstanding", "received", "returned", "unapplied", "awaiting_bank")
COUNTS: Final = ("openings", "entries", "exits", "visits", "inside", "unread")
TAB: Final = Tab("day", "/day", Power.SEE_BOOKS, "d", 20)
router = APIRouter()


class Witness(NamedTuple):
    """One direction as the independent witnesses count it: passages, visits, and charges of just those visits."""

    direction: Direction
    passages: int
    visits: int
    charges: int | None

    @property
    def gap(self) -> int:
        """How far the counts lie apart; 0 when all agree."""
        counts = [count for count in (self.passages, self.visits, self.charges) if count is not None]
        return max(counts) - min(counts)


class Case(NamedTuple):
    """A finding as people read it."""

    finding: Finding
    title: str
    next_step: str
    evidence: tuple[tuple[str, str], ...]


@router.get("/day")
def some_day(centre: CentreDep, person: PersonDep, site: str = "", date: str = "") -> Response:
    """The day that a form asks for; without one, today at the first site."""
    needed(person, Power.SEE_BOOKS)
    with reading(centre.engine) as session:
        here = site_or_first(session, person, site)
    on = date_of(date) if date else local_date(datetime.now(UTC))
    return RedirectResponse(f"/day/{here}/{on.isoformat()}", 303)


@router.get("/day/{site}/{on}")
def one_day(site: str, on: str, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """A site's local day."""
    needed(person, Power.SEE_BOOKS)
    day, now = date_of(on), datetime.now(UTC)
    with reading(centre.engine) as session:
        row = known_site(session, site)
        sites = sites_of(session, person)
        report = _report(session, site, day, now)
    values = _values(report, say_to(request), language(request))
    today = local_date(now)
    values |= {"previous": near_date(day, -1), "next": near_date(day, 1), "today": today}
    values |= {"site": row, "sites": sites, "on": day, "as_of": now, "witnesses": witnesses_of(report.counts)}
    return page(request, "day.html", person, **values)


def date_of(text: str) -> date:
    """A date as in an address. 404 for anything else; the years are those that every zone can hold."""
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise HTTPException(404, "error.bad_day") from error
    if not 2000 <= found.year <= 2200:
        raise HTTPException(404, "error.bad_day")
    return found


def near_date(on: date, days: int) -> date | None:
    """The date so many days before or after, if pages can show it."""
    near = on + timedelta(days=days)
    return near if 2000 <= near.year <= 2200 else None


def _report(session: Session, site: str, on: date, now: datetime) -> Report:
    """Of a day that has not begun, what there is of it already: next to nothing."""
    try:
        return reported(session, site, on, now)
    except NotYet:
        return reconcile(facts_of(session, site, on, now))


def _values(report: Report, say: Say, spoken: Language) -> dict[str, Any]:
    return {
        "money": [(name, report.money[name]) for name in MONEY],
        "counts": [(name, report.counts[name]) for name in COUNTS],
        "reasons": [(reason.value, report.counts[f"openings_{reason}"]) for reason in OpeningReason],
        "findings": _cases(report.findings[:FINDINGS_MAX], spoken),
        "findings_more": max(0, len(report.findings) - FINDINGS_MAX),
        "findings_count": len(report.findings),
        "transit": _cases(report.in_transit[:FINDINGS_MAX], spoken),
        "transit_count": len(report.in_transit),
        "hours": report.hours,
        "chart": _chart(report, say),
    }


def _cases(findings: Iterable[Finding], spoken: Language) -> list[Case]:
    return [_case(finding, spoken) for finding in findings]


def _case(finding: Finding, spoken: Language) -> Case:
    words = WORDS[finding.code]
    title, following = (words.vi, words.next_vi) if spoken is Language.VI else (words.en, words.next_en)
    return Case(finding, title, following, told(finding.evidence, spoken))


def witnesses_of(counts: Mapping[str, int]) -> list[Witness]:
    """Only of those who left are charges counted: one who paid and is still inside is not due to leave yet."""
    return [
        Witness(Direction.IN, counts["entries"], counts["visits_in"], None),
        Witness(Direction.OUT, counts["exits"], counts["visits_out"], counts["visits_out_charged"]),
    ]


def _chart(report: Report, say: Say) -> dict[str, Any]:
    """Series for the charts, with their names."""
    hours = report.hours
    return {
        "hour": say("hours.hour"),
        "hours": [hour.hour for hour in hours],
        "passages": [
            {"name": say("hours.in"), "values": [hour.entries for hour in hours]},
            {"name": say("hours.out"), "values": [hour.exits for hour in hours]},
        ],
        "money": [
            {"name": say("hours.charged"), "values": [hour.charged for hour in hours]},
            {"name": say("hours.received"), "values": [hour.paid for hour in hours]},
        ],
    }
