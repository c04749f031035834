"""How long each counterpart may take, and what findings have in common."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from gate.findings import Code, Finding
from gate.messages import OpeningReason

PAYMENT_DUE: Final = timedelta(minutes=1)
"""A notice follows its transfer by seconds; a minute after the car left, money is missing."""
LEAVE_DUE: Final = timedelta(minutes=30)
STAY_LONG: Final = timedelta(hours=24)
PASSAGE_DUE: Final = timedelta(minutes=1)

UNEXPLAINED: Final = frozenset({OpeningReason.BY_HAND, OpeningReason.FIRE, OpeningReason.BUTTON})

OF_A_VISIT: Final = frozenset(
    {
        Code.UNREAD,
        Code.LEFT_NOT_PAID,
        Code.LEFT_NOT_PRICED,
        Code.PAID_NOT_LEFT,
        Code.PAID_TWICE,
        Code.PAID_LATE,
        Code.AMOUNT_DIFFERS,
        Code.PRICE_DIFFERS,
        Code.ENTRY_WITHOUT_EXIT,
    }
)
"""What a visit and its payments show by themselves: every day that knows the visit finds the same."""


def finding(
    code: Code, subject: str, due: datetime, amount: int, visit: str | None, evidence: dict[str, str]
) -> Finding:
    """A finding of its parts."""
    return Finding(code=code, subject=subject, visit=visit, amount=amount, due=due, evidence=evidence)


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By money, then by time."""
    return tuple(sorted(findings, key=lambda each: (-each.amount, each.due, each.code, each.subject)))


def moment(at: datetime | None) -> str:
    """As evidence says it."""
    return at.isoformat() if at else ""
