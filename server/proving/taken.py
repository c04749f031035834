"""Lines of a settlement by which money goes back: refunds that the provider carried out, and chargebacks."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlmodel import Session, col, select

from gate.statements import LineKind
from server import effects, refunds
from server.facts import PaymentRow
from server.facts_bank import SettlementLineRow
from server.facts_money import OrderRow, RefundRow, RefundSentRow, TakenBackRow

BACK = (LineKind.REFUND, LineKind.CHARGEBACK)


def follow(session: Session, rows: Iterable[SettlementLineRow], by: str, now: datetime) -> None:
    """A refund of ours is closed; a chargeback is put before people. What fits nothing stays a case."""
    for row in rows:
        if row.kind == LineKind.CHARGEBACK:
            payment = _payment(session, row)
            if payment is not None and payment.amount == -row.gross:
                name = f"{payment.provider}:{payment.provider_id}"
                effects.charged_back(session, name, row.txn_time, by, f"settlement {row.settlement_id}", now)
        elif row.kind == LineKind.REFUND:
            for name in (row.merchant_ref, row.provider_ref):
                ours = session.get(RefundRow, name)
                if ours is not None and ours.provider == row.provider:
                    refunds.by_provider(session, name, -row.gross, row.provider_ref, row.txn_time, now)
                    break  # one line is one refund


def unexplained(session: Session, site: str) -> Iterator[tuple[SettlementLineRow, str]]:
    """Lines that move money and have no counterpart of ours, each with why."""
    kinds = col(SettlementLineRow.kind).in_([*BACK, LineKind.ADJUST])
    rows = select(SettlementLineRow).where(SettlementLineRow.site == site, kinds, SettlementLineRow.gross != 0)
    for row in session.exec(rows):
        if row.kind == LineKind.ADJUST:
            yield row, "an adjustment by the provider"
        elif row.kind == LineKind.REFUND and not _sent(session, row):
            yield row, "a refund that we did not order"
        elif row.kind == LineKind.CHARGEBACK and not _known(session, row):
            yield row, "a chargeback of no payment of this amount"


def _sent(session: Session, row: SettlementLineRow) -> bool:
    found = (session.get(RefundSentRow, name) for name in (row.merchant_ref, row.provider_ref))
    return any(sent is not None and sent.amount == -row.gross for sent in found)


def _known(session: Session, row: SettlementLineRow) -> bool:
    payment = _payment(session, row)
    name = f"{payment.provider}:{payment.provider_id}" if payment else ""
    back = session.get(TakenBackRow, (name, effects.CHARGEBACK))
    return back is not None and back.amount == -row.gross


def _payment(session: Session, row: SettlementLineRow) -> PaymentRow | None:
    """The payment of the provider's number, else the only one of our order's visit."""
    same = session.get(PaymentRow, (row.provider, row.provider_ref))
    order = session.get(OrderRow, row.merchant_ref) if row.merchant_ref else None
    if same is not None or order is None:
        return same
    of_order = select(PaymentRow).where(PaymentRow.provider == row.provider, PaymentRow.reference == order.visit)
    found = list(session.exec(of_order))
    return found[0] if len(found) == 1 else None
