"""Which visits a day knows, each way of knowing one through an index of its own.

All of it is said of parameters (`SITE`, `START`, `END`, names at a time), so that a statement is made once and not for
each day: making one costs more than running it.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, func, or_, union
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlmodel import Session, col, select

from server.derived import VisitRow
from server.facts import PaymentRow
from server.long_stays import StayedLong
from server.types import UtcDateTime

ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
COUNTERPART: Final = timedelta(hours=1)
"""An opening and its passage are at most this far apart, also across midnight."""
FIRST, LAST = date(2000, 1, 1), date(2200, 12, 31)
"""The dates that every zone can hold."""
AT_ONCE: Final = 5_000
"""Names in one statement; no database takes any number."""
SITE: Final = bindparam("site", type_=String())
START: Final = bindparam("start", type_=UtcDateTime())
END: Final = bindparam("end", type_=UtcDateTime())
BEFORE: Final = bindparam("before", type_=UtcDateTime())
"""`COUNTERPART` before the start."""
AFTER: Final = bindparam("after", type_=UtcDateTime())
"""`COUNTERPART` after the end."""
SOME: Final = "some"
"""The parameter that holds names."""


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


def values(site: str, start: datetime, end: datetime) -> dict[str, Any]:
    """The parameters of statements about a site's day, or days."""
    return {"site": site, "start": start, "end": end, "before": start - COUNTERPART, "after": end + COUNTERPART}


def among(column: Any) -> ColumnElement[bool]:
    """That it is one of the names that are given with the statement."""
    found: ColumnElement[bool] = column.in_(bindparam(SOME, expanding=True))
    return found


def between(column: Any, start: Any, end: Any) -> ColumnElement[bool]:
    """From `start` until before `end`."""
    return and_(column >= start, column < end)


def unindexed(column: Any) -> ColumnElement[Any]:
    """The column where no index is to be taken for it: another condition names fewer rows."""
    return func.coalesce(column, column, type_=column.type)


def _there() -> tuple[ColumnElement[bool], ...]:
    here, real = col(VisitRow.site) == SITE, col(VisitRow.voided).is_(False)
    before = unindexed(VisitRow.opened_at) < START
    left = col(VisitRow.left_at)
    return (
        and_(here, between(col(VisitRow.opened_at), START, END)),
        and_(here, between(left, START, END), before, real),
        and_(here, left.is_(None), before, real),
        and_(here, left >= END, StayedLong(), before, real),
    )


THERE: Final = _there()
"""Conditions on visits, no two true of one visit: opened on the day; left on it; still inside; and inside all of the
day. One that was voided was there only on the day it was opened."""


def _was_there() -> ColumnElement[bool]:
    """All of `THERE` in one, for visits that are named."""
    opened, left = unindexed(VisitRow.opened_at), unindexed(VisitRow.left_at)
    before = and_(opened < START, col(VisitRow.voided).is_(False), or_(left.is_(None), left >= START))
    return and_(unindexed(VisitRow.site) == SITE, or_(between(opened, START, END), before))


def _names() -> Select[Any]:
    came = between(col(PaymentRow.received_at), START, END)
    paid = select(PaymentRow.reference).where(PaymentRow.site == SITE, came, col(PaymentRow.reference).is_not(None))
    parts = [select(VisitRow.visit).where(condition) for condition in THERE]
    every = union(*parts, select(VisitRow.visit).where(VisitRow.site == SITE, col(VisitRow.visit).in_(paid)))
    return select(every.subquery().c.visit)


NAMES: Final = _names()
"""The visits of a day: those that were there at any time of it, and those whose money came on it."""


def _known() -> Any:
    came = and_(unindexed(PaymentRow.site) == SITE, between(unindexed(PaymentRow.received_at), START, END))
    paid: Any = select(PaymentRow.reference).where(came, among(PaymentRow.reference))
    return union(select(VisitRow.visit).where(among(VisitRow.visit), _was_there()), paid)


_KNOWN: Final = _known()


def known(session: Session, site: str, start: datetime, end: datetime, visits: set[str]) -> set[str]:
    """Which of these visits are of the day, or days."""
    found, given = set[str](), values(site, start, end)
    for some in chunks(visits):
        found.update(session.connection().execute(_KNOWN, given | {SOME: some}).scalars())
    return found


class HourKey(GenericFunction[str]):
    """The UTC hour of a moment as text, `2026-11-23 01`."""

    type = String()
    inherit_cache = True


@compiles(HourKey, "sqlite")
def _in_sqlite(hour: HourKey, compiler: SQLCompiler, **more: Any) -> str:
    return f"substr({compiler.process(hour.clauses, **more)}, 1, 13)"


@compiles(HourKey, "postgresql")
def _in_postgresql(hour: HourKey, compiler: SQLCompiler, **more: Any) -> str:
    return f"to_char(timezone('UTC', {compiler.process(hour.clauses, **more)}), 'YYYY-MM-DD HH24')"


def hours_of(start: datetime, end: datetime) -> dict[str, int]:
    """The number of each hour of a day by its key."""
    count = (end - start) // timedelta(hours=1)
    return {f"{start + timedelta(hours=n):%Y-%m-%d %H}": n for n in range(count)}


def chunks(given: Iterable[str]) -> Iterator[list[str]]:
    """Names in order, so many at once."""
    ordered = sorted(given)
    for at in range(0, len(ordered), AT_ONCE):
        yield ordered[at : at + AT_ONCE]
