"""Whether a decision about money may still be taken back. Asked with each word, not by a rebuild, which knows what came
later; what the ledger itself cannot reverse is refused in `effects`.
"""

from collections.abc import Iterator
from typing import Final

from sqlmodel import Session, col, or_, select

from server.days.spans import local_date
from server.derived import VisitRow
from server.effects import Kind, decision, entry_of
from server.facts import EntryRow
from server.facts_day import CloseRow
from server.facts_money import DecisionRow, WordRow
from server.money_rules import Impossible

UNDOABLE: Final = frozenset({Kind.SETTLE, Kind.CREDIT, Kind.REFUND, Kind.WAIVE, Kind.WRITE_OFF})
"""Decisions of which the ledger has one entry that can be reversed."""
_COUNTED: Final = UNDOABLE - {Kind.REFUND}
"""What a close counts for good. A refund whose money is still here has counted as no money yet."""
_GIVEN_UP: Final = frozenset({Kind.WAIVE, Kind.WRITE_OFF})


def still_may(session: Session, row: DecisionRow) -> None:
    """Raises Impossible where a close or another decision stands on what this one would take back."""
    if row.kind != Kind.UNDO:
        return
    before = decision(session, row.undoes)
    waits = _waits(session, before.decision, row.decision)
    if waits:
        raise Impossible(f"{before.decision}: its undoing {waits} waits for another person's word")
    _day_is_open(session, before)
    for visit in sorted({before.visit, before.to_visit} - {""}):
        stay = session.get(VisitRow, visit)
        if before.kind in _COUNTED and stay is not None and stay.voided:
            raise Impossible(f"{before.decision}: {visit} was voided on the strength of it")
    for refund in _given_back(session, before) if before.kind in _GIVEN_UP else ():
        raise Impossible(f"{before.decision}: the refund {refund} was decided on the strength of it; undo that first")


def _waits(session: Session, name: str, but: str) -> str:
    """Another decision that undoes it and was not refused."""
    refused = select(WordRow.decision).where(col(WordRow.agrees).is_(False))
    same = select(DecisionRow.decision).where(DecisionRow.undoes == name, DecisionRow.decision != but)
    return session.exec(same.where(col(DecisionRow.decision).not_in(refused))).first() or ""


def _day_is_open(session: Session, before: DecisionRow) -> None:
    entry = entry_of(session, before)
    if entry is None or before.kind not in _COUNTED:
        return
    on = local_date(entry.happened_at)
    closed = select(col(CloseRow.on)).where(CloseRow.site == entry.site, col(CloseRow.on) >= on).limit(1)
    if session.exec(closed).first() is not None:
        raise Impossible(f"{before.decision}: {on} is closed at {entry.site}; what it counted stays: decide anew")


def _given_back(session: Session, before: DecisionRow) -> Iterator[str]:
    """Refunds in effect of this stay's money that were decided after the debt was given up."""
    its = or_(col(DecisionRow.visit) == before.visit, col(DecisionRow.to_visit) == before.visit)
    since = select(DecisionRow).where(DecisionRow.kind == Kind.REFUND, its, DecisionRow.made_at >= before.made_at)
    for row in session.exec(since.order_by(col(DecisionRow.made_at))).all():
        in_effect = session.get(EntryRow, f"refund_due:{row.decision}") is not None
        if in_effect and session.get(EntryRow, f"undo:{row.decision}") is None:
            yield row.decision
