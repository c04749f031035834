"""A stay's price: its charge, and what was added to it where it stayed on after it had paid.

Money that comes early charges a stay. If it then stays beyond its grace to leave, the box asks at the exit for what it
costs more; that is a supplement, posted with the quote, so that the money for it settles it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlmodel import Session, col, select

from gate.ledger import Entry, LedgerAccount, supplement
from gate.messages import Quoted
from gate.tariff import Tariff, leave_until
from server.facts import ChargeRow, EntryRow, PostingRow, SupplementRow


class Price(NamedTuple):
    """What a stay was charged in all, of which `vat` is VAT, and how many supplements are in it."""

    total: int
    vat: int
    number: int = 0

    def plus(self, row: SupplementRow) -> "Price":
        """With another supplement."""
        return Price(self.total + row.total, self.vat + row.vat, row.number)


def prices(session: Session, visits: Iterable[str]) -> dict[str, Price]:
    """What each of these stays was charged; those that were not are left out."""
    names = list(visits)
    charges = select(ChargeRow.visit, ChargeRow.total, ChargeRow.vat).where(col(ChargeRow.visit).in_(names))
    found = {visit: Price(total, vat) for visit, total, vat in session.exec(charges)} if names else {}
    rows = select(SupplementRow).where(col(SupplementRow.visit).in_(list(found))).order_by(col(SupplementRow.number))
    for row in session.exec(rows) if found else ():
        found[row.visit] = found[row.visit].plus(row)
    return found


def newest(session: Session, visit: str) -> SupplementRow | None:
    """The last one of a stay: its lines are those of the whole bill."""
    rows = select(SupplementRow).where(SupplementRow.visit == visit).order_by(col(SupplementRow.number).desc())
    return session.exec(rows).first()


def asked(
    session: Session, price: Price, site: str, vehicle_class: str, quoted: Quoted, tariff: Tariff | None
) -> dict[str, Any] | None:
    """The columns of the supplement that a charged stay's quote asks for, but for its times and message; None when it
    asks for none: it costs no more, or it owed nothing and its grace to leave is not over."""
    more = quoted.total - price.total
    if more <= 0 or _in_grace(session, quoted.visit, quoted.left_at, tariff):
        return None
    return {
        "visit": quoted.visit,
        "number": price.number + 1,
        "site": site,
        "tariff": quoted.tariff,
        "vehicle_class": vehicle_class,
        "total": more,
        "vat": quoted.vat - price.vat,
        "lines": msgspec.json.encode(quoted.lines).decode(),
    }


def entry_of(row: SupplementRow) -> Entry:
    """What it does to the ledger."""
    return supplement(
        site=row.site,
        visit=row.visit,
        number=row.number,
        total=row.total,
        vat=row.vat,
        happened_at=row.happened_at,
    )


def _in_grace(session: Session, visit: str, left: datetime, tariff: Tariff | None) -> bool:
    """As the box counts it from its receipt: from when the centre knew that nothing is owed."""
    lines = (
        select(PostingRow.amount, EntryRow.recorded_at)
        .join(EntryRow, col(EntryRow.key) == col(PostingRow.key))
        .where(EntryRow.visit == visit, PostingRow.account == LedgerAccount.RECEIVABLE)
    )
    found = session.exec(lines).all()
    paid_at = max((at for amount, at in found if amount < 0), default=None)
    if paid_at is None or tariff is None or sum(amount for amount, _ in found) > 0:
        return False
    return left <= leave_until(tariff, paid_at)
