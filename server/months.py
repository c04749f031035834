"""A site's month as finance looks at it: a line for each day, and what the charts of a day or of a month show.

A closed day is shown as its close says it, whatever was found out later; a day that is open as the books have it now.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import case, func
from sqlmodel import Session, col, select

from gate.reconcile import Report, reconcile
from gate.reconcile.leakage import Leakage
from gate.vehicle import VehicleClass
from server import witnesses
from server.days.money import CASH
from server.days.spans import END, SITE, START, HourKey, between, bounds, hours_of, local_date, values
from server.derived import VisitRow
from server.facts import PaymentRow
from server.facts_day import CloseRow
from server.first_facts import began
from server.reconcile import NotYet, look
from server.reconcile import day as facts_of

ONE: Final = timedelta(days=1)
THOUSAND: Final = 1_000
picked: Final[Any] = select
"""Columns chosen at run time have no types of their own."""


class State(StrEnum):
    """How far a day is."""

    CLOSED = "closed"
    OPEN = "open"  # over, and waits for its close
    RUNNING = "running"  # today
    TO_COME = "to_come"
    BEFORE = "before"  # before the site's books began: there is nothing to close


class Line(NamedTuple):
    """A day of the month. `findings`: how many are due and nobody has explained; `leakage`: None where a close was
    made before closes kept it, and for days to come."""

    on: date
    state: State
    counts: Mapping[str, int]
    money: Mapping[str, int]
    findings: int
    unexplained: int
    leakage: Leakage | None

    @property
    def per_thousand(self) -> float:
        """Findings per 1,000 vehicles that came or went, the measure of days of any size."""
        moved = self.counts.get("entries", 0) + self.counts.get("exits", 0)
        return self.findings * THOUSAND / moved if moved else 0.0


_NOTHING: Final = frozenset({State.TO_COME, State.BEFORE})


class Share(NamedTuple):
    """Money that came, and how much of it was cash."""

    received: int
    cash: int

    @property
    def cashless(self) -> float | None:
        """0 to 1; None where nothing came."""
        return (self.received - self.cash) / self.received if self.received else None


def dates_of(year: int, month: int) -> list[date]:
    """The days of a month. Raises ValueError for what is none."""
    first = date(year, month, 1)
    after = date(year + month // 12, month % 12 + 1, 1)
    return [first + timedelta(days=number) for number in range((after - first).days)]


def month(session: Session, site: str, days: list[date], now: datetime) -> list[Line]:
    """A line for each of these days, oldest first. Raises NoSuchSite."""
    closes, since = _closed(session, site, days), began(session, site, now)
    expected = None if len(closes) == len(days) else witnesses.every(session, site, now)
    return [closes.get(on) or _line(session, site, on, now, since, expected) for on in days]


def closed_line(row: CloseRow) -> Line:
    """A closed day by its close."""
    body = msgspec.json.decode(row.body)
    kept = body.get("leakage")
    leakage = msgspec.convert(kept, Leakage) if kept else None
    findings, unexplained = len(body["findings"]), body["unexplained"]["amount"]
    return Line(row.on, State.CLOSED, body["counts"], body["witnesses"], findings, unexplained, leakage)


def open_line(on: date, found: Report, state: State = State.OPEN) -> Line:
    """A day by what there is of it."""
    return Line(on, state, found.counts, found.money, len(found.findings), found.variance.amount, found.leakage)


def state_of(on: date, found: Report, since: date | None, now: datetime) -> State:
    """How far a day is that is not closed; `since`: the day on which the site's books begin, None while there are
    none. A day before that of which anything is known is open as any other."""
    start, end = bounds(on)
    if start > now:
        return State.TO_COME
    if end > now:
        return State.RUNNING
    known = any(found.counts.values()) or any(found.money.values()) or found.findings
    return State.OPEN if known or (since is not None and on >= since) else State.BEFORE


def totals(lines: list[Line]) -> Line:
    """All days together: every figure is the sum of the days' but how many stand inside, which is the last day's."""
    counts, money = Counter[str](), Counter[str]()
    for line in lines:
        counts.update(line.counts)
        money.update(line.money)
    last = next((line for line in reversed(lines) if line.state not in _NOTHING), None)
    if last is not None:
        counts["inside"] = last.counts["inside"]
    findings, unexplained = sum(line.findings for line in lines), sum(line.unexplained for line in lines)
    return Line(lines[0].on, State.OPEN, counts, money, findings, unexplained, None)


def report_now(session: Session, site: str, on: date, now: datetime) -> Report:
    """The report of a day; of one that has not begun, what there is of it already."""
    try:
        return look(session, site, on, now).report
    except NotYet:
        return reconcile(facts_of(session, site, on, now))


def shares(session: Session, site: str, days: list[date]) -> dict[date, Share]:
    """What came on each day, and how much of it in cash."""
    start, end = bounds(days[0])[0], bounds(days[-1])[1]
    sums: dict[date, Counter[bool]] = defaultdict(Counter)
    hours = _dates(start, end)
    for hour, is_cash, amount in session.connection().execute(_RECEIVED, values(site, start, end)).all():
        sums[hours[hour]][bool(is_cash)] += int(amount)
    return {on: Share(sums[on].total(), sums[on][True]) for on in days}


def by_class(session: Session, site: str, days: list[date]) -> dict[VehicleClass, list[int]]:
    """How many vehicles of each class came in each hour of the day, over all of the days."""
    start, end = bounds(days[0])[0], bounds(days[-1])[1]
    numbers = {key: number % 24 for key, number in hours_of(start, end).items()}
    found = {kind: [0] * 24 for kind in VehicleClass}
    for hour, kind, count in session.connection().execute(_CAME, values(site, start, end)).all():
        found[VehicleClass(kind)][numbers[hour]] += int(count)
    return found


def _received() -> Any:
    at, is_cash = col(PaymentRow.received_at), case((col(PaymentRow.provider) == CASH, 1), else_=0)
    found = picked(HourKey(at), is_cash, func.sum(PaymentRow.amount))
    return found.where(col(PaymentRow.site) == SITE, between(at, START, END)).group_by(HourKey(at), is_cash)


def _came() -> Any:
    at, kind = col(VisitRow.opened_at), col(VisitRow.vehicle_class)
    real = (col(VisitRow.site) == SITE, between(at, START, END), col(VisitRow.voided).is_(False))
    return picked(HourKey(at), kind, func.count()).where(*real).group_by(HourKey(at), kind)


_RECEIVED: Final = _received()
_CAME: Final = _came()


def _dates(start: datetime, end: datetime) -> dict[str, date]:
    """The local date of each hour by its key."""
    return {key: local_date(start + timedelta(hours=number)) for key, number in hours_of(start, end).items()}


def _closed(session: Session, site: str, days: list[date]) -> dict[date, Line]:
    rows = select(CloseRow).where(CloseRow.site == site, CloseRow.on >= days[0], CloseRow.on <= days[-1])
    return {row.on: closed_line(row) for row in session.exec(rows)}


def _line(session: Session, site: str, on: date, now: datetime, since: date | None, expected: Any) -> Line:
    if bounds(on)[0] > now:
        return Line(on, State.TO_COME, {}, {}, 0, 0, None)
    found = look(session, site, on, now, expected).report
    return open_line(on, found, state_of(on, found, since, now))


def near(year: int, number: int, by: int) -> Iterator[tuple[int, int]]:
    """The month so many before or after, if books can have it."""
    whole = year * 12 + number - 1 + by
    if 2000 <= whole // 12 <= 2200:
        yield whole // 12, whole % 12 + 1
