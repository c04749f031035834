"""The audit: who looked at what, every opening that no rule decided, every decision about money."""

import re
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from gate.plate import normalise
from server import auditing
from server.api.caller import CentreDep, PersonDep, needed
from server.auditing import Asked, Kind
from server.auth import Person, audit
from server.console import audit_words
from server.console.days import maybe_day
from server.console.errors import is_part
from server.console.page import page, say_to
from server.console.paging import Leaf, leaf
from server.console.sites import sites_of
from server.console.tabs import Tab
from server.console.words import Say, named
from server.db import transaction
from server.help import VISIT
from server.roles import Power
from server.typed_by import TYPED

HERE: Final = "/audit"
TAB: Final = Tab("audit", HERE, Power.READ_AUDIT, "w", 95)
router = APIRouter()


class Filters(BaseModel):
    """What is asked for, as the form sends it."""

    kind: Kind = Kind.LOOKS
    who: str = Field("", max_length=64)
    plate: str = Field("", max_length=64)
    site: str = Field("", max_length=10)
    since: str = Field("", max_length=10)
    until: str = Field("", max_length=10)
    after: str = ""

    def rest(self) -> dict[str, str]:
        """All but which kind and which leaf."""
        return {name: str(getattr(self, name)) for name in ("who", "plate", "site", "since", "until")}


@router.get(HERE)
def records(request: Request, centre: CentreDep, person: PersonDep, filters: Annotated[Filters, Query()]) -> Response:
    """Newest first, in leaves. Who asks by plate is recorded as well, by the visits that were shown: an erased plate
    would live on in what was typed."""
    needed(person, Power.READ_AUDIT)
    kind, rest = filters.kind, filters.rest()
    days = maybe_day(filters.since), maybe_day(filters.until)
    at = frozenset({filters.site}) if filters.site else person.sites
    asked = Asked(filters.who.strip(), normalise(filters.plate), *days, at)
    with transaction(centre.engine) as session:
        rows, keys = auditing.query(session, kind, asked)
        found = leaf(session, rows, keys, filters.after)
        shown = _shown(session, kind, found, person, say_to(request))
        if asked.plate:
            _looked(session, person, kind, found)
        sites = sites_of(session, person)
    query = urlencode({name: value for name, value in rest.items() if value})
    template = "audit_rows.html" if is_part(request) else "audit.html"
    frame: dict[str, Any] = {"kind": kind.value, "kinds": Kind, "leaf": found, "rest": query, "asked_for": rest}
    frame["sites"] = sites
    return page(request, template, person, deed=partial(deed, say_to(request)), **frame, **shown)


def deed(say: Say, what: str) -> str:
    """What was done, in words; of what was typed at a keyboard of the server the command."""
    if what.endswith(TYPED):
        return say("deed.COMMAND", command=what.removesuffix(TYPED))
    return named(say, "deed", what)


def _looked(session: Session, person: Person, kind: Kind, found: Leaf[Any]) -> None:
    named = dict.fromkeys(each for row in found.rows for each in _subjects(kind, row) if re.fullmatch(VISIT, each))
    detail = {"kind": kind.value, audit_words.VISITS: " ".join(named)}
    audit(session, person.name, "looked at the audit", "", datetime.now(UTC), detail)


def _shown(session: Session, kind: Kind, found: Leaf[Any], person: Person, say: Say) -> dict[str, Any]:
    """What belongs to the rows of a leaf: plates where they may be seen, reasons, others' words, details."""
    subjects = [each for row in found.rows for each in _subjects(kind, row)]
    plates = auditing.vehicles(session, subjects) if person.may(Power.SEE_PLATES) else {}
    names = [getattr(row, "opening", "") for row in found.rows]
    decided = [getattr(row, "decision", "") for row in found.rows]
    return {
        "plates": plates,
        "reasons": auditing.explained(session, names) if kind is Kind.OPENINGS else {},
        "others": auditing.seconded(session, decided) if kind is Kind.DECISIONS else {},
        "details": {row.id: audit_words.detail(say, _said(row.detail)) for row in found.rows if hasattr(row, "detail")},
        "seen": {row.id: _visits(row.detail) for row in found.rows if hasattr(row, "detail")},
    }


def _subjects(kind: Kind, row: Any) -> list[str]:
    match kind:
        case Kind.OPENINGS:
            return [row.visit or "", row.approach or ""]
        case Kind.DECISIONS:
            return [row.visit]
    return [row.subject]


def _said(stored: str) -> dict[str, str]:
    return msgspec.json.decode(stored, type=dict[str, str])


def _visits(stored: str) -> list[str]:
    """The visits that were shown at once: up to a leaf of them."""
    return _said(stored).get(audit_words.VISITS, "").split()
