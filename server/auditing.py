"""What people did and looked at, newest first, for who must answer for it: looks, openings by hand, decisions.

A plate is asked for as the search of plates forgives it, and is shown only where the reader may see plates.
"""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, or_, text
from sqlmodel import Session, col, select

from gate.findings import Code
from gate.working import What
from server.days.spans import bounds
from server.derived import VisitRow
from server.facts import BY_HAND, LOOKED, AuditRow, OpeningRow
from server.facts_day import WorkRow
from server.facts_money import DecisionRow, WordRow
from server.plate_search import approaches_of, plates_like, visits_of
from server.vault_plates import plates as plates_of

SUBJECTS_MAX: Final = 900
_DIGITS: Final = 12


class Kind(StrEnum):
    """Which records."""

    LOOKS = "looks"
    OPENINGS = "openings"
    DECISIONS = "decisions"
    ALL = "all"


class Asked(NamedTuple):
    """Whose, about which vehicle, from the first local day to the last, at which sites; empty for all."""

    who: str = ""
    plate: str = ""
    first: date | None = None
    last: date | None = None
    sites: frozenset[str] = frozenset()


def query(session: Session, kind: Kind, asked: Asked) -> tuple[Any, tuple[Any, ...]]:
    """The rows that are asked for, of some sites one statement each, and the columns by which their leaves follow one
    another."""
    match kind:
        case Kind.OPENINGS:
            rows, site = _openings(session, asked), col(OpeningRow.site)
            keys: tuple[Any, ...] = (col(OpeningRow.happened_at), col(OpeningRow.opening))
        case Kind.DECISIONS:
            rows, site = _decisions(session, asked), col(DecisionRow.site)
            keys = (col(DecisionRow.made_at), col(DecisionRow.decision))
        case _:
            rows, site = _records(session, kind, asked), col(AuditRow.site)
            keys = (col(AuditRow.id),)
    if asked.sites:
        rows = tuple(rows.where(site == each) for each in sorted(asked.sites))
    return rows, keys


def explained(session: Session, openings: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Who gave these openings their reason afterwards, and which."""
    about = (WorkRow.code == Code.OPENING_UNEXPLAINED, WorkRow.what == What.EXPLAIN)
    rows = select(WorkRow).where(*about, col(WorkRow.subject).in_(list(openings))).order_by(col(WorkRow.number))
    return {row.subject: (row.by, row.note) for row in session.exec(rows)}


def seconded(session: Session, decisions: Iterable[str]) -> dict[str, list[WordRow]]:
    """What other persons said of these decisions, in their order."""
    found: dict[str, list[WordRow]] = {}
    rows = select(WordRow).where(col(WordRow.decision).in_(list(decisions))).order_by(col(WordRow.at))
    for row in session.exec(rows):
        found.setdefault(row.decision, []).append(row)
    return found


def vehicles(session: Session, subjects: Iterable[str]) -> dict[str, str]:
    """The plates behind references of visits and names of approaches, as far as the vault still has them."""
    names = {subject for subject in subjects if subject}
    stays = select(VisitRow.visit, VisitRow.entry_approach, VisitRow.exit_approach)
    ends = {visit: (came, went) for visit, came, went in session.exec(stays.where(col(VisitRow.visit).in_(names)))}
    known = plates_of(session, [*names, *(each for pair in ends.values() for each in pair if each)])
    found = {name: known[name] for name in names if name in known}
    for visit, pair in ends.items():
        plate = next((known[each] for each in pair if each in known), None)
        if plate:
            found[visit] = plate
    return found


def _records(session: Session, kind: Kind, asked: Asked) -> Any:
    rows = select(AuditRow).where(*_of(asked, col(AuditRow.who)), *_days_by_name(asked))
    if asked.plate:
        rows = rows.where(col(AuditRow.subject).in_(_subjects(session, asked.plate)))
    return rows.where(text(LOOKED)) if kind is Kind.LOOKS else rows


def _openings(session: Session, asked: Asked) -> Any:
    rows = select(OpeningRow).where(text(f"opening.{BY_HAND}"), *_of(asked, col(OpeningRow.by)))
    rows = rows.where(*_days(asked, col(OpeningRow.happened_at)))
    if asked.plate:
        found = _subjects(session, asked.plate)
        rows = rows.where(or_(col(OpeningRow.visit).in_(found), col(OpeningRow.approach).in_(found)))
    return rows


def _decisions(session: Session, asked: Asked) -> Any:
    rows = select(DecisionRow).where(*_of(asked, col(DecisionRow.by)), *_days(asked, col(DecisionRow.made_at)))
    if asked.plate:
        found = _subjects(session, asked.plate)
        rows = rows.where(or_(col(DecisionRow.visit).in_(found), col(DecisionRow.to_visit).in_(found)))
    return rows


def _subjects(session: Session, plate: str) -> list[str]:
    approaches = approaches_of(session, plates_like(session, plate).plates)[:SUBJECTS_MAX]
    return [*approaches, *sorted(visits_of(session, approaches))[:SUBJECTS_MAX]]


def _of(asked: Asked, column: Any) -> list[ColumnElement[bool]]:
    return [column == asked.who] if asked.who else []


def _days(asked: Asked, column: Any) -> list[ColumnElement[bool]]:
    since, until = _span(asked)
    return ([column >= since] if since else []) + ([column < until] if until else [])


def _days_by_name(asked: Asked) -> list[ColumnElement[bool]]:
    """The name of a record begins with its milliseconds, so that one index serves days and order."""
    since, until = _span(asked)
    named = col(AuditRow.id)
    return ([named >= name_of(since)] if since else []) + ([named < name_of(until)] if until else [])


def _span(asked: Asked) -> tuple[datetime | None, datetime | None]:
    since = bounds(asked.first)[0] if asked.first else None
    until = bounds(asked.last)[1] if asked.last else None
    return since, until


def name_of(at: datetime) -> str:
    """With what the name of a record of that moment begins."""
    digits = f"{max(0, int(at.timestamp() * 1000)):0{_DIGITS}x}"
    return f"{digits[:8]}-{digits[8:]}"
