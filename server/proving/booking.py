"""What a line's explanation does to the ledger. A rebuild does the same again from the explanations."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from gate import ledger as entries
from gate.ledger import About, Entry, EntryKind, LedgerAccount, Posting
from server import ledger, receiving
from server.facts import PaymentRow
from server.facts_bank import BankLineRow, ExplanationRow, ProofRow, SettlementLineRow
from server.providers.notice import Notice
from server.proving.already import BANK
from server.proving.kinds import Line, Meaning, Proof, moment_of

A: Final = LedgerAccount
_AT_ONCE: Final = 500
_picked: Final[Any] = select
"""Columns chosen at run time have no types of their own."""


class Explained(NamedTuple):
    """A line and what it is."""

    line: Line | BankLineRow
    told: Meaning | ExplanationRow


class Payment(NamedTuple):
    """A payment as its line's entry needs it."""

    provider: str
    provider_id: str
    site: str
    account: str
    amount: int
    reference: str | None


_PAYMENT: Final = _picked(*(getattr(PaymentRow, name) for name in Payment._fields))


def unknown(session: Session, lines: Iterable[Line | BankLineRow], site: str, now: datetime) -> None:
    """Lines that nothing explains yet: on the account, and in suspense."""
    ledger.post_all(session, [_unknown(line, site) for line in lines], now)


def book(session: Session, explained: Sequence[Explained], site: str, now: datetime) -> None:
    """What follows from explanations; `site` is where the account's own affairs are booked.

    A refund's entry is `server.refunds`' own.
    """
    late = [each for each in explained if each.told.at > each.line.recorded_at and each.told.kind != Proof.OTHER]
    made = [_known(each, site) for each in late]
    for each in explained:
        if each.told.kind == Proof.PAYMENT and each.told.subject.startswith(BANK):
            receiving.receive(session, notice_of(each.line), now)
    made += _payments(session, explained)
    for each in explained:
        if each.told.kind == Proof.PAYOUT:
            made += _payout(session, each, site)
        elif each.told.kind in _OPPOSITE:
            made.append(_one(each))
    ledger.post_all(session, made, now)


_OPPOSITE: Final = {
    Proof.DEPOSIT: (EntryKind.DEPOSIT, A.TILL),
    Proof.FEE: (EntryKind.BANKED, A.FEES),
}


def notice_of(line: Line | BankLineRow) -> Notice:
    """The line as evidence of a payment that no notice told of."""
    return Notice(
        provider=BANK + line.account,
        provider_id=line.digest,
        account=line.account,
        amount=line.amount,
        texts=(line.text,),
        bank_reference=line.bank_reference,
        happened_at=moment_of(line),
    )


def _unknown(line: Line | BankLineRow, site: str) -> Entry:
    about = About(site, moment_of(line), party=line.account)
    lines = (Posting(A.BANK, line.amount), Posting(A.SUSPENSE, -line.amount))
    return entries.entry(f"bank_unknown:{line.digest}", EntryKind.BANK_UNKNOWN, about, *lines)


def _known(each: Explained, site: str) -> Entry:
    return entries.reversed_of(f"bank_known:{each.line.digest}", _unknown(each.line, site), each.told.at)


def _payments(session: Session, explained: Sequence[Explained]) -> list[Entry]:
    names = [each.told.subject for each in explained if each.told.kind == Proof.PAYMENT]
    rows = payments(session, names)
    made = []
    for each in explained:
        if each.told.kind == Proof.PAYMENT:
            row = rows[each.told.subject]
            about = About(row.site, moment_of(each.line), row.reference or "", each.told.subject, each.line.account)
            key = f"banked:{each.line.digest}"
            made.append(entries.moved(key, EntryKind.BANKED, about, each.line.amount, debit=A.BANK, credit=A.CLEARING))
    return made


def payments(session: Session, names: Sequence[str]) -> dict[str, Payment]:
    """Payments by their names in the ledger."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for name in names:
        provider, _, number = name.rpartition(":")
        wanted[provider].append(number)
    found: dict[str, Payment] = {}
    for provider, numbers in wanted.items():
        for start in range(0, len(numbers), _AT_ONCE):
            some = col(PaymentRow.provider_id).in_(numbers[start : start + _AT_ONCE])
            rows = session.connection().execute(_PAYMENT.where(PaymentRow.provider == provider, some)).all()
            found |= {f"{provider}:{row.provider_id}": Payment(*row) for row in rows}
    return found


def _payout(session: Session, each: Explained, site: str) -> list[Entry]:
    """A part for each site of the sessions; what a person let pass over their sum waits in suspense."""
    names = session.exec(
        select(ProofRow.subject).where(ProofRow.kind == Proof.PAYOUT, ProofRow.digest == each.line.digest)
    )
    nets: dict[str, int] = defaultdict(int)
    for name in names:
        provider, _, settlement = name.partition(":")
        sums = (
            select(SettlementLineRow.site, func.sum(SettlementLineRow.net))
            .where(SettlementLineRow.provider == provider, SettlementLineRow.settlement_id == settlement)
            .group_by(col(SettlementLineRow.site))
        )
        for whose, net in session.exec(sums):
            nets[whose] += int(net)
    made = [_part(each, whose, net) for whose, net in sorted(nets.items()) if net]
    rest = each.line.amount - sum(nets.values())
    if rest:
        about = About(site, moment_of(each.line), party=each.line.account)
        over = (Posting(A.BANK, rest), Posting(A.SUSPENSE, -rest))
        made.append(entries.entry(f"payout_rest:{each.line.digest}", EntryKind.BANK_UNKNOWN, about, *over))
    return made


def _part(each: Explained, whose: str, net: int) -> Entry:
    about = About(whose, moment_of(each.line), party=each.told.subject.partition(":")[0])
    lines = (Posting(A.BANK, net), Posting(A.PAYOUT, -net))
    return entries.entry(f"payout:{each.line.digest}:{whose}", EntryKind.PAYOUT, about, *lines)


def _one(each: Explained) -> Entry:
    kind, account = _OPPOSITE[Proof(each.told.kind)]
    about = About(each.told.site, moment_of(each.line), party=each.line.account)
    lines = (Posting(A.BANK, each.line.amount), Posting(account, -each.line.amount))
    return entries.entry(f"{each.told.kind}:{each.line.digest}", kind, about, *lines)
