"""Orders at providers: a payment asked for a visit that owes, once; what became of it; what no provider answers.

What we ask is written down before it is sent, and nothing is sent inside a transaction. Whether an answer got lost or
the request did, nobody knows: beyond the life of the provider's key the order is looked up by our own name before
anything is asked again, or one payment could become two.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from gate.findings import Code, Expectation
from server import ledger
from server.db import hold, insert_once, transaction
from server.derived import VisitRow
from server.facts import ChargeRow
from server.facts_money import OrderAnswerRow, OrderAskedRow, OrderRow
from server.ingest import Settled
from server.notices import keep
from server.providers.contract import Answer, Line, Order, Outcome, Payable, Provider, Received, Verdict
from server.register import SiteRow

FINAL: Final = (Outcome.PAID, Outcome.FAILED, Outcome.EXPIRED)
AFTER_ITS_END: Final = timedelta(minutes=2)
"""How long after its end an order of which the provider knows nothing may still be paid."""
FOLLOWED: Final = timedelta(days=3)
"""How long after its end an order is asked for."""
ANSWER_DUE: Final = timedelta(minutes=10)
ORDERS_MAX: Final = 99
CREATE: Final = "create"
QUERY: Final = "query"
_OF_THE_ORDER: Final = col(OrderAnswerRow.about).in_((CREATE, QUERY, "notice"))


class NothingOwed(ValueError):
    """The visit is unknown, has no price yet, or owes nothing; the message says which."""


class StillOpen(ValueError):
    """An earlier order of this visit may still be paid, and where is not known any more."""


class NotPayable(ValueError):
    """The provider gives no way to pay; the message is its own."""


class Ordered(NamedTuple):
    """An order and where to pay it; `payable` is None where it was found paid. `settled`: which visit may go."""

    order: Order
    payable: Payable | None
    settled: Settled | None = None


class Recorded(NamedTuple):
    """What an answer came to."""

    outcome: Outcome
    settled: Settled | None


class _Last(NamedTuple):
    """The newest order of a visit at a provider that is not known to be over, and what is known of it."""

    order: Order
    asked_at: datetime
    payable: bytes | None


def ask(engine: Engine, provider: Provider, line: Line, visit: str, now: datetime, by: str) -> Ordered:
    """Ask the provider for what the visit owes. A visit has one open order of an amount at a provider.

    Raises NothingOwed, StillOpen, NotPayable, Unanswered, or LookupError where the provider is not for this site.
    """
    over = ""
    last = _last(engine, provider, visit)
    if last and last.payable is not None and last.order.expires_at > now:
        return Ordered(last.order, provider.payable(last.payable, line))
    if last and (last.order.expires_at <= now or is_stale(provider, last.asked_at, now)) and provider.answers:
        found = look_up(engine, provider, line, last.order, now)
        if found.outcome is Outcome.PAID:
            return Ordered(last.order, None, found.settled)
        if found.outcome not in {Outcome.UNKNOWN, Outcome.FAILED, Outcome.EXPIRED}:
            raise StillOpen(f"{last.order.order} is not over at {provider.name}: it says {found.outcome}")
        over = last.order.order if found.outcome is not Outcome.UNKNOWN else ""
    order = _begun(engine, provider, visit, over, now, by)
    answer = provider.create(order, line, now)
    record(engine, order, CREATE, answer, now)
    if answer.payable is None:
        raise NotPayable(f"{provider.name} says {answer.outcome}: {answer.why}")
    return Ordered(order, answer.payable)


def look_up(engine: Engine, provider: Provider, line: Line, order: Order, now: datetime) -> Recorded:
    """Ask the provider what became of an order, and book what it tells. Raises Unanswered."""
    asked(engine, order, QUERY, now)
    return record(engine, order, QUERY, provider.query(order, line, now), now)


def asked(engine: Engine, order: Order, about: str, now: datetime) -> None:
    """Write down that we ask, before we do."""
    with transaction(engine) as session:
        insert_once(session, OrderAskedRow(order=order.order, about=about, at=now, amount=order.amount))


def record(engine: Engine, order: Order, about: str, answer: Answer, now: datetime) -> Recorded:
    """Keep a provider's answer, and the payment that it tells of."""
    outcome, settled = answer.outcome, None
    if outcome is Outcome.UNKNOWN and now >= order.expires_at + AFTER_ITS_END:
        outcome = Outcome.EXPIRED
    digest = hashlib.sha256(answer.raw).hexdigest()
    with transaction(engine) as session:
        if answer.notice:
            kept = keep(session, Received(answer.raw, {}, now, answer=True), answer.notice, digest)
            settled = kept.settled
            if kept.verdict not in {Verdict.TAKEN, Verdict.REPEATED}:
                outcome = Outcome.FAULT  # it tells of another amount or account: no answer about this order
        row = OrderAnswerRow(
            order=order.order, about=about, received_at=now, sha256=digest, outcome=outcome, raw=answer.raw
        )
        insert_once(session, row)
    return Recorded(outcome, settled)


def is_stale(provider: Provider, first_asked: datetime, now: datetime) -> bool:
    """Whether the same request might not be known as the same any more. Half of its life is ours: clocks differ."""
    return now - first_asked >= provider.key_life / 2


def state(session: Session, order: str) -> Outcome:
    """What is known of an order: paid is paid, whatever came before or after."""
    said = set(session.exec(select(OrderAnswerRow.outcome).where(OrderAnswerRow.order == order, _OF_THE_ORDER)))
    return next((each for each in FINAL if each in said), Outcome.OPEN)


