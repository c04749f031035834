"""Whether an account's statements follow one another: each opening is the closing of the one before it."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import case, func
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


class _Statement(NamedTuple):
    """A statement that says what stood on the account before and after it."""

    sha256: str
    name: str
    since: date
    until: date
    opening: int
    closing: int
    at: datetime
    lines: int


def of_account(session: Session, account: str) -> Iterator[Expectation]:
    """A statement that does not begin with what the ones before left.

    Whatever files a day is in, and in whatever order they came: each that begins on it begins with what stood there at
    the day's begin, or with what another ended with that day.
    """
    whole, before = _Whole(), _Before(session, account)
    for on, group in groupby(_statements(session, account), key=lambda each: each.since):
        some = list(group)
        left = before.left(on)
        apart = [each for each in some if not _within(session, account, each, [*before.over, *some])]
        whole.take(apart)
        for each, expected in _loose(apart, left, before.ended_on(on)):
            whole.broken = True
            evidence = {
                "account": account,
                "statement": each.name,
                "opening": str(each.opening),
                "expected": str(expected),
                "before": before.name,
            }
            yield Expectation(
                code=Code.STATEMENT_GAP,
                subject=f"{account}:{each.sha256[:16]}",
                visit=None,
                amount=abs(each.opening - expected),
                due=each.at,
                evidence=evidence,
            )
        before.take(some)
    yield from whole.check(session, account)


def _statements(session: Session, account: str) -> Iterator[_Statement]:
    order = (col(StatementRow.since), col(StatementRow.until), col(StatementRow.imported_at))
    wanted: tuple[Any, ...] = (
        StatementRow.sha256,
        StatementRow.name,
        StatementRow.since,
        StatementRow.until,
        StatementRow.opening,
        StatementRow.closing,
        StatementRow.imported_at,
        StatementRow.lines,
    )
    for row in session.exec(select(*wanted).where(*_of(account)).order_by(*order)):
        each = _Statement(*row)
        if row[4] is not None and row[5] is not None:
            yield each


def _loose(some: list[_Statement], left: Sequence[int], ended: set[int]) -> Iterator[tuple[_Statement, int]]:
    """Those that begin on a day with something that nothing left, and what was left. `left`: what stood on the account
    when the day began, empty where nobody knows; `ended`: what others left in the course of the day."""
    roots = [each for each in some if each.opening not in ended and not _follows(each, some)]
    known = list(left) or [each.opening for each in roots[:1]]
    if some and left and not roots and not any(each.opening in {*left, *ended} for each in some):
        yield some[0], left[0]  # they follow one another in a ring, and none follows what was before
    loose = [each for each in roots if each.opening not in known]
    ends = ended | {each.closing for each in some if each.until == each.since}
    for one in loose:
        near = [*known, *ends - {one.closing}]
        yield one, min(near, key=lambda amount: abs(one.opening - amount))


def _follows(one: _Statement, some: list[_Statement]) -> bool:
    """Whether it begins with what another of its day ended with."""
    return any(each.closing == one.opening and each.until == each.since for each in some if each is not one)


def _within(session: Session, account: str, one: _Statement, others: list[_Statement]) -> bool:
    """Whether it is a part of the middle of another, all of whose lines are known and no more: then it says nothing
    new. What begins as the other ends is what follows it."""
    if any(one.opening in {each.opening, each.closing} for each in others if each is not one):
        return False
    return any(each is not one and one.until <= each.until and _holds(session, account, each, one) for each in others)


def _holds(session: Session, account: str, all_of_it: _Statement, part: _Statement) -> bool:
    amount = col(BankLineRow.amount)
    sums = select(
        func.count(),
        func.coalesce(func.sum(case((amount > 0, amount), else_=0)), 0),
        func.coalesce(func.sum(case((amount < 0, amount), else_=0)), 0),
    ).where(
        BankLineRow.account == account,
        col(BankLineRow.booked_on) >= all_of_it.since,
        col(BankLineRow.booked_on) <= all_of_it.until,
    )
    lines, came, left = (int(each) for each in session.exec(sums).one())
    opening = all_of_it.opening
    if lines != all_of_it.lines or opening + came + left != all_of_it.closing:
        return False
    return opening + left <= min(part.opening, part.closing) <= max(part.opening, part.closing) <= opening + came


class _Before:
    """The statements that began on earlier days."""

    def __init__(self, session: Session, account: str) -> None:
        self.name = ""
        self._session, self._account = session, account
        self.over: list[_Statement] = []
        self._last: list[_Statement] = []

    def take(self, some: list[_Statement]) -> None:
        """Those of one more day."""
        self.over += some
        self.name = max(self.over, key=lambda each: each.until).name

    def left(self, on: date) -> list[int]:
        """What stood on the account when a day began: by those that reach over it, else by those that ended last."""
        over = [each for each in self.over if each.until >= on]
        ended = [each for each in self.over if each.until < on] + self._last
        newest = max((each.until for each in ended), default=date.min)
        self.over, self._last = over, [each for each in ended if each.until == newest]
        if over:
            return [self._stood(each, on) for each in over]
        followed = {each.opening for each in self._last if each.since == newest and each.opening != each.closing}
        closings = {each.closing for each in self._last}
        return sorted(closings - followed or closings)

    def ended_on(self, on: date) -> set[int]:
        """What those that began before and end on this day leave. Ask for what is `left` first."""
        return {each.closing for each in self.over if each.until == on}

    def _stood(self, each: _Statement, on: date) -> int:
        moved = select(func.coalesce(func.sum(BankLineRow.amount), 0)).where(
            BankLineRow.account == self._account,
            col(BankLineRow.booked_on) >= each.since,
            col(BankLineRow.booked_on) < on,
        )
        return each.opening + int(self._session.exec(moved).one())


class _Whole:
    """All statements of an account together: what they begin with and all lines come to what they end with. A line
    that was taken for one of an earlier file, because nothing tells them apart, is missing there."""

    def __init__(self) -> None:
        self.broken = False
        self._first: tuple[date, int] | None = None
        self._ends: dict[int, tuple[str, str, datetime]] = {}
        self._followed = set[int]()
        self._until = date.min

    def take(self, some: list[_Statement]) -> None:
        """Those of one more day, in the order of the days."""
        if self._first is None and some:
            first = next((each for each in some if not _follows(each, some)), some[0])
            self._first = first.since, first.opening
        for each in some:
            if each.until > self._until:
                self._until, self._ends, self._followed = each.until, {}, set()
            if each.until == self._until:
                self._ends[each.closing] = (each.sha256, each.name, each.at)
                self._followed |= {each.opening} - {each.closing}

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


def _of(account: str) -> tuple[bool, bool]:
    return StatementRow.kind == "bank", StatementRow.source == account
