"""Posting entries, and the one place where money meets a visit."""

from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from gate import ledger
from gate.ledger import Entry, LedgerAccount
from server.db import hold, insert_many, insert_once
from server.derived import VisitRow
from server.facts import ChargeRow, EntryRow, PaymentRow, PostingRow


def post(session: Session, entry: Entry, now: datetime) -> bool:
    """Post an entry unless its key was posted before. Says whether it was new."""
    row = EntryRow(
        key=entry.key,
        kind=entry.kind,
        site=entry.site,
        visit=entry.visit,
        happened_at=entry.happened_at,
        recorded_at=now,
    )
    if not insert_once(session, row):
        return False
    lines = [
        {"key": entry.key, "line": line, "account": posting.account, "amount": posting.amount}
        for line, posting in enumerate(entry.postings)
    ]
    insert_many(session, PostingRow, lines)
    return True


def charge(session: Session, visit: VisitRow, happened_at: datetime, now: datetime) -> bool:
    """Post the visit's charge from its quote, once for ever; free stays are charged nothing. Says whether it is new."""
    if visit.quoted is None or visit.quoted_vat is None:
        return False
    row = ChargeRow(
        visit=visit.visit,
        site=visit.site,
        tariff=visit.quoted_tariff or "",
        vehicle_class=visit.vehicle_class,
        total=visit.quoted,
        vat=visit.quoted_vat,
        lines=visit.quoted_lines or "[]",
        happened_at=happened_at,
        recorded_at=now,
    )
    if not insert_once(session, row):
        return False
    if row.total:
        total, vat = row.total, row.vat
        entry = ledger.charge(site=row.site, visit=row.visit, total=total, vat=vat, happened_at=happened_at)
        post(session, entry, now)
    return True


def owed(session: Session, visit: str) -> int:
    """What the visit still owes, by the ledger."""
    return _balance(session, visit, LedgerAccount.RECEIVABLE)


def receive(session: Session, payment: PaymentRow, now: datetime) -> bool:
    """Book money that came: on its visit's debt, the rest in suspense. Says whether its visit owes nothing now."""
    visit = _payable(session, payment)
    if visit is not None:
        charge(session, visit, payment.happened_at, now)
    debt = max(0, owed(session, visit.visit)) if visit else 0
    name = visit.visit if visit else payment.reference or ""
    key = f"{payment.provider}:{payment.provider_id}"
    entry = ledger.payment(
        key=key,
        site=payment.site,
        visit=name,
        paid=payment.amount,
        owed=debt,
        happened_at=payment.happened_at,
    )
    post(session, entry, now)
    return visit is not None and owed(session, visit.visit) <= 0


def apply_waiting(session: Session, visit: VisitRow, now: datetime) -> bool:
    """Money that came before the price was known settles the visit. Says whether that made it owe nothing."""
    hold(session, visit.visit)
    waiting = -_balance(session, visit.visit, LedgerAccount.SUSPENSE)
    if waiting <= 0:
        return False
    news = charge(session, visit, now, now)
    amount = min(waiting, owed(session, visit.visit))
    if amount <= 0 and not news:
        return False  # what waits is over the debt: it opens nothing again
    if amount > 0:
        entry = ledger.applied(key=visit.visit, site=visit.site, visit=visit.visit, amount=amount, happened_at=now)
        post(session, entry, now)
    return owed(session, visit.visit) <= 0


def _payable(session: Session, payment: PaymentRow) -> VisitRow | None:
    """The visit that the payment names, locked against others, if it has a price."""
    if payment.reference is None:
        return None
    hold(session, payment.reference)
    visit = session.get(VisitRow, payment.reference)
    return visit if visit and visit.quoted is not None and not visit.voided else None


def _balance(session: Session, visit: str, account: LedgerAccount) -> int:
    total = (
        select(func.coalesce(func.sum(PostingRow.amount), 0))
        .join(EntryRow, col(EntryRow.key) == col(PostingRow.key))
        .where(EntryRow.visit == visit, PostingRow.account == account)
    )
    return int(session.exec(total).one())
