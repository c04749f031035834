"""What a bank line can be, and the lines' names and moments."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlmodel import Session, col, select

from gate.written import VIETNAM
from server.facts_bank import BankLineRow
from server.register import PayAccountRow, SiteRow


class Proof(StrEnum):
    """What a line proves; the kinds of `bank_explanation`."""

    PAYMENT = "payment"  # subject: provider:provider_id
    PAYOUT = "payout"  # provider:settlement_id, the first of those merged
    DEPOSIT = "deposit"
    REFUND = "refund"
    FEE = "fee"  # the bank's own charge; subject: the line's digest
    OTHER = "other"  # nothing of ours, in a person's words; it stays in suspense


MATCHER: Final = "matcher"
"""Who explains a line when no person does."""
_NOON: Final = time(12)


class Line(NamedTuple):
    """A line of a statement as the matcher needs it; its fields are those of `bank_line`."""

    digest: str
    line: int
    account: str
    booked_on: date
    amount: int
    bank_reference: str
    text: str
    fee: bool
    recorded_at: datetime


class Meaning(NamedTuple):
    """What a line is; the fields are those of `bank_explanation`."""

    digest: str
    kind: str
    subject: str
    site: str
    amount: int
    by: str
    at: datetime


LINE: Final[tuple[Any, ...]] = tuple(getattr(BankLineRow, name) for name in Line._fields)
"""The columns of a line. Plain values: a row of the database is watched for changes, which costs more than matching."""


def moment_of(line: Line | BankLineRow) -> datetime:
    """When a line's money moved, as far as a date says it: noon, and not later than the line was read."""
    return min(datetime.combine(line.booked_on, _NOON, VIETNAM), line.recorded_at)


def sites_of(session: Session, account: str) -> list[str]:
    """Whose account it is, in order; what concerns the account as a whole is booked at the first."""
    own = session.exec(select(SiteRow.site).where(SiteRow.account == account))
    told = session.exec(select(PayAccountRow.site).where(PayAccountRow.account == account))
    return sorted({*own, *told})


def accounts(session: Session) -> list[str]:
    """All bank accounts of sites."""
    return list(session.exec(select(SiteRow.account).distinct().order_by(col(SiteRow.account))))
