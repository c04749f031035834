"""Posting entries, and the one place where money meets a visit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from gate import ledger
from gate.ledger import Entry, LedgerAccount
from server.db import hold, insert_many, insert_once
from server.derived import VisitRow
from server.facts import ChargeRow, EntryRow, PaymentRow, PostingRow
from server.now import VisitNow

Priced = VisitRow | VisitNow
"""A visit as far as its charge needs it: a row of the database or ingest's own copy."""


def post(session: Session, entry: Entry, now: datetime) -> bool:
    """Post an entry unless its key was posted before. Says whether it was new."""
    if not insert_once(session, EntryRow(**_entry_values(entry, now))):
        return False
    insert_many(session, PostingRow, _posting_values(entry))
    return True


def charge(session: Session, visit: Priced, happened_at: datetime, now: datetime) -> bool:
    """Post the visit's charge from its quote, once for ever; free stays are charged nothing. Says whether it is new."""
    values = _charge_values(visit, happened_at, now)
    if values is None or not insert_once(session, ChargeRow(**values)):
        return False
    if values["total"]:
        post(session, _charge_entry(ChargeRow(**values)), now)
    return True


def charge_all(session: Session, visits: Sequence[tuple[Priced, datetime]], now: datetime) -> None:
    """The same for many visits at once. What was charged meanwhile stays as it was: the entries are made from
    what is stored, so that a charge and its entry cannot differ."""
    values = [found for visit, happened_at in visits if (found := _charge_values(visit, happened_at, now))]
    if not values:
        return
    insert_many(session, ChargeRow, values)
    names = [each["visit"] for each in values]
    stored = session.exec(select(ChargeRow).where(col(ChargeRow.visit).in_(names))).all()
    entries = [_charge_entry(row) for row in stored if row.total]
    insert_many(session, EntryRow, [_entry_values(entry, now) for entry in entries])
    insert_many(session, PostingRow, [line for entry in entries for line in _posting_values(entry)])


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


def apply_waiting(session: Session, visit: Priced, now: datetime) -> bool:
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


def _charge_values(visit: Priced, happened_at: datetime, now: datetime) -> dict[str, Any] | None:
    if visit.quoted is None or visit.quoted_vat is None:
        return None
    return {
        "visit": visit.visit,
        "site": visit.site,
        "tariff": visit.quoted_tariff or "",
        "vehicle_class": visit.vehicle_class,
        "total": visit.quoted,
        "vat": visit.quoted_vat,
        "lines": visit.quoted_lines or "[]",
        "happened_at": happened_at,
        "recorded_at": now,
    }


def _charge_entry(row: ChargeRow) -> Entry:
    return ledger.charge(site=row.site, visit=row.visit, total=row.total, vat=row.vat, happened_at=row.happened_at)


def _entry_values(entry: Entry, now: datetime) -> dict[str, Any]:
    values = entry._asdict()
    del values["postings"]
    return values | {"recorded_at": now}


def _posting_values(entry: Entry) -> list[dict[str, Any]]:
    return [
        {"key": entry.key, "line": line, "account": posting.account, "amount": posting.amount}
        for line, posting in enumerate(entry.postings)
    ]
