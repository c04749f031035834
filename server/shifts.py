"""Shifts and tills: who had the cash, what was taken for which visit and why, and what the till held at the end.

Cash is an exception with a reason. Receipts of a shift are numbered without a gap; they are money in the till at once.
A hand-over counts the till; what differs is posted and a finding. It refuses while an opening of the shift lacks its
reason. What is to be deposited has a reference that the bank's line shows.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from typing import Final, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from gate import ledger as books
from gate.findings import Code, Expectation
from gate.ledger import About, EntryKind, LedgerAccount
from gate.messages import OpeningReason
from gate.workdays import after
from gate.working import What
from server import ledger, work
from server.auth import audit
from server.db import hold, insert_once
from server.derived import VisitRow
from server.facts import OpeningRow, PaymentRow
from server.facts_day import HandOverRow, ReceiptRow, ShiftRow, WorkRow
from server.facts_money import DepositRow
from server.reconcile import ZONE, NoSuchSite, bounds, local_date
from server.register import SiteRow

CASH: Final = "cash"
TEXT_MAX: Final = 400
CASH_MAX: Final = 10**10
DEPOSIT_BY: Final = time(17, 0)
UNEXPLAINED: Final = (OpeningReason.BY_HAND, OpeningReason.FIRE, OpeningReason.BUTTON)
_CODE: Final = Code.OPENING_UNEXPLAINED


class ShiftRefused(ValueError):
    """It cannot be done; the message says why."""


class NotThere(ShiftRefused, LookupError):
    """No shift, visit or opening of this name."""


class ReasonsMissing(ShiftRefused):
    """Openings of the shift that nobody has given a reason for."""

    def __init__(self, openings: list[OpeningRow]) -> None:
        self.openings = openings
        told = "; ".join(
            f"{row.opening} ({row.lane}, {row.happened_at.astimezone(ZONE):%H:%M %d/%m})" for row in openings
        )
        super().__init__(f"{len(openings)} openings lack a reason: {told}")


class Taken(NamedTuple):
    """A receipt, and whether its visit owes nothing now."""

    receipt: ReceiptRow
    settled: bool


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
    _amount(opening_cash)
    hold(session, f"shifts:{site}")
    running = current(session, site, by)
    if running is not None:
        raise ShiftRefused(f"{by} has the shift {running.shift} since {_local(running.began_at)}")
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


def take_cash(session: Session, shift: str, visit: str, amount: int, *, by: str, note: str, now: datetime) -> Taken:
    """Take cash for a visit, at most what it owes: change is given at once. Raises ShiftRefused."""
    row = _running(session, shift)
    if row.by != by:
        raise ShiftRefused(f"the shift {shift} is {row.by}'s")
    if not note.strip():
        raise ShiftRefused("why is it cash? Cash is an exception, and needs a reason")
    _text(note)
    hold(session, visit)
    stay = session.get(VisitRow, visit)
    if stay is None or stay.site != row.site or stay.voided:
        raise NotThere(f"{row.site} has no visit {visit}")
    if stay.quoted is None:
        raise ShiftRefused(f"{visit} has no price yet")
    ledger.charge(session, stay, now, now)
    debt = ledger.owed(session, visit)
    if not 0 < amount <= debt:
        raise ShiftRefused(f"{visit} owes {debt}; {amount} cannot be taken for it")
    number = 1 + int(session.exec(select(func.count()).select_from(ReceiptRow).where(ReceiptRow.shift == shift)).one())
    receipt = ReceiptRow(
        shift=shift, number=number, site=row.site, visit=visit, amount=amount, by=by, note=note.strip(), at=now
    )
    insert_once(session, receipt)
    return Taken(receipt, book(session, receipt))


def book(session: Session, receipt: ReceiptRow) -> bool:
    """What follows from a receipt: payment and entry. Twice is once. Says whether its visit owes nothing now."""
    name = f"{receipt.shift}-{receipt.number:04d}"
    payment = PaymentRow(
        provider=CASH,
        provider_id=name,
        site=receipt.site,
        account=receipt.shift,
        amount=receipt.amount,
        reference=receipt.visit,
        bank_reference="",
        happened_at=receipt.at,
        received_at=receipt.at,
    )
    insert_once(session, payment)
    hold(session, receipt.visit)
    stay = session.get(VisitRow, receipt.visit)
    if stay is not None:
        ledger.charge(session, stay, receipt.at, receipt.at)
    debt = max(0, ledger.owed(session, receipt.visit))
    entry = books.payment(
        key=f"{CASH}:{name}",
        site=receipt.site,
        visit=receipt.visit,
        paid=receipt.amount,
        owed=debt,
        happened_at=receipt.at,
        into=LedgerAccount.TILL,
    )
    return ledger.post(session, entry, receipt.at) and debt <= receipt.amount


def missing_reasons(session: Session, site: str, since: datetime, until: datetime) -> list[OpeningRow]:
    """Openings by hand, by the button or by fire in that time that nobody has given a reason for."""
    found = (
        select(OpeningRow)
        .where(OpeningRow.site == site, OpeningRow.happened_at >= since, OpeningRow.happened_at <= until)
        .where(col(OpeningRow.reason).in_(UNEXPLAINED), OpeningRow.note == "")
        .order_by(col(OpeningRow.happened_at), col(OpeningRow.opening))
    )
    return [row for row in session.exec(found) if work.standing(session, _CODE, row.opening).settled is None]


def give_reason(session: Session, opening: str, *, by: str, note: str, now: datetime) -> None:
    """Say why an arm was opened by hand, by the button or by fire. Raises ShiftRefused."""
    row = session.get(OpeningRow, opening)
    if row is None:
        raise NotThere(f"no opening {opening}")
    if not note.strip():
        raise ShiftRefused("a reason is needed")
    _text(note)
    try:
        work.explain(session, _CODE, opening, by, note, now)
    except work.NoSuchFinding:  # it is not on the screens yet
        if work.standing(session, _CODE, opening).settled is None:
            _explained(session, row, by, note.strip(), now)


def _explained(session: Session, row: OpeningRow, by: str, note: str, now: datetime) -> None:
    said = WorkRow(
        work=f"{_CODE}:{row.opening}:{now.isoformat()}",
        code=_CODE,
        subject=row.opening,
        number=1 + len(work.history(session, _CODE, row.opening)),
        site=row.site,
        what=What.EXPLAIN,
        by=by,
        note=note,
        amount=0,
        at=now,
    )
    insert_once(session, said)
    audit(session, by, "gave an opening its reason", row.opening, now, {"note": note})


def hand_over(
    session: Session, shift: str, *, by: str, to: str, counted: int, left: int, note: str, now: datetime
) -> HandOverRow:
    """End a shift with a count of the till. left: what stays in it as change. Once for ever.

    Raises ReasonsMissing while an opening of the shift has none, ShiftRefused for anything else that is in the way.
    """
    row = _running(session, shift)
    if row.by != by:
        raise ShiftRefused(f"the shift {shift} is {row.by}'s")
    if not to.strip() or to == by:
        raise ShiftRefused("who takes over? Name another person")
    _amount(counted)
    if not 0 <= left <= counted:
        raise ShiftRefused(f"of {counted} counted, {left} cannot stay in the till")
    _text(note)
    missing = missing_reasons(session, row.site, row.began_at, now)
    if missing:
        raise ReasonsMissing(missing)
    should = row.opening_cash + _cash(session, shift)
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


def deposit(session: Session, shift: str, amount: int, *, by: str, now: datetime) -> DepositRow:
    """Cash of an ended shift goes to the bank. Its name is what the transfer must carry. Raises ShiftRefused."""
    ended = session.get(HandOverRow, shift)
    if ended is None:
        raise ShiftRefused(f"the shift {shift} has not been handed over")
    hold(session, "deposits")
    open_amount = ended.counted_cash - ended.left_cash - _deposited(session, shift)
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


def till(session: Session, shift: str, now: datetime) -> Till:
    """How a shift stands. Raises NotThere."""
    row = session.get(ShiftRow, shift)
    if row is None:
        raise NotThere(f"no shift {shift}")
    ended = session.get(HandOverRow, shift)
    cash = _cash(session, shift)
    count = session.exec(select(func.count()).select_from(ReceiptRow).where(ReceiptRow.shift == shift)).one()
    until = ended.ended_at if ended else now
    missing = [] if ended else missing_reasons(session, row.site, row.began_at, until)
    return Till(row, int(count), cash, row.opening_cash + cash, ended, _deposited(session, shift), missing)


def shifts(session: Session, site: str, limit: int = 20) -> list[str]:
    """The site's newest shifts, those that run first."""
    ended = select(HandOverRow.shift)
    order = (col(ShiftRow.shift).in_(ended), col(ShiftRow.began_at).desc())
    return list(session.exec(select(ShiftRow.shift).where(ShiftRow.site == site).order_by(*order).limit(limit)))


