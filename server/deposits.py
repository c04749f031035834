"""Cash on its way to the bank, and what is expected of a till: its deposit by the next working day, and its count."""

from collections.abc import Iterable, Iterator
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
    begun = list(session.exec(select(ShiftRow).where(ShiftRow.site == site).order_by(col(ShiftRow.began_at))))
    for ended in session.exec(select(HandOverRow).where(HandOverRow.site == site).order_by(col(HandOverRow.ended_at))):
        if ended.ended_at <= now:
            yield from _of(session, ended)
            yield from _left(ended, begun, now)


def _left(ended: HandOverRow, begun: list[ShiftRow], now: datetime) -> Iterator[Expectation]:
    """What stays in the till, against what was counted first by who took over, or by whoever began next."""
    after_it = [row for row in begun if row.began_at >= ended.ended_at]
    taken = next((row for row in after_it if row.by == ended.to), after_it[0] if after_it else None)
    if taken is not None:
        begun.remove(taken)
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


def _of(session: Session, ended: HandOverRow) -> Iterator[Expectation]:
    words = {"shift": ended.shift, "to": ended.to, "counted": str(ended.counted_cash), "note": ended.note}
    due = ended.counted_cash - ended.left_cash
    if due:
        rows = list(session.exec(select(DepositRow).where(DepositRow.shift == ended.shift)))
        open_amount = due - sum(row.amount for row in rows)
        yield Expectation(
            code=Code.CASH_NOT_DEPOSITED,
            subject=ended.shift,
            visit=None,
            amount=open_amount or due,
            due=_deposit_due(ended.ended_at),
            evidence=words,
            met_at=None if open_amount else max(row.made_at for row in rows),
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
