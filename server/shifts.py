"""Shifts and tills: who had the cash, what was taken for which visit and why, and what the till held at the end.

Cash is an exception with a reason. Receipts of a shift are numbered without a gap; they are money in the till at once.
A hand-over counts the till; what differs is posted and a finding. It refuses while an opening of the shift lacks its
reason. What is to be deposited has a reference that the bank's line shows.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from gate import ledger as books
from gate.ledger import About, EntryKind, LedgerAccount
from server import ledger
from server.auth import audit
from server.db import hold, insert_once
from server.deposits import deposit, expected
from server.facts import OpeningRow
from server.facts_day import HandOverRow, ReceiptRow, ShiftRow
from server.opening_reasons import ReasonsMissing, give_reason, missing_reasons
from server.receipts import Taken, book, take_cash
from server.reconcile import NoSuchSite, local_date
from server.register import SiteRow
from server.tills import NotThere, ShiftRefused, cash_of, checked_text, counted_amount, deposited, local, running

__all__ = [
    "NotThere",
    "ReasonsMissing",
    "ShiftRefused",
    "Taken",
    "Till",
    "again",
    "begin",
    "book",
    "book_count",
    "current",
    "deposit",
    "expected",
    "give_reason",
    "hand_over",
    "history",
    "missing_reasons",
    "on_shift",
    "shifts",
    "take_cash",
    "till",
]


class Till(NamedTuple):
    """A shift as it stands: `expected` is what the till should hold."""

    shift: ShiftRow
    receipts: int
    cash: int
    expected: int
    hand_over: HandOverRow | None
    deposited: int
    missing: list[OpeningRow]


def begin(session: Session, site: str, *, by: str, opening_cash: int, now: datetime) -> ShiftRow:
    """Begin a person's shift with what was counted in the till. Raises NoSuchSite, ShiftRefused."""
    if session.get(SiteRow, site) is None:
        raise NoSuchSite(f"no site {site}")
    counted_amount(opening_cash)
    hold(session, f"shifts:{site}")
    running = current(session, site, by)
    if running is not None:
        raise ShiftRefused(f"{by} has the shift {running.shift} since {local(running.began_at)}")
    prefix = f"{site}-{local_date(now):%Y%m%d}-"
    known = session.exec(select(ShiftRow.shift).where(col(ShiftRow.shift).startswith(prefix))).all()
    row = ShiftRow(shift=f"{prefix}{len(known) + 1}", site=site, by=by, opening_cash=opening_cash, began_at=now)
    insert_once(session, row)
    audit(session, by, "began a shift", row.shift, now, {"opening_cash": str(opening_cash)})
    return row


def current(session: Session, site: str, by: str) -> ShiftRow | None:
    """The person's shift at the site that has no end yet."""
    ended = select(HandOverRow.shift)
    open_ones = select(ShiftRow).where(ShiftRow.site == site, ShiftRow.by == by, col(ShiftRow.shift).not_in(ended))
    return session.exec(open_ones).first()


def on_shift(session: Session, site: str) -> list[str]:
    """Who has a shift at the site that has no end yet, by name, each once."""
    ended = select(HandOverRow.shift).where(HandOverRow.site == site)
    begun = select(ShiftRow.by).where(ShiftRow.site == site, col(ShiftRow.shift).not_in(ended))
    return sorted(set(session.exec(begun)))


def hand_over(
    session: Session, shift: str, *, by: str, to: str, counted: int, left: int, note: str, now: datetime
) -> HandOverRow:
    """End a shift with a count of the till. left: what stays in it as change. Once for ever.

    Raises ReasonsMissing while an opening of the shift has none, ShiftRefused for anything else that is in the way.
    """
    row = running(session, shift)
    if row.by != by:
        raise ShiftRefused(f"the shift {shift} is {row.by}'s")
    if not to.strip() or to.strip() == by.strip():
        raise ShiftRefused("who takes over? Name another person")
    counted_amount(counted)
    if not 0 <= left <= counted:
        raise ShiftRefused(f"of {counted} counted, {left} cannot stay in the till")
    checked_text(note)
    missing = missing_reasons(session, row.site, row.began_at, now)
    if missing:
        raise ReasonsMissing(missing)
    should = row.opening_cash + cash_of(session, shift)
    if counted != should and not note.strip():
        raise ShiftRefused(f"the till should hold {should} and {counted} were counted: say what is known of it")
    ended = HandOverRow(
        shift=shift,
        site=row.site,
        to=to.strip(),
        expected_cash=should,
        counted_cash=counted,
        left_cash=left,
        note=note.strip(),
        ended_at=now,
    )
    insert_once(session, ended)
    book_count(session, ended)
    audit(session, by, "handed the till over", shift, now, {"to": to, "expected": str(should), "counted": str(counted)})
    return ended


def book_count(session: Session, ended: HandOverRow) -> None:
    """What follows from a count: what is more or less in the till than was taken. Twice is once."""
    difference = ended.counted_cash - ended.expected_cash
    if not difference:
        return
    debit, credit = LedgerAccount.TILL, LedgerAccount.TILL_DIFFERENCE
    if difference < 0:
        debit, credit = credit, debit
    about = About(ended.site, ended.ended_at, party=ended.shift)
    key = f"till:{ended.shift}"
    entry = books.moved(key, EntryKind.TILL_DIFFERENCE, about, abs(difference), debit=debit, credit=credit)
    ledger.post(session, entry, ended.ended_at)


def till(session: Session, shift: str, now: datetime) -> Till:
    """How a shift stands. Raises NotThere."""
    row = session.get(ShiftRow, shift)
    if row is None:
        raise NotThere(f"no shift {shift}")
    ended = session.get(HandOverRow, shift)
    cash = cash_of(session, shift)
    count = session.exec(select(func.count()).select_from(ReceiptRow).where(ReceiptRow.shift == shift)).one()
    until = ended.ended_at if ended else now
    missing = [] if ended else missing_reasons(session, row.site, row.began_at, until)
    return Till(row, int(count), cash, row.opening_cash + cash, ended, deposited(session, shift), missing)


def shifts(session: Session, site: str, limit: int = 20) -> list[str]:
    """The site's newest shifts, those that run first."""
    ended = select(HandOverRow.shift)
    order = (col(ShiftRow.shift).in_(ended), col(ShiftRow.began_at).desc())
    return list(session.exec(select(ShiftRow.shift).where(ShiftRow.site == site).order_by(*order).limit(limit)))


def history(session: Session) -> Iterator[tuple[datetime, str]]:
    """All counts of tills, for a rebuild: when each was made, and its shift."""
    for ended in session.exec(select(HandOverRow)):
        yield ended.ended_at, ended.shift


def again(session: Session, shift: str, moment: datetime) -> None:  # noqa: ARG001 - a count knows its moment
    """What follows from a count, once more."""
    book_count(session, session.get_one(HandOverRow, shift))
