"""Whether an account's statements follow one another: each opening is the closing of the one before it."""

from collections.abc import Iterator
from datetime import date, datetime
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
    whole = _Whole()
    rows = session.exec(select(*wanted).where(*_of(account)).order_by(*order))
    for sha256, name, since, until, opening, closing, at in rows:
        if opening is None or closing is None:
            continue
        whole.take(sha256, name, since, until, opening, closing, at)
        if last is not None and (expected := _left(session, account, last, since)) != opening and last[4] != opening:
            evidence = {
                "account": account,
                "statement": name,
                "opening": str(opening),
                "expected": str(expected),
                "before": last[0],
            }
            whole.broken = True
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
    yield from whole.check(session, account)


class _Whole:
    """All statements of an account together: what they begin with and all lines come to what they end with. A line
    that was taken for one of an earlier file, because nothing tells them apart, is missing there."""

    def __init__(self) -> None:
        self.broken = False
        self._first: tuple[date, int] | None = None
        self._ends: dict[int, tuple[str, str, datetime]] = {}
        self._followed = set[int]()
        self._until = date.min

    def take(self, sha256: str, name: str, since: date, until: date, opening: int, closing: int, at: datetime) -> None:
        """One more, in the order of their days."""
        self._first = self._first or (since, opening)
        if until > self._until:
            self._until, self._ends, self._followed = until, {}, set()
        if until == self._until:
            self._ends[closing] = (sha256, name, at)
            self._followed |= {opening} - {closing}

    def check(self, session: Session, account: str) -> Iterator[Expectation]:
        """A case where they do not, unless a gap says so already."""
        if self._first is None or self.broken:
            return
        since, opening = self._first
        moved = select(func.coalesce(func.sum(BankLineRow.amount), 0)).where(
            BankLineRow.account == account,
            col(BankLineRow.booked_on) >= since,
            col(BankLineRow.booked_on) <= self._until,
        )
        come_to = opening + int(session.exec(moved).one())
        ends = {closing: known for closing, known in self._ends.items() if closing not in self._followed} or self._ends
        if come_to in ends:
            return
        closing, (sha256, name, at) = max(ends.items(), key=lambda each: each[1][2])
        evidence = {"account": account, "statement": name, "closing": str(closing), "lines": str(come_to)}
        yield Expectation(
            code=Code.STATEMENT_GAP,
            subject=f"{account}:{sha256[:16]}:lines",
            visit=None,
            amount=abs(closing - come_to),
            due=at,
            evidence=evidence,
        )


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
