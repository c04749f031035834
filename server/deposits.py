"""Cash on its way to the bank, and what is expected of a till: its deposit by the next working day, and its count."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Final

from sqlmodel import Session, col, select

from gate.findings import Code, Expectation
from gate.workdays import after
from server.auth import audit
from server.db import hold, insert_once
from server.facts_day import HandOverRow, ShiftRow
from server.facts_money import DepositRow
from server.reconcile import bounds, local_date
from server.tills import ShiftRefused, deposited

DEPOSIT_BY: Final = time(17, 0)


def deposit(session: Session, shift: str, amount: int, *, by: str, now: datetime) -> DepositRow:
    """Cash of an ended shift goes to the bank. Its name is what the transfer must carry. Raises ShiftRefused."""
    ended = session.get(HandOverRow, shift)
    if ended is None:
        raise ShiftRefused(f"the shift {shift} has not been handed over")
    hold(session, "deposits")
    open_amount = ended.counted_cash - ended.left_cash - deposited(session, shift)
    if not 0 < amount <= open_amount:
        raise ShiftRefused(f"of the shift {shift}, {open_amount} are left to be deposited, not {amount}")
    prefix = f"NOP{local_date(now):%y%m%d}"
    known = session.exec(select(DepositRow.deposit).where(col(DepositRow.deposit).startswith(prefix))).all()
    row = DepositRow(
        deposit=f"{prefix}{len(known) + 1:03d}", site=ended.site, shift=shift, amount=amount, by=by, made_at=now
    )
    insert_once(session, row)
    audit(session, by, "deposited cash", row.deposit, now, {"shift": shift, "amount": str(amount)})
    return row


def expected(session: Session, site: str, now: datetime) -> Iterable[Expectation]:
    """Cash that must be deposited by the next working day, and tills whose count was not what it should be."""
    begun = Begun(session.exec(select(ShiftRow).where(ShiftRow.site == site).order_by(col(ShiftRow.began_at))).all())
    gone: dict[str, list[DepositRow]] = defaultdict(list)
    for row in session.exec(select(DepositRow).where(DepositRow.site == site)):
        gone[row.shift].append(row)
    for ended in session.exec(select(HandOverRow).where(HandOverRow.site == site).order_by(col(HandOverRow.ended_at))):
        if ended.ended_at <= now:
            yield from _of(ended, gone[ended.shift])
            yield from _left(ended, begun.next_of(ended), now)


class Begun:
    """Shifts by their beginning, each the next of one hand-over at most. Hand-overs are asked about in the order of
    their ends, so what began before one is never looked at again."""

    def __init__(self, rows: Sequence[ShiftRow]) -> None:
        self._all, self._by = deque(rows), defaultdict[str, deque[ShiftRow]](deque)
        self._taken: set[str] = set()
        for row in rows:
            self._by[row.by].append(row)

    def next_of(self, ended: HandOverRow) -> ShiftRow | None:
        """Whose count comes after: of who took over, else of whoever began next."""
        found = self._first(self._by[ended.to], ended.ended_at) or self._first(self._all, ended.ended_at)
        if found is not None:
            self._taken.add(found.shift)
        return found

    def _first(self, rows: deque[ShiftRow], since: datetime) -> ShiftRow | None:
        while rows and (rows[0].began_at < since or rows[0].shift in self._taken):
            rows.popleft()
        return rows[0] if rows else None


def _left(ended: HandOverRow, taken: ShiftRow | None, now: datetime) -> Iterator[Expectation]:
    """What stays in the till, against what was counted first by who took over, or by whoever began next."""
    difference = ended.left_cash - (taken.opening_cash if taken else 0)
    due = taken.began_at if taken else _deposit_due(ended.ended_at)
    if difference and due <= now:
        words = {"shift": ended.shift, "to": ended.to, "left": str(ended.left_cash)}
        yield Expectation(
            code=Code.TILL_DIFFERS,
            subject=f"{ended.shift}:left",
            visit=None,
            amount=abs(difference),
            due=due,
            evidence={**words, "next": taken.shift if taken else ""},
        )


def _of(ended: HandOverRow, gone: Sequence[DepositRow]) -> Iterator[Expectation]:
    words = {"shift": ended.shift, "to": ended.to, "counted": str(ended.counted_cash), "note": ended.note}
    due = ended.counted_cash - ended.left_cash
    if due:
        open_amount = due - sum(row.amount for row in gone)
        yield Expectation(
            code=Code.CASH_NOT_DEPOSITED,
            subject=ended.shift,
            visit=None,
            amount=open_amount or due,
            due=_deposit_due(ended.ended_at),
            evidence=words,
            met_at=None if open_amount else max(row.made_at for row in gone),
        )
    difference = ended.counted_cash - ended.expected_cash
    if difference:
        yield Expectation(
            code=Code.TILL_DIFFERS,
            subject=ended.shift,
            visit=None,
            amount=abs(difference),
            due=ended.ended_at,
            evidence={**words, "expected": str(ended.expected_cash)},
        )


def _deposit_due(at: datetime) -> datetime:
    day, _ = bounds(after(local_date(at), 1))
    return day + timedelta(hours=DEPOSIT_BY.hour, minutes=DEPOSIT_BY.minute)
