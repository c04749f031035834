"""The books of a site item by item, for whoever checks them against something else."""

from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from gate.ledger import LedgerAccount
from server.days.items import visit_of_passage, with_words
from server.derived import VisitRow
from server.facts import (
    ChargeRow,
    EntryRow,
    OpeningRow,
    PassageRow,
    PaymentRow,
    PostingRow,
    SupplementRow,
)
from server.supplements import Price, prices
from server.vault import VaultReadRow
from server.vault_plates import known_as


def books(session: Session, site: str) -> dict[str, Any]:
    """Openings, passages, visits, charges and payments, each in the order it happened, and their totals."""
    items = {
        "openings": _openings(session, site),
        "passages": _passages(session, site),
        "visits": _visits(session, site),
        "charges": _charges(session, site),
        "payments": _payments(session, site),
    }
    charged = sum(charge["amount"] for charge in items["charges"])
    outstanding = balance(session, site, LedgerAccount.RECEIVABLE)
    totals = {name: len(rows) for name, rows in items.items()}
    totals["visits"] = sum(
        visit["entry_passage"] is not None for visit in items["visits"]
    )  # who came in, not who tried
    money = {"charged_vnd": charged, "paid_vnd": charged - outstanding, "outstanding_vnd": outstanding}
    return {**items, "totals": {**totals, **money}}


def balance(session: Session, site: str, account: LedgerAccount) -> int:
    """What stands on an account of the site."""
    total = (
        select(func.coalesce(func.sum(PostingRow.amount), 0))
        .join(EntryRow, col(EntryRow.key) == col(PostingRow.key))
        .where(EntryRow.site == site, PostingRow.account == account)
    )
    return int(session.exec(total).one())


def _openings(session: Session, site: str) -> list[dict[str, Any]]:
    rows = session.exec(select(OpeningRow).where(OpeningRow.site == site).order_by(col(OpeningRow.happened_at)))
    return [
        {"opening": r.opening, "lane": r.lane, "reason": r.reason, "by": r.by, "visit": r.visit, "at": _at(r)}
        for r in rows
    ]


def _passages(session: Session, site: str) -> list[dict[str, Any]]:
    """Whose passage it was: by a person's correction, by the box, by what it said afterwards."""
    order = (col(PassageRow.lane), col(PassageRow.happened_at), col(PassageRow.sequence))
    picked: Any = select(PassageRow, visit_of_passage())
    found = with_words(picked).where(PassageRow.site == site).order_by(*order)
    return [
        {
            "passage": r.passage,
            "lane": r.lane,
            "direction": r.direction,
            "visit": visit,
            "opening": r.opening,
            "tailgate": r.tailgate,
            "at": _at(r),
        }
        for r, visit in session.exec(found)
    ]


def _visits(session: Session, site: str) -> list[dict[str, Any]]:
    found = (
        select(VisitRow, known_as())
        .join_from(VisitRow, VaultReadRow, col(VaultReadRow.approach) == col(VisitRow.entry_approach), isouter=True)
        .where(VisitRow.site == site, col(VisitRow.voided).is_(False))
        .order_by(col(VisitRow.opened_at))
    )
    return [
        {
            "visit": visit.visit,
            "class": visit.vehicle_class,
            "plate": plate or "",
            "entry_passage": visit.entry_passage,
            "exit_passage": visit.exit_passage,
            "state": "left" if visit.left_at else "inside" if visit.entered_at else "opened",
        }
        for visit, plate in session.exec(found)
    ]


def _charges(session: Session, site: str) -> list[dict[str, Any]]:
    rows = session.exec(select(ChargeRow).where(ChargeRow.site == site).order_by(col(ChargeRow.happened_at))).all()
    more = prices(session, session.exec(select(SupplementRow.visit).where(SupplementRow.site == site).distinct()).all())
    all_of = {r.visit: more.get(r.visit) or Price(r.total, r.vat) for r in rows}
    return [{"visit": r.visit, "amount": all_of[r.visit].total, "vat": all_of[r.visit].vat, "at": _at(r)} for r in rows]


def _payments(session: Session, site: str) -> list[dict[str, Any]]:
    rows = session.exec(select(PaymentRow).where(PaymentRow.site == site).order_by(col(PaymentRow.received_at)))
    return [
        {
            "provider": r.provider,
            "provider_id": r.provider_id,
            "visit": r.reference,
            "amount": r.amount,
            "outcome": "kept",
            "at": _at(r),
        }
        for r in rows
    ]


def _at(row: OpeningRow | PassageRow | ChargeRow | PaymentRow) -> str:
    return row.happened_at.isoformat()
