"""Parts of a dispute pack that are looked up in the facts: clocks, orders at providers, lines of the bank."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, or_, select

from server.db import columns
from server.facts import EventRow, ExplainedRow, PassageRow
from server.facts_bank import BankLineRow, ProofRow, SettlementLineRow
from server.facts_money import OrderRow
from server.proving.kinds import Proof


def clock_facts(session: Session, visit: str) -> list[dict[str, Any]]:
    """How well the box knew its time when the vehicle drove in and out."""
    explained = select(ExplainedRow.passage).where(ExplainedRow.visit == visit)
    own = or_(col(PassageRow.visit) == visit, col(PassageRow.passage).in_(explained))
    facts = (
        select(PassageRow, EventRow)
        .join(
            EventRow,
            (col(EventRow.journal) == col(PassageRow.journal)) & (col(EventRow.sequence) == col(PassageRow.sequence)),
        )
        .where(own, EventRow.site == PassageRow.site)
        .order_by(col(EventRow.happened_at))
    )
    return [
        {
            "passage": passage.passage,
            "direction": passage.direction,
            "lane": passage.lane,
            **{name: getattr(event, name) for name in _OF_A_CLOCK},
        }
        for passage, event in session.exec(facts)
    ]


_OF_A_CLOCK = (
    "box",
    "journal",
    "sequence",
    "boot",
    "monotonic_ms",
    "happened_at",
    "recorded_at",
    "clock_offset_ms",
    "clock_quality",
    "fingerprint",
)


def orders(session: Session, visit: str) -> list[dict[str, Any]]:
    """What we asked providers for."""
    rows = session.exec(select(OrderRow).where(OrderRow.visit == visit).order_by(col(OrderRow.created_at)))
    return [columns(row) for row in rows]


def bank_lines(session: Session, payments: Sequence[str], visit: str) -> dict[str, Any]:
    """The statement lines that prove these payments, and the settlement lines of the visit's orders."""
    proofs = select(ProofRow).where(ProofRow.kind == Proof.PAYMENT, col(ProofRow.subject).in_(list(payments)))
    proven = session.exec(proofs.order_by(col(ProofRow.subject))).all() if payments else []
    ordered = select(OrderRow.order).where(OrderRow.visit == visit)
    settled = session.exec(select(SettlementLineRow).where(col(SettlementLineRow.merchant_ref).in_(ordered))).all()
    lines = [(proof.subject, session.get(BankLineRow, proof.digest)) for proof in proven]
    return {
        "bank": [{"payment": name, **columns(line)} for name, line in lines if line is not None],
        "settlements": [columns(line) for line in settled],
        "awaited": sorted(set(payments) - {name for name, line in lines if line is not None}),
    }
