"""A person says what a line is that the matcher left alone."""

from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from server import refunds
from server.auth import audit
from server.db import hold, insert_many, insert_once
from server.facts_bank import BankLineRow, ExplanationRow, ProofRow, SettlementLineRow
from server.facts_money import DepositRow
from server.proving import booking, moments
from server.proving.booking import Explained, Payment
from server.proving.kinds import Proof, moment_of, sites_of
from server.proving.matcher import explanation, proofs_of
from server.turning import TURNS, turns

PREFIX_MIN = 8


class NotSo(ValueError):
    """The line cannot be explained so; the message says why. Nothing was changed."""


def line_of(session: Session, digest: str) -> BankLineRow:
    """The line whose digest begins so. Raises NotSo."""
    if len(digest) < PREFIX_MIN:
        raise NotSo(f"{digest}: at least {PREFIX_MIN} characters of the line's digest are needed")
    found = list(session.exec(select(BankLineRow).where(col(BankLineRow.digest).startswith(digest, autoescape=True))))
    if len(found) != 1:
        raise NotSo(f"{digest}: {'several bank lines begin' if found else 'no bank line begins'} so")
    return found[0]


def explain(session: Session, digest: str, meaning: str, by: str, note: str, now: datetime) -> BankLineRow:
    """`meaning`: `payment:PROVIDER:ID`, `payout:PROVIDER:SETTLEMENT`, `deposit:NAME`, `refund:NAME`, `fee` or `other`.

    Once for ever, audited, and each payment, session, refund or deposit by one line only. Raises NotSo.
    """
    hold(session, "proving")
    now = moments.free(session, now)
    line = line_of(session, digest)
    hold(session, f"account:{line.account}")
    if not note.strip():
        raise NotSo("say in a note why the line is this")
    if turns(note) or turns(meaning):
        raise NotSo(TURNS)
    told = session.get(ExplanationRow, line.digest)
    if told is not None:
        raise NotSo(f"{line.digest[:12]} is explained already: {told.kind} {told.subject}, by {told.by}")
    kind, _, subject = meaning.partition(":")
    if kind not in set(Proof):
        raise NotSo(f"{kind!r} is none of {', '.join(Proof)}")
    site = _site(session, line, Proof(kind), subject, now)
    found = explanation(line, Proof(kind), [subject or line.digest], site, by, now)
    if not insert_once(session, ProofRow(**proofs_of(found)[0])):
        known = session.get_one(ProofRow, (kind, subject or line.digest))
        raise NotSo(f"{meaning} is proven by line {known.digest[:12]} already")
    insert_many(session, ExplanationRow, [found.told._asdict()])
    booking.book(session, [Explained(line, found.told)], sites_of(session, line.account)[0], now)
    audit(session, by, "explained a bank line", line.digest, now, {"as": meaning, "note": note[:400]})
    return line


def _site(session: Session, line: BankLineRow, kind: Proof, subject: str, now: datetime) -> str:
    """Whose it is; what is named must exist and fit. Raises NotSo."""
    if kind is Proof.PAYMENT:
        return _payment(session, line, subject).site
    if kind is Proof.PAYOUT:
        return _settlement(session, subject)
    if kind is Proof.DEPOSIT:
        row = session.get(DepositRow, subject)
        if row is None or row.amount != line.amount:
            raise NotSo(f"there is no deposit {subject} of {line.amount}")
        return row.site
    if kind is Proof.REFUND:
        if line.amount >= 0 or not refunds.close(session, subject, -line.amount, moment_of(line), line.digest, now):
            raise NotSo(f"there is no open refund {subject} of {-line.amount}")
        return subject[2:5]
    if kind is Proof.FEE and line.amount >= 0:
        raise NotSo(f"a charge takes money away; this line brought {line.amount}")
    return sites_of(session, line.account)[0]


def _payment(session: Session, line: BankLineRow, subject: str) -> Payment:
    row = booking.payments(session, [subject]).get(subject)
    if row is None:
        raise NotSo(f"there is no payment {subject}")
    if row.account != line.account:
        raise NotSo(f"{subject} came to account {row.account}, the line is of {line.account}")
    if row.amount != line.amount:
        raise NotSo(f"{subject} is of {row.amount}, the line of {line.amount}")
    return row


def _settlement(session: Session, subject: str) -> str:
    provider, _, settlement = subject.partition(":")
    rows = select(func.min(SettlementLineRow.site)).where(
        SettlementLineRow.provider == provider, SettlementLineRow.settlement_id == settlement
    )
    site = session.exec(rows).one()
    if site is None:
        raise NotSo(f"there is no settlement {subject}")
    return str(site)
