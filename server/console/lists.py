"""Passes, exemptions and denials: who is listed, why, until when, how often it was used; entered and ended here."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session, col, select

from gate.lease import Standing
from gate.plate import normalise
from gate.vehicle import VehicleClass
from server import lists
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import audit
from server.console.days import typed_day
from server.console.once import Once, sent
from server.console.page import page, seen
from server.console.paging import Leaf, leaf
from server.console.sites import known_site, site_or_first, sites_of
from server.console.tabs import Tab
from server.console.wrong import wrong
from server.days.spans import bounds
from server.db import reading, transaction
from server.list_files import folded, written
from server.listings import ListingEndedRow, ListingRow, VaultListingRow
from server.lists import BadListing, Listing, NoSuchEntry
from server.plate_parts import folded as alike
from server.reconcile import local_date
from server.roles import Power

TAB: Final = Tab("lists", "/lists", Power.SEE_BOOKS, "a", 60)
FOUND_MAX: Final = 50
_TEXT: Final = 400
SiteName = Annotated[str, Path(max_length=10)]
Said = Annotated[str, Form(max_length=_TEXT)]
OnceDep = Annotated[Once, Depends(sent)]
FIELDS: Final = ("owner", "reason", "until", "plate", "tag")
router = APIRouter()


class Shown(NamedTuple):
    """A row as the page has it. `state`: active, coming, over or ended. Without the power no plate, tag or owner."""

    row: ListingRow
    whose: VaultListingRow | None
    ended: ListingEndedRow | None
    uses: int
    state: str


class Asked(NamedTuple):
    """What of the lists is asked for. `all`: with those that are over or ended."""

    text: str
    standing: Standing | None
    all: bool


@router.get("/lists")
def first_site(centre: CentreDep, person: PersonDep) -> Response:
    """The first site's lists."""
    needed(person, Power.SEE_BOOKS)
    with reading(centre.engine) as session:
        here = site_or_first(session, person)
    return RedirectResponse(f"/lists/{here}", 303)


@router.get("/lists/{site}")
def of_site(
    site: SiteName,
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    q: str = "",
    standing: str = "",
    over: str = "",
    after: str = "",
) -> Response:
    """The rows, the newest first; those who see plates may search, and are recorded as having looked."""
    needed(person, Power.SEE_BOOKS)
    now, plates = datetime.now(UTC), person.may(Power.SEE_PLATES)
    asked = Asked(q.strip()[:_TEXT] if plates else "", _standing(standing), over == "1")
    if plates:
        with transaction(centre.engine) as session:
            audit(
                session, person.name, "looked at the lists", site, now, {"searched": asked.text} if asked.text else {}
            )
    with reading(centre.engine) as session:
        row = known_site(session, site)
        found, many = _found(session, site, asked, after, now)
        shown = _shown(session, found.rows, now, plates=plates)
        sites = sites_of(session, person)
    values: dict[str, Any] = {"site": row, "leaf": found, "rows": shown, "question": asked, "many": many}
    if after and "hx-request" in request.headers:
        return page(request, "lists_rows.html", person, **values)
    today = local_date(now)
    return page(
        request, "lists.html", person, sites=sites, today=today, standings=Standing, kinds=VehicleClass, **values
    )


@router.post("/lists/{site}/add")
def add(  # noqa: PLR0913, PLR0917 - a form's fields
    site: SiteName,
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: OnceDep,
    standing: Annotated[Standing, Form()],
    until: Said,
    owner: Said,
    reason: Said,
    plate: Said = "",
    tag: Said = "",
    since: Said = "",
    kind: Said = "",
) -> Response:
    """Enter a row. The site's boxes have it with their next state, seconds later."""
    needed(person, Power.MANAGE_LISTS)
    now = datetime.now(UTC)
    listing = Listing(
        standing=standing,
        since=bounds(typed_day(since, "since"))[0] if since else now,
        until=bounds(typed_day(until, "until"))[1],
        owner=owner.strip(),
        reason=reason.strip(),
        plate=plate,
        tag=tag,
        vehicle_class=_class(kind),
    )
    try:
        with transaction(centre.engine) as session:
            known_site(session, site)
            if form.first(session):
                lists.add(session, site, listing, person.name, now)
    except BadListing as error:
        raise HTTPException(400, _because(str(error))) from error
    centre.live.changed(f"list:{site}")
    return seen(request, f"/lists/{site}", "listed")


