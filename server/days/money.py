"""What the ledger says of a day's visits and payments, and what went on towards the bank."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, and_, func
from sqlmodel import Session, col, select

from gate.ledger import EntryKind, LedgerAccount
from gate.reconcile import Flow, Payment, Stream
from server.days.items import Known, Names, Span
from server.days.spans import END, SITE, SOME, START, HourKey, among, between, chunks, hours_of
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


picked: Final[Any] = select
"""Columns chosen at run time have no types of their own."""


def _stands_by(column: Any) -> Any:
    return (
        picked(column, PostingRow.account, func.sum(PostingRow.amount))
        .join(PostingRow, col(PostingRow.key) == col(EntryRow.key))
        .where(among(column))
        .group_by(column, col(PostingRow.account))
    )


BY_PAYMENT: Final = _stands_by(EntryRow.payment)
BY_VISIT: Final = _stands_by(EntryRow.visit)


def stands(session: Session, by: Any, wanted: Iterable[str]) -> dict[str, Stand]:
    """By visit or by payment: `BY_VISIT` or `BY_PAYMENT`."""
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for some in chunks(wanted):
        for name, account, amount in session.connection().execute(by, {SOME: some}).all():
            sums[name][account] += int(amount)
    return {name: _stand(each) for name, each in sums.items()}


def _stand(by: Counter[str]) -> Stand:
    return Stand(by[A.RECEIVABLE], by[A.SUSPENSE], by[A.WAIVED] + by[A.WRITTEN_OFF], sum(by.values()))


_A_PAYMENT: Final = picked(
    PaymentRow.provider,
    PaymentRow.provider_id,
    PaymentRow.reference,
    PaymentRow.amount,
    PaymentRow.happened_at,
    PaymentRow.received_at,
)
_CAME: Final = and_(col(PaymentRow.site) == SITE, between(col(PaymentRow.received_at), START, END))
_ALL_THAT_CAME: Final = _A_PAYMENT.where(_CAME)
_OF_WHAT_CAME: Final = _A_PAYMENT.where(_CAME, among(PaymentRow.provider_id))
_OF_VISITS: Final = _A_PAYMENT.where(among(PaymentRow.reference))


def payment_rows(session: Session, span: Span, known: list[Known], only: Names | None) -> list[Row[Any]]:
    """Those that came on the day, and all of its visits' whenever they came, in the order they came."""
    found = {}
    for statement, given in _asked(span, known, only):
        for row in session.connection().execute(statement, given).all():
            found[row.provider, row.provider_id] = row
    return sorted(found.values(), key=lambda row: (row.received_at, row.provider, row.provider_id))


def _asked(span: Span, known: list[Known], only: Names | None) -> Iterator[tuple[Any, dict[str, Any]]]:
    if only is None:
        yield _ALL_THAT_CAME, span.values
    else:
        for given in span.values_of(number for _, number in only.payments):
            yield _OF_WHAT_CAME, given
    for given in span.values_of(each.visit for each in known):
        yield _OF_VISITS, given


def payment(row: Row[Any], stand: Stand, known: set[str]) -> Payment:
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


def name_of(row: Row[Any]) -> str:
    """By what entries name it."""
    return f"{row.provider}:{row.provider_id}"


def _awaiting() -> Any:
    name = col(PaymentRow.provider) + ":" + col(PaymentRow.provider_id)
    shown = select(EntryRow.key).where(EntryRow.payment == name, col(EntryRow.kind).in_(SHOWN)).exists()
    came = between(col(PaymentRow.received_at), START, END)
    its = and_(
        col(InClearingRow.provider) == PaymentRow.provider, col(InClearingRow.provider_id) == PaymentRow.provider_id
    )
    return (
        select(func.coalesce(func.sum(PaymentRow.amount), 0))
        .join(InClearingRow, its)
        .where(InClearingRow.site == SITE, came, PaymentRow.provider != CASH, ~shown)
    )


_AWAITING: Final = _awaiting()


def awaiting(session: Session, span: Span) -> int:
    """Of the money that came on the day: what neither a settlement nor a bank line has shown yet. Cash is not in it."""
    return int(session.connection().execute(_AWAITING, span.values).scalar_one())


class Onwards(NamedTuple):
    """The day's streams by hour, and the sum of all their postings: nothing."""

    flows: tuple[Flow, ...]
    whole: int


_HOUR: Final = HourKey(col(EntryRow.happened_at))
_MOVED: Final[Any] = (
    picked(_HOUR, EntryRow.kind, PostingRow.account, func.sum(PostingRow.amount))
    .join(PostingRow, col(PostingRow.key) == col(EntryRow.key))
    .where(EntryRow.site == SITE, col(EntryRow.kind).in_(ONWARDS))
    .where(between(col(EntryRow.happened_at), START, END))
    .group_by(_HOUR, col(EntryRow.kind), col(PostingRow.account))
)


def onwards(session: Session, span: Span) -> Onwards:
    """What moved from providers to the bank on the day."""
    known, whole, streams = hours_of(span.start, span.end), 0, Counter[tuple[int, Stream]]()
    for key, kind, account, amount in session.connection().execute(_MOVED, span.values).all():
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
