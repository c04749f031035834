"""A payment and a stay as a decision finds them: what waits, what settles what, what is owed, and their locks."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from server import ledger
from server.db import hold_all
from server.derived import VisitRow
from server.facts import ChargeRow, PaymentRow
from server.money_rules import Impossible, NoSuch


class Money(NamedTuple):
    """A payment as it stands: what waits, and what settles which visits."""

    row: PaymentRow
    waits: int
    settles: Mapping[str, int]


def hold_payment(session: Session, payment: str, *names: str) -> set[str]:
    """Keep others off the payment and every visit that its money touches, in one order for all who hold many.

    Says what is held.
    """
    touched = {name for name in names if name}
    if payment:
        provider, _, number = payment.rpartition(":")
        row = session.get(PaymentRow, (provider, number))
        touched |= {f"{ledger.PAYMENT_HELD}{payment}", *ledger.settled_by(session, payment)}
        touched |= {row.reference} if row and row.reference else set()
    hold_all(session, touched)
    return touched


def after_charges(session: Session, visits: Iterable[str], now: datetime) -> datetime:
    """A moment after the charges of these visits, whom the caller holds: `now`, or the next. A charge of nothing has
    no entry, and `ledger.later` sees entries alone."""
    last: datetime | None = session.exec(
        select(func.max(ChargeRow.recorded_at)).where(col(ChargeRow.visit).in_(list(visits)))
    ).one()
    return now if last is None else max(now, last + timedelta(microseconds=1))


def money_of(session: Session, payment: str) -> Money:
    """The payment as it stands. Raises NoSuch."""
    provider, _, number = payment.rpartition(":")
    row = session.get(PaymentRow, (provider, number))
    if row is None:
        raise NoSuch(f"there is no payment {payment}")
    return Money(row, ledger.waiting(session, [payment]).get(payment, 0), ledger.settled_by(session, payment))


def visit_of(session: Session, name: str) -> VisitRow:
    """The visit. Raises NoSuch."""
    visit = session.get(VisitRow, name)
    if visit is None:
        raise NoSuch(f"there is no visit {name or 'named'}")
    return visit


def owes(session: Session, visit: VisitRow) -> int:
    """What it owes, or will with its charge. Raises Impossible where it can owe nothing."""
    if visit.voided:
        raise Impossible(f"{visit.visit} was voided: it owes nothing")
    if session.get(ChargeRow, visit.visit) is None:
        if visit.quoted is None:
            raise Impossible(f"{visit.visit} has no price yet")
        return visit.quoted
    return ledger.owed(session, visit.visit)
