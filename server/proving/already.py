"""A notice that comes after the statement's line was booked as the payment: the same money, not more of it."""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import bindparam
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
DAY: Final = timedelta(days=1)
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
    known = session.connection().execute(_TWIN, {"notice": name}).scalar()
    if known is None:
        hold(session, f"account:{notice.account}")
        same = _same(notice, _candidates(session, notice))
        if same is None or not insert_once(session, TwinRow(payment=key(same), notice=name, at=now)):
            return None
        return same
    provider, _, number = known.rpartition(":")
    return session.get(PaymentRow, (provider, number))


def may_be_on_statement(session: Session, notices: Sequence[Notice]) -> set[str]:
    """Which of these (`provider:number`) a payment out of a statement may be the money of: the question must be asked.

    Of all others the answer is no, whatever becomes of these.
    """
    if not notices:
        return set()
    days = [notice.happened_at.astimezone(VIETNAM).date() for notice in notices]
    found = session.execute(
        _CANDIDATES,
        {
            "providers": sorted({BANK + notice.account for notice in notices}),
            "amounts": sorted({notice.amount for notice in notices}),
            "since": min(days) - DAY,
            "until": after(max(days), 1),
        },
    )
    lines: dict[tuple[str, int], list[tuple[PaymentRow, BankLineRow]]] = defaultdict(list)
    for payment, line in found:
        lines[payment.provider, payment.amount].append((payment, line))
    return {
        f"{notice.provider}:{notice.provider_id}"
        for notice in notices
        if any(_may_be(notice, *each) for each in lines[BANK + notice.account, notice.amount])
    }


def _may_be(notice: Notice, payment: PaymentRow, line: BankLineRow) -> bool:
    near_it = near(notice.happened_at, line)
    return near_it and (_carries(line, _said(notice)) or _is_of(notice, payment))


def _candidates(session: Session, notice: Notice) -> list[tuple[PaymentRow, BankLineRow]]:
    """Payments of the account out of statements, of this amount, that no notice has been found for."""
    on = notice.happened_at.astimezone(VIETNAM).date()
    found = session.execute(
        _CANDIDATES,
        {"providers": [BANK + notice.account], "amounts": [notice.amount], "since": on - DAY, "until": after(on, 1)},
    )
    return [(payment, line) for payment, line in found if near(notice.happened_at, line)]


_TWIN: Final = select(TwinRow.payment).where(TwinRow.notice == bindparam("notice"))
_FOUND: Final = select(TwinRow.payment).where(TwinRow.payment == PaymentRow.provider + ":" + PaymentRow.provider_id)
_CANDIDATES: Final = (
    select(PaymentRow, BankLineRow)
    .join(BankLineRow, col(BankLineRow.digest) == col(PaymentRow.provider_id))
    .where(col(PaymentRow.provider).in_(bindparam("providers", expanding=True)))
    .where(col(PaymentRow.amount).in_(bindparam("amounts", expanding=True)), ~_FOUND.exists())
    .where(col(BankLineRow.booked_on).between(bindparam("since"), bindparam("until")))
    .order_by(col(BankLineRow.booked_on), col(BankLineRow.line))
)


def near(happened_at: datetime, line: BankLineRow) -> bool:
    """Whether a bank may have booked on the line's day what happened then: a day before, to the next working day."""
    on = happened_at.astimezone(VIETNAM).date()
    return within(on, line.booked_on)


def within(on: date, booked_on: date) -> bool:
    """Whether a bank may have booked on one day what happened on the other."""
    return (booked_on - on).days >= -1 and booked_on <= after(on, 1)


def _same(notice: Notice, candidates: list[tuple[PaymentRow, BankLineRow]]) -> PaymentRow | None:
    """The one candidate that carries the notice's bank reference; else the one of its visit, if there is only one."""
    said = _said(notice)
    by_reference = [payment for payment, line in candidates if _carries(line, said)]
    if by_reference:
        return by_reference[0] if len(by_reference) == 1 else None
    by_visit = [payment for payment, _ in candidates if _is_of(notice, payment)]
    return by_visit[0] if len(by_visit) == 1 else None


def _said(notice: Notice) -> frozenset[str]:
    return keys(notice.bank_reference) or frozenset({bare(notice.bank_reference)} - {""})


def _carries(line: BankLineRow, said: frozenset[str]) -> bool:
    return bool(said & (keys(line.bank_reference, line.text) | {bare(line.bank_reference)}))


def _is_of(notice: Notice, payment: PaymentRow) -> bool:
    """Whether the notice names the payment's visit."""
    name = payment.reference or ""
    return bool(name) and any(name in found_in(text, frozenset({name[:3]})) for text in notice.texts)
