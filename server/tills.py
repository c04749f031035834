"""A shift's till: what is in it, and whether the shift still runs."""

from datetime import datetime
from typing import Final

from sqlalchemy import func
from sqlmodel import Session, select

from server.db import hold
from server.facts_day import HandOverRow, ReceiptRow, ShiftRow
from server.facts_money import DepositRow
from server.reconcile import ZONE
from server.turning import TURNS, turns

TEXT_MAX: Final = 400
CASH_MAX: Final = 10**10


class ShiftRefused(ValueError):
    """It cannot be done; the message says why."""


class NotThere(ShiftRefused, LookupError):
    """No shift, visit or opening of this name."""


def running(session: Session, shift: str) -> ShiftRow:
    """The shift, held, if it still runs. Raises NotThere, ShiftRefused."""
    row = session.get(ShiftRow, shift)
    if row is None:
        raise NotThere(f"no shift {shift}")
    hold(session, f"shifts:{row.site}")
    ended = session.get(HandOverRow, shift)
    if ended is not None:
        raise ShiftRefused(f"the shift {shift} was handed over to {ended.to} at {local(ended.ended_at)}")
    return row


def cash_of(session: Session, shift: str) -> int:
    """What its receipts come to, in dong."""
    total = select(func.coalesce(func.sum(ReceiptRow.amount), 0)).where(ReceiptRow.shift == shift)
    return int(session.exec(total).one())


def deposited(session: Session, shift: str) -> int:
    """What of it is on its way to the bank, in dong."""
    total = select(func.coalesce(func.sum(DepositRow.amount), 0)).where(DepositRow.shift == shift)
    return int(session.exec(total).one())


def counted_amount(said: int) -> None:
    """Raises ShiftRefused for what no till holds."""
    if not 0 <= said <= CASH_MAX:
        raise ShiftRefused(f"{said} is no count of a till: 0 to {CASH_MAX}")


def checked_text(said: str) -> None:
    """Raises ShiftRefused for what is no note."""
    if turns(said):
        raise ShiftRefused(TURNS)
    if len(said) > TEXT_MAX or "\0" in said:
        raise ShiftRefused(f"a note has at most {TEXT_MAX} characters and no NUL")


def local(at: datetime) -> str:
    """The moment as people here read it."""
    return f"{at.astimezone(ZONE):%H:%M %d/%m/%Y}"
