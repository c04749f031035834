"""What is periodic at the centre: one holder runs it, each period once.

The scheduler is only a nudge: what is due is asked of the database, so that a nudge that comes late, twice or from two
processes does no harm. The holder has an advisory lock of PostgreSQL, or a lease row where there is none (SQLite).
"""

import os
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, delete

from server import chores, pairings, proving
from server.db import insert_once, reading, transaction
from server.findings import Looked
from server.register import JobLeaseRow, JobRunRow

TICK_S: Final = 5
LEASE: Final = timedelta(seconds=30)
"""How long a holder that died keeps others from SQLite's jobs. PostgreSQL lets go with the connection."""
KEPT: Final = timedelta(days=40)
_NAME: Final = "jobs"
_LOCK: Final = "SELECT pg_try_advisory_lock(hashtextextended('barie jobs', 0))"
log = structlog.get_logger()

Clock = Callable[[], datetime]


class Job(NamedTuple):
    """Something to do once in each period.

    `work` gets what `look` saw, in the transaction that records the period as done, and says which sites it changed.
    """

    name: str
    every: timedelta
    work: Callable[[Session, datetime, Any], Iterable[str]]
    look: Callable[[Session, datetime], Any] = lambda _session, _now: None
    offset: timedelta = timedelta(0)

    def period(self, now: datetime) -> str:
        """The name of the period that `now` is in. Periods are counted from 1970, `offset` later."""
        start = datetime(1970, 1, 1, tzinfo=UTC) + self.offset
        return (start + (now - start) // self.every * self.every).isoformat()


class Errand(NamedTuple):
    """Something that talks to the world outside: in no transaction, beside the jobs, only where they run."""

    name: str
    every: timedelta
    go: Callable[[], object]


class Holder(Protocol):
    """Whether this process is the one that runs the jobs."""

    def holds(self, now: datetime) -> bool:
        """Take the post or keep it; False while another has it."""

    def let_go(self) -> None:
        """Let another take it."""


class AdvisoryLock:
    """A session lock of PostgreSQL on a connection of its own: it is gone when the process or the line is."""

    def __init__(self, engine: Engine) -> None:
        self._engine = create_engine(engine.url, poolclass=NullPool)  # closing it lets go
        self._connection: Connection | None = None

    def holds(self, now: datetime) -> bool:  # noqa: ARG002 - the server's own time decides
        """Whether the lock is ours, on a connection that still answers."""
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return True
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if connection.execute(text(_LOCK)).scalar():
                self._connection = connection
                return True
            connection.close()
        except DBAPIError:
            self.let_go()
            raise
        return False

    def let_go(self) -> None:
        """Close the connection, and with it the lock."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class RowLock:
    """A row that says who runs the jobs and until when."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._me = f"{os.getpid()}-{os.urandom(6).hex()}"

    def holds(self, now: datetime) -> bool:
        """Take the row when it is free, over or ours; written again only when half of its time is gone."""
        with reading(self._engine) as session:
            row = session.get(JobLeaseRow, _NAME)
            if row is not None and row.until - now > LEASE / 2:
                return row.holder == self._me
        with transaction(self._engine) as session:
            row = session.get(JobLeaseRow, _NAME) or JobLeaseRow(name=_NAME, holder=self._me, until=now)
            if row.holder != self._me and row.until > now:
                return False
            row.holder, row.until = self._me, now + LEASE
            session.add(row)
        return True

    def let_go(self) -> None:
        """Delete the row, if it is ours."""
        with transaction(self._engine) as session:
            mine = (col(JobLeaseRow.name) == _NAME, col(JobLeaseRow.holder) == self._me)
            session.exec(delete(JobLeaseRow).where(*mine))


def holder(engine: Engine) -> Holder:
    """The way this database has of letting one process run the jobs."""
    return AdvisoryLock(engine) if engine.dialect.name == "postgresql" else RowLock(engine)


class Jobs:
    """The centre's periodic work. `changed` is told of each site whose cases changed."""

    def __init__(
        self,
        engine: Engine,
        *,
        changed: Callable[[str], None] | None = None,
        now: Clock = lambda: datetime.now(UTC),
        jobs: tuple[Job, ...] | None = None,
        errands: tuple[Errand, ...] = (),
    ) -> None:
        self._engine, self._now = engine, now
        self._holder = holder(engine)
        self._changed = changed or _nobody
        self.jobs = jobs if jobs is not None else the_jobs(now())
        self.errands = errands
        self._holding = False
        self._busy = threading.Lock()
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )

    def start(self) -> None:
        """Look every few seconds for what is due, from now on."""
        self._scheduler.add_job(self.run_due, "interval", seconds=TICK_S, next_run_time=datetime.now(UTC))
        for errand in self.errands:
            self._scheduler.add_job(self.run_errand, "interval", (errand,), seconds=errand.every.total_seconds())
        self._scheduler.start()

    def stop(self) -> None:
        """Finish what runs, then let another process take over."""
        if not self._scheduler.running:
            return
        self._scheduler.shutdown(wait=True)
        self.let_go()

    def let_go(self) -> None:
        """Let another process run the jobs."""
        with self._busy:
            self._holder.let_go()

    def run_due(self) -> list[str]:
        """Run every job whose period has not been done, if this process is the one to do it. Says which ran."""
        with self._busy:
            now = self._now()
            self._holding = self._holds(now)
            if not self._holding:
                return []
            return [job.name for job in self.jobs if self._run(job, now)]

    def run_errand(self, errand: Errand) -> bool:
        """Go, if this process is the one that runs the jobs. Says whether it went well."""
        if not self._holding:
            return False
        try:
            errand.go()
        except Exception:
            log.exception("errand failed", errand=errand.name)
            return False
        return True

    def _holds(self, now: datetime) -> bool:
        try:
            return self._holder.holds(now)
        except DBAPIError as error:
            log.warning("jobs wait for the database", error=str(error.orig))
            return False

    def _run(self, job: Job, now: datetime) -> bool:
        """One job in one transaction with the record of its period: done and recorded, or neither."""
        try:
            changed = self._done(job, now)
        except Exception:
            log.exception("job failed", job=job.name)  # its period stays open: the next nudge tries again
            return False
        for site in sorted(changed or ()):
            self._changed(site)
        return changed is not None

    def _done(self, job: Job, now: datetime) -> Iterable[str] | None:
        """Which sites it changed; None when the period was done before."""
        period = job.period(now)
        with reading(self._engine) as session:
            if session.get(JobRunRow, (job.name, period)):
                return None
            seen = job.look(session, now)
        with transaction(self._engine) as session:
            if not insert_once(session, JobRunRow(job=job.name, period=period, ran_at=now)):
                return None
            return job.work(session, now, seen)


