"""The desks at which a season's mornings are worked: a process for each lot, over the same books.

Looking at a day only reads, and a close writes at its end what it saw: a centre's lots need not wait for one another.
"""

import base64
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime
from multiprocessing import get_context
from time import process_time
from typing import NamedTuple, TypeVar

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine
from structlog.testing import LogCapture

from server import findings
from server.closing import NotYet, close
from server.db import connect, reading
from tests.campaign.season_centre import FINANCE, Centre

T = TypeVar("T")


class Desk(NamedTuple):
    """What is needed to look and to close."""

    engine: Engine
    key: Ed25519PrivateKey


class Closed(NamedTuple):
    """How many days were closed, and why others could not be."""

    days: int
    refused: list[str]


_mine: list[Desk] = []
"""In a process of its own, its desk."""


class Desks:
    """`count` desks; the first is this process."""

    def __init__(self, centre: Centre, count: int) -> None:
        self._here, self._pool = Desk(centre.engine, centre.key), None
        if count > 1:
            what = (centre.config.database, base64.b64encode(centre.key.private_bytes_raw()).decode())
            self._pool = ProcessPoolExecutor(count - 1, get_context("spawn"), _sit_down, what)

    def each(self, work: Callable[..., T], jobs: Sequence[tuple[object, ...]]) -> list[T]:
        """The work for each of the jobs, in their order; the first is done here meanwhile."""
        if self._pool is None or len(jobs) < 2:
            return [work(self._here, *job) for job in jobs]
        others = [self._pool.submit(_work, work, job) for job in jobs[1:]]
        return [work(self._here, *jobs[0]), *(other.result() for other in others)]

    def close(self) -> float:
        """Nobody sits there any more. Seconds of processor that the other desks took."""
        if self._pool is None:
            return 0.0
        taken_s = self._pool.submit(process_time).result()
        self._pool.shutdown()
        self._pool = None
        return taken_s


def looks(desk: Desk, site: str, days: Iterable[date], now: datetime) -> list[findings.Looked]:
    """The cases of these days, and of the days before each."""
    with reading(desk.engine) as session:
        return findings.looks(session, site, days, now)


def closes(desk: Desk, site: str, days: Iterable[date], first: date, now: datetime) -> Closed:
    """Close these days in order; the site's chain begins with `first`."""
    refused, count = [], 0
    for day in days:
        try:
            close(desk.engine, site, day, desk.key, by=FINANCE, now=now, first=day == first)
            count += 1
        except NotYet as error:
            refused.append(str(error))
    return Closed(count, refused)


def _sit_down(database: str, key: str) -> None:
    structlog.configure(processors=[LogCapture()])
    _mine[:] = [Desk(connect(database), Ed25519PrivateKey.from_private_bytes(base64.b64decode(key)))]


def _work(work: Callable[..., T], job: tuple[object, ...]) -> T:
    return work(_mine[0], *job)
