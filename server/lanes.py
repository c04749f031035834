"""Lanes and open visits as people and programs see them."""

from typing import Any

import msgspec
from sqlmodel import Session, col, select

from server.derived import LaneNowRow, VisitRow
from server.vault import VaultReadRow
from server.vault_plates import plates as plates_of

OPEN_VISITS_MAX = 500


def lanes_now(session: Session, site: str, *, plates: bool) -> list[dict[str, Any]]:
    """Each lane of a site: who stands there, what it costs, who decided, whether a person is wanted."""
    rows = session.exec(select(LaneNowRow).where(LaneNowRow.site == site).order_by(col(LaneNowRow.lane)))
    return [_lane(session, row, plates=plates) for row in rows]


def open_visits(session: Session, site: str) -> list[dict[str, Any]]:
    """Vehicles inside, newest first, with the picture and plate of their entry."""
    inside = (
        select(VisitRow, VaultReadRow)
        .join(VaultReadRow, col(VaultReadRow.approach) == col(VisitRow.entry_approach), isouter=True)
        .where(VisitRow.site == site, col(VisitRow.left_at).is_(None), col(VisitRow.voided).is_(False))
        .order_by(col(VisitRow.opened_at).desc())
        .limit(OPEN_VISITS_MAX)
    )
    found = session.exec(inside).all()
    known = plates_of(session, [visit.entry_approach for visit, _ in found])
    return [_visit(visit, read, known.get(visit.entry_approach, "")) for visit, read in found]


def _visit(visit: VisitRow, read: VaultReadRow | None, plate: str) -> dict[str, Any]:
    return {
        "visit": visit.visit,
        "class": visit.vehicle_class,
        "plate": plate,
        "entered_at": (visit.entered_at or visit.opened_at).isoformat(),
        "lane": visit.entry_lane,
        "picture": read.picture if read else None,
    }


def _lane(session: Session, row: LaneNowRow, *, plates: bool) -> dict[str, Any]:
    read = session.get(VaultReadRow, row.approach) if row.approach else None
    wants = None
    if row.wants and row.wants_since:
        wants = {
            "why": row.wants,
            "since": row.wants_since.isoformat(),
            "approach": row.wants_approach,
            "candidates": _candidates(session, row, plates=plates),
        }
    return {
        "site": row.site,
        "box": row.box,
        "lane": row.lane,
        "direction": row.direction,
        "phase": row.phase,
        "arm": row.arm,
        "mode": row.mode,
        "sensors": msgspec.json.decode(row.sensors, type=dict[str, str]),
        "approach": row.approach,
        "visit": row.visit,
        "wants": wants,
        "plate": plates_of(session, [read.approach]).get(read.approach, "") if read and plates else "",
        "confidence": read.confidence if read else None,
        "class": read.vehicle_class if read else None,
        "picture": read.picture if read and plates else None,
        "price": row.price,
        "decided_by": row.decided_by,
        "decided_reason": row.decided_reason,
        "updated_at": row.updated_at.isoformat(),
    }


def _candidates(session: Session, row: LaneNowRow, *, plates: bool) -> list[dict[str, Any]]:
    ranked: list[tuple[str, float]] = msgspec.json.decode(row.candidates, type=list[tuple[str, float]])
    found = []
    for name, probability in ranked:
        visit = session.get(VisitRow, name)
        read = session.get(VaultReadRow, visit.entry_approach) if visit else None
        if visit:
            plate = plates_of(session, [visit.entry_approach]).get(visit.entry_approach, "") if plates else ""
            shown = _visit(visit, read if plates else None, plate)
            found.append({**shown, "probability": probability})
    return found
