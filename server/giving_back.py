"""Refunds through a gateway: asked once, looked up before it is asked again, never above what was paid."""

import hashlib
from datetime import datetime
from typing import Final

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from server import refunds
from server.db import hold, insert_once, transaction
from server.facts_money import OrderAnswerRow, OrderAskedRow, OrderRow
from server.money_rules import Impossible
from server.orders import is_stale, order_of
from server.providers.contract import Answer, GiveBack, Line, Outcome, Provider, Unanswered

DONE: Final = (Outcome.REFUNDED, Outcome.REFUND_REFUSED)


class CannotGiveBack(ValueError):
    """This cannot be given back by the provider; the message says why."""


def give_back(
    engine: Engine, provider: Provider, line: Line, *, refund: str, order: str, amount: int, by: str, now: datetime
) -> Outcome:
    """Give `amount` of an order back under our name `refund`; the same name again is the same refund.

    REFUNDED and REFUND_REFUSED are final; anything else: call it again later. Raises CannotGiveBack, NotOffered, or
    Unanswered, after which it must be called again: it may have happened.
    """
    about = f"refund:{refund}"
    with transaction(engine) as session:
        hold(session, f"order:{order}")
        known = outcome_of(session, order, refund)
        if known in DONE:
            return known
        _may_be_asked(session, refund)
        wanted = _wanted(session, provider, order, refund, amount, by)
        times = select(func.min(OrderAskedRow.at)).where(OrderAskedRow.order == order, OrderAskedRow.about == about)
        first: datetime | None = session.exec(times).one()
        insert_once(session, OrderAskedRow(order=order, about=about, at=now, amount=amount))
    if first is not None and is_stale(provider, first, now) and _happened(engine, provider, line, wanted, now):
        return Outcome.REFUNDED
    answer = provider.refund(wanted, line, now)
    if answer.outcome is Outcome.DUPLICATE:
        happened = _happened(engine, provider, line, wanted, now)
        return Outcome.REFUNDED if happened else Outcome.BUSY
    _keep(engine, order, about, answer, now)
    return answer.outcome


def _may_be_asked(session: Session, refund: str) -> None:
    try:
        refunds.may_be_asked(session, refund)
    except Impossible as error:
        raise CannotGiveBack(str(error)) from error


def outcome_of(session: Session, order: str, refund: str) -> Outcome | None:
    """What is known of a refund; None before any answer."""
    about = OrderAnswerRow.about == f"refund:{refund}"
    said = set(session.exec(select(OrderAnswerRow.outcome).where(OrderAnswerRow.order == order, about)))
    return next((each for each in DONE if each in said), Outcome.REFUND_OPEN if said else None)


def _happened(engine: Engine, provider: Provider, line: Line, wanted: GiveBack, now: datetime) -> bool:
    """Look it up by our own name. Raises Unanswered, and then nothing may be sent again."""
    order = wanted.order
    answer = provider.query(order, line, now)
    if answer.refunds & {wanted.refund, ""}:
        _keep(engine, order.order, f"refund:{wanted.refund}", answer._replace(outcome=Outcome.REFUNDED), now)
        return True
    if answer.outcome is not Outcome.PAID:
        raise Unanswered(f"{provider.name} says {answer.outcome} and not which refunds there were: {answer.why}")
    return False


def _wanted(session: Session, provider: Provider, order: str, refund: str, amount: int, by: str) -> GiveBack:
    """What to ask for, if it may be. Raises CannotGiveBack."""
    row = session.get(OrderRow, order)
    if row is None or row.provider != provider.name:
        raise CannotGiveBack(f"{provider.name} has no order {order}")
    paid = select(OrderAnswerRow.transaction).where(
        OrderAnswerRow.order == order, OrderAnswerRow.outcome == Outcome.PAID, OrderAnswerRow.transaction != ""
    )
    transaction_number = session.exec(paid).first()
    if transaction_number is None:
        raise CannotGiveBack(f"{order} was not paid")
    others = _others(session, order, refund)
    if others.pop(refund, amount) != amount:
        raise CannotGiveBack(f"{refund} was asked for with another amount")
    if others and not provider.names_refunds:
        raise CannotGiveBack(
            f"{provider.name} cannot tell two refunds of {order} apart: give the rest back by transfer"
        )
    if not 0 < amount <= row.amount - sum(others.values()):
        raise CannotGiveBack(f"{order} was paid {row.amount}, {sum(others.values())} of it is given back")
    return GiveBack(refund, order_of(session, row), amount, transaction_number, by)


def _others(session: Session, order: str, refund: str) -> dict[str, int]:
    """Refunds of the order that were asked for and not refused, this one included: name -> amount."""
    about = col(OrderAskedRow.about)
    rows = session.exec(select(OrderAskedRow).where(OrderAskedRow.order == order, about.startswith("refund:"))).all()
    asked = {row.about.removeprefix("refund:"): row.amount for row in rows}
    refused = {name for name in asked if outcome_of(session, order, name) is Outcome.REFUND_REFUSED}
    return {name: amount for name, amount in asked.items() if name not in refused or name == refund}


def _keep(engine: Engine, order: str, about: str, answer: Answer, now: datetime) -> None:
    digest = hashlib.sha256(answer.raw).hexdigest()
    row = OrderAnswerRow(
        order=order, about=about, received_at=now, sha256=digest, outcome=answer.outcome, raw=answer.raw
    )
    with transaction(engine) as session:
        insert_once(session, row)
