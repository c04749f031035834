"""Openings by hand, by the button or by fire that nobody gave a reason for: no till is handed over with them."""

from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from gate.findings import Code
from gate.messages import OpeningReason
from gate.working import What
from server import work
from server.auth import audit
from server.db import insert_once
from server.facts import OpeningRow
from server.facts_day import WorkRow
from server.reconcile import ZONE
from server.tills import NotThere, ShiftRefused, checked_text

UNEXPLAINED: Final = (OpeningReason.BY_HAND, OpeningReason.FIRE, OpeningReason.BUTTON)
_CODE: Final = Code.OPENING_UNEXPLAINED


class ReasonsMissing(ShiftRefused):
    """Openings of the shift that nobody has given a reason for."""

    def __init__(self, openings: list[OpeningRow]) -> None:
        self.openings = [{"opening": row.opening, "lane": row.lane, "reason": row.reason} for row in openings]
        told = "; ".join(
            f"{row.opening} ({row.lane}, {row.happened_at.astimezone(ZONE):%H:%M %d/%m})" for row in openings
        )
        super().__init__(f"{len(openings)} openings lack a reason: {told}")


def missing_reasons(session: Session, site: str, since: datetime, until: datetime) -> list[OpeningRow]:
    """Openings by hand, by the button or by fire in that time that nobody has given a reason for."""
    found = (
        select(OpeningRow)
        .where(OpeningRow.site == site, OpeningRow.happened_at >= since, OpeningRow.happened_at <= until)
        .where(col(OpeningRow.reason).in_(UNEXPLAINED), OpeningRow.note == "")
        .order_by(col(OpeningRow.happened_at), col(OpeningRow.opening))
    )
    return [row for row in session.exec(found) if work.standing(session, _CODE, row.opening).settled is None]


def give_reason(session: Session, opening: str, *, by: str, note: str, now: datetime) -> None:
    """Say why an arm was opened by hand, by the button or by fire. Raises ShiftRefused."""
    row = session.get(OpeningRow, opening)
    if row is None:
        raise NotThere(f"no opening {opening}")
    if not note.strip():
        raise ShiftRefused("a reason is needed")
    checked_text(note)
    try:
        work.explain(session, _CODE, opening, by, note, now)
    except work.NoSuchFinding:  # it is not on the screens yet
        if work.standing(session, _CODE, opening).settled is None:
            _explained(session, row, by, note.strip(), now)


def _explained(session: Session, row: OpeningRow, by: str, note: str, now: datetime) -> None:
    said = WorkRow(
        work=f"{_CODE}:{row.opening}:{now.isoformat()}",
        code=_CODE,
        subject=row.opening,
        number=1 + len(work.history(session, _CODE, row.opening)),
        site=row.site,
        what=What.EXPLAIN,
        by=by,
        note=note,
        amount=0,
        at=now,
    )
    insert_once(session, said)
    audit(session, by, "gave an opening its reason", row.opening, now, {"note": note})
