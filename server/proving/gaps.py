"""Whether an account's statements follow one another: each opening is the closing of the one before it."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from gate.findings import Code, Expectation
from server.facts_bank import BankLineRow, StatementRow


class Covered:
    """The days of which an account's statement was imported."""

    def __init__(self, session: Session, account: str) -> None:
        wanted: tuple[Any, ...] = (StatementRow.since, StatementRow.until)
        self._spans = sorted(session.exec(select(*wanted).where(*_of(account))).all())

    def has(self, on: date) -> bool:
        """Whether one of them reaches over the day."""
        return any(since <= on <= until for since, until in self._spans)


def of_account(session: Session, account: str) -> Iterator[Expectation]:
    """A statement that does not begin with what the one before left."""
    order = (col(StatementRow.since), col(StatementRow.until), col(StatementRow.imported_at))
    wanted: tuple[Any, ...] = (
        StatementRow.sha256,
        StatementRow.name,
        StatementRow.since,
        StatementRow.until,
        StatementRow.opening,
        StatementRow.closing,
        StatementRow.imported_at,
    )
    last: tuple[str, date, date, int, int] | None = None
    rows = session.exec(select(*wanted).where(*_of(account)).order_by(*order))
    for sha256, name, since, until, opening, closing, at in rows:
        if opening is None or closing is None:
            continue
        if last is not None and (expected := _left(session, account, last, since)) != opening and last[4] != opening:
            evidence = {
                "account": account,
                "statement": name,
                "opening": str(opening),
                "expected": str(expected),
                "before": last[0],
            }
            yield Expectation(
                code=Code.STATEMENT_GAP,
                subject=f"{account}:{sha256[:16]}",
                visit=None,
                amount=abs(opening - expected),
                due=at,
                evidence=evidence,
            )
        if last is None or until >= last[2]:
            last = (name, since, until, opening, closing)


def _left(session: Session, account: str, last: tuple[str, date, date, int, int], since: date) -> int:
    """What stood on the account when a day began, by the statement before it."""
    _, began, until, opening, closing = last
    if until < since:
        return closing
    moved = select(func.coalesce(func.sum(BankLineRow.amount), 0)).where(
        BankLineRow.account == account,
        col(BankLineRow.booked_on) >= began,
        col(BankLineRow.booked_on) < since,
    )
    return opening + int(session.exec(moved).one())


def _of(account: str) -> tuple[bool, bool]:
    return StatementRow.kind == "bank", StatementRow.source == account
