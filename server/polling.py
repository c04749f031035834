"""Asking what became of orders: where no retry is promised a minute after they were made, then ever more rarely."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Engine

from server.db import reading
from server.ingest import Settled
from server.orders import AFTER_ITS_END, FOLLOWED, asked_of, look_up, order_of, unsettled
from server.providers.contract import Line, Order, Provider, Unanswered

FIRST: Final = timedelta(seconds=60)
FIRST_IF_RETRIED: Final = timedelta(minutes=6)
"""A provider that promises retries tells again every five minutes (VNPAY)."""
STEP: Final = timedelta(seconds=15)
STEPS_MAX: Final = 6
AT_ONCE: Final = 50
log = structlog.get_logger()


def next_question(order: Order, asked: Sequence[datetime], *, promises_retries: bool) -> datetime | None:
    """When to ask for an open order; None when no more. Shortly after its end it is asked in any case."""
    end = order.expires_at + AFTER_ITS_END
    if not asked:
        return min(order.created_at + (FIRST_IF_RETRIED if promises_retries else FIRST), end)
    wait = STEP * 2 ** min(len(asked) - 1, STEPS_MAX)
    if asked[-1] > end:
        wait = max(wait, min(2 * (asked[-1] - end), timedelta(hours=6)))
    at = asked[-1] + wait
    if asked[-1] < end < at:
        return end
    return at if at <= order.expires_at + FOLLOWED else None


class Poller:
    """Asks for open orders that are due. `settled` is told which visits were found paid."""

    def __init__(
        self,
        engine: Engine,
        providers: Mapping[str, Provider],
        line: Line,
        settled: Callable[[list[Settled]], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine, self._line, self._settled, self._now = engine, line, settled, now
        self._providers = {name: each for name, each in providers.items() if each.answers}

    def ask(self) -> int:
        """Ask for the orders that are due, some at once, and say how many were answered.

        A provider that does not answer is not asked again this time.
        """
        answered, silent = 0, set[str]()
        for order, provider in self._due(self._now()):
            if provider.name in silent:
                continue
            try:
                found = look_up(self._engine, provider, self._line, order, self._now())
            except Unanswered as error:
                log.warning("provider does not answer", provider=provider.name, order=order.order, why=str(error))
                silent.add(provider.name)
                continue
            answered += 1
            if found.settled:
                self._settled([found.settled])
        return answered

    def _due(self, now: datetime) -> list[tuple[Order, Provider]]:
        if not self._providers:
            return []
        due = []
        with reading(self._engine) as session:
            for row in unsettled(session, now - 2 * FOLLOWED):
                provider = self._providers.get(row.provider)
                if provider is None:
                    continue
                order = order_of(session, row)
                retries = provider.promises_retries
                at = next_question(order, asked_of(session, row.order), promises_retries=retries)
                if at and at <= now:
                    due.append((at, order, provider))
        due.sort(key=lambda each: each[:2])
        return [(order, provider) for _, order, provider in due[:AT_ONCE]]
