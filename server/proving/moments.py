"""Moments at which something about bank and settlements is recorded: each its own: a rebuild finds the order."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlmodel import Session, col, select

from server.facts_bank import BankLineRow, ExplanationRow, SettlementLineRow

STEP: Final = timedelta(microseconds=1)
_RECORDED: Final[tuple[Any, ...]] = (
    col(BankLineRow.recorded_at),
    col(ExplanationRow.at),
    col(SettlementLineRow.recorded_at),
)


def free(session: Session, now: datetime) -> datetime:
    """`now`, or the next moment that nothing has. Hold `proving` before: a line that is told unknown at a moment and
    explained at the same one would be taken for one that never was unknown."""
    while any(session.exec(select(each).where(each == now).limit(1)).first() is not None for each in _RECORDED):
        now += STEP
    return now
