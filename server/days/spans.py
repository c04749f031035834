"""Which visits a day knows, each way of knowing one through an index of its own."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, String, and_, func, or_, type_coerce, union
from sqlmodel import Session, col, select

from server.derived import VisitRow
from server.facts import PaymentRow
from server.long_stays import StayedLong

ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
COUNTERPART: Final = timedelta(hours=1)
"""An opening and its passage are at most this far apart, also across midnight."""
FIRST, LAST = date(2000, 1, 1), date(2200, 12, 31)
"""The dates that every zone can hold."""
AT_ONCE: Final = 5_000
"""Names in one statement; no database takes any number."""


class BadDate(ValueError):
    """No day that books can have."""


def bounds(on: date) -> tuple[datetime, datetime]:
    """From when until before when a local date lasts. Raises BadDate."""
    if not FIRST <= on <= LAST:
        raise BadDate(f"{on.isoformat()} is no date of books; they go from {FIRST} to {LAST}")
    start = datetime.combine(on, time(), ZONE)
    return start.astimezone(UTC), datetime.combine(on + timedelta(days=1), time(), ZONE).astimezone(UTC)


def local_date(at: datetime) -> date:
    """The local date of a moment."""
    return at.astimezone(ZONE).date()


def between(column: Any, start: datetime, end: datetime) -> ColumnElement[bool]:
    """From `start` until before `end`."""
    return and_(column >= start, column < end)


def unindexed(column: Any) -> ColumnElement[Any]:
    """The column where no index is to be taken for it: another condition names fewer rows."""
    return func.coalesce(column, column, type_=column.type)


def there(site: str, start: datetime, end: datetime) -> tuple[ColumnElement[bool], ...]:
    """Conditions on visits, no two true of one visit: opened on the day; left on it; still inside; and inside all of
    the day. One that was voided was there only on the day it was opened."""
    here, real = col(VisitRow.site) == site, col(VisitRow.voided).is_(False)
    before = unindexed(VisitRow.opened_at) < start
    left = col(VisitRow.left_at)
    return (
        and_(here, between(col(VisitRow.opened_at), start, end)),
        and_(here, between(left, start, end), before, real),
        and_(here, left.is_(None), before, real),
        and_(here, left >= end, StayedLong(), before, real),
    )


def _was_there(site: str, start: datetime, end: datetime) -> ColumnElement[bool]:
    """All of `there` in one, for visits that are named."""
    opened, left = unindexed(VisitRow.opened_at), unindexed(VisitRow.left_at)
    before = and_(opened < start, col(VisitRow.voided).is_(False), or_(left.is_(None), left >= start))
    return and_(unindexed(VisitRow.site) == site, or_(between(opened, start, end), before))


def names(site: str, start: datetime, end: datetime) -> Select[Any]:
    """The visits of a day: those that were there at any time of it, and those whose money came on it."""
    came = between(col(PaymentRow.received_at), start, end)
    paid = select(PaymentRow.reference).where(PaymentRow.site == site, came, col(PaymentRow.reference).is_not(None))
    parts = [select(VisitRow.visit).where(condition) for condition in there(site, start, end)]
    every = union(*parts, select(VisitRow.visit).where(VisitRow.site == site, col(VisitRow.visit).in_(paid)))
    return select(every.subquery().c.visit)


def known(session: Session, site: str, start: datetime, end: datetime, visits: set[str]) -> set[str]:
    """Which of these visits are of the day, or days."""
    found = set[str]()
    came = and_(unindexed(PaymentRow.site) == site, between(unindexed(PaymentRow.received_at), start, end))
    for some in chunks(visits):
        here = col(VisitRow.visit).in_(some)
        found.update(session.exec(select(VisitRow.visit).where(here, _was_there(site, start, end))))
        paid = select(PaymentRow.reference).where(came, col(PaymentRow.reference).in_(some))
        found.update(each for each in session.exec(paid) if each)
    return found


def hour_key(session: Session, column: Any) -> ColumnElement[str]:
    """The UTC hour of a moment as text, `2026-11-23 01`."""
    if session.get_bind().dialect.name == "postgresql":
        return func.to_char(func.timezone("UTC", column), "YYYY-MM-DD HH24")
    return func.substr(type_coerce(column, String), 1, 13)


def hours_of(start: datetime, end: datetime) -> dict[str, int]:
    """The number of each hour of a day by its key."""
    count = (end - start) // timedelta(hours=1)
    return {f"{start + timedelta(hours=n):%Y-%m-%d %H}": n for n in range(count)}


def chunks(given: Iterable[str]) -> Iterator[list[str]]:
    """Names in order, so many at once."""
    ordered = sorted(given)
    for at in range(0, len(ordered), AT_ONCE):
        yield ordered[at : at + AT_ONCE]
