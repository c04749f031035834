"""A stay, and the proposals that wait, as people see them. Who looks is recorded."""

from datetime import datetime
from typing import Any

import msgspec
from sqlmodel import Session, select

from server import ledger, pairings
from server.auth import audit
from server.derived import VisitRow
from server.facts import ChargeRow
from server.facts_visits import CorrectionRow, InsideRow, LostEntryRow, PairingRow
from server.supplements import newest, prices
from server.vault import VaultReadRow
from server.vault_plates import plates as plates_of
from server.visit_story import WITHOUT_PLATES, story


def shown(session: Session, visit: str, by: str, now: datetime, *, plates: bool) -> dict[str, Any] | None:
    """All that the books know of a stay; None when there is none."""
    stay = session.get(VisitRow, visit)
    if stay is None:
        return None
    audit(session, by, "looked at a visit", visit, now, {})
    charge = newest(session, visit) or session.get(ChargeRow, visit)
    price = prices(session, [visit]).get(visit)
    return {
        "visit": visit,
        "site": stay.site,
        "class": stay.vehicle_class,
        "state": state_of(stay),
        "opened_by": _origin(session, visit),
        "entry": _end(session, stay.entry_lane, stay.entered_at, stay.entry_approach, plates=plates),
        "exit": _end(session, stay.exit_lane, stay.left_at, stay.exit_approach, plates=plates),
        "matched_by": stay.matched_by,
        "match_probability": stay.match_probability,
        "quoted": stay.quoted,
        "charged": price.total if price else None,
        "tariff": charge.tariff if charge else stay.quoted_tariff,
        "lines": msgspec.json.decode((charge.lines if charge else stay.quoted_lines) or "[]"),
        "owed": ledger.owed(session, visit),
        "corrections": _corrections(session, visit),
        "timeline": _timeline(session, visit, plates=plates),
    }


def proposals(session: Session, site: str, by: str, now: datetime, *, plates: bool) -> list[dict[str, Any]]:
    """Those that wait for a word, the oldest first."""
    audit(session, by, "looked at proposals", site, now, {})
    return [_proposal(session, row, plates=plates) for row in pairings.waiting(session, site)]


def _proposal(session: Session, row: PairingRow, *, plates: bool) -> dict[str, Any]:
    stay = session.get_one(VisitRow, row.visit)
    return {
        "passage": row.passage,
        "visit": row.visit,
        "probability": row.probability,
        "margin": row.margin,
        "difference": row.difference,
        "evidence": msgspec.json.decode(row.evidence),
        "entry": _read(session, stay.entry_approach, plates=plates),
        "exit": _read(session, row.approach, plates=plates),
        "proposed_at": row.proposed_at.isoformat(),
    }


def state_of(stay: VisitRow) -> str:
    """`opened`, `inside`, `left` or `voided`."""
    if stay.voided:
        return "voided"
    return "left" if stay.left_at else "inside" if stay.entered_at else "opened"


def _origin(session: Session, visit: str) -> str:
    """What made the visit: a box, a list of the first day, or a person at an exit."""
    if session.get(InsideRow, visit):
        return "import"
    return "lost_entry" if session.get(LostEntryRow, visit) else "box"


def _end(
    session: Session, lane: str | None, at: datetime | None, approach: str | None, *, plates: bool
) -> dict[str, Any]:
    return {"lane": lane, "at": at.isoformat() if at else None, **_read(session, approach or "", plates=plates)}


def _read(session: Session, approach: str, *, plates: bool) -> dict[str, Any]:
    read = session.get(VaultReadRow, approach) if plates else None
    if read is None:
        return {"approach": approach or None}
    plate = plates_of(session, [approach]).get(approach, "")
    return {"approach": approach, "plate": plate, "picture": read.picture}


def _timeline(session: Session, visit: str, *, plates: bool) -> list[dict[str, Any]]:
    """What happened in its order, as the visit's page tells it; without plates for who may not see them."""
    found = story(session, visit)
    steps = found.steps if found else ()
    return [_step(each._asdict(), hidden=not plates and each.what in WITHOUT_PLATES) for each in steps]


def _step(step: dict[str, Any], *, hidden: bool) -> dict[str, Any]:
    return {**step, "at": step["at"].isoformat(), **({"reason": ""} if hidden else {})}


def _corrections(session: Session, visit: str) -> list[dict[str, Any]]:
    rows = session.exec(select(CorrectionRow).where(CorrectionRow.visit == visit))
    return [
        {"passage": row.passage, "by": row.by, "note": row.note, "made_at": row.made_at.isoformat()} for row in rows
    ]
