"""What each decision does to the ledger. Every key is the decision's own: a second effect is impossible."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from sqlmodel import Session, col, select

from gate import ledger as entries
from gate.ledger import About, Entry, EntryKind, LedgerAccount, Posting
from server import ledger, refunds
from server.db import insert_once
from server.facts import EntryRow, PaymentRow, PostingRow
from server.facts_money import DecisionRow, TakenBackRow
from server.money_rules import Impossible, NoSuch
from server.payments import Money, hold_payment, money_of, owes, visit_of

__all__ = [
    "CHARGEBACK",
    "REVERSAL",
    "Kind",
    "charged_back",
    "checked",
    "decision",
    "entry_of",
    "hold_payment",
    "not_twice",
    "owes",
    "reversals",
    "reverse_again",
    "take",
    "take_back",
    "whole",
]


class Kind(StrEnum):
    """What may be decided."""

    SETTLE = "settle"  # waiting money pays the stay that it was for
    CREDIT = "credit"  # what one stay had too much pays another
    REFUND = "refund"
    WAIVE = "waive"
    WRITE_OFF = "write_off"
    CONTEST = "contest"  # a chargeback is answered with evidence
    ACCEPT = "accept"  # a chargeback is right: the stay owes again
    UNDO = "undo"


CHARGEBACK, REVERSAL = "chargeback", "reversal"


class Named(Protocol):
    """What a decision is about."""

    @property
    def visit(self) -> str: ...
    @property
    def payment(self) -> str: ...
    @property
    def to_visit(self) -> str: ...
    @property
    def undoes(self) -> str: ...


def decision(session: Session, name: str) -> DecisionRow:
    """The decision. Raises NoSuch."""
    row = session.get(DecisionRow, name)
    if row is None:
        raise NoSuch(f"there is no decision {name}")
    return row


def whole(session: Session, kind: Kind, named: Named) -> int:
    """All that there is to decide about. Raises NoSuch, Impossible."""
    match kind:
        case Kind.SETTLE | Kind.CREDIT:
            return min(money_of(session, named.payment).waits, owes(session, visit_of(session, named.to_visit)))
        case Kind.REFUND:
            money = money_of(session, named.payment)
            return money.settles.get(named.to_visit, 0) if named.to_visit else money.waits
        case Kind.WAIVE | Kind.WRITE_OFF:
            return owes(session, visit_of(session, named.visit))
        case Kind.CONTEST | Kind.ACCEPT:
            return _taken_back(session, named.payment).amount
        case Kind.UNDO:
            return decision(session, named.undoes).amount


def checked(session: Session, row: DecisionRow) -> DecisionRow:
    """The decision with its site, visit and payment filled in. Raises Impossible when it could not take effect now."""
    if row.amount <= 0:
        raise Impossible(f"there is nothing to {row.kind}: the amount is {row.amount}")
    _CHECKS[Kind(row.kind)](session, row)
    return row


def not_twice(session: Session, row: DecisionRow) -> None:
    """Raises Impossible where the same money would go back by us and by the provider. It is asked with each word and
    not by a rebuild, which knows what came later."""
    if row.kind == Kind.REFUND and row.payment in refunds.taken_back(session):
        raise Impossible(f"{row.payment}: it was charged back or reversed: it would be given back twice")
    away = refunds.on_its_way(session, row.payment) if row.kind == Kind.ACCEPT else None
    if away is not None:
        raise Impossible(f"{row.payment}: its refund {away.refund} is on its way; undo it, or wait for its debit line")


def take(session: Session, row: DecisionRow, now: datetime) -> tuple[str, ...]:
    """Post what follows. Says whose debt may be gone. Raises Impossible: then nothing may be kept of this word."""
    _CHECKS[Kind(row.kind)](session, row)
    return _EFFECTS[Kind(row.kind)](session, row, now)


# --- waiting money finds its stay ------------------------------------------------------------------------------


def _check_settle(session: Session, row: DecisionRow) -> None:
    money, visit = money_of(session, row.payment), visit_of(session, row.to_visit)
    elsewhere = bool(money.row.reference) and money.row.reference != visit.visit
    if row.kind == Kind.SETTLE and elsewhere:
        raise Impossible(f"{row.payment} names {money.row.reference}: credit it to {visit.visit} instead")
    if row.kind == Kind.CREDIT and not elsewhere:
        raise Impossible(f"{row.payment} names no other stay: settle it instead")
    _enough(row, money.waits, f"waits of {row.payment}")
    _enough(row, owes(session, visit), f"is owed by {visit.visit}")
    row.site, row.visit = visit.site, money.row.reference or ""


def _settle(session: Session, row: DecisionRow, now: datetime) -> tuple[str, ...]:
    visit = visit_of(session, row.to_visit)
    ledger.charge(session, visit, now, now)
    if row.kind == Kind.CREDIT:
        about = About(visit.site, now, visit.visit, row.payment)
        _move(session, row, EntryKind.CREDIT, about, LedgerAccount.SUSPENSE, LedgerAccount.RECEIVABLE, now)
    else:
        parts = {"key": row.decision, "site": visit.site, "visit": visit.visit, "payment": row.payment}
        _post(session, entries.applied(**parts, amount=row.amount, happened_at=now), now)
    return (visit.visit,)


# --- money goes back -------------------------------------------------------------------------------------------


def _check_refund(session: Session, row: DecisionRow) -> None:
    """Money that waits; or, where a stay is named, money that settles it, which owes again then."""
    money = money_of(session, row.payment)
    there = money.settles.get(row.to_visit, 0) if row.to_visit else money.waits
    _enough(row, there, f"of {row.payment} {f'settles {row.to_visit}' if row.to_visit else 'waits'}")
    row.site, row.visit = money.row.site, money.row.reference or ""


def _refund(session: Session, row: DecisionRow, now: datetime) -> tuple[str, ...]:
    provider = row.payment.rpartition(":")[0]
    if row.to_visit:
        off = About(visit_of(session, row.to_visit).site, now, row.to_visit, row.payment)
        _move(session, row, EntryKind.RELEASED, off, LedgerAccount.RECEIVABLE, LedgerAccount.SUSPENSE, now)
    about = About(row.site, now, row.visit, row.payment, provider)
    _move(session, row, EntryKind.REFUND_DUE, about, LedgerAccount.SUSPENSE, LedgerAccount.REFUNDS, now)
    refunds.make(session, row, provider, now)
    return ()


def _shares(money: Money, amount: int) -> Iterator[tuple[str, int]]:
    for visit, settles in sorted(money.settles.items()):
        part = min(amount, settles)
        if part > 0:
            yield visit, part
            amount -= part


# --- debts that nobody will pay --------------------------------------------------------------------------------


def _check_waive(session: Session, row: DecisionRow) -> None:
    visit = visit_of(session, row.visit)
    _enough(row, owes(session, visit), f"is owed by {visit.visit}")
    row.site = visit.site


def _waive(session: Session, row: DecisionRow, now: datetime) -> tuple[str, ...]:
    visit = visit_of(session, row.visit)
    ledger.charge(session, visit, now, now)
    kind = EntryKind.WAIVER if row.kind == Kind.WAIVE else EntryKind.WRITE_OFF
    into = LedgerAccount.WAIVED if row.kind == Kind.WAIVE else LedgerAccount.WRITTEN_OFF
    _move(session, row, kind, About(visit.site, now, visit.visit), into, LedgerAccount.RECEIVABLE, now)
    return (visit.visit,)


# --- a provider takes money back -------------------------------------------------------------------------------


def _check_chargeback(session: Session, row: DecisionRow) -> None:
    back = _taken_back(session, row.payment)
    if row.amount != back.amount:
        raise Impossible(f"{row.payment}: {back.amount} is charged back, not {row.amount}")
    if session.get(EntryRow, f"chargeback:{row.payment}"):
        raise Impossible(f"{row.payment}: the chargeback was accepted already")
    row.site, row.visit = back.site, back.visit


def charged_back(session: Session, payment: str, happened_at: datetime, by: str, note: str, now: datetime) -> bool:
    """A payer wants the payment back and the provider says so: people contest or accept it. False when it was known.
    Raises NoSuch."""
    hold_payment(session, payment)
    row = money_of(session, payment).row
    back = TakenBackRow(
        payment=payment,
        kind=CHARGEBACK,
        site=row.site,
        visit=row.reference or "",
        amount=row.amount,
        note=note,
        by=by,
        happened_at=happened_at,
        recorded_at=now,
    )
    return insert_once(session, back)


def _contest(session: Session, row: DecisionRow, now: datetime) -> tuple[str, ...]:  # noqa: ARG001 - as the others
    return ()


def _accept(session: Session, row: DecisionRow, now: datetime) -> tuple[str, ...]:
    take_back(session, row.payment, row.amount, now, now, lost=LedgerAccount.WRITTEN_OFF)
    return ()


def take_back(
    session: Session, payment: str, amount: int, happened_at: datetime, now: datetime, *, lost: LedgerAccount
) -> None:
    """A provider has the money again, once: what waits goes first, then stays owe again, and what was refunded
    before is `lost`. Raises NoSuch, Impossible when it was done before."""
    money = money_of(session, payment)
    waits = min(amount, max(0, money.waits))
    for visit, part in _shares(money, amount - waits):
        about = About(visit_of(session, visit).site, happened_at, visit, payment, money.row.provider)
        again = (Posting(LedgerAccount.RECEIVABLE, part), Posting(LedgerAccount.CLEARING, -part))
        _post(session, entries.entry(f"chargeback:{payment}:{visit}", EntryKind.CHARGEBACK, about, *again), now)
        amount -= part
    lines = (
        Posting(LedgerAccount.SUSPENSE, waits),
        Posting(lost, amount - waits),
        Posting(LedgerAccount.CLEARING, -amount),
    )
    about = About(money.row.site, happened_at, money.row.reference or "", payment, money.row.provider)
    _post(session, entries.entry(f"chargeback:{payment}", EntryKind.CHARGEBACK, about, *lines), now)


def reversals(session: Session) -> list[tuple[datetime, str]]:
    """When each payment that a provider reversed by itself was recorded so: what a rebuild replays."""
    found = select(TakenBackRow.recorded_at, TakenBackRow.payment).where(TakenBackRow.kind == REVERSAL)
    return list(session.exec(found))


def reverse_again(session: Session, payment: str, at: datetime) -> None:
    """The entries of a reversal, unless they are there or its payment has not come yet."""
    row = session.get_one(TakenBackRow, (payment, REVERSAL))
    provider, _, number = payment.rpartition(":")
    come = session.get(PaymentRow, (provider, number)) is not None
    if come and session.get(EntryRow, f"chargeback:{payment}") is None:
        take_back(session, payment, row.amount, row.happened_at, at, lost=LedgerAccount.SUSPENSE)


# --- taken back ------------------------------------------------------------------------------------------------


def _check_undo(session: Session, row: DecisionRow) -> None:
    before = decision(session, row.undoes)
    entry = entry_of(session, before)
    if entry is None:
        raise Impossible(f"{before.decision}: nothing of it can be undone")
    if session.get(EntryRow, f"undo:{before.decision}"):
        raise Impossible(f"{before.decision}: it was undone already")
    if before.kind == Kind.REFUND:
        refunds.still_here(session, before.decision)
    if before.kind in {Kind.SETTLE, Kind.CREDIT}:
        settles = money_of(session, before.payment).settles.get(before.to_visit, 0)
        if settles < before.amount:
            raise Impossible(f"{before.decision}: only {settles} of it still settles {before.to_visit}")
    if row.amount != before.amount:
        raise Impossible(f"{before.decision}: it is undone as a whole, {before.amount}")
    row.site, row.visit, row.payment = before.site, before.visit, before.payment


def _undo(session: Session, row: DecisionRow, now: datetime) -> tuple[str, ...]:
    before = decision(session, row.undoes)
    entry = entry_of(session, before)
    if entry is None:
        raise Impossible(f"{row.undoes}: nothing of it can be undone")
    _post(session, entries.reversed_of(f"undo:{row.undoes}", entry, now), now)
    return _put_back(session, before, now) if before.kind == Kind.REFUND and before.to_visit else ()


def _put_back(session: Session, before: DecisionRow, now: datetime) -> tuple[str, ...]:
    """Money that was taken off a stay for its refund settles it again, as far as that still owes; the rest waits."""
    visit = visit_of(session, before.to_visit)
    amount = 0 if visit.voided else min(before.amount, max(0, ledger.owed(session, visit.visit)))
    if amount:
        about = About(visit.site, now, visit.visit, before.payment)
        key = f"undo:{before.decision}:{visit.visit}"
        again = {"debit": LedgerAccount.SUSPENSE, "credit": LedgerAccount.RECEIVABLE}
        _post(session, entries.moved(key, EntryKind.UNDONE, about, amount, **again), now)
    return (visit.visit,)


def entry_of(session: Session, row: DecisionRow) -> Entry | None:
    """The entry that the decision came to, where that can be taken back."""
    kinds = {Kind.SETTLE: f"applied:{row.decision}:{row.to_visit}", Kind.REFUND: f"refund_due:{row.decision}"}
    usual = {Kind.CREDIT: EntryKind.CREDIT, Kind.WAIVE: EntryKind.WAIVER, Kind.WRITE_OFF: EntryKind.WRITE_OFF}
    kind = Kind(row.kind)
    found = session.get(EntryRow, kinds.get(kind) or f"{usual.get(kind, '')}:{row.decision}")
    if found is None:
        return None
    lines = session.exec(select(PostingRow).where(PostingRow.key == found.key).order_by(col(PostingRow.line)))
    postings = tuple(Posting(LedgerAccount(line.account), line.amount) for line in lines)
    return Entry(
        found.key,
        EntryKind(found.kind),
        found.site,
        found.visit,
        found.happened_at,
        postings,
        found.payment,
        found.party,
    )


# --- what all of them need -------------------------------------------------------------------------------------


def _move(
    session: Session,
    row: DecisionRow,
    kind: EntryKind,
    about: About,
    debit: LedgerAccount,
    credit: LedgerAccount,
    now: datetime,
) -> None:
    _post(session, entries.moved(f"{kind}:{row.decision}", kind, about, row.amount, debit=debit, credit=credit), now)


def _post(session: Session, entry: Entry, now: datetime) -> None:
    if not ledger.post(session, entry, now):
        raise Impossible(f"{entry.key} was posted before")


def _taken_back(session: Session, payment: str) -> TakenBackRow:
    row = session.get(TakenBackRow, (payment, CHARGEBACK))
    if row is None:
        raise NoSuch(f"no chargeback of {payment} is known")
    return row


def _enough(row: DecisionRow, there: int, words: str) -> None:
    if row.amount > there:
        raise Impossible(f"{row.kind} {row.amount}: only {max(0, there)} {words}")


_CHECKS: Final[Mapping[Kind, Callable[[Session, DecisionRow], None]]] = {
    Kind.SETTLE: _check_settle,
    Kind.CREDIT: _check_settle,
    Kind.REFUND: _check_refund,
    Kind.WAIVE: _check_waive,
    Kind.WRITE_OFF: _check_waive,
    Kind.CONTEST: _check_chargeback,
    Kind.ACCEPT: _check_chargeback,
    Kind.UNDO: _check_undo,
}
_EFFECTS: Final[Mapping[Kind, Callable[[Session, DecisionRow, datetime], tuple[str, ...]]]] = {
    Kind.SETTLE: _settle,
    Kind.CREDIT: _settle,
    Kind.REFUND: _refund,
    Kind.WAIVE: _waive,
    Kind.WRITE_OFF: _waive,
    Kind.CONTEST: _contest,
    Kind.ACCEPT: _accept,
    Kind.UNDO: _undo,
}
