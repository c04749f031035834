"""The reports of many days of a site, a process to each processor: days are looked at apart, what is awaited once."""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Engine

from gate.findings import Expectation
from gate.reconcile import Report
from server import witnesses
from server.db import connect, reading
from server.reconcile import local_date, look

AT_MOST: Final = 4
"""Processes; more only wait for the same disk."""


MOST_DAYS: Final = 366


class Days(NamedTuple):
    """What each process knows."""

    engine: Engine
    site: str
    now: datetime
    expected: Sequence[Expectation]


_known: list[Days] = []
"""In a process of `reports`, its own."""


def dates(first: date, last: date) -> list[date]:
    """Every date from the first to the last. Raises ValueError where there is none, or more than a year of them."""
    count = (last - first).days + 1
    if last < first:
        raise ValueError(f"--date {first} is after --to {last}: the two dates are swapped")
    if not 1 <= count <= MOST_DAYS:
        raise ValueError(f"from {first} to {last} is {count} days; it may be 1 to {MOST_DAYS}")
    return [first + timedelta(days=n) for n in range(count)]


def reports(engine: Engine, site: str, days: Sequence[date], now: datetime) -> Iterator[Report]:
    """In the order of `days`. Raises what `report` raises, and NotYet for any day that has not begun."""
    with reading(engine) as session:
        expected = witnesses.every(session, site, now)
    url = engine.url.render_as_string(hide_password=False)
    workers = min(AT_MOST, len(os.sched_getaffinity(0)), len(days))
    if workers < 2:
        yield from map(_report, days, [Days(engine, site, now, expected)] * len(days))
        return
    fork = multiprocessing.get_context("fork")  # only the forking thread goes on there, with an engine of its own
    with ProcessPoolExecutor(workers, fork, _begin, (url, site, now, asked_for(expected, days, now))) as pool:
        yield from pool.map(_one, days)


def asked_for(expected: list[Expectation], days: Sequence[date], now: datetime) -> list[Expectation]:
    """What any of the days can ask for: the rest need not be copied."""
    wanted = set(days)
    today = local_date(now) in wanted
    return [each for each in expected if local_date(each.due) in wanted or (today and each.due > now)]


def _begin(url: str, site: str, now: datetime, expected: list[Expectation]) -> None:
    _known[:] = [Days(connect(url), site, now, expected)]


def _one(on: date) -> Report:
    return _report(on, _known[0])


def _report(on: date, days: Days) -> Report:
    with reading(days.engine) as session:
        return look(session, days.site, on, days.now, days.expected).report
