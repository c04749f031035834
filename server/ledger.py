"""Posting entries, the two phases of a charge, and what stands on a visit and on a payment."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import func, inspect
from sqlmodel import Session, col, or_, select

from gate import ledger
from gate.ledger import Entry, EntryKind, LedgerAccount
from server import in_clearing, stay_money
from server.db import hold, insert_many, insert_once
from server.derived import VisitRow
from server.facts import ChargeRow, EntryRow, PaymentRow, PostingRow
from server.now import VisitNow
from server.stay_money import Change

PAYMENT_HELD: Final = "payment:"
"""Before a payment's name where it is held against others."""
Priced = VisitRow | VisitNow
"""A visit as far as its charge needs it: a row of the database or ingest's own copy."""


def post(session: Session, entry: Entry, now: datetime) -> bool:
    """Post an entry unless its key was posted before. Says whether it was new. Raises Unbalanced."""
    lines = _posting_values(ledger.balanced(entry))
    if not insert_once(session, EntryRow(**_entry_values(entry, now))):
        return False
    insert_many(session, PostingRow, lines)
    _stand(session, [entry], stay_money.changes([entry], now))
    return True


def post_all(session: Session, entries: Sequence[Entry], now: datetime) -> None:
    """Post entries whose keys are free, in a few statements. Raises Unbalanced."""
    post_each(session, [(entry, now) for entry in entries])


def post_each(session: Session, entries: Sequence[tuple[Entry, datetime]]) -> None:
    """The same for entries that are each recorded at a moment of its own."""
    _post_each(session, entries, stay_money.changes_of(entries))


def _post_each(session: Session, entries: Sequence[tuple[Entry, datetime]], changes: dict[str, Change]) -> None:
    lines = [line for entry, _ in entries for line in _posting_values(ledger.balanced(entry))]
    insert_many(session, EntryRow, [_entry_values(entry, now) for entry, now in entries])
    insert_many(session, PostingRow, lines)
    _stand(session, [entry for entry, _ in entries], changes)


def _stand(session: Session, entries: Sequence[Entry], changes: dict[str, Change]) -> None:
    """What stands by these entries, in the tables that are kept beside them."""
    stay_money.write(session, changes)
    in_clearing.follow(session, entries)


def later(session: Session, names: Iterable[str], now: datetime) -> datetime:
    """A moment after all that is recorded of these visits and payments, for who holds them: `now`, unless it was taken
    before others were let in first. So the order of recording is the order of what happened, and a rebuild's too."""
    known = [name.removeprefix(PAYMENT_HELD) for name in names]
    about = or_(col(EntryRow.visit).in_(known), col(EntryRow.payment).in_(known))
    last = session.exec(select(EntryRow.recorded_at).where(about).order_by(col(EntryRow.recorded_at).desc())).first()
    return now if last is None else max(now, last + timedelta(microseconds=1))


# --- the second phase of a charge ------------------------------------------------------------------------------


def charge(session: Session, visit: Priced, happened_at: datetime, now: datetime) -> bool:
    """Post the visit's charge from its quote, once for ever; free stays are charged nothing. Says whether it is new."""
    values = _charge_values(visit, happened_at, now)
    if values is None or not insert_once(session, ChargeRow(**values)):
        return False
    _post_charges(session, [ChargeRow(**values)], now)
    return True


def charge_all(session: Session, visits: Sequence[tuple[Priced, datetime]], now: datetime) -> None:
    """The same for many visits at once that are held and not charged: the entries are made from what is stored,
    so that a charge and its entry cannot differ."""
    values = [found for visit, happened_at in visits if (found := _charge_values(visit, happened_at, now))]
    if not values:
        return
    insert_many(session, ChargeRow, values)
    names = [each["visit"] for each in values]
    _post_charges(session, session.exec(select(ChargeRow).where(col(ChargeRow.visit).in_(names))).all(), now)


def _post_charges(session: Session, charges: Sequence[ChargeRow], now: datetime) -> None:
    """What the ledger says is pended is released, whatever it is."""
    pended = standing(session, col(PostingRow.visit), [row.visit for row in charges], LedgerAccount.PENDED)
    entries = [_charge_entry(row, pended.get(row.visit, 0)) for row in charges]
    posted = [entry for entry in entries if entry.postings]
    changes = stay_money.changes(posted, now)
    for row in charges:
        changes[row.visit].charge(row.total)
        changes[row.visit].charged_at = row.happened_at
    _post_each(session, [(entry, now) for entry in posted], changes)


# --- what stands on a visit and on a payment -------------------------------------------------------------------


def owed(session: Session, visit: str) -> int:
    """What the visit still owes, by the ledger."""
    return standing(session, col(PostingRow.visit), [visit], LedgerAccount.RECEIVABLE).get(visit, 0)


def waiting(session: Session, payments: Sequence[str]) -> dict[str, int]:
    """How much of each payment (`provider:provider_id`) waits in suspense; those of which nothing does are left out."""
    found = standing(session, col(EntryRow.payment), payments, LedgerAccount.SUSPENSE)
    return {payment: -amount for payment, amount in found.items() if amount}


def settled_by(session: Session, payment: str) -> dict[str, int]:
    """Which visits the payment settles, and how much of each."""
    total = (
        select(EntryRow.visit, func.sum(-col(PostingRow.amount)))
        .join(PostingRow, col(PostingRow.key) == col(EntryRow.key))
        .where(EntryRow.payment == payment, PostingRow.account == LedgerAccount.RECEIVABLE)
        .group_by(col(EntryRow.visit))
    )
    return {visit: int(amount) for visit, amount in session.exec(total) if amount}