def order_of(session: Session, row: OrderRow) -> Order:
    """An order as providers need it."""
    site = session.get_one(SiteRow, row.site)
    return Order(
        order=row.order,
        site=row.site,
        visit=row.visit,
        amount=row.amount,
        created_at=row.created_at,
        expires_at=row.expires_at,
        bank=site.bank,
        account=site.account,
    )


def due(session: Session, visit: str) -> int:
    """What the visit owes now, charged or only quoted. Raises NothingOwed."""
    row = session.get(VisitRow, visit)
    if row is None or row.voided:
        raise NothingOwed(f"there is no visit {visit}")
    if row.quoted is None:
        raise NothingOwed(f"{visit} has no price yet")
    charged = session.get(ChargeRow, visit) is not None
    waits = sum(ledger.waiting_for(session, visit).values())
    owed = ledger.owed(session, visit) if charged else row.quoted - waits
    if owed <= 0:
        raise NothingOwed(f"{visit} owes nothing")
    return owed


def unsettled(session: Session, since: datetime, site: str = "") -> list[OrderRow]:
    """Orders made since then of which nothing final is known."""
    over = select(OrderAnswerRow.order).where(
        OrderAnswerRow.order == col(OrderRow.order), col(OrderAnswerRow.outcome).in_(FINAL), _OF_THE_ORDER
    )
    rows = select(OrderRow).where(OrderRow.created_at >= since, ~over.exists()).order_by(col(OrderRow.created_at))
    return list(session.exec(rows.where(OrderRow.site == site) if site else rows))


def asked_of(session: Session, order: str) -> list[datetime]:
    """When it was asked what became of an order, first to last."""
    times = select(OrderAskedRow.at).where(OrderAskedRow.order == order, OrderAskedRow.about == QUERY)
    return sorted(session.exec(times))


def expected(session: Session, site: str, now: datetime) -> Iterable[Expectation]:
    """Orders of which no provider says whether they were paid: questions without an answer, orders that never end."""
    for row in unsettled(session, now - 2 * FOLLOWED, site):
        since = _unanswered_since(session, row.order)
        due_at = since + ANSWER_DUE if since else row.expires_at + FOLLOWED
        if since or (now >= due_at and asked_of(session, row.order)):
            yield Expectation(
                code=Code.ORDER_UNANSWERED,
                subject=row.order,
                visit=row.visit,
                amount=row.amount,
                due=due_at,
                evidence={"provider": row.provider, "made": row.created_at.isoformat(), "order": row.order},
            )


def _unanswered_since(session: Session, order: str) -> datetime | None:
    """The first question after the last answer."""
    said = select(OrderAnswerRow.received_at).where(OrderAnswerRow.order == order, _OF_THE_ORDER)
    heard = sorted(session.exec(said))
    questions = select(OrderAskedRow.at).where(
        OrderAskedRow.order == order, col(OrderAskedRow.about).in_((CREATE, QUERY))
    )
    return min((at for at in session.exec(questions) if not heard or at > heard[-1]), default=None)


def _last(engine: Engine, provider: Provider, visit: str) -> _Last | None:
    with transaction(engine) as session:
        row = _newest(session, provider, visit, due(session, visit))
        if row is None:
            return None
        about = OrderAskedRow.order == row.order, OrderAskedRow.about == CREATE
        first: datetime | None = session.exec(select(func.min(OrderAskedRow.at)).where(*about)).one()
        said = select(OrderAnswerRow.raw).where(
            OrderAnswerRow.order == row.order, OrderAnswerRow.about == CREATE, OrderAnswerRow.outcome == Outcome.OPEN
        )
        return _Last(order_of(session, row), first or row.created_at, session.exec(said).first())


def _newest(session: Session, provider: Provider, visit: str, amount: int) -> OrderRow | None:
    rows = select(OrderRow).where(
        OrderRow.visit == visit, OrderRow.provider == provider.name, OrderRow.amount == amount
    )
    found = session.exec(rows.order_by(col(OrderRow.created_at).desc(), col(OrderRow.order).desc())).first()
    return found if found and state(session, found.order) not in FINAL else None


def _begun(engine: Engine, provider: Provider, visit: str, over: str, now: datetime, by: str) -> Order:
    """The order to ask for: the open one unless it is `over`, or a new one. Two at once get the same."""
    with transaction(engine) as session:
        hold(session, f"orders:{visit}")
        amount = due(session, visit)
        row = _newest(session, provider, visit, amount)
        if row is None or row.order == over or row.expires_at <= now:
            row = _new(session, provider, visit, amount, now, by)
        insert_once(session, OrderAskedRow(order=row.order, about=CREATE, at=now, amount=amount))
        return order_of(session, row)


def _new(session: Session, provider: Provider, visit: str, amount: int, now: datetime, by: str) -> OrderRow:
    number = 1 + session.exec(select(func.count()).select_from(OrderRow).where(OrderRow.visit == visit)).one()
    if number > ORDERS_MAX:
        raise StillOpen(f"{visit} has {ORDERS_MAX} orders: somebody must look")
    row = OrderRow(
        order=f"{visit}{number:02}",
        provider=provider.name,
        site=session.get_one(VisitRow, visit).site,
        visit=visit,
        amount=amount,
        created_at=now,
        expires_at=now + provider.order_life,
        by=by,
    )
    session.add(row)
    session.flush()
    return row
