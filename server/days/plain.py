"""Which stays are not plain, by themselves and by the ledger: by what is kept of it, or by all that it has."""

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, case, false, func, literal_column, or_, union_all
from sqlmodel import Session, col, select

from gate.ledger import LedgerAccount
from server.derived import StayMoneyRow, VisitRow
from server.facts import ChargeRow, EntryRow, PaymentRow, PostingRow, SupplementRow
from server.stay_money import PLAIN

picked: Any = select
"""Columns chosen at run time have no types of their own."""
VISIT: Any = col(VisitRow.visit)


class Book(NamedTuple):
    """Where a scan has from what a visit was charged and owes, and whether it is not plain: columns, and how a
    statement about visits comes to them."""

    join: Callable[[Any], Any]
    charged: Any
    charged_at: Any
    owed: Any
    odd: Any


class Totals(NamedTuple):
    """What the postings of some visits come to: all of them, what is owed, and what was charged."""

    whole: int
    owed: int
    charged: int

    def plus(self, other: "Totals") -> "Totals":
        """Both together."""
        return Totals(*map(sum, zip(self, other, strict=True)))


def totals_of(conditions: Iterable[ColumnElement[bool]]) -> Any:
    """The statement of `totals` for the visits of conditions, no two true of one visit."""
    account, amount = col(PostingRow.account), col(PostingRow.amount)
    owed = case((account == LedgerAccount.RECEIVABLE, amount), else_=0)
    earned = case((account.in_((LedgerAccount.REVENUE, LedgerAccount.VAT)), -amount), else_=0)
    sums = [func.coalesce(func.sum(each), 0) for each in (amount, owed, earned)]
    found = picked(*sums).join_from(VisitRow, PostingRow, col(PostingRow.visit) == VISIT)
    return union_all(*(found.where(each) for each in conditions))


def totals(session: Session, statement: Any, given: dict[str, Any]) -> Totals:
    """What the ledger says of them."""
    rows = session.connection().execute(statement, given).all()
    return Totals(*(int(sum(each)) for each in zip(*rows, strict=True)))


def odd_of(conditions: Iterable[ColumnElement[bool]]) -> Any:
    """The statement for those stays of conditions that are not plain, by the ledger."""
    joined = picked(VisitRow.visit).join(ChargeRow, col(ChargeRow.visit) == VISIT, isouter=True)
    unlike = or_(_amiss(col(ChargeRow.visit)), _topped_up(), _late(), _owed() != 0, _waited(), _thought_about())
    return union_all(*(joined.where(each, unlike) for each in conditions))


def _amiss(charged: Any) -> ColumnElement[bool]:
    """Not read, priced otherwise, still going on, or left without a price."""
    still, priced = col(VisitRow.left_at).is_(None), col(VisitRow.quoted) != col(VisitRow.recomputed)
    unread = col(VisitRow.read).is_(False)
    return and_(col(VisitRow.voided).is_(False), or_(unread, still, charged.is_(None), func.coalesce(priced, False)))


def _topped_up() -> Any:
    return VISIT.in_(select(SupplementRow.visit))


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


def _added() -> Any:
    total = picked(func.coalesce(func.sum(SupplementRow.total), 0)).where(col(SupplementRow.visit) == VISIT)
    return total.correlate(VisitRow).scalar_subquery()


def _with(table: Any) -> Callable[[Any], Any]:
    return lambda found: found.join_from(VisitRow, table, col(table.visit) == VISIT, isouter=True)


KEPT: Final = Book(
    join=_with(StayMoneyRow),
    charged=col(StayMoneyRow.charged),
    charged_at=col(StayMoneyRow.charged_at),
    owed=func.coalesce(StayMoneyRow.owed, 0),
    odd=or_(
        _amiss(col(StayMoneyRow.charged)),
        func.coalesce(col(StayMoneyRow.paid_at) > col(VisitRow.left_at), False),
        func.coalesce(StayMoneyRow.owed, 0) != 0,
        func.coalesce(StayMoneyRow.odd, False),
    ),
)
"""By `stay_money`."""
BY_THE_LEDGER: Final = Book(
    join=_with(ChargeRow),
    charged=ChargeRow.total + _added(),
    charged_at=col(ChargeRow.happened_at),
    owed=literal_column("0"),
    odd=false(),
)
"""By its facts; who is not plain is asked of `odd`."""
