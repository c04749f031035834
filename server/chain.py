"""From a fact to those that hang together with it: opening, passage, stay, payment, notice, settlement line, bank line.

References only, never a plate. Names of payers stay in the bank's own texts, which only `bank_line` gives.
"""

import re
from typing import Any, Final, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, SQLModel, col, or_, select

from server.days.items import visit_of_passage, with_words
from server.db import columns
from server.derived import VisitRow
from server.facts import (
    ChargeRow,
    EntryRow,
    ExplainedRow,
    NoticeRow,
    OpeningRow,
    PassageRow,
    PaymentRow,
    PostingRow,
    SupplementRow,
)
from server.facts_bank import BankLineRow, ExplanationRow, ProofRow, SettlementLineRow, StatementRow
from server.facts_money import DepositRow, RefundRow
from server.facts_visits import CorrectionRow
from server.money_rules import NoSuch
from server.proving.kinds import Proof

LANES_MAX: Final = 20
"""Passages shown of one stay: more are a fault of the lane, and a finding."""
Facts = dict[str, Any]
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
picked: Final[Any] = select
"""Columns chosen at run time have no types of their own."""


class Stay(NamedTuple):
    """A visit's facts: itself, its charge and supplements, its passages and their openings."""

    visit: Facts
    charges: list[Facts]
    passages: list[Facts]
    openings: list[Facts]


class Money(NamedTuple):
    """What else shows a payment: the notice it came by, settlement lines, and bank lines (of itself or its payout)."""

    notice: Facts | None
    settlements: list[Facts]
    lines: list[Facts]


class Settled(NamedTuple):
    """A provider's settlement: its sums, and the bank line that showed its money."""

    provider: str
    settlement: str
    lines: int
    gross: int
    fee: int
    fee_vat: int
    net: int
    bank: list[Facts]


def passage(session: Session, name: str) -> Facts:
    """A passage, whose it was, and the opening that it passed under. Raises NoSuch."""
    whole = [col(getattr(PassageRow, each)) for each in PassageRow.model_fields]
    found = with_words(picked(*whole, visit_of_passage().label("whose"))).where(PassageRow.passage == name)
    row = session.connection().execute(found).mappings().first()
    if row is None:
        raise NoSuch(f"there is no passage {name}")
    return {**row, "visit": row["whose"]}


def opening(session: Session, name: str) -> Facts:
    """An opening with its reason. Raises NoSuch."""
    return _one(session, OpeningRow, name, "opening")


def entry(session: Session, key: str) -> Facts:
    """An entry of the ledger with its lines, and the bank line that it is about. Raises NoSuch."""
    found = _one(session, EntryRow, key, "entry")
    lines = session.exec(select(PostingRow).where(PostingRow.key == key).order_by(col(PostingRow.line)))
    digest = _DIGEST.search(key)
    return {**found, "postings": [columns(line) for line in lines], "digest": digest.group() if digest else ""}


def stay(session: Session, name: str) -> Stay | None:
    """A visit's facts in lane and tariff; None where there is no visit of this name."""
    row = session.get(VisitRow, name)
    if row is None:
        return None
    charges = [columns(each) for table in (ChargeRow, SupplementRow) for each in _of(session, table, name)]
    told = [select(each.passage).where(each.visit == name) for each in (ExplainedRow, CorrectionRow)]
    its = or_(col(PassageRow.visit) == name, *(col(PassageRow.passage).in_(each) for each in told))
    order = (col(PassageRow.happened_at), col(PassageRow.passage))
    passages = [columns(each) for each in session.exec(select(PassageRow).where(its).order_by(*order).limit(LANES_MAX))]
    used = [each["opening"] for each in passages if each["opening"]]
    opened = session.exec(select(OpeningRow).where(col(OpeningRow.opening).in_(used)))
    openings = sorted(map(columns, opened), key=lambda each: (each["happened_at"], each["opening"]))
    return Stay(columns(row), charges, passages, openings)


