"""Who expects something from outside: each part that does says so itself, and reconciliation asks them all.

A new source is a row of SOURCES: a module with `expected(session, site, now) -> Iterable[Expectation]`. What is met or
was never expected costs it nothing; what it lists is bounded by what is still open.
"""

from collections.abc import Iterable
from datetime import datetime
from importlib import import_module
from typing import Final

from sqlmodel import Session

from gate.findings import Expectation

SOURCES: Final = (
    "server.orders",
    "server.refunds",
    "server.claims",
    "server.waiting_money",
    "server.proving",
    "server.shifts",
    "server.pairings",
    "server.event_cases",
)
"""Imported when they are asked, because each of them knows reconciliation's days itself."""


def every(session: Session, site: str, now: datetime) -> list[Expectation]:
    """What is expected at the site and has not come, once each, by due time."""
    found: dict[tuple[str, str], Expectation] = {}
    for name in SOURCES:
        for each in import_module(name).expected(session, site, now):
            if each.met_at is None:
                found[each.code, each.subject] = each
    return sorted(found.values(), key=lambda each: (each.due, each.code, each.subject))


def awaited(
    session: Session, site: str, start: datetime, end: datetime, now: datetime, known: Iterable[Expectation] | None
) -> tuple[Expectation, ...]:
    """What is a day's: due on it; and today's is also whatever is due later. `known`: `every`, if it was asked."""
    today = start <= now < end
    listed = every(session, site, now) if known is None else known
    return tuple(each for each in listed if start <= each.due < end or (today and each.due >= end))
