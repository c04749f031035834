"""Visits as a list: those of a site by time and state, or those of a plate that somebody remembers."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from gate.messages import Direction
from server import plate_search, vault_plates
from server.days.spans import bounds, unindexed
from server.derived import StayMoneyRow, VisitRow
from server.plate_search import Plates
from server.vault import VaultReadRow

KEYS: Final = (col(VisitRow.opened_at), col(VisitRow.visit))
"""By what the list is ordered."""
_STRAY_MOST: Final = 20
_SAME_MOST: Final = 8


class State(StrEnum):
    """Which visits are wanted."""

    ALL = "all"
    INSIDE = "inside"
    LEFT = "left"
    VOIDED = "voided"


class Asked(NamedTuple):
    """What somebody wants to see. `site` empty: all of `sites`; the days are local, both included. `named`: only these
    visits."""

    sites: Sequence[str]
    site: str = ""
    state: State = State.ALL
    since: date | None = None
    until: date | None = None
    named: frozenset[str] | None = None

    @property
    def where(self) -> list[ColumnElement[bool]]:
        """The conditions of a query of visits; of named ones they are found by their names and by no other index."""
        plain = col if self.named is None else unindexed
        site, opened = plain(VisitRow.site), plain(VisitRow.opened_at)
        found = [site == self.site if self.site else site.in_(self.sites), *_IN_STATE[self.state]]
        if self.named is not None:
            found.append(col(VisitRow.visit).in_(self.named))
        if self.since is not None:
            found.append(opened >= bounds(self.since)[0])
        if self.until is not None:
            found.append(opened < bounds(self.until)[1])
        return found


_IN_STATE: Final[dict[State, tuple[ColumnElement[bool], ...]]] = {
    State.ALL: (),
    State.INSIDE: (
        col(VisitRow.left_at).is_(None),
        col(VisitRow.entered_at).is_not(None),
        col(VisitRow.voided).is_(False),
    ),
    State.LEFT: (col(VisitRow.left_at).is_not(None),),
    State.VOIDED: (col(VisitRow.voided).is_(True),),
}


class Found(NamedTuple):
    """What a plate leads to: the visits' names, and reads at an exit that are no visit's, newest first."""

    plates: Plates
    visits: frozenset[str]
    strays: tuple[VaultReadRow, ...]


class Vehicle(NamedTuple):
    """What a visit's vehicle is known as: its read with a plate, and the plate where a person corrected it."""

    read: VaultReadRow | None
    plate: str
    corrected: bool


def rows(asked: Asked) -> Any:
    """The query of a list: each visit with what it was charged and owes."""
    return (
        _picked(VisitRow.opened_at, VisitRow.visit, VisitRow, StayMoneyRow)
        .join(StayMoneyRow, col(StayMoneyRow.visit) == col(VisitRow.visit), isouter=True)
        .where(*asked.where)
    )


def find(session: Session, typed: str, sites: Sequence[str], *, near: bool = False) -> Found:
    """The visits of a plate that somebody remembers; `near`: of those with a slip as well."""
    plates = plate_search.plates_like(session, typed)
    approaches = plate_search.approaches_of(session, plates.plates if near else plates.meant)
    visits = plate_search.visits_of(session, approaches)
    return Found(plates, frozenset(visits), _strays(session, approaches, sites))


def same_plate(session: Session, visit: VisitRow, plates: set[str]) -> tuple[VisitRow, ...]:
    """Other visits of these plates, or of similar ones, at the site, those about the same time first; a few."""
    similar = {each for plate in plates for each in plate_search.plates_like(session, plate).plates}
    names = plate_search.visits_of(session, plate_search.approaches_of(session, tuple(sorted(similar))))
    here = (col(VisitRow.visit).in_(names - {visit.visit}), unindexed(VisitRow.site) == visit.site)
    found = session.exec(select(VisitRow).where(*here, col(VisitRow.voided).is_(False))).all() if names else []
    return tuple(sorted(found, key=lambda row: abs(row.opened_at - visit.opened_at))[:_SAME_MOST])


def _strays(session: Session, approaches: Sequence[str], sites: Sequence[str]) -> tuple[VaultReadRow, ...]:
    matched = select(VisitRow.visit).where(col(VisitRow.exit_approach) == col(VaultReadRow.approach))
    nobodys = (
        select(VaultReadRow)
        .where(col(VaultReadRow.approach).in_(approaches), VaultReadRow.direction == Direction.OUT)
        .where(unindexed(VaultReadRow.site).in_(sites), ~matched.exists())
        .order_by(col(VaultReadRow.happened_at).desc())
        .limit(_STRAY_MOST)
    )
    return tuple(session.exec(nobodys)) if approaches else ()


def vehicles(session: Session, visits: Sequence[VisitRow]) -> dict[str, Vehicle]:
    """What is known of these visits' vehicles: as they came, or where that was not read, as they left."""
    ends = {row.visit: [each for each in (row.entry_approach, row.exit_approach) if each] for row in visits}
    names = [each for some in ends.values() for each in some]
    reads = {row.approach: row for row in _reads(session, names)}
    said = {row.approach: row.plate for row in vault_plates.words(session, names)}
    return {visit: _vehicle(some, reads, said) for visit, some in ends.items()}


def _vehicle(ends: Sequence[str], reads: dict[str, VaultReadRow], said: dict[str, str]) -> Vehicle:
    for approach in ends:
        read = reads.get(approach)
        plate = said.get(approach) or (read.plate if read else "")
        if plate:
            return Vehicle(read, plate, corrected=approach in said)
    return Vehicle(next((reads[each] for each in ends if each in reads), None), "", corrected=False)


def _reads(session: Session, approaches: Sequence[str]) -> Sequence[VaultReadRow]:
    return session.exec(select(VaultReadRow).where(col(VaultReadRow.approach).in_(approaches))).all()


_picked: Final[Any] = select
"""More columns than its stubs know."""