# --- what is expected --------------------------------------------------------------------------------------------


def expected(session: Session, site: str, now: datetime) -> Iterable[Expectation]:
    """Cash that must be deposited by the next working day, and tills whose count was not what it should be."""
    for ended in session.exec(select(HandOverRow).where(HandOverRow.site == site).order_by(col(HandOverRow.shift))):
        if ended.ended_at <= now:
            yield from _of(session, ended)


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


# --- small things ------------------------------------------------------------------------------------------------


def _running(session: Session, shift: str) -> ShiftRow:
    row = session.get(ShiftRow, shift)
    if row is None:
        raise NotThere(f"no shift {shift}")
    hold(session, f"shifts:{row.site}")
    ended = session.get(HandOverRow, shift)
    if ended is not None:
        raise ShiftRefused(f"the shift {shift} was handed over to {ended.to} at {_local(ended.ended_at)}")
    return row


def _cash(session: Session, shift: str) -> int:
    total = select(func.coalesce(func.sum(ReceiptRow.amount), 0)).where(ReceiptRow.shift == shift)
    return int(session.exec(total).one())


def _deposited(session: Session, shift: str) -> int:
    total = select(func.coalesce(func.sum(DepositRow.amount), 0)).where(DepositRow.shift == shift)
    return int(session.exec(total).one())


def _amount(said: int) -> None:
    if not 0 <= said <= CASH_MAX:
        raise ShiftRefused(f"{said} is no count of a till: 0 to {CASH_MAX}")


def _text(said: str) -> None:
    if len(said) > TEXT_MAX or "\0" in said:
        raise ShiftRefused(f"a note has at most {TEXT_MAX} characters and no NUL")


def _local(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%H:%M %d/%m/%Y}"
