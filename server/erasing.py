"""A plate is erased: everything of the vault that bears it goes, and no book is touched.

Stays, charges and payments stay as they are and name approaches of which nothing is known any more. What people wrote
into notes and what banks wrote into their lines are facts and stay.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session, col, delete, select

from gate.plate import normalise
from server import lists, plate_parts, plate_search
from server.auth import audit
from server.corrections import NOTE_MAX, NOTE_MIN, NotPossible
from server.db import hold
from server.derived import VisitRow
from server.listings import ListingEndedRow, ListingRow, VaultListingRow
from server.turning import TURNS, turns
from server.vault import VaultParkedRow, VaultPictureRow, VaultReadRow
from server.vault_plates import VaultPlateRow, words

_AT_ONCE = 900


class Erased(NamedTuple):
    """How many vehicles' reads went, and the hashes of the pictures whose files go once this is committed."""

    reads: int
    pictures: tuple[str, ...]


def erase(session: Session, typed: str, by: str, note: str, now: datetime) -> Erased:
    """Erase all of a plate, as read and as corrected. Raises NotPossible while a vehicle of it is inside."""
    plate = normalise(typed)
    if turns(note):
        raise NotPossible(TURNS)
    if not NOTE_MIN <= len(note.strip()) <= NOTE_MAX:
        raise NotPossible(f"note: {NOTE_MIN} to {NOTE_MAX} characters say why")
    hold(session, "erasing")
    approaches = plate_search.approaches_of(session, (plate,))
    _nobody_inside(session, approaches)
    gone: set[str] = {plate}
    pictures: set[str] = set()
    for start in range(0, len(approaches), _AT_ONCE):
        some = approaches[start : start + _AT_ONCE]
        gone |= {each for word in words(session, some) for each in (word.plate, word.was)}
        for read in session.exec(select(VaultReadRow).where(col(VaultReadRow.approach).in_(some))):
            gone.add(read.plate)
            pictures |= {read.picture} if read.picture else set()
        for table in (VaultReadRow, VaultPlateRow):
            _drop(session, table, "approach", some)
    plate_parts.forget(session, gone)
    _listed(session, plate, by, now)
    _parked(session, plate)
    unused = _unused(session, pictures)
    _drop(session, VaultPictureRow, "sha256", unused)
    audit(session, by, "erased a plate", "vault", now, {"reads": str(len(approaches)), "note": note.strip()})
    return Erased(len(approaches), tuple(unused))


def _nobody_inside(session: Session, approaches: list[str]) -> None:
    for visit in sorted(plate_search.visits_of(session, approaches)):
        stay = session.get_one(VisitRow, visit)
        if stay.left_at is None and not stay.voided:
            raise NotPossible(f"visit {visit} has not ended: its plate is needed at the exit")


def _listed(session: Session, plate: str, by: str, now: datetime) -> None:
    """Rows of the lists end, so that boxes drop them, and lose their vehicle."""
    rows = select(ListingRow).join(VaultListingRow, col(VaultListingRow.entry) == col(ListingRow.entry))
    for row in session.exec(rows.where(VaultListingRow.plate == plate)).all():
        if row.until > now and session.get(ListingEndedRow, row.entry) is None:
            lists.end(session, row.site, row.entry, "the vehicle was erased", by, now)
    session.exec(delete(VaultListingRow).where(col(VaultListingRow.plate) == plate))


def _parked(session: Session, plate: str) -> None:
    """Facts that could not be read keep their place and lose what they said."""
    for row in session.exec(select(VaultParkedRow)):
        if plate.encode() in row.raw:
            row.raw = b""
            session.add(row)


def _unused(session: Session, pictures: set[str]) -> list[str]:
    names = sorted(pictures)
    kept = select(VaultReadRow.picture).where(col(VaultReadRow.picture).in_(names))
    return sorted(set(names) - {each for each in session.exec(kept) if each}) if names else []


def _drop(session: Session, table: Any, column: str, names: list[str]) -> None:
    session.exec(delete(table).where(getattr(table, column).in_(names)))