@router.get("/lists/{site}/entry/{entry}/end")
def ask_end(site: SiteName, entry: str, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """Why it is ended, as a dialog."""
    needed(person, Power.MANAGE_LISTS)
    with reading(centre.engine) as session:
        row = session.get(ListingRow, entry)
        if row is None or row.site != site:
            raise HTTPException(404, "error.no_entry")
        (shown,) = _shown(session, (row,), datetime.now(UTC), plates=person.may(Power.SEE_PLATES))
    return page(request, "lists_end.html", person, shown=shown)


@router.post("/lists/{site}/entry/{entry}/end")
def end(
    site: SiteName, entry: str, request: Request, centre: CentreDep, person: PersonDep, form: OnceDep, reason: Said
) -> Response:
    """End a row before its time."""
    needed(person, Power.MANAGE_LISTS)
    try:
        with transaction(centre.engine) as session:
            if form.first(session):
                lists.end(session, site, entry, reason.strip(), person.name, datetime.now(UTC))
    except NoSuchEntry as error:
        raise HTTPException(404, "error.no_entry") from error
    except BadListing as error:
        raise HTTPException(400, _because(str(error))) from error
    centre.live.changed(f"list:{site}")
    return seen(request, f"/lists/{site}", "ended")


@router.get("/lists/{site}/export.csv")
def export(site: SiteName, centre: CentreDep, person: PersonDep) -> Response:
    """The rows that count now or later, as a file that can be read in again. Who takes it is recorded."""
    needed(person, Power.EXPORT)
    needed(person, Power.SEE_PLATES)
    now = datetime.now(UTC)
    with transaction(centre.engine) as session:
        known_site(session, site)
        audit(session, person.name, "exported the lists", site, now, {})
        data = written(lists.shown(session, site, now))
    name = f"barie-{site}-lists-{local_date(now).isoformat()}.csv"
    return Response(data, media_type="text/csv; charset=utf-8", headers=_attached(name))


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _found(session: Session, site: str, asked: Asked, after: str, now: datetime) -> tuple[Leaf[ListingRow], bool]:
    """A leaf of the rows; of a search those that fit best, and whether there are more."""
    conditions: list[Any] = [ListingRow.site == site] if asked.all else list(lists.standing(site, now))
    if asked.standing:
        conditions.append(ListingRow.standing == asked.standing)
    rows = select(ListingRow).where(*conditions)
    if not asked.text:
        return leaf(session, rows, (col(ListingRow.change),), after), False
    owners = select(ListingRow, VaultListingRow).join(
        VaultListingRow, col(VaultListingRow.entry) == col(ListingRow.entry), isouter=True
    )
    found = session.exec(owners.where(*lists.standing(site, now), *conditions).order_by(col(ListingRow.change).desc()))
    fitting = [row for row, whose in found if _fits(asked.text, row, whose)]
    return Leaf(tuple(fitting[:FOUND_MAX]), ""), len(fitting) > FOUND_MAX


def _fits(text: str, row: ListingRow, whose: VaultListingRow | None) -> bool:
    """Whether all words are in the owner or reason, or the whole is a part of the plate, tag or name; a plate's
    characters that look alike count as the same."""
    key = alike(normalise(text))
    if key and whose and (key in alike(whose.plate) or key in whose.tag):
        return True
    owner = whose.owner if whose else ""
    said = f" {folded(f'{owner} {row.reason} {row.entry}')}"
    return all(f" {word}" in said for word in folded(text).split())


def _shown(session: Session, rows: tuple[ListingRow, ...], now: datetime, *, plates: bool) -> list[Shown]:
    names = [row.entry for row in rows]
    people = session.exec(select(VaultListingRow).where(col(VaultListingRow.entry).in_(names))) if plates else ()
    whose = {row.entry: row for row in people}
    ends = {
        row.entry: row for row in session.exec(select(ListingEndedRow).where(col(ListingEndedRow.entry).in_(names)))
    }
    used = lists.uses(session, names)
    return [
        Shown(row, whose.get(row.entry), ends.get(row.entry), used.get(row.entry, 0), _state(row, ends, now))
        for row in rows
    ]


def _state(row: ListingRow, ends: dict[str, ListingEndedRow], now: datetime) -> str:
    if row.entry in ends:
        return "ended"
    if row.until <= now:
        return "over"
    return "active" if row.since <= now else "coming"


def _class(said: str) -> VehicleClass | None:
    """None for every class, which is never what an unknown one means."""
    if said and said not in set(VehicleClass):
        raise wrong("vehicle_class", "wrong.choice")
    return VehicleClass(said) if said else None


def _standing(said: str) -> Standing | None:
    return Standing(said) if said in set(Standing) else None


def _because(why: str) -> str:
    """The word for a rule of `server.lists`, by the field that it names."""
    field = why.partition(":")[0]
    return f"error.listing_{field if field in FIELDS else 'plate' if '$.plate' in why or '$.tag' in why else 'full'}"
