"""Stays that boxes must be told of: who was inside before the first day, and who left unseen by a person's word."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func
from sqlmodel import Session, col, select

from gate.lease import GONE_MAX, INSIDE_MAX, Inside
from gate.vehicle import VehicleClass
from server.derived import VisitRow
from server.facts_visits import CorrectionRow, InsideFileRow, InsideRow, LostEntryRow
from server.vault import VaultReadRow

TOLD_FOR: Final = timedelta(days=7)
"""A box that is away longer than this learns of a correction no more; its own count is corrected by hand then."""


def inside(session: Session, site: str) -> tuple[Inside, ...]:
    """Imported stays that have not ended, as the box knows them from now on."""
    still = (
        select(InsideRow, VaultReadRow.plate)
        .join(VisitRow, col(VisitRow.visit) == col(InsideRow.visit))
        .join(VaultReadRow, col(VaultReadRow.approach) == col(InsideRow.approach), isouter=True)
        .where(InsideRow.site == site, col(VisitRow.left_at).is_(None))
        .order_by(col(InsideRow.visit))
        .limit(INSIDE_MAX)
    )
    return tuple(
        Inside(
            visit=row.visit,
            plate=plate or "",
            vehicle_class=VehicleClass(row.vehicle_class),
            since=row.since,
            lane=row.lane,
        )
        for row, plate in session.exec(still)
    )


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
    return tuple(sorted(session.exec(newest)))


def terms(session: Session, site: str) -> tuple[str, str]:
    """What changes when there is something new to tell: a new snapshot goes out then."""
    files = select(func.count()).select_from(InsideFileRow).where(InsideFileRow.site == site)
    made = select(func.count()).select_from(CorrectionRow).where(CorrectionRow.site == site, ~_of_lost().exists())
    return str(session.exec(files).one()), str(session.exec(made).one())


def _of_lost() -> Any:
    """A correction of a lost entry: no box knows its visit."""
    return select(LostEntryRow.visit).where(LostEntryRow.visit == CorrectionRow.visit)
