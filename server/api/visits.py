"""Stays that people put right: proposed pairs, candidates at an exit, lost entries, who was inside on the first day."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Path, Query, Request
from pydantic import BaseModel, Field

from gate.messages import NOTE_MAX as WIRE_NOTE_MAX
from gate.messages import Open, OpeningReason
from gate.tariff import BadTariff
from gate.vehicle import VehicleClass
from server import first_day, lost_entries, stays
from server.api.caller import CentreDep, PersonDep, needed
from server.commands import NobodyThere
from server.corrections import NOTE_MAX, NoSuchPairing, NotPossible, accept, dismiss
from server.db import transaction
from server.facts_visits import LostEntryRow
from server.help import VISIT, Because, noted, ordered
from server.imports.flaws import BadFile
from server.lost_entries import NoSuchVehicle, NotYet
from server.pricing import NoTariff
from server.register import SiteRow
from server.roles import Power

router = APIRouter()
FILE_MAX: Final = 900_000
_NAME_MAX: Final = 64

SiteName = Annotated[str, Path(max_length=10)]
PassageName = Annotated[str, Path(max_length=_NAME_MAX)]
VisitName = Annotated[str, Path(pattern=VISIT)]
ApproachName = Annotated[str, Path(max_length=_NAME_MAX)]


class Word(BaseModel):
    """What a person says to a proposal, and why."""

    note: str = Field(min_length=3, max_length=NOTE_MAX)


class LostEntry(BaseModel):
    """None of the candidates fits: the class that a person sees, and why. `open`: raise the arm as well."""

    vehicle_class: VehicleClass
    note: str = Field(min_length=3, max_length=NOTE_MAX)
    open: bool = False


@router.get("/v1/sites/{site}/pairings")
def site_pairings(site: SiteName, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """Proposals that wait for a word, with plates and pictures of both ends where the person may see them. Recorded."""
    needed(person, Power.HELP_DRIVERS)
    _known(centre, site)
    with transaction(centre.engine) as session:
        plates = person.may(Power.SEE_PLATES)
        return {"site": site, "pairings": stays.proposals(session, site, person.name, datetime.now(UTC), plates=plates)}


@router.post("/v1/pairings/{passage}/{visit}/accept")
def accept_pairing(
    passage: PassageName, visit: VisitName, body: Word, centre: CentreDep, person: PersonDep
) -> dict[str, Any]:
    """The passage ended this stay: it is priced and charged if it was not."""
    needed(person, Power.CORRECT_STAYS)
    try:
        with transaction(centre.engine) as session:
            row = accept(session, passage, visit, person.name, body.note, datetime.now(UTC))
    except NoSuchPairing as error:
        raise HTTPException(404, str(error)) from error
    except (NotPossible, NoTariff, BadTariff) as error:
        raise HTTPException(409, str(error)) from error
    centre.live.changed(row.site)
    return {"visit": visit, "left_at": row.left_at.isoformat(), "charged": row.total if row.tariff else None}


@router.post("/v1/pairings/{passage}/{visit}/dismiss")
def dismiss_pairing(
    passage: PassageName, visit: VisitName, body: Word, centre: CentreDep, person: PersonDep
) -> dict[str, Any]:
    """They are not one vehicle."""
    needed(person, Power.CORRECT_STAYS)
    try:
        with transaction(centre.engine) as session:
            dismiss(session, passage, visit, person.name, body.note, datetime.now(UTC))
    except NoSuchPairing as error:
        raise HTTPException(404, str(error)) from error
    except NotPossible as error:
        raise HTTPException(409, str(error)) from error
    return {"visit": visit, "passage": passage}


@router.get("/v1/visits/{visit}")
def one_visit(visit: VisitName, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """All that the books know of a stay, with its timeline. Recorded."""
    plates = person.may(Power.SEE_PLATES)
    if not plates:
        needed(person, Power.SEE_BOOKS)
    with transaction(centre.engine) as session:
        found = stays.shown(session, visit, person.name, datetime.now(UTC), plates=plates)
    if found is None:
        raise HTTPException(404, f"no visit {visit}")
    return found


@router.post("/v1/sites/{site}/exits/{approach}/candidates")
def exit_candidates(site: SiteName, approach: ApproachName, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """Which visits the vehicle at an exit may be. Recorded: a lost entry is made only by who has looked."""
    needed(person, Power.HELP_DRIVERS)
    try:
        with transaction(centre.engine) as session:
            plates = person.may(Power.SEE_PLATES)
            return lost_entries.show(session, site, approach, person.name, datetime.now(UTC), plates=plates)
    except NoSuchVehicle as error:
        raise HTTPException(404, str(error)) from error


@router.post("/v1/sites/{site}/exits/{approach}/lost-entry", status_code=201)
def new_lost_entry(
    site: SiteName, approach: ApproachName, body: LostEntry, centre: CentreDep, person: PersonDep
) -> dict[str, Any]:
    """A visit of its own for a vehicle without an entry, at the tariff's price for it."""
    needed(person, Power.HELP_DRIVERS)
    now = datetime.now(UTC)
    try:
        with transaction(centre.engine) as session:
            row = lost_entries.make(session, site, approach, body.vehicle_class, person.name, body.note, now)
    except NoSuchVehicle as error:
        raise HTTPException(404, str(error)) from error
    except (NotYet, NoTariff, BadTariff) as error:
        raise HTTPException(409, str(error)) from error
    centre.live.changed(site)
    made = {"visit": row.visit, "total": row.total, "vat": row.vat, "tariff": row.tariff, "payload": row.payload}
    return {**made, **(_opened(centre, person, row) if body.open else {})}


