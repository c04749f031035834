"""Cash that a person takes for a visit: numbered in its shift without a gap, each with the reason why it is cash."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, select

from gate import ledger as books
from gate.ledger import LedgerAccount
from server import ledger
from server.db import hold, insert_once
from server.derived import VisitRow
from server.facts import PaymentRow
from server.facts_day import ReceiptRow
from server.tills import NotThere, ShiftRefused, checked_text, running

CASH: Final = "cash"


class Taken(NamedTuple):
    """A receipt, and whether its visit owes nothing now."""

    receipt: ReceiptRow
    settled: bool


def take_cash(session: Session, shift: str, visit: str, amount: int, *, by: str, note: str, now: datetime) -> Taken:
    """Take cash for a visit, at most what it owes: change is given at once. Raises ShiftRefused."""
    row = running(session, shift)
    if row.by != by:
        raise ShiftRefused(f"the shift {shift} is {row.by}'s")
    if not note.strip():
        raise ShiftRefused("why is it cash? Cash is an exception, and needs a reason")
    checked_text(note)
    hold(session, visit)
    now = ledger.later(session, [visit], now)
    stay = session.get(VisitRow, visit)
    if stay is None or stay.site != row.site or stay.voided:
        raise NotThere(f"{row.site} has no visit {visit}")
    if stay.quoted is None:
        raise ShiftRefused(f"{visit} has no price yet")
    ledger.charge(session, stay, now, now)
    debt = ledger.owed(session, visit)
    if not 0 < amount <= debt:
        raise ShiftRefused(f"{visit} owes {debt}; {amount} cannot be taken for it")
    number = 1 + int(session.exec(select(func.count()).select_from(ReceiptRow).where(ReceiptRow.shift == shift)).one())
    receipt = ReceiptRow(
        shift=shift, number=number, site=row.site, visit=visit, amount=amount, by=by, note=note.strip(), at=now
    )
    insert_once(session, receipt)
    return Taken(receipt, book(session, receipt))


def book(session: Session, receipt: ReceiptRow) -> bool:
    """What follows from a receipt: payment and entry. Twice is once. Says whether its visit owes nothing now."""
    name = name_of(receipt)
    payment = PaymentRow(
        provider=CASH,
        provider_id=name,
        site=receipt.site,
        account=receipt.shift,
        amount=receipt.amount,
        reference=receipt.visit,
        bank_reference="",
        happened_at=receipt.at,
        received_at=receipt.at,
    )
    insert_once(session, payment)
    hold(session, receipt.visit)
    stay = session.get(VisitRow, receipt.visit)
    if stay is not None:
        ledger.charge(session, stay, receipt.at, receipt.at)
    debt = max(0, ledger.owed(session, receipt.visit))
    entry = books.payment(
        key=f"{CASH}:{name}",
        site=receipt.site,
        visit=receipt.visit,
        paid=receipt.amount,
        owed=debt,
        happened_at=receipt.at,
        into=LedgerAccount.TILL,
    )
    return ledger.post(session, entry, receipt.at) and debt <= receipt.amount


def name_of(receipt: ReceiptRow) -> str:
    """What the payment of a receipt is called."""
    return f"{receipt.shift}-{receipt.number:04d}"


def history(session: Session) -> Iterator[tuple[datetime, str]]:
    """All receipts, for a rebuild: when each was written, and its name."""
    for receipt in session.exec(select(ReceiptRow)):
        yield receipt.at, name_of(receipt)


def again(session: Session, name: str, moment: datetime) -> None:  # noqa: ARG001 - a receipt knows its moment
    """What follows from a receipt, once more."""
    shift, _, number = name.rpartition("-")
    book(session, session.get_one(ReceiptRow, (shift, int(number))))
