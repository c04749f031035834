"""What a rule proposes: to give back what is over. Nothing moves before two persons agree."""

from datetime import datetime

from sqlmodel import Session

from gate.resolving import Outcome
from server import ledger
from server.db import insert_once
from server.derived import VisitRow
from server.facts import ChargeRow
from server.facts_money import DecisionRow
from server.money_rules import RULE, policy_of


def give_back(session: Session, *, site: str, visit: str, payment: str, amount: int, note: str, now: datetime) -> None:
    """Propose a refund of a payment, once for ever."""
    row = DecisionRow(
        decision=f"{RULE}:refund:{payment}",
        kind="refund",
        site=site,
        visit=visit,
        payment=payment,
        amount=amount,
        by=RULE,
        note=note,
        made_at=now,
    )
    insert_once(session, row)


def give_back_over(session: Session, visit: str, now: datetime) -> None:
    """Propose to give back what came early for a visit and is over its price, or all of it when it was voided; unless
    the centre does something else with what is over."""
    row = session.get(VisitRow, visit)
    if row is None or policy_of(session).over is not Outcome.REFUND:
        return
    paid = session.get(ChargeRow, visit) is not None and ledger.owed(session, visit) <= 0
    if not (row.voided or paid):
        return
    note = "voided" if row.voided else "over"
    for payment, amount in ledger.waiting_for(session, visit).items():
        give_back(session, site=row.site, visit=visit, payment=payment, amount=amount, note=note, now=now)