def standing(session: Session, column: Any, names: Iterable[str], account: LedgerAccount) -> dict[str, int]:
    """What stands on an account by visit or by payment: `PostingRow.visit`, or a column of `entry`."""
    total = select(column, func.sum(PostingRow.amount)).where(PostingRow.account == account)
    if column.table is not inspect(PostingRow).local_table:
        total = total.join(EntryRow, col(PostingRow.key) == col(EntryRow.key))
    rows = session.exec(total.where(column.in_(list(names))).group_by(column))
    return {name: int(amount) for name, amount in rows}


# --- money that was there before its price ---------------------------------------------------------------------


def apply_waiting(session: Session, visit: Priced, happened_at: datetime, now: datetime) -> bool:
    """Money that came before the price was known settles the visit, first come first applied.

    Says whether that made it owe nothing; what is over the debt opens nothing again.
    """
    hold(session, visit.visit)
    early = waiting_for(session, visit.visit)
    if not early:
        return False
    news = charge(session, visit, happened_at, now)
    debt, used = owed(session, visit.visit), _applied_before(session, [visit.visit])
    for payment, amount in early.items():
        part = min(amount, debt)
        if part > 0 and post(session, _applied(visit, payment, part, happened_at, used), now):
            debt, news = debt - part, True
    return news and debt <= 0


class Applied(NamedTuple):
    """What became of waiting money: visits that owe nothing by it, and those for which some still waits."""

    settled: set[str]
    over: set[str]


def apply_waiting_all(session: Session, visits: Mapping[str, tuple[Priced, datetime]], now: datetime) -> Applied:
    """`apply_waiting` for many visits that are held, each with the moment of its news, in a few statements."""
    early = _waiting_for_all(session, sorted(visits))
    names = sorted(early)
    charged = set(session.exec(select(ChargeRow.visit).where(col(ChargeRow.visit).in_(names))))
    charge_all(session, [visits[name] for name in names if name not in charged], now)
    debts = standing(session, col(PostingRow.visit), names, LedgerAccount.RECEIVABLE)
    used = _applied_before(session, names)
    entries: list[Entry] = []
    settled, over = set[str](), set[str]()
    for name in names:
        visit, happened_at = visits[name]
        debt, news = debts.get(name, 0), name not in charged
        for payment, amount in early[name].items():
            part = min(amount, max(0, debt))
            if part > 0:
                entries.append(_applied(visit, payment, part, happened_at, used))
                debt, news = debt - part, True
            if amount > part:
                over.add(name)
        if news and debt <= 0:
            settled.add(name)
    post_all(session, entries, now)
    return Applied(settled, over)


def _waiting_for_all(session: Session, visits: Sequence[str]) -> dict[str, dict[str, int]]:
    """`waiting_for` of many; visits for which nothing waits are left out."""
    if not visits:
        return {}
    order = (col(PaymentRow.received_at), col(PaymentRow.provider), col(PaymentRow.provider_id))
    rows = session.exec(select(PaymentRow).where(col(PaymentRow.reference).in_(visits)).order_by(*order)).all()
    amounts = waiting(session, [payment_name(row) for row in rows]) if rows else {}
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        amount = amounts.get(payment_name(row), 0)
        if amount > 0:
            found.setdefault(row.reference or "", {})[payment_name(row)] = amount
    return found


def waiting_for(session: Session, visit: str) -> dict[str, int]:
    """What waits of the payments that name this visit, in the order in which they came."""
    order = (col(PaymentRow.received_at), col(PaymentRow.provider), col(PaymentRow.provider_id))
    rows = session.exec(select(PaymentRow).where(PaymentRow.reference == visit).order_by(*order))
    names = [payment_name(row) for row in rows]
    amounts = waiting(session, names) if names else {}
    return {name: amounts[name] for name in names if amounts.get(name, 0) > 0}


def payment_name(payment: PaymentRow) -> str:
    """By what entries, decisions and refunds name it."""
    return f"{payment.provider}:{payment.provider_id}"


def _applied(visit: Priced, payment: str, amount: int, happened_at: datetime, used: Counter[tuple[str, str]]) -> Entry:
    """Of one payment several parts may find the same stay: where it cost more later, or its refund was undone."""
    before = used[visit.visit, payment]
    key = f"{payment}.{before + 1}" if before else payment
    return ledger.applied(
        key=key, site=visit.site, visit=visit.visit, amount=amount, happened_at=happened_at, payment=payment
    )


def _applied_before(session: Session, visits: Sequence[str]) -> Counter[tuple[str, str]]:
    """How many parts of each payment found these stays before, by visit and payment."""
    rows = select(EntryRow.visit, EntryRow.payment).where(
        col(EntryRow.visit).in_(visits), EntryRow.kind == EntryKind.APPLIED
    )
    return Counter((visit, payment) for visit, payment in session.exec(rows)) if visits else Counter()


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


def _charge_entry(row: ChargeRow, pended: int) -> Entry:
    return ledger.charge(
        site=row.site, visit=row.visit, total=row.total, vat=row.vat, happened_at=row.happened_at, pended=pended
    )


def _entry_values(entry: Entry, now: datetime) -> dict[str, Any]:
    values = entry._asdict()
    del values["postings"]
    return values | {"recorded_at": now}


def _posting_values(entry: Entry) -> list[dict[str, Any]]:
    return [
        {
            "key": entry.key,
            "line": line,
            "account": posting.account,
            "amount": posting.amount,
            "visit": entry.visit,
        }
        for line, posting in enumerate(entry.postings)
    ]
