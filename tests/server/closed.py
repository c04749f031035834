"""Days of a site that can be closed: stays, money, a box that has said everything."""

from datetime import date, datetime, timedelta

from sqlalchemy import Engine

from gate.signing import private_key
from server.closing import Made, close
from server.db import transaction
from server.derived import BoxNowRow, JournalMarkRow
from server.reconcile import ZONE, bounds
from server.register import SiteRow
from tests.server.box import MORNING, Box, book, notice, paid, reference

KEY = private_key("aGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8gMTI=")
FIRST = date(2026, 11, 23)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CAR = 30_000


def after(on: date) -> datetime:
    """The morning after a day."""
    return bounds(on)[1] + 6 * HOUR


def heard(engine: Engine, at: datetime, box: Box, *, waiting: int = 0, last: int | None = None) -> None:
    """The box said then how far its journal is, and all up to here is committed."""
    with transaction(engine) as session:
        session.merge(
            BoxNowRow(
                box=box.name,
                site=box.site,
                boot="1",
                monotonic_ms=1,
                heard_at=at,
                online=True,
                journal=box.journal,
                last_sequence=box.sequence if last is None else last,
                waiting=waiting,
                lease_number=1,
                delta_number=0,
                reader="",
                version="",
            )
        )
        session.merge(JournalMarkRow(box=box.name, journal=box.journal, sequence=box.sequence, updated_at=at))


def a_day(engine: Engine, box: Box, on: date, stays: int = 2, *, pay: bool = True) -> None:
    """Cars that come in the morning, pay, and leave an hour later; the box is heard after midnight."""
    start = MORNING + (on - FIRST)
    for number in range(stays):
        visit = reference((on - FIRST).days * 100 + number + 1, box.site)
        entered = start + number * HOUR
        book(engine, *box.stays(visit, entered, entered + HOUR))
        if pay:
            name = (on - FIRST).days * 1_000 + number + 1
            at = (entered + HOUR).astimezone(ZONE)
            paid(engine, notice(name, visit, transactionDate=f"{at:%Y-%m-%d %H:%M:%S}"), at)
    heard(engine, bounds(on)[1] + timedelta(minutes=5), box)


def closed(
    engine: Engine,
    on: date,
    site: str = "SPS",
    now: datetime | None = None,
    *,
    first: bool = False,
    tolerance: int = 10**9,
) -> Made:
    """Close the day the morning after it. Usually the site is patient: no bank sends statements here."""
    with transaction(engine) as session:
        row = session.get(SiteRow, site)
        if row is not None and row.tolerance_vnd != tolerance:
            row.tolerance_vnd = tolerance
            session.add(row)
    first = first or on == FIRST
    return close(engine, site, on, KEY, by="chi Hoa", now=now or after(on), first=first)


def some_closed_days(engine: Engine, days: int = 3, *, pay: bool = True) -> Box:
    """Days one after the other, each closed."""
    box = Box()
    for number in range(days):
        a_day(engine, box, FIRST + number * DAY, pay=pay)
        closed(engine, FIRST + number * DAY)
    return box
