"""How a day's charges were paid, and what became of its payments, for whatever the quick look found nothing amiss with.

The quick look at a day (`server.reconcile.look`) loads only what may be amiss. Of everything else the ledger says in
one statement how much of which payment settled which stay.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from gate.findings import Expectation
from gate.ledger import LedgerAccount as A
from gate.reconcile import Day, Payment, Visit, reconcile
from server.days.spans import bounds, chunks
from server.facts import EntryRow, PostingRow
from server.reconcile import Looked, day, look

_picked: Final[Any] = select
"""Columns chosen at run time have no types of their own."""


class Paid(NamedTuple):
    """How a charge was paid. payments: those that settle it, in the order they did."""

    paid: int
    waived: int
    payments: list[str]


class Became(NamedTuple):
    """What became of a payment: its visit, how much settles something, how much is to go back or went back."""

    visit: str
    applied: int
    returned: int


_COUNTED: Final = (A.RECEIVABLE, A.SUSPENSE, A.WAIVED, A.WRITTEN_OFF)


class Settlements:
    """What settles these charges. Visits and payments of `known` are as the reconciliation has them."""

    def __init__(self, session: Session, known: Day, visits: Iterable[str]) -> None:
        self._session = session
        self._visits: dict[str, Visit] = {each.visit: each for each in known.visits if not each.voided}
        self._payments: dict[str, Payment] = {each.payment: each for each in known.payments}
        self._own: dict[str, list[Payment]] = defaultdict(list)
        for each in known.payments:
            self._own[each.visit or ""].append(each)
        self._owed, self._by, self._applied = Counter[str](), defaultdict[str, list[str]](list), Counter[str]()
        self._visit_of: dict[str, str] = {}
        self._waived, self._waits = Counter[str](), Counter[str]()
        self._read(col(EntryRow.visit), set(visits) - self._visits.keys())

    def of(self, visit: str, total: int) -> Paid:
        """How the charge of that many dong was paid, as far as the books know now."""
        known = self._visits.get(visit)
        if known is None:
            waived = self._waived[visit]
            return Paid(total - self._owed[visit] - waived, waived, self._by[visit])
        elsewhere = (known.charged or 0) - total  # charged on another day, and settled first
        paid = sum(each.applied for each in self._own[visit]) + known.credited - elsewhere
        return Paid(paid, known.waived, [each.payment for each in self._own[visit] if each.applied])

    def applied(self, payments: dict[str, int]) -> dict[str, Became]:
        """What became of each of these payments, by their amounts."""
        missing = {name for name, amount in payments.items() if self._open(name, amount)}
        for name in missing:
            self._applied[name] = self._waits[name] = 0
        self._read(col(EntryRow.payment), missing)
        return {name: self._become(name, amount) for name, amount in payments.items()}

    def _open(self, name: str, amount: int) -> bool:
        return name not in self._payments and self._applied[name] != amount

    def _become(self, name: str, amount: int) -> Became:
        known = self._payments.get(name)
        if known:
            return Became(known.visit or "", known.applied, known.returned)
        applied = self._applied[name]
        return Became(self._visit_of.get(name, ""), applied, amount - applied - self._waits[name])

    def _read(self, column: Any, names: set[str]) -> None:
        first = func.min(EntryRow.recorded_at)
        order = (first, col(EntryRow.payment), col(EntryRow.visit))
        for some in chunks(names):
            found = (
                _picked(EntryRow.visit, EntryRow.payment, PostingRow.account, func.sum(PostingRow.amount))
                .join(PostingRow, col(PostingRow.key) == col(EntryRow.key))
                .where(column.in_(some), col(PostingRow.account).in_(_COUNTED))
                .group_by(col(EntryRow.visit), col(EntryRow.payment), col(PostingRow.account))
                .order_by(*order)
            )
            for visit, payment, account, amount in self._session.connection().execute(found).all():
                self._count(visit, payment, account, int(amount))

    def _count(self, visit: str, payment: str, account: str, amount: int) -> None:
        if account == A.SUSPENSE:
            self._waits[payment] -= amount
        elif account != A.RECEIVABLE:
            self._waived[visit] += amount
        else:
            self._owed[visit] += amount
            if payment and amount:
                self._by[visit].append(payment)
                self._applied[payment] -= amount
                self._visit_of[payment] = visit


def looked(
    session: Session,
    site: str,
    on: date,
    now: datetime,
    expected: Iterable[Expectation] | None = None,
    *,
    thorough: bool = False,
) -> Looked:
    """The day as it can be closed or shown; one that has not begun is an empty one. Raises NoSuchSite."""
    if bounds(on)[0] <= now:
        return look(session, site, on, now, expected, thorough=thorough)
    known = day(session, site, on, now)
    return Looked(known, reconcile(known))
