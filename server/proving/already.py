"""A notice that comes after the statement's line was booked as the payment: the same money, not more of it."""

import re
from datetime import date, datetime
from typing import Final

from sqlmodel import Session, col, select

from gate.reference import found_in
from gate.workdays import after
from gate.written import VIETNAM
from server.db import hold, insert_once
from server.facts import PaymentRow
from server.facts_bank import BankLineRow, TwinRow
from server.providers.notice import Notice

BANK: Final = "bank:"
"""Before the account in the provider's name of a payment whose only evidence is a statement's line."""
_DIGITS: Final = re.compile(r"[0-9]{6,}")
_WORD: Final = re.compile(r"[^A-Z0-9]")


def keys(*texts: str) -> frozenset[str]:
    """What of a reference survives the banks' wordings: its runs of six and more digits."""
    return frozenset(run for text in texts for run in _DIGITS.findall(text))


def bare(text: str) -> str:
    """A reference without what banks put into it: letters and digits alone, upper case."""
    return _WORD.sub("", text.upper())


def key(payment: PaymentRow) -> str:
    """A payment's name in the ledger."""
    return f"{payment.provider}:{payment.provider_id}"


def already_on_statement(session: Session, notice: Notice, now: datetime) -> PaymentRow | None:
    """The payment that a statement's line made of this notice's money before the notice came, or None.

    Called once for each new notice of a bank feed, before it is booked: the answer is kept, so that two notices never
    stand for one line. The bank's reference tells them; without one to compare, amount, visit and day must agree.
    """
    if notice.provider.startswith(BANK):
        return None  # the line itself
    name = f"{notice.provider}:{notice.provider_id}"
    known = session.exec(select(TwinRow.payment).where(TwinRow.notice == name)).first()
    if known is None:
        hold(session, f"account:{notice.account}")
        same = _same(notice, _candidates(session, notice))
        if same is None or not insert_once(session, TwinRow(payment=key(same), notice=name, at=now)):
            return None
        return same
    provider, _, number = known.rpartition(":")
    return session.get(PaymentRow, (provider, number))


def _candidates(session: Session, notice: Notice) -> list[tuple[PaymentRow, BankLineRow]]:
    """Payments of the account out of statements, of this amount, that no notice has been found for."""
    twin = select(TwinRow.payment).where(TwinRow.payment == PaymentRow.provider + ":" + PaymentRow.provider_id)
    found = (
        select(PaymentRow, BankLineRow)
        .join(BankLineRow, col(BankLineRow.digest) == col(PaymentRow.provider_id))
        .where(PaymentRow.provider == BANK + notice.account, PaymentRow.amount == notice.amount, ~twin.exists())
        .order_by(col(BankLineRow.booked_on), col(BankLineRow.line))
    )
    return [(payment, line) for payment, line in session.exec(found) if near(notice.happened_at, line)]


def near(happened_at: datetime, line: BankLineRow) -> bool:
    """Whether a bank may have booked on the line's day what happened then: a day before, to the next working day."""
    on = happened_at.astimezone(VIETNAM).date()
    return within(on, line.booked_on)


def within(on: date, booked_on: date) -> bool:
    """Whether a bank may have booked on one day what happened on the other."""
    return (booked_on - on).days >= -1 and booked_on <= after(on, 1)


def _same(notice: Notice, candidates: list[tuple[PaymentRow, BankLineRow]]) -> PaymentRow | None:
    """The one candidate that carries the notice's bank reference; else the one of its visit, if there is only one."""
    said = keys(notice.bank_reference) or {bare(notice.bank_reference)} - {""}
    by_reference = [
        payment
        for payment, line in candidates
        if said & (keys(line.bank_reference, line.text) | {bare(line.bank_reference)})
    ]
    if by_reference:
        return by_reference[0] if len(by_reference) == 1 else None
    by_visit = [
        payment
        for payment, _ in candidates
        if payment.reference
        and any(payment.reference in found_in(text, frozenset({payment.reference[:3]})) for text in notice.texts)
    ]
    return by_visit[0] if len(by_visit) == 1 else None
