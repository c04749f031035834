"""One visit: pictures of both ends, what happened in its order, the price with its lines, and what may be done."""

from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from sqlmodel import Session

from gate.vehicle import VehicleClass
from server import cars, vault_plates
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import Person, audit
from server.console.bill_words import line_words
from server.console.page import page, say_to
from server.console.shown import plate
from server.db import reading, transaction
from server.effects import Kind
from server.export.words import KINDS
from server.language import Language
from server.money_shown import shown as money_shown
from server.roles import Power
from server.stays import state_of
from server.vault import VaultPictureRow, VaultReadRow
from server.visit_story import WITHOUT_PLATES, End, Step, Story, story

router = APIRouter()
WAITS: Final = frozenset({Kind.WAIVE, Kind.WRITE_OFF})
"""Decisions about the stay itself, on which a second person says a word here."""


@router.get("/visits/{visit}")
def visit_page(visit: str, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """All of it. Plates and pictures only for those who may see them; who looks is recorded."""
    plates = person.may(Power.SEE_PLATES)
    if not plates:
        needed(person, Power.SEE_BOOKS)
    with reading(centre.engine) as session:
        values = known(session, visit, plates=plates)
        values["decisions"] = _waiting(session, visit, person)
        values["by_now"] = _by_now(session, values["it"], datetime.now(UTC))
    with transaction(centre.engine) as session:
        audit(session, person.name, "looked at a visit", visit, datetime.now(UTC), {})
    values |= {"what_of": partial(line_words, say=say_to(request)), "kinds": KINDS, "column": list(Language).index}
    return page(request, "visit.html", person, **values)


def _by_now(session: Session, it: Story, now: datetime) -> int | None:
    """What the stay costs as it stands, as its driver is told; None where a price is quoted, charged, or unknown."""
    bill = None if it.bill else cars.bill(session, it.visit.visit, now)
    return bill.owes if bill and bill.stand in {cars.Stand.OWES, cars.Stand.FREE} else None


def known(session: Session, visit: str, *, plates: bool) -> dict[str, Any]:
    """The stay as the page shows it. Raises 404."""
    found = story(session, visit)
    if found is None:
        raise HTTPException(404, "error.no_visit")
    ends = [(side, each) for side, each in (("in", found.entry), ("out", found.exit)) if each is not None]
    steps = found.steps if plates else tuple(map(_without_plate, found.steps))
    return {
        "it": found._replace(steps=steps),
        "state": state_of(found.visit),
        "ends": [(side, each, drawn(found, each) if plates else None, _picture(session, each)) for side, each in ends],
        "plates": plates,
        "words": _corrected(session, found) if plates else [],
    }


def drawn(found: Story, end: End) -> Any:
    """The plate of one end as it is drawn; None for one that nobody knows."""
    read, kind = end.read, VehicleClass(found.visit.vehicle_class)
    sure = 1.0 if end.corrected or read is None else read.confidence
    return plate(end.plate, sure, read.colour if read else "unknown", read.lines if read else 0, kind)


def _picture(session: Session, end: End) -> str | None:
    """Its hash, once it has arrived."""
    name = end.read.picture if end.read else None
    return name if name and session.get(VaultPictureRow, name) else None


def _corrected(session: Session, found: Story) -> list[vault_plates.VaultPlateRow]:
    return vault_plates.words(session, [found.visit.entry_approach, found.visit.exit_approach or ""])


def _without_plate(step: Step) -> Step:
    return step._replace(reason="") if step.what in WITHOUT_PLATES else step


def _waiting(session: Session, visit: str, person: Person) -> list[dict[str, Any]]:
    """Decisions about the stay that wait for a second person's word; `mine`: this person has spoken."""
    found = [each for each in money_shown(session, visit)["decisions"] if each["kind"] in WAITS and each["missing"]]
    spoke = {each["decision"]: {each["by"], *(word["by"] for word in each["words"])} for each in found}
    return [{**each, "mine": person.name in spoke[each["decision"]]} for each in found]


def read_of(session: Session, approach: str | None) -> VaultReadRow | None:
    """What a lane saw."""
    return session.get(VaultReadRow, approach) if approach else None
