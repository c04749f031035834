"""What a planned event is short of: a second person's word on its prices, and people on shift when it begins."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session

from gate.findings import Code, Expectation
from server import planned_events
from server.drafts import Stage
from server.planned_events import Event
from server.shifts import on_shift

PRICES_BY: Final = timedelta(hours=24)
"""So long before an event begins its prices are to be approved: whoever may do so works at some hour of that day."""
AT_LEAST: Final = timedelta(hours=1)
"""What a second person has for an event that was planned later than that, while it has not begun."""
_OPEN: Final = frozenset({Stage.DRAFT, Stage.REFUSED, Stage.WITHDRAWN})
"""Stages of a list that will not hold when its event does."""


def expected(session: Session, site: str, now: datetime) -> Iterable[Expectation]:
    """Of the events that begin within a day or go on: what is over, or was undone, is expected no more."""
    for each in planned_events.between(session, site, now, now + PRICES_BY, now):
        if not each.undone:
            yield from _prices(each)
            yield from _people(session, each, now)


def _prices(it: Event) -> Iterator[Expectation]:
    if it.prices in _OPEN:
        due = max(it.row.since - PRICES_BY, min(it.row.made_at + AT_LEAST, it.row.since))
        yield _awaited(it, Code.EVENT_NOT_APPROVED, due, {"stage": it.prices.value})


def _people(session: Session, it: Event, now: datetime) -> Iterator[Expectation]:
    """Nobody is missing before it begins; who comes late ends the case."""
    if not it.people or now < it.row.since:
        return
    there = on_shift(session, it.row.site)
    if len(there) < it.people:
        words = {"needed": str(it.people), "on_shift": f"{len(there)}: {', '.join(there)}" if there else "0"}
        yield _awaited(it, Code.EVENT_UNDERSTAFFED, it.row.since, words)


def _awaited(it: Event, code: Code, due: datetime, words: dict[str, str]) -> Expectation:
    about = {"event": it.row.name, "from": it.row.since.isoformat(), "to": it.row.until.isoformat()}
    return Expectation(code=code, subject=it.row.event, visit=None, amount=0, due=due, evidence=about | words)
