"""What is periodic runs once a period, late rather than never, by whoever holds the post."""

import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, col, select

from gate.findings import Code
from server import chores, occupancy
from server.anomalies import anomaly
from server.chores import HALF_PAST_MIDNIGHT
from server.db import connect, reading, transaction
from server.derived import BoxNowRow, FindingRow
from server.facts import AnomalyRow
from server.findings import look, older_days, sync, write
from server.jobs import LEASE, AdvisoryLock, Job, Jobs
from server.reconcile import ZONE, local_date
from server.register import JobRunRow, SessionRow
from tests.server.box import MORNING, Box, book, notice, paid, reference
from tests.server.rows import rows

MINUTE = timedelta(minutes=1)


class Clock:
    """Time that a test moves."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Count:
    """A job's work that counts."""

    def __init__(self) -> None:
        self.ran: list[datetime] = []

    def __call__(self, _session: Session, now: datetime, _seen: None) -> Iterable[str]:
        self.ran.append(now)
        return ()


def counting(count: Count, every: timedelta = MINUTE) -> tuple[Job, ...]:
    return (Job("count", every, count),)


def test_two_holders_on_one_database_run_each_period_once(engine: Engine, books_url: str) -> None:
    other, clock, count = connect(books_url), Clock(), Count()
    both = [Jobs(each, now=clock, jobs=counting(count)) for each in (engine, other)]
    for _ in range(6):
        threads = [threading.Thread(target=jobs.run_due) for jobs in both for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        clock.now += MINUTE
    assert [at - MORNING for at in count.ran] == [n * MINUTE for n in range(6)]
    for jobs in both:
        jobs.let_go()
    other.dispose()


def test_a_period_is_done_once_even_without_a_holder(engine: Engine) -> None:
    """The key of the record alone keeps a second run harmless."""
    clock, count = Clock(), Count()
    first, second = (Jobs(engine, now=clock, jobs=counting(count)) for _ in range(2))
    assert first.run_due() == ["count"]
    first.let_go()
    assert second.run_due() == []
    second.let_go()
    assert len(count.ran) == 1


def test_a_late_job_runs_once_for_all_that_it_missed(engine: Engine) -> None:
    clock, count = Clock(), Count()
    jobs = Jobs(engine, now=clock, jobs=counting(count, timedelta(days=1)))
    assert jobs.run_due() == ["count"]
    clock.now += timedelta(days=3, hours=7)
    assert [jobs.run_due(), jobs.run_due()] == [["count"], []]
    clock.now -= timedelta(days=3)  # a clock that went back
    assert jobs.run_due() == []
    jobs.let_go()


def test_a_failed_job_is_tried_again_and_stops_no_other(engine: Engine) -> None:
    failures, count = ["once"], Count()

    def fails(_session: Session, _now: datetime, _seen: None) -> Iterable[str]:
        if failures:
            raise ValueError(failures.pop())
        return ()

    jobs = Jobs(engine, now=Clock(), jobs=(Job("fails", MINUTE, fails), *counting(count)))
    assert jobs.run_due() == ["count"]
    assert jobs.run_due() == ["fails"]
    jobs.let_go()


def test_when_the_holder_dies_another_takes_over(engine: Engine, books_url: str) -> None:
    other, clock, count = connect(books_url), Clock(), Count()
    dying, waiting = (Jobs(each, now=clock, jobs=counting(count)) for each in (engine, other))
    assert dying.run_due() == ["count"]
    clock.now += MINUTE / 6
    assert waiting.run_due() == []
    clock.now += MINUTE
    if engine.dialect.name == "postgresql":
        assert waiting.run_due() == []  # as long as the holder's line lives, however late it is
        kill_the_lock(other)
    else:
        assert clock.now - MORNING > LEASE
    assert waiting.run_due() == ["count"]
    assert dying.run_due() == []  # it finds its post taken, also where its line was cut
    waiting.let_go()
    other.dispose()


def kill_the_lock(engine: Engine) -> None:
    """As if the process that holds it was killed: the server ends its session."""
    holding = "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    with engine.connect() as connection:
        assert connection.execute(text(holding)).scalar()


def test_the_lock_is_free_when_it_is_let_go(postgres_books: str) -> None:
    engine = connect(postgres_books)
    first, second = AdvisoryLock(engine), AdvisoryLock(engine)
    assert first.holds(MORNING)
    assert not second.holds(MORNING)
    first.let_go()
    assert second.holds(MORNING)
    second.let_go()
    engine.dispose()


def test_started_it_runs_by_itself_and_stopped_it_lets_go(engine: Engine) -> None:
    ran = threading.Event()

    def work(_session: Session, _now: datetime, _seen: None) -> Iterable[str]:
        ran.set()
        return ()

    jobs = Jobs(engine, jobs=(Job("once", MINUTE, work),))
    jobs.start()
    assert ran.wait(10)
    jobs.stop()
    after = Jobs(engine, jobs=(Job("another", MINUTE, work),))
    assert after.run_due() == ["another"]
    after.let_go()


def test_the_day_reminder_is_due_at_half_past_midnight_where_the_sites_are() -> None:
    job = Job("day", timedelta(days=1), Count(), offset=HALF_PAST_MIDNIGHT)
    before, after = (datetime(2026, 11, 24, 0, minute, tzinfo=ZONE) for minute in (29, 30))
    assert job.period(before.astimezone(UTC)) != job.period(after.astimezone(UTC))


# --- the work ----------------------------------------------------------------------------------------------


def a_box_heard_at(engine: Engine, at: datetime, waiting: int = 0, box: str = "sps-1", site: str = "SPS") -> None:
    row = BoxNowRow(
        box=box,
        site=site,
        boot="",
        monotonic_ms=0,
        heard_at=at,
        online=True,
        journal="",
        last_sequence=0,
        waiting=waiting,
        lease_number=0,
        delta_number=0,
        reader="",
        version="",
    )
    with transaction(engine) as session:
        session.merge(row)


def test_a_case_is_on_a_screen_within_a_minute_of_being_due(engine: Engine) -> None:
    changed: list[str] = []
    clock = Clock(MORNING + timedelta(hours=1))
    a_box_heard_at(engine, MORNING + timedelta(hours=2))
    a_box_heard_at(engine, MORNING + timedelta(hours=2), box="spl-1", site="SPL")
    jobs = Jobs(engine, now=clock, changed=changed.append)
    jobs.run_due()
    book(engine, *Box().stays(reference(1), MORNING, clock.now))
    due = clock.now + timedelta(seconds=1) + MINUTE
    while not rows(engine, FindingRow):
        assert clock.now < due + MINUTE
        clock.now += timedelta(seconds=5)
        jobs.run_due()
    assert [row["code"] for row in rows(engine, FindingRow)] == ["left_not_paid"]
    assert changed == ["SPS"]
    jobs.let_go()


def test_a_silent_box_is_a_missing_witness_once(engine: Engine) -> None:
    clock = Clock()
    jobs = Jobs(engine, now=clock)
    a_box_heard_at(engine, MORNING - timedelta(hours=3))  # nobody listened then
    a_box_heard_at(engine, MORNING + timedelta(hours=1), box="spl-1", site="SPL")
    jobs.run_due()
    assert rows(engine, AnomalyRow) == []
    for _ in range(6):
        clock.now += timedelta(seconds=20)
        jobs.run_due()
    assert [(row["code"], row["site"]) for row in rows(engine, AnomalyRow)] == [("witness_missing", "SPS")]
    assert [row["code"] for row in rows(engine, FindingRow)] == ["witness_missing"]
    a_box_heard_at(engine, clock.now, waiting=5_000)
    clock.now += timedelta(seconds=20)
    jobs.run_due()
    assert len(rows(engine, AnomalyRow)) == 2
    jobs.let_go()


def test_a_registered_box_that_was_never_heard_of_is_a_missing_witness(engine: Engine) -> None:
    clock = Clock()
    jobs = Jobs(engine, now=clock)
    for _ in range(4):
        clock.now += timedelta(seconds=21)
        jobs.run_due()
    subjects = [(row["code"], row["subject"]) for row in rows(engine, AnomalyRow)]
    assert subjects == [("witness_missing", "spl-1:never"), ("witness_missing", "sps-1:never")]
    jobs.let_go()


def test_old_trouble_is_forgotten_unless_it_is_still_open(engine: Engine) -> None:
    with transaction(engine) as session:
        for subject, days in (("old", 500), ("open", 500), ("new", 5)):
            anomaly(session, Code.DEVICE_FAULT, subject, "SPS", MORNING - timedelta(days=days), {"why": "so"})
        row = FindingRow(
            code="device_fault", subject="open", site="SPS", amount=0, due=MORNING, evidence="{}", opened_at=MORNING
        )
        session.add(row)
        session.flush()
        chores.forget_old_trouble(session, MORNING)
    assert {row["subject"] for row in rows(engine, AnomalyRow)} == {"open", "new"}


def test_a_plate_that_is_inside_already_is_a_duplicate(engine: Engine) -> None:
    box = Box()
    book(engine, *box.arrives(reference(1), MORNING), *box.arrives(reference(2), MORNING + timedelta(seconds=4)))
    book(engine, *box.arrives(reference(3), MORNING + MINUTE, plate="30A12345"))
    with transaction(engine) as session:
        for _ in range(2):
            chores.watch_counts(session, MORNING + 2 * MINUTE)
    (found,) = rows(engine, AnomalyRow)
    assert (found["code"], found["subject"]) == ("duplicate_read", f"{reference(2)}:{reference(1)}")
    assert "within seconds" in found["evidence"]


def test_more_inside_than_places_names_what_was_likely_missed(engine: Engine) -> None:
    with transaction(engine) as session:
        occupancy.anchor(session, "SPS", 100, 0, "lan", "counted", MORNING - MINUTE)
        chores.watch_counts(session, MORNING)
    assert rows(engine, AnomalyRow) == []
    book(engine, *Box().arrives(reference(1), MORNING))
    with transaction(engine) as session:
        chores.watch_counts(session, MORNING + MINUTE)
    (found,) = rows(engine, AnomalyRow)
    assert (found["code"], "exit not counted" in found["evidence"]) == ("count_drift", True)


def test_logins_that_are_over_are_forgotten(engine: Engine) -> None:
    with transaction(engine) as session:
        for name, left in (("old", -MINUTE), ("new", MINUTE)):
            made = SessionRow(token_sha256=name, name=name, csrf="", created_at=MORNING, expires_at=MORNING + left)
            session.add(made)
        session.add(JobRunRow(job="old", period="", ran_at=MORNING - timedelta(days=50)))
    jobs = Jobs(engine, now=Clock())
    jobs.run_due()
    assert [row["name"] for row in rows(engine, SessionRow)] == ["new"]
    assert "old" not in {row["job"] for row in rows(engine, JobRunRow)}
    jobs.let_go()


# --- cases -------------------------------------------------------------------------------------------------


def synced(engine: Engine, now: datetime) -> tuple[int, int]:
    with transaction(engine) as session:
        return sync(session, "SPS", now)


def open_cases(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return list(session.exec(select(FindingRow.code).where(col(FindingRow.closed_at).is_(None))))


def test_cases_open_and_close_and_open_again(engine: Engine) -> None:
    book(engine, *Box().stays(reference(1), MORNING, MORNING + MINUTE))
    now = MORNING + 5 * MINUTE
    assert [synced(engine, now), synced(engine, now)] == [(1, 0), (0, 0)]
    assert open_cases(engine) == ["left_not_paid"]
    paid(engine, notice(1, reference(1), 20_000), now)
    now += MINUTE
    assert synced(engine, now) == (1, 0)  # it came late
    assert {row["code"]: row["amount"] for row in rows(engine, FindingRow)}["left_not_paid"] == 10_000
    paid(engine, notice(2, reference(1), 10_000), now)
    synced(engine, now + MINUTE)
    assert "left_not_paid" not in open_cases(engine)
    assert len(rows(engine, FindingRow)) == 3


def test_an_old_debt_stays_open_until_its_money_comes(engine: Engine) -> None:
    book(engine, *Box().stays(reference(1), MORNING, MORNING + MINUTE))
    synced(engine, MORNING + 5 * MINUTE)
    much_later = MORNING + timedelta(days=9)
    assert synced(engine, much_later) == (0, 0)
    assert open_cases(engine) == ["left_not_paid"]
    paid(engine, notice(1, reference(1)), much_later)
    assert synced(engine, much_later) == (1, 1)  # the payment brings its visit along
    assert open_cases(engine) == ["paid_late"]


def test_older_days_are_looked_at_again(engine: Engine) -> None:
    paid(engine, notice(1, reference(1)), MORNING)  # for a visit that nobody has heard of yet
    synced(engine, MORNING)
    later = MORNING + timedelta(days=5)
    book(engine, *Box().arrives(reference(1), MORNING - MINUTE))
    assert synced(engine, later)[1] == 0
    with transaction(engine) as session:
        assert local_date(MORNING) in older_days(session, "SPS", later)
        assert write(session, look(session, "SPS", local_date(MORNING), later))[1] == 1
    assert "payment_unknown" not in open_cases(engine)


def test_what_belongs_to_no_site_is_one_case(engine: Engine) -> None:
    paid(engine, notice(1, reference(1), accountNumber="99"), MORNING)
    with transaction(engine) as session:
        assert sync(session, "SPS", MORNING) == (1, 0)
        assert sync(session, "SPL", MORNING) == (0, 0)
        assert sync(session, "SPS", MORNING) == (0, 0)
    assert [(row["code"], row["site"], row["amount"]) for row in rows(engine, FindingRow)] == [
        ("notice_refused", "SPS", 30_000)
    ]


@pytest.mark.parametrize("gap", [timedelta(0), timedelta(hours=20)], ids=["same day", "over midnight"])
def test_opening_cases_follow_their_day(engine: Engine, gap: timedelta) -> None:
    box = Box()
    facts = box.arrives(reference(1), MORNING)
    book(engine, *facts[:3])  # the arm went up
    now = MORNING + timedelta(minutes=3) + gap
    synced(engine, now)
    assert open_cases(engine) == ["opening_unused"]
    book(engine, *facts[3:])  # the passage was late on its way
    assert synced(engine, now) == (0, 1)
