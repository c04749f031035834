"""Money that came and that nobody has decided about: each payment is a case until somebody has."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func
from sqlmodel import Session, col, select

from gate.findings import Code, Expectation
from gate.ledger import LedgerAccount
from server import decisions, ledger, receiving
from server.derived import VisitRow
from server.effects import CHARGEBACK, Kind
from server.facts import ChargeRow, EntryRow, PaymentRow, PostingRow
from server.facts_money import TakenBackRow

EARLY_FOR: Final = timedelta(days=2)
"""How long money may wait for the price of a stay that has none yet."""


def expected(session: Session, site: str, now: datetime) -> Iterator[Expectation]:  # noqa: ARG001 - as all witnesses
    """A decision about each payment of the site that waits in suspense, and about each chargeback."""
    waiting = _waiting(session)
    proposed = decisions.open_of(session, waiting)
    for name, amount in waiting.items():
        provider, _, number = name.partition(":")
        payment = session.get(PaymentRow, (provider, number))
        if payment is not None and payment.site == site:
            open_ones = [row.decision for row in proposed.get(name, ())]
            yield _of_payment(session, payment, amount, open_ones)
    yield from _chargebacks(session, site)


def _waiting(session: Session) -> dict[str, int]:
    """What waits by payment; below nothing where a provider took back what had been given back."""
    total = func.sum(-col(PostingRow.amount))
    found = (
        select(EntryRow.payment, total)
        .join(PostingRow, col(PostingRow.key) == col(EntryRow.key))
        .where(PostingRow.account == LedgerAccount.SUSPENSE, EntryRow.payment != "")
        .group_by(col(EntryRow.payment))
        .having(total != 0)
    )
    return {payment: int(amount) for payment, amount in session.exec(found)}


def _of_payment(session: Session, payment: PaymentRow, amount: int, open_ones: list[str]) -> Expectation:
    visit = session.get(VisitRow, payment.reference) if payment.reference else None
    early = payment.reference is not None and (visit is None or (visit.quoted is None and not visit.voided))
    evidence = {
        "payment": ledger.payment_name(payment),
        "amount": str(payment.amount),
        "waits": str(amount),
        "reference": payment.reference or "",
        "decision": " ".join(open_ones),
        "candidates": " ".join(each.visit for each in receiving.likely(session, payment)),
    }
    return Expectation(
        code=_code(session, visit, early=early),
        subject=ledger.payment_name(payment),
        visit=visit.visit if visit else None,
        amount=abs(amount),
        due=payment.received_at + (EARLY_FOR if early else timedelta(0)),
        evidence=evidence,
    )


def _code(session: Session, visit: VisitRow | None, *, early: bool) -> Code:
    if early:
        return Code.AMOUNT_DIFFERS
    if visit is None:
        return Code.PAYMENT_UNKNOWN
    others = select(func.count()).select_from(PaymentRow).where(PaymentRow.reference == visit.visit)
    charged = session.get(ChargeRow, visit.visit) is not None
    return Code.PAID_TWICE if charged and session.exec(others).one() > 1 else Code.AMOUNT_DIFFERS


def _chargebacks(session: Session, site: str) -> Iterator[Expectation]:
    """Until one is contested or accepted. One that was contested is over until the provider says otherwise."""
    rows = session.exec(select(TakenBackRow).where(TakenBackRow.site == site, TakenBackRow.kind == CHARGEBACK))
    for row in rows.all():
        ended = decisions.ended(session, row.payment, (Kind.CONTEST, Kind.ACCEPT))
        yield Expectation(
            code=Code.CHARGEBACK,
            subject=row.payment,
            visit=row.visit or None,
            amount=row.amount,
            due=row.recorded_at,
            evidence={"payment": row.payment, "note": row.note, "by": row.by},
            met_at=ended,
        )
