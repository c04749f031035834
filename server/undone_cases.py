"""Cases that a decision about money had ended are open again when it is taken back."""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from gate.findings import Code
from server import work
from server.derived import FindingRow
from server.facts_money import DecisionRow

ENDED_BY_MONEY: Final = frozenset(
    {Code.PAYMENT_UNKNOWN, Code.PAID_TWICE, Code.PAID_LATE, Code.AMOUNT_DIFFERS, Code.LEFT_NOT_PAID, Code.PAID_NOT_LEFT}
)
"""Findings that a decision about money may have ended."""


def open_again(session: Session, before: DecisionRow, now: datetime) -> None:
    """The closed cases of its payment and stays, but for those that people settled themselves.

    Days that are long over are looked at again only for open cases: so one whose cause is not there after all ends by
    itself within a minute, and one whose cause is there is not forgotten.
    """
    visits = sorted({before.visit, before.to_visit} - {""})
    about: list[ColumnElement[bool]] = [col(FindingRow.visit).in_(visits)]
    about += [col(FindingRow.subject) == before.payment] if before.payment else []
    its = select(FindingRow).where(or_(*about), col(FindingRow.closed_at).is_not(None))
    for row in session.exec(its.where(col(FindingRow.code).in_(list(ENDED_BY_MONEY)))).all():
        if work.standing(session, Code(row.code), row.subject).settled is None:
            row.closed_at, row.opened_at = None, now
            session.add(row)
