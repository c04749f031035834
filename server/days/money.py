"""What the ledger says of a day's visits and payments, and what went on towards the bank."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from sqlalchemy import and_, func
from sqlmodel import Session, col, select

from gate.ledger import EntryKind, LedgerAccount
from gate.reconcile import Flow, Payment, Stream
from server.days.items import Known, Names, Span
from server.days.spans import between, chunks, hour_key, hours_of
from server.derived import InClearingRow
from server.facts import EntryRow, PaymentRow, PostingRow

A = LedgerAccount
SHOWN: Final = (EntryKind.SETTLED, EntryKind.BANKED)
"""Entries by which something else than its notice shows a payment."""
ONWARDS: Final = (
    EntryKind.SETTLED,
    EntryKind.PAYOUT,
    EntryKind.BANKED,
    EntryKind.BANK_UNKNOWN,
    EntryKind.DEPOSIT,
    EntryKind.REFUND_SENT,
    EntryKind.CHARGEBACK,
)
CASH: Final = "cash"
"""The provider of money in a till: it comes to the bank as deposits."""


class Stand(NamedTuple):
    """What stands on a visit or a payment, account by account."""

    receivable: int
    suspense: int
    waived: int
    whole: int


NOTHING: Final = Stand(0, 0, 0, 0)


def stands(session: Session, column: Any, wanted: Iterable[str]) -> dict[str, Stand]:
    """By visit or by payment, whichever column of `entry` is given."""
    found: dict[str, Stand] = {}
    for some in chunks(wanted):
        total = (
            select(column, PostingRow.account, func.sum(PostingRow.amount))
            .join(PostingRow, col(PostingRow.key) == col(EntryRow.key))
            .where(column.in_(some))
            .group_by(column, col(PostingRow.account))
        )
        sums: dict[str, Counter[str]] = defaultdict(Counter)
        for name, account, amount in session.exec(total):
            sums[name][account] += int(amount)
        found |= {name: _stand(by) for name, by in sums.items()}
    return found


def _stand(by: Counter[str]) -> Stand:
    return Stand(by[A.RECEIVABLE], by[A.SUSPENSE], by[A.WAIVED] + by[A.WRITTEN_OFF], sum(by.values()))


def payment_rows(session: Session, span: Span, known: list[Known], only: Names | None) -> list[PaymentRow]:
    """Those that came on the day, and all of its visits' whenever they came, in the order they came."""
    found = {}
    for where in _wheres(span, known, only):
        for row in session.exec(select(PaymentRow).where(where)):
            found[row.provider, row.provider_id] = row
    return sorted(found.values(), key=lambda row: (row.received_at, row.provider, row.provider_id))


def _wheres(span: Span, known: list[Known], only: Names | None) -> Iterator[Any]:
    came = and_(col(PaymentRow.site) == span.site, between(col(PaymentRow.received_at), span.start, span.end))
    if only is None:
        yield came
    else:
        for some in chunks(number for _, number in only.payments):
            yield and_(came, col(PaymentRow.provider_id).in_(some))
    for some in chunks(each.row.visit for each in known):
        yield col(PaymentRow.reference).in_(some)


def payment(row: PaymentRow, stand: Stand, known: set[str]) -> Payment:
    """As the rules want it: what is over is what waits in suspense."""
    return Payment(
        payment=name_of(row),
        visit=row.reference if row.reference in known else None,
        reference=row.reference or "",
        amount=row.amount,
        applied=-stand.receivable,
        returned=row.amount + stand.receivable + stand.suspense,
        at=row.happened_at,
        received_at=row.received_at,
    )


def name_of(row: PaymentRow) -> str:
    """By what entries name it."""
    return f"{row.provider}:{row.provider_id}"


def awaiting(session: Session, span: Span) -> int:
    """Of the money that came on the day: what neither a settlement nor a bank line has shown yet. Cash is not in it."""
    name = col(PaymentRow.provider) + ":" + col(PaymentRow.provider_id)
    shown = select(EntryRow.key).where(EntryRow.payment == name, col(EntryRow.kind).in_(SHOWN)).exists()
    came = between(col(PaymentRow.received_at), span.start, span.end)
    its = and_(
        col(InClearingRow.provider) == PaymentRow.provider, col(InClearingRow.provider_id) == PaymentRow.provider_id
    )
    total = (
        select(func.coalesce(func.sum(PaymentRow.amount), 0))
        .join(InClearingRow, its)
        .where(InClearingRow.site == span.site, came, PaymentRow.provider != CASH, ~shown)
    )
    return int(session.exec(total).one())


class Onwards(NamedTuple):
    """The day's streams by hour, and the sum of all their postings: nothing."""

    flows: tuple[Flow, ...]
    whole: int


def onwards(session: Session, span: Span) -> Onwards:
    """What moved from providers to the bank on the day."""
    hour = hour_key(session, col(EntryRow.happened_at))
    moved = (
        select(hour, EntryRow.kind, PostingRow.account, func.sum(PostingRow.amount))
        .join(PostingRow, col(PostingRow.key) == col(EntryRow.key))
        .where(EntryRow.site == span.site, col(EntryRow.kind).in_(ONWARDS))
        .where(between(col(EntryRow.happened_at), span.start, span.end))
        .group_by(hour, col(EntryRow.kind), col(PostingRow.account))
    )
    known, whole, streams = hours_of(span.start, span.end), 0, Counter[tuple[int, Stream]]()
    for key, kind, account, amount in session.exec(moved):
        whole += int(amount)
        for stream, sign in _streams(kind, account):
            streams[known[key], stream] += sign * int(amount)
    made = sorted((number, stream, amount) for (number, stream), amount in streams.items() if amount)
    return Onwards(tuple(Flow(hour=n, stream=stream, amount=amount) for n, stream, amount in made), whole)


def _streams(kind: str, account: str) -> Iterator[tuple[Stream, int]]:
    if account == A.CLEARING and kind == EntryKind.SETTLED:
        yield Stream.SETTLED, -1
    elif account == A.FEES:
        yield Stream.FEES, 1
    elif account == A.FEE_VAT:
        yield Stream.FEE_VAT, 1
    elif account == A.BANK:
        yield Stream.ON_STATEMENT, 1
        if kind == EntryKind.BANK_UNKNOWN:
            yield Stream.UNKNOWN_ON_STATEMENT, 1
