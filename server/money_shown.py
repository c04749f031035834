"""Everything about one payment, visit, refund or decision, for a person who has to decide."""

from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, SQLModel, col, select

from gate.resolving import RULES, Situation
from server import decisions, ledger, receiving
from server.db import columns
from server.derived import VisitRow
from server.facts import EntryRow, PaymentRow, PostingRow
from server.facts_money import ClaimRow, DecisionRow, RefundRow, RefundSentRow, TakenBackRow, TransferRow, WordRow
from server.money_rules import RULE, NoSuch
from server.supplements import prices


def shown(session: Session, name: str) -> dict[str, Any]:
    """What the books know of it, oldest first. Raises NoSuch."""
    decision, refund = session.get(DecisionRow, name), session.get(RefundRow, name)
    if decision is not None:
        name = decision.payment or decision.visit or name
    if refund is not None:
        name = refund.payment
    provider, _, number = name.rpartition(":")
    payment = session.get(PaymentRow, (provider, number))
    if payment is not None:
        return {"payment": _payment(session, payment), **_common(session, name, "")}
    visit = session.get(VisitRow, name)
    if visit is None:
        raise NoSuch(f"there is no payment, visit, refund or decision {name}")
    return {"visit": _visit(session, visit), **_common(session, "", name)}


def _payment(session: Session, row: PaymentRow) -> dict[str, Any]:
    name = ledger.payment_name(row)
    near = receiving.likely(session, row)
    return {
        **columns(row),
        "name": name,
        "waits": ledger.waiting(session, [name]).get(name, 0),
        "settles": ledger.settled_by(session, name),
        "proposed": near[0].visit if len(near) == 1 else None,
        "candidates": [each.visit for each in near],
    }


def _visit(session: Session, row: VisitRow) -> dict[str, Any]:
    price = prices(session, [row.visit]).get(row.visit)
    payments = session.exec(select(PaymentRow).where(PaymentRow.reference == row.visit))
    return {
        "visit": row.visit,
        "site": row.site,
        "quoted": row.quoted,
        "charged": price.total if price else None,
        "owes": ledger.owed(session, row.visit),
        "left_at": row.left_at,
        "payments": [ledger.payment_name(each) for each in payments],
    }


def _common(session: Session, payment: str, visit: str) -> dict[str, Any]:
    """Decisions, refunds, claims and entries that name it."""
    entries = EntryRow.payment == payment if payment else EntryRow.visit == visit
    about = (
        DecisionRow.payment == payment
        if payment
        else or_(col(DecisionRow.visit) == visit, col(DecisionRow.to_visit) == visit)
    )
    refunds = RefundRow.payment == payment if payment else RefundRow.visit == visit
    back = TakenBackRow.payment == payment if payment else TakenBackRow.visit == visit
    found = select(DecisionRow).where(about).order_by(col(DecisionRow.made_at), col(DecisionRow.decision))
    return {
        "decisions": [_decision(session, row) for row in session.exec(found).all()],
        "refunds": [_refund(session, row) for row in session.exec(select(RefundRow).where(refunds)).all()],
        "taken_back": [columns(row) for row in session.exec(select(TakenBackRow).where(back))],
        "claims": [columns(row) for row in session.exec(select(ClaimRow).where(ClaimRow.visit == visit))],
        "entries": [_entry(session, row) for row in _ordered(session, entries)],
    }


def _ordered(session: Session, where: Any) -> list[EntryRow]:
    return list(session.exec(select(EntryRow).where(where).order_by(col(EntryRow.recorded_at), col(EntryRow.key))))


def _decision(session: Session, row: DecisionRow) -> dict[str, Any]:
    said = session.exec(select(WordRow).where(WordRow.decision == row.decision).order_by(col(WordRow.at)))
    state = decisions.state(session, row)
    why = RULES[Situation(row.note)] if row.by == RULE and row.note in set(Situation) else None
    return {
        **columns(row),
        "why": {"vi": why.vi, "en": why.en} if why else None,
        "missing": 0 if state.refused else state.missing,
        "refused": state.refused,
        "undone": session.get(EntryRow, f"undo:{row.decision}") is not None,
        "words": [{"by": word.by, "agrees": word.agrees, "note": word.note, "at": word.at} for word in said],
    }


def _refund(session: Session, row: RefundRow) -> dict[str, Any]:
    """Without the account: that stays in the vault."""
    file: SQLModel | None = session.get(TransferRow, row.refund)
    sent = session.get(RefundSentRow, row.refund)
    return {**columns(row), "file": getattr(file, "file", None), "sent_at": sent.happened_at if sent else None}


def _entry(session: Session, row: EntryRow) -> dict[str, Any]:
    lines = session.exec(select(PostingRow).where(PostingRow.key == row.key).order_by(col(PostingRow.line)))
    return {
        "key": row.key,
        "kind": row.kind,
        "visit": row.visit,
        "happened_at": row.happened_at,
        "recorded_at": row.recorded_at,
        "postings": {line.account: line.amount for line in lines},
    }
