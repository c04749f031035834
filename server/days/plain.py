"""Which stays are not plain, by themselves and by the ledger, in one statement over an index of theirs."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, literal_column, or_
from sqlmodel import Session, col, select

from gate.ledger import LedgerAccount
from server.days.money import PLAIN
from server.derived import VisitRow
from server.facts import ChargeRow, EntryRow, PaymentRow, PostingRow, SupplementRow

picked: Any = select
"""Columns chosen at run time have no types of their own."""
VISIT: Any = col(VisitRow.visit)


class Odd(NamedTuple):
    """Stays that are not plain; and how far the postings of all that are asked for are out of balance."""

    visits: set[str]
    unbalanced: int


def odd(session: Session, condition: ColumnElement[bool]) -> Odd:
    """Of the stays of a condition."""
    joined = picked(VisitRow.visit).join(ChargeRow, col(ChargeRow.visit) == VISIT, isouter=True)
    unlike = or_(_amiss(), _late(), _owed() != 0, _waited(), _thought_about())
    visits = session.connection().execute(joined.where(condition, unlike)).scalars().all()
    whole = picked(func.sum(PostingRow.amount)).join_from(VisitRow, PostingRow, col(PostingRow.visit) == VISIT)
    return Odd(set(visits), int(session.connection().execute(whole.where(condition)).scalar_one() or 0))


def _amiss() -> ColumnElement[bool]:
    """Not read, priced otherwise, topped up, still going on, or left without a price."""
    still, free = col(VisitRow.left_at).is_(None), col(ChargeRow.visit).is_(None)
    priced = col(VisitRow.quoted) != col(VisitRow.recomputed)
    more = VISIT.in_(select(SupplementRow.visit))
    return and_(col(VisitRow.voided).is_(False), or_(col(VisitRow.read).is_(False), still, free, priced, more))


def _late() -> Any:
    """Its money came after it had left."""
    return (
        _one().where(col(PaymentRow.reference) == VISIT, col(PaymentRow.received_at) > col(VisitRow.left_at)).exists()
    )


def _owed() -> Any:
    """What it owes, or is owed."""
    account, total = col(PostingRow.account), picked(func.coalesce(func.sum(PostingRow.amount), 0))
    its = total.where(col(PostingRow.visit) == VISIT, account == LedgerAccount.RECEIVABLE)
    return its.correlate(VisitRow).scalar_subquery()


def _waited() -> Any:
    """Money of it waited, if only for a while."""
    return _one().where(col(PostingRow.visit) == VISIT, col(PostingRow.account) == LedgerAccount.SUSPENSE).exists()


def _thought_about() -> Any:
    """Somebody decided something about it."""
    return _one().where(col(EntryRow.visit) == VISIT, col(EntryRow.kind).not_in(PLAIN)).exists()


def _one() -> Any:
    """Where it matters that there is a row, not which: an index is enough."""
    return picked(literal_column("1")).correlate(VisitRow)
