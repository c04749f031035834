"""Refunds of what came through a gateway: asked for there after the second word, and closed by its answer."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import structlog
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from server import refunds
from server.db import reading, transaction
from server.facts_money import DecisionRow, OrderAnswerRow, OrderAskedRow, RefundRow, WordRow
from server.giving_back import CannotGiveBack, give_back, outcome_of
from server.money_rules import RULE
from server.providers.contract import Line, NotOffered, Outcome, Provider, Unanswered

STEP: Final = timedelta(minutes=1)
"""From one question about a refund to the next, twice as long each time."""
STEPS_MAX: Final = 8
AT_ONCE: Final = 50
log = structlog.get_logger()


class Due(NamedTuple):
    """A refund that its provider is to be asked for."""

    refund: RefundRow
    order: str
    by: str


class Refunder:
    """Asks gateways to give money back. What is refused, or cannot be asked for, stays a case and goes by transfer."""

    def __init__(
        self,
        engine: Engine,
        providers: Mapping[str, Provider],
        line: Line,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine, self._line, self._now = engine, line, now
        self._providers = {name: each for name, each in providers.items() if each.answers}

    def go(self) -> int:
        """Ask for what is due, some at once, and say how many refunds were closed.

        A provider that does not answer is not asked again this time.
        """
        return sum(self._asked(provider) for provider in self._providers.values())

    def _asked(self, provider: Provider) -> int:
        with reading(self._engine) as session:
            due = list(_due(session, provider.name, self._now()))[:AT_ONCE]
        closed = 0
        for each in due:
            words = {"provider": provider.name, "refund": each.refund.refund}
            try:
                closed += self._given(provider, each)
            except Unanswered as error:
                log.warning("provider does not answer", **words, why=str(error))
                break
            except (CannotGiveBack, NotOffered) as error:
                log.warning("a refund goes by transfer", **words, why=str(error))
        return closed

    def _given(self, provider: Provider, due: Due) -> bool:
        name, amount, now = due.refund.refund, due.refund.amount, self._now()
        asked = {"refund": name, "order": due.order, "by": due.by}
        outcome = give_back(self._engine, provider, self._line, amount=amount, now=now, **asked)
        if outcome is not Outcome.REFUNDED:
            return False
        with transaction(self._engine) as session:
            return refunds.by_provider(session, name, amount, *_proof(session, due.order, name), now)


def _due(session: Session, provider: str, now: datetime) -> Iterator[Due]:
    """Those whose time has come and that were not refused, oldest first."""
    for row in refunds.due_at_provider(session, provider):
        order = _order_of(row)
        if order and outcome_of(session, order, row.refund) is not Outcome.REFUND_REFUSED:
            about = OrderAskedRow.order == order, OrderAskedRow.about == f"{refunds.ASKED}{row.refund}"
            times = sorted(session.exec(select(OrderAskedRow.at).where(*about)))
            if not times or now >= times[-1] + STEP * 2 ** min(len(times) - 1, STEPS_MAX):
                yield Due(row, order, _by(session, row))


def _order_of(row: RefundRow) -> str:
    """Our order of the payment, whose name is provider:account/order/number; empty where it has none."""
    parts = row.payment.partition(":")[2].split("/")
    return parts[1] if len(parts) > 1 else ""


def _by(session: Session, row: RefundRow) -> str:
    """Who decided it: the last of those who agreed."""
    words = select(WordRow.by).where(WordRow.decision == row.decision, col(WordRow.agrees).is_(True))
    last = session.exec(words.order_by(col(WordRow.at).desc())).first()
    return last or session.exec(select(DecisionRow.by).where(DecisionRow.decision == row.decision)).first() or RULE


def _proof(session: Session, order: str, refund: str) -> tuple[str, datetime]:
    """The hash of the first answer that says so, and when it came."""
    said = select(OrderAnswerRow.sha256, OrderAnswerRow.received_at).where(
        OrderAnswerRow.order == order,
        OrderAnswerRow.about == f"{refunds.ASKED}{refund}",
        OrderAnswerRow.outcome == Outcome.REFUNDED,
    )
    sha256, at = session.exec(said.order_by(col(OrderAnswerRow.received_at))).all()[0]
    return sha256, at
