"""What a provider took back before we heard that it was paid: it waits, and takes effect when the payment comes.

Notices overtake each other, and a settlement may be imported before a notice that got lost is asked for. Either order
ends in the same books.
"""

from datetime import datetime, timedelta

from sqlmodel import Session, col, or_, select

from gate.statements import LineKind
from server import effects
from server.db import insert_once
from server.facts import PaymentRow
from server.facts_bank import SettlementLineRow, StatementRow
from server.facts_money import OrderRow, TakenBackRow
from server.money_rules import RULE
from server.providers.notice import Kind, Notice
from server.proving import taken


def is_early(session: Session, notice: Notice) -> bool:
    """Whether the payment that a reversal of one of our orders names is not booked."""
    return session.get(PaymentRow, (notice.provider, notice.provider_id.rpartition("/")[0])) is None


def wait(session: Session, notice: Notice, now: datetime) -> None:
    """Keep a reversal of one of our orders whose payment we have not heard of. It may have been debited at the payer's
    bank alone and never come: then nothing follows."""
    order = session.get_one(OrderRow, notice.order)
    row = TakenBackRow(
        payment=f"{notice.provider}:{notice.provider_id.rpartition('/')[0]}",
        kind=effects.REVERSAL,
        site=order.site,
        visit=order.visit,
        amount=order.amount,
        note="reversed by the provider",
        by=RULE,
        happened_at=notice.happened_at,
        recorded_at=now,
    )
    insert_once(session, row)


def after(session: Session, notice: Notice, now: datetime) -> datetime:
    """The moment as of which a payment is booked: after the reversal that waits for it."""
    row = _waiting(session, notice) if notice.kind is Kind.PAID else None
    return now if row is None else max(now, row.recorded_at + timedelta(microseconds=1))


def take_effect(session: Session, notice: Notice, now: datetime) -> bool:
    """What waits for this payment, now that it is booked. Says whether the provider has its money back already."""
    if notice.kind is not Kind.PAID or session.get(PaymentRow, (notice.provider, notice.provider_id)) is None:
        return False
    for line, by in _charged_back(session, notice, now):
        taken.follow(session, [line], by, now)
    row = _waiting(session, notice)
    if row is None or row.recorded_at >= now:
        return False
    effects.reverse_again(session, row.payment, now)
    return True


def _waiting(session: Session, notice: Notice) -> TakenBackRow | None:
    return session.get(TakenBackRow, (f"{notice.provider}:{notice.provider_id}", effects.REVERSAL))


def _charged_back(session: Session, notice: Notice, now: datetime) -> list[tuple[SettlementLineRow, str]]:
    """Lines of settlements that were imported before and may mean this payment, each with who imported it."""
    if not notice.order:
        return []
    about = or_(
        col(SettlementLineRow.provider_ref) == notice.provider_id,
        col(SettlementLineRow.merchant_ref) == notice.order,
    )
    lines = (
        select(SettlementLineRow, StatementRow.by)
        .join(StatementRow, col(StatementRow.sha256) == col(SettlementLineRow.statement))
        .where(SettlementLineRow.provider == notice.provider, SettlementLineRow.kind == LineKind.CHARGEBACK, about)
        .where(SettlementLineRow.recorded_at < now)
        .order_by(col(SettlementLineRow.recorded_at), col(SettlementLineRow.line))
    )
    return list(session.exec(lines).all())
