"""One thing that is worth money and all that hangs on it: a payment, stay, refund or decision; a passage, an opening,
an entry of the ledger, a settlement, a bank line. Each names the next, down to the bank."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request
from fastapi.responses import Response
from sqlmodel import col, select

from server import chain, undoing
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import audit
from server.console.errors import is_part
from server.console.page import page
from server.console.paging import leaf
from server.console.refusing import why_not
from server.db import reading, transaction
from server.decisions import NOTE_MIN
from server.effects import Kind
from server.facts_bank import SettlementLineRow
from server.money_rules import NoSuch
from server.money_shown import shown
from server.proving.kinds import Proof
from server.roles import Power

Subject = Annotated[str, Path(max_length=200)]
Name = Annotated[str, Path(max_length=200)]
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
Cursor = Annotated[str, Query(max_length=400)]
OF_PAYMENT = (Kind.SETTLE, Kind.CREDIT, Kind.REFUND)
OF_CHARGEBACK = (Kind.CONTEST, Kind.ACCEPT)
OF_STAY = (Kind.WAIVE, Kind.WRITE_OFF)
router = APIRouter()


@router.get("/money/{subject:path}")
def money(subject: Subject, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """All about a payment or a stay, by its own name or that of a refund or decision; and what may be decided."""
    needed(person, Power.SEE_BOOKS)
    with known(), reading(centre.engine) as session:
        found = shown(session, subject)
        payment, visit = found.get("payment"), found.get("visit")
        about: dict[str, Any] = {"stay": chain.stay(session, visit["visit"]) if visit else None}
        decides = person.may(Power.DECIDE_MONEY)
        standing = undoing.refusals(session, [each["decision"] for each in found["decisions"]]) if decides else {}
        about["proof"] = chain.money(session, payment["name"]) if payment else None
    about |= {"lawful": {name for name, why in standing.items() if not why}, "decides": decides}
    about["cannot"] = {name: why_not(request, why) for name, why in standing.items() if why}
    values: dict[str, Any] = {"found": found, "payment": payment, "visit": visit, "kinds": kinds_of(found), **about}
    return page(request, "money.html", person, subject=subject, note_min=NOTE_MIN, **values)


@router.get("/passages/{name}")
def passage(name: Name, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """A vehicle that went past an arm."""
    needed(person, Power.SEE_BOOKS)
    with known(), reading(centre.engine) as session:
        found = chain.passage(session, name)
    return page(request, "money_passage.html", person, row=found)


@router.get("/openings/{name}")
def opening(name: Name, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """An arm that was seen up, and why."""
    needed(person, Power.SEE_BOOKS)
    with known(), reading(centre.engine) as session:
        found = chain.opening(session, name)
    return page(request, "money_opening.html", person, row=found)


@router.get("/entries/{key:path}")
def entry(
    key: Annotated[str, Path(max_length=400)], request: Request, centre: CentreDep, person: PersonDep
) -> Response:
    """An entry of the ledger with its lines."""
    needed(person, Power.SEE_BOOKS)
    with known(), reading(centre.engine) as session:
        found = chain.entry(session, key)
    return page(request, "money_entry.html", person, row=found, total=sum(each["amount"] for each in found["postings"]))


@router.get("/settlements/{provider}/{settlement:path}")
def settlement(
    provider: Name, settlement: Name, request: Request, centre: CentreDep, person: PersonDep, after: Cursor = ""
) -> Response:
    """A provider's settlement line by line, and the bank line that showed its money."""
    needed(person, Power.SEE_BOOKS)
    keys = (col(SettlementLineRow.line), col(SettlementLineRow.provider_ref), col(SettlementLineRow.kind))
    with known(), reading(centre.engine) as session:
        found = chain.settlement(session, provider, settlement)
        rows = select(SettlementLineRow).where(*chain.lines_of(provider, settlement))
        lines = leaf(session, rows, keys, after, rising=True)
    template = "money_settlement_leaf.html" if is_part(request) else "money_settlement.html"
    return page(request, template, person, row=found, leaf=lines)


@router.get("/bank-lines/{digest}")
def bank_line(digest: Digest, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """A line of a statement, what it is, and what it proves. Its text holds names: who looks is recorded."""
    needed(person, Power.SEE_BOOKS)
    with known(), transaction(centre.engine) as session:
        audit(session, person.name, "looked at a bank line", digest, datetime.now(UTC), {})
        found = chain.bank_line(session, digest)
    return page(request, "money_line.html", person, row=found, meanings=tuple(Proof))


def kinds_of(found: dict[str, Any]) -> tuple[Kind, ...]:
    """What may be decided about it as it stands."""
    back = OF_CHARGEBACK if found["taken_back"] else ()
    payment, visit = found.get("payment"), found.get("visit")
    if payment is not None:
        return (*(OF_PAYMENT if payment["waits"] > 0 else (Kind.REFUND,)), *back)
    return (*(OF_STAY if visit is not None and visit["owes"] > 0 else ()), *back)


@contextmanager
def known() -> Iterator[None]:
    """404 in words for what is not there."""
    try:
        yield
    except NoSuch as error:
        raise HTTPException(404, "error.no_money") from error
