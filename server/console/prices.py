"""Prices: the lists in force, coming and proposed of each site; one list whole, and the second person's word on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from sqlmodel import Session, col, select

from gate.tariff import Tariff
from server import drafts
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import Person
from server.console.once import Once, sent
from server.console.page import page, say_to, seen
from server.console.prices_examples import examples
from server.console.prices_refused import refusal
from server.console.prices_told import Told, told
from server.console.sites import known_site, site_or_first, sites_of
from server.console.tabs import Tab
from server.console.words import Say
from server.db import reading, transaction
from server.drafts import NOTE_MAX, BadDraft, NoSuchTariff, Revised, Stage, Version
from server.reconcile import local_date
from server.register_tariffs import TariffDraftRow
from server.roles import Power
from server.tariffs import Tariffs

TAB: Final = Tab("prices", "/prices", Power.SEE_BOOKS, "p", 50)
SiteName = Annotated[str, Path(max_length=10)]
Code = Annotated[str, Path(max_length=64)]
Note = Annotated[str, Form(max_length=NOTE_MAX)]
OnceDep = Annotated[Once, Depends(sent)]
WEEK: Final = timedelta(days=7)
router = APIRouter()


class Shown(NamedTuple):
    """A version as the page has it. `holds`: it prices a stay that ends now. `mine`: this person wrote some of it."""

    version: Version
    told: Told
    holds: bool
    mine: bool


class Written(NamedTuple):
    """A revision: who kept it, when."""

    number: int
    by: str
    at: datetime


@router.get("/prices")
def first_site(centre: CentreDep, person: PersonDep) -> Response:
    """The first site's prices."""
    needed(person, Power.SEE_BOOKS)
    with reading(centre.engine) as session:
        here = site_or_first(session, person)
    return RedirectResponse(f"/prices/{here}", 303)


@router.get("/prices/{site}")
def of_site(site: SiteName, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """What holds, what comes, what waits for a second person, and what was."""
    needed(person, Power.SEE_BOOKS)
    now, say = datetime.now(UTC), say_to(request)
    holding = centre.tariffs.in_force(site, now)
    with reading(centre.engine) as session:
        row = known_site(session, site)
        found = drafts.versions(session, site, now)
        sites = sites_of(session, person)
    shown = [_shown(each, holding.code if holding else "", person, say, now) for each in found]
    stages = {
        "now": [each for each in shown if each.holds],
        "waiting": [each for each in shown if each.version.stage is Stage.DRAFT],
        "coming": [each for each in shown if each.version.stage is Stage.COMING],
        "past": [each for each in reversed(shown) if not each.holds and each.version.stage in _PAST],
    }
    return page(request, "prices.html", person, site=row, sites=sites, stages=stages)


_PAST: Final = frozenset({Stage.BEGUN, Stage.OVER, Stage.REFUSED, Stage.WITHDRAWN})


@router.get("/prices/{site}/list/{code}")
def one_list(site: SiteName, code: Code, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """One list whole: its prices, examples beside those of what holds now, its history, and what may be done."""
    needed(person, Power.SEE_BOOKS)
    now, say = datetime.now(UTC), say_to(request)
    with reading(centre.engine) as session, missing():
        row = known_site(session, site)
        found = drafts.version(session, site, code, now)
        written = _written(session, site, code)
    holding = centre.tariffs.in_force(site, now)
    values: dict[str, Any] = {
        "site": row,
        "shown": _shown(found, holding.code if holding else "", person, say, now),
        "examples": examples(found.tariff, say),
        "before": price_before(centre.tariffs, site, found.tariff, say, now),
        "written": written,
        "last": local_date(now) - timedelta(days=1),
        "first": local_date(now) - WEEK,
    }
    return page(request, "prices_list.html", person, **values)


@router.post("/prices/{site}/list/{code}/decide")
def decide(  # noqa: PLR0913, PLR0917 - a form's fields
    site: SiteName,
    code: Code,
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: OnceDep,
    note: Note,
    sha256: Annotated[str, Form(pattern="^[0-9a-f]{64}$")],
    agrees: Annotated[bool, Form()],
) -> Response:
    """The second person's word, on the revision that was on the page."""
    needed(person, Power.SET_TARIFFS)
    now = datetime.now(UTC)
    try:
        with missing(), transaction(centre.engine) as session:
            if form.first(session):
                drafts.decide(session, site, code, person.name, note.strip(), now, agrees=agrees, seen=sha256)
    except Revised as error:
        raise HTTPException(400, "error.revised") from error
    except BadDraft as error:
        return refused(request, error)
    centre.live.changed(f"tariff:{site}/{code}")
    return seen(request, f"/prices/{site}/list/{code}", "approved" if agrees else "refused")


@router.post("/prices/{site}/list/{code}/withdraw")
def withdraw(
    site: SiteName, code: Code, request: Request, centre: CentreDep, person: PersonDep, form: OnceDep, note: Note
) -> Response:
    """Give up what has not begun."""
    needed(person, Power.SET_TARIFFS)
    try:
        with missing(), transaction(centre.engine) as session:
            if form.first(session):
                drafts.withdraw(session, site, code, person.name, note.strip(), datetime.now(UTC))
    except BadDraft as error:
        return refused(request, error)
    centre.live.changed(f"tariff:{site}/{code}")
    return seen(request, f"/prices/{site}/list/{code}", "withdrawn")


@contextmanager
def missing() -> Iterator[None]:
    """404 where there is no such list."""
    try:
        yield
    except NoSuchTariff as error:
        raise HTTPException(404, "error.no_list") from error


def refused(request: Request, error: Exception) -> Response:
    """The rule that refused, in the reader's words."""
    return PlainTextResponse(refusal(str(error), say_to(request)), 400)


def _shown(found: Version, holding: str, person: Person, say: Say, now: datetime) -> Shown:
    at = max(now, found.tariff.since)
    return Shown(found, told(found.tariff, say, at), found.tariff.code == holding, person.name in found.authors)


def price_before(
    tariffs: Tariffs, site: str, tariff: Tariff, say: Say, now: datetime
) -> dict[tuple[str, str], int | None]:
    """By class and example: what the same stay costs by the list that holds now; nothing for that list itself."""
    held = tariffs.in_force(site, now)
    if held is None or held.code == tariff.code:
        return {}
    table = examples(held, say)
    pairs = [(kind, row.name, total) for row in table.rows for kind, total in zip(table.kinds, row.totals, strict=True)]
    return {(kind, name): total for kind, name, total in pairs}


def _written(session: Session, site: str, code: str) -> list[Written]:
    rows = select(TariffDraftRow).where(TariffDraftRow.site == site, TariffDraftRow.code == code)
    found = session.exec(rows.order_by(col(TariffDraftRow.revision).desc())).all()
    return [Written(row.revision, row.by, row.made_at) for row in found]
