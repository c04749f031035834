"""Stays that boxes must be told of: who was inside before the first day, whose plate a person corrected, and who left
unseen by a person's word."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func
from sqlmodel import Session, col, select

from gate.lease import GONE_MAX, INSIDE_MAX, Inside
from gate.vehicle import VehicleClass
from server.derived import VisitRow
from server.facts_stays import StayChangeRow
from server.facts_visits import CorrectionRow, InsideFileRow, InsideRow, LostEntryRow
from server.vault import VaultReadRow
from server.vault_plates import VaultPlateRow, known_as

TOLD_FOR: Final = timedelta(days=7)
"""A box that is away longer than this learns of a correction no more; its own count is corrected by hand then."""


def inside(session: Session, site: str) -> tuple[Inside, ...]:
    """Imported, split and corrected stays that have not ended, as the box knows them from now on.

    Where they are too many, the oldest corrections are left out: the box knows those stays by what was read.
    """
    found: dict[str, Inside] = {}
    for stay in (*_imported(session, site), *_split(session, site), *_corrected(session, site)):
        found.setdefault(stay.visit, stay)
    return tuple(sorted(list(found.values())[:INSIDE_MAX], key=lambda stay: stay.visit))


def _corrected(session: Session, site: str) -> Iterator[Inside]:
    """Stays whose plate at the entry is another by a person's word, the newest first."""
    corrected = select(VaultPlateRow.approach).where(VaultPlateRow.site == site)
    rows = (
        _stays(site)
        .where(col(VisitRow.entry_approach).in_(corrected))
        .order_by(col(VisitRow.opened_at).desc(), col(VisitRow.visit))
    )
    return (_told(row, plate) for row, plate in session.exec(rows.limit(INSIDE_MAX)))


def _split(session: Session, site: str) -> Iterator[Inside]:
    """Entries that became visits of their own."""
    rows = _stays(site).join(StayChangeRow, col(StayChangeRow.other) == col(VisitRow.visit))
    split = rows.where(StayChangeRow.site == site, StayChangeRow.kind == "split")
    return (_told(row, plate) for row, plate in session.exec(split.limit(INSIDE_MAX)))


def _imported(session: Session, site: str) -> Iterator[Inside]:
    rows = _stays(site).join(InsideRow, col(InsideRow.visit) == col(VisitRow.visit))
    return (_told(row, plate) for row, plate in session.exec(rows.order_by(col(InsideRow.visit)).limit(INSIDE_MAX)))


def _stays(site: str) -> Any:
    """Stays that have not ended, with their plates as they are known now."""
    picked: Any = select(VisitRow, known_as())
    read = col(VaultReadRow.approach) == col(VisitRow.entry_approach)
    still = (VisitRow.site == site, col(VisitRow.left_at).is_(None), col(VisitRow.voided).is_(False))
    return picked.select_from(VisitRow).join(VaultReadRow, read, isouter=True).where(*still)


def _told(row: VisitRow, plate: str | None) -> Inside:
    kind, since = VehicleClass(row.vehicle_class), row.entered_at or row.opened_at
    return Inside(visit=row.visit, plate=plate or "", vehicle_class=kind, since=since, lane=row.entry_lane)


def gone(session: Session, site: str, now: datetime) -> tuple[str, ...]:
    """Stays that a correction ended, the newest, in the order of their references."""
    newest = (
        select(CorrectionRow.visit)
        .join(VisitRow, col(VisitRow.visit) == col(CorrectionRow.visit))
        .where(CorrectionRow.site == site, col(CorrectionRow.made_at) > now - TOLD_FOR, ~_of_lost().exists())
        .where(col(VisitRow.exit_passage) == col(CorrectionRow.passage))
        .order_by(col(CorrectionRow.made_at).desc(), col(CorrectionRow.visit))
        .limit(GONE_MAX)
    )
    return tuple(sorted({*session.exec(newest), *_changed(session, site, now)})[:GONE_MAX])


def _changed(session: Session, site: str, now: datetime) -> Iterator[str]:
    """Stays that were voided, and merged ones that have left."""
    recent = select(StayChangeRow).where(StayChangeRow.site == site, col(StayChangeRow.made_at) > now - TOLD_FOR)
    for row in session.exec(recent.order_by(col(StayChangeRow.made_at).desc()).limit(GONE_MAX)):
        for name in (row.visit, row.other) if row.kind != "split" else ():
            stay = session.get(VisitRow, name) if name else None
            if stay is not None and (stay.voided or stay.left_at is not None):
                yield name


def terms(session: Session, site: str) -> tuple[str, ...]:
    """What changes when there is something new to tell: a new snapshot goes out then."""
    files = select(func.count()).select_from(InsideFileRow).where(InsideFileRow.site == site)
    made = select(func.count()).select_from(CorrectionRow).where(CorrectionRow.site == site, ~_of_lost().exists())
    changes = select(func.count()).select_from(StayChangeRow).where(StayChangeRow.site == site)
    plates = select(func.count(), func.max(VaultPlateRow.at)).where(VaultPlateRow.site == site)
    counts = (session.exec(each).one() for each in (files, made, changes))
    return (*map(str, counts), *map(str, session.exec(plates).one()))


def _of_lost() -> Any:
    """A correction of a lost entry: no box knows its visit."""
    return select(LostEntryRow.visit).where(LostEntryRow.visit == CorrectionRow.visit)