@router.post("/v1/lost-entries/{visit}/open")
def open_for_lost_entry(visit: VisitName, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """Raise the arm for the vehicle that is this lost entry, while it stands there."""
    needed(person, Power.HELP_DRIVERS)
    with transaction(centre.engine) as session:
        row = session.get(LostEntryRow, visit)
    if row is None:
        raise HTTPException(404, f"{visit} is no lost entry")
    return _opened(centre, person, row)


@router.post("/v1/sites/{site}/inside", status_code=201)
async def import_inside(
    site: SiteName,
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    name: Annotated[str, Query(max_length=200)] = "inside.csv",
) -> dict[str, Any]:
    """A list of vehicles that were inside before the first day; the body is the file. 422 names all its flaws."""
    needed(person, Power.CORRECT_STAYS)
    _known(centre, site)
    raw = await request.body()
    if len(raw) > FILE_MAX:
        raise HTTPException(413, f"the file has {len(raw)} bytes, at most {FILE_MAX} are taken here")
    try:
        with transaction(centre.engine) as session:
            taken = first_day.take(session, site, name, raw, person.name, datetime.now(UTC))
    except BadFile as error:
        flaws = [{"row": flaw.row, "column": flaw.column, "why": flaw.why} for flaw in error.flaws]
        raise HTTPException(422, {"file": error.name, "count": error.count, "flaws": flaws}) from error
    centre.live.changed(site)
    return {"site": site, "vehicles": len(taken.visits), "again": taken.again, "sha256": taken.sha256}


def _opened(centre: CentreDep, person: PersonDep, row: LostEntryRow) -> dict[str, Any]:
    """The box knows the vehicle by its approach alone; the note names the visit."""
    note = noted(Because.NO_ENTRY, f"{row.visit} {row.note}")[:WIRE_NOTE_MAX]
    action = Open(lane=row.lane, reason=OpeningReason.PERSON, approach=row.approach, note=note)  # type: ignore[arg-type]
    try:
        return {"command": str(ordered(centre, person, row.site, action, "opened for a lost entry"))}
    except NobodyThere as error:
        raise HTTPException(404, str(error)) from error


def _known(centre: CentreDep, site: str) -> None:
    with transaction(centre.engine) as session:
        if session.get(SiteRow, site) is None:
            raise HTTPException(404, f"no site {site}")