def the_jobs(started: datetime) -> tuple[Job, ...]:
    """All periodic work of a centre that began to listen at `started`."""
    often, hourly = timedelta(seconds=20), timedelta(hours=1)
    at_night = chores.HALF_PAST_MIDNIGHT

    def cases(session: Session, _: datetime, seen: list[Looked]) -> Iterable[str]:
        return chores.write_cases(session, seen)

    def quietly(chore: Callable[[Session, datetime], None]) -> Callable[[Session, datetime, None], Iterable[str]]:
        def work(session: Session, now: datetime, _: None) -> Iterable[str]:
            chore(session, now)
            return ()

        return work

    return (
        Job("boxes", often, quietly(lambda session, now: chores.watch_boxes(session, now, started))),
        Job("cases", often, cases, chores.look_at_cases),
        Job("counts", timedelta(minutes=1), quietly(chores.watch_counts)),
        Job("leases", timedelta(minutes=10), quietly(chores.watch_leases)),
        Job("older cases", hourly, cases, chores.look_at_older_days),
        Job("day reminder", timedelta(days=1), quietly(chores.remind_of_the_day), offset=at_night),
        Job("statements", timedelta(minutes=1), quietly(_prove)),
        Job("proposals", hourly, pairings.write_all, pairings.look_hourly),
        Job("backlogs", often, pairings.watch_backlogs, pairings.look_at_caught_up),
        Job("clean up", hourly, quietly(_clean_up)),
    )


def _prove(session: Session, now: datetime) -> None:
    """Lines that nothing explained yet may be explained now."""
    proving.prove_all(session, now)


def _clean_up(session: Session, now: datetime) -> None:
    chores.end_sessions(session, now)
    chores.forget_old_trouble(session, now)
    session.exec(delete(JobRunRow).where(col(JobRunRow.ran_at) < now - KEPT))


def _nobody(_: str) -> None:
    pass
