"""The same plate twice: within seconds in one lane, or in again while it is inside. Somebody compares the pictures.

Looked for every minute in the reads of the last minutes, through the vault; a plate is never in a finding.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlmodel import Session, col, select

from gate.findings import Code
from gate.messages import Direction
from server.anomalies import anomaly
from server.derived import VisitRow
from server.plate_search import approaches_of
from server.vault import VaultReadRow
from server.vault_plates import known_as, plates

WITHIN: Final = timedelta(seconds=10)
"""Two vehicles do not follow one another on a loop this fast with one plate."""
BACK: Final = timedelta(minutes=10)


def watch(session: Session, site: str, now: datetime) -> None:
    """Record what the visits opened in the last minutes show."""
    fresh = select(VisitRow, VaultReadRow).join(
        VaultReadRow, col(VaultReadRow.approach) == col(VisitRow.entry_approach)
    )
    opened = (VisitRow.site == site, col(VisitRow.opened_at) > now - BACK, col(VisitRow.opened_at) <= now)
    found = session.exec(fresh.where(*opened)).all()
    known = plates(session, [read.approach for _, read in found])
    for visit, read in found:
        for other, before in _same(session, visit, known.get(read.approach, "")):
            _record(session, visit, other, now, close=_is_close(read, before))


def _same(session: Session, visit: VisitRow, plate: str) -> list[tuple[VisitRow, VaultReadRow]]:
    """Visits of the same plate, as it is known now, that were inside when this one was opened."""
    if not plate:
        return []
    found: Any = select(VisitRow, VaultReadRow).join(
        VaultReadRow, col(VaultReadRow.approach) == col(VisitRow.entry_approach)
    )
    bore = col(VaultReadRow.approach).in_(approaches_of(session, (plate,)))
    here = (bore, known_as() == plate, VaultReadRow.direction == Direction.IN, VisitRow.site == visit.site)
    earlier = (col(VisitRow.opened_at) <= visit.opened_at, VisitRow.visit != visit.visit)
    inside = col(VisitRow.left_at).is_(None) | (col(VisitRow.left_at) > visit.opened_at)
    rows = session.exec(found.where(*here, *earlier, inside, col(VisitRow.voided).is_(False)))
    return [(row[0], row[1]) for row in rows]


def _is_close(read: VaultReadRow, before: VaultReadRow) -> bool:
    return read.lane == before.lane and abs(read.happened_at - before.happened_at) <= WITHIN


def _record(session: Session, visit: VisitRow, other: VisitRow, now: datetime, *, close: bool) -> None:
    why = "the same plate twice within seconds in a lane" if close else "this plate is inside already"
    words = {"why": why, "visit": visit.visit, "other": other.visit, "lane": visit.entry_lane}
    anomaly(session, Code.DUPLICATE_READ, f"{visit.visit}:{other.visit}", visit.site, now, words)