def money(session: Session, name: str) -> Money | None:
    """What shows a payment; None where there is no payment of this name (`provider:provider_id`)."""
    provider, _, number = name.rpartition(":")
    if session.get(PaymentRow, (provider, number)) is None:
        return None
    notice = session.get(NoticeRow, (provider, number))
    by = or_(col(SettlementLineRow.provider_ref) == number, col(SettlementLineRow.merchant_ref) == number)
    rows = session.exec(select(SettlementLineRow).where(SettlementLineRow.provider == provider, by)).all()
    subjects = [(Proof.PAYMENT, name), *((Proof.PAYOUT, f"{row.provider}:{row.settlement_id}") for row in rows)]
    lines = [line for kind, subject in dict.fromkeys(subjects) for line in _proving(session, kind, subject)]
    told = (
        {"received_at": notice.received_at, "sha256": notice.fingerprint, "bytes": len(notice.raw)} if notice else None
    )
    return Money(told, [columns(row) for row in rows], lines)


def settlement(session: Session, provider: str, name: str) -> Settled:
    """A provider's settlement. Raises NoSuch."""
    sums = [func.sum(each) for each in _SUMS]
    found = picked(func.count(), *sums).where(*lines_of(provider, name))
    count, gross, fee, fee_vat, net = session.connection().execute(found).one()
    if not count:
        raise NoSuch(f"{provider} has no settlement {name}")
    bank = _proving(session, Proof.PAYOUT, f"{provider}:{name}")
    return Settled(provider, name, count, int(gross), int(fee), int(fee_vat), int(net), bank)


def lines_of(provider: str, name: str) -> tuple[Any, Any]:
    """The condition for the lines of a settlement."""
    return col(SettlementLineRow.provider) == provider, col(SettlementLineRow.settlement_id) == name


def bank_line(session: Session, digest: str) -> Facts:
    """A bank line: its file, what it is, and what it proves. Its text holds names: audit who looks. Raises NoSuch."""
    line = _one(session, BankLineRow, digest, "bank line")
    file = session.exec(select(StatementRow.name).where(StatementRow.sha256 == line["statement"])).first()
    told = session.get(ExplanationRow, digest)
    proofs = select(ProofRow).where(ProofRow.digest == digest).order_by(col(ProofRow.kind), col(ProofRow.subject))
    return {
        **line,
        "file": file or "",
        "told": columns(told) if told else None,
        "proves": [_proven(session, each) for each in session.exec(proofs)],
    }


_SUMS: Final = (SettlementLineRow.gross, SettlementLineRow.fee, SettlementLineRow.fee_vat, SettlementLineRow.net)


def _proving(session: Session, kind: Proof, subject: str) -> list[Facts]:
    """The bank lines that prove it, without their texts."""
    shown = (BankLineRow.digest, BankLineRow.booked_on, BankLineRow.amount, BankLineRow.bank_reference)
    found = picked(*shown).join(ProofRow, col(ProofRow.digest) == col(BankLineRow.digest))
    rows = session.connection().execute(found.where(ProofRow.kind == kind, ProofRow.subject == subject))
    return [dict(row) for row in rows.mappings()]


def _proven(session: Session, proof: ProofRow) -> Facts:
    """What a line proves with what that was worth, so that a person sees the line's amount made up of it."""
    amount: int | None = None
    provider, _, number = proof.subject.rpartition(":")
    if proof.kind == Proof.PAYMENT:
        paid = session.get(PaymentRow, (provider, number))
        amount = paid.amount if paid else None
    elif proof.kind == Proof.PAYOUT:
        provider, _, number = proof.subject.partition(":")
        net = select(func.sum(SettlementLineRow.net)).where(*lines_of(provider, number))
        amount = int(session.exec(net).one() or 0)
    elif proof.kind == Proof.REFUND:
        refund = session.get(RefundRow, proof.subject)
        amount = -refund.amount if refund else None
    elif proof.kind == Proof.DEPOSIT:
        deposit = session.get(DepositRow, proof.subject)
        amount = deposit.amount if deposit else None
    return {"kind": proof.kind, "subject": proof.subject, "provider": provider, "number": number, "amount": amount}


def _of(session: Session, table: Any, visit: str) -> list[SQLModel]:
    return list(session.exec(select(table).where(table.visit == visit).order_by(table.happened_at)))


def _one(session: Session, table: type[SQLModel], name: str, what: str) -> Facts:
    row = session.get(table, name)
    if row is None:
        raise NoSuch(f"there is no {what} {name}")
    return columns(row)
