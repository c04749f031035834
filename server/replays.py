"""Past days once more under another price list: what each stay would have cost, before anything is published.

Nothing is written. Passes and exempt stays cost nothing under any list; a stay is the one that was priced then.
"""

import heapq
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace
from sqlalchemy import func
from sqlmodel import Session, col, select

from gate.lease import Standing
from gate.messages import BillLine
from gate.tariff import LOST, BadTariff, Tariff, VatRate, lost_entry, price
from gate.vehicle import VehicleClass
from server.facts import ChargeRow, SupplementRow
from server.reconcile import NoSuchSite, bounds
from server.register import SiteRow

LARGEST: Final = 20
_AT_ONCE: Final = 2_000
_EXCUSED: Final = frozenset({Standing.PASS, Standing.EXEMPT})
_LINES: Final = msgspec.json.Decoder(tuple[BillLine, ...])
_ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)
Told = Callable[[int, int], None]


class BadDays(ValueError):
    """The days to replay are none."""


class Change(NamedTuple):
    """One stay under both lists, dong."""

    visit: str
    vehicle_class: str
    entered: datetime
    left: datetime
    charged: int
    would: int

    @property
    def difference(self) -> int:
        """What the driver would have paid more."""
        return self.would - self.charged


class Sum(NamedTuple):
    """Stays and dong of a class."""

    visits: int = 0
    charged: int = 0
    would: int = 0
    dearer: int = 0
    cheaper: int = 0

    def plus(self, change: Change) -> "Sum":
        """With one more."""
        return Sum(
            self.visits + 1,
            self.charged + change.charged,
            self.would + change.would,
            self.dearer + (change.difference > 0),
            self.cheaper + (change.difference < 0),
        )


class Replayed(NamedTuple):
    """What came of it. `excused`: stays that cost nothing whatever the list; `unpriced`: the list has no answer."""

    total: Sum
    classes: dict[str, Sum]
    excused: int
    unpriced: int
    largest: tuple[Change, ...]

    def as_json(self) -> dict[str, Any]:
        """As commands and programs show it."""
        return {
            "total": _sum_json(self.total),
            "classes": {kind: _sum_json(each) for kind, each in self.classes.items()},
            "excused": self.excused,
            "unpriced": self.unpriced,
            "largest": [each._asdict() | {"difference": each.difference} for each in self.largest],
        }


def replay(session: Session, site: str, first: date, last: date, tariff: Tariff, told: Told | None = None) -> Replayed:
    """Price the stays charged on these local dates by `tariff`. Raises NoSuchSite, BadDays."""
    if session.get(SiteRow, site) is None:
        raise NoSuchSite(f"no site {site}")
    if last < first:
        raise BadDays(f"{last} is before {first}")
    tariff = _of_all_times(tariff)
    total, classes, excused, unpriced = Sum(), dict[str, Sum](), 0, 0
    largest: list[tuple[int, str, Change]] = []
    for row in _charges(session, site, first, last, told):
        lines = _LINES.decode(row.lines)
        if any(line.what in _EXCUSED for line in lines):
            excused += 1
            continue
        change = _again(row, lines, tariff)
        if change is None:
            unpriced += 1
            continue
        total = total.plus(change)
        classes[row.vehicle_class] = classes.get(row.vehicle_class, Sum()).plus(change)
        if change.difference:
            keep = heapq.heappush if len(largest) < LARGEST else heapq.heappushpop
            keep(largest, (abs(change.difference), change.visit, change))
    worst = tuple(change for _, _, change in sorted(largest, reverse=True))
    return Replayed(total, dict(sorted(classes.items())), excused, unpriced, worst)


class _Charged(NamedTuple):
    """A stay's price, as a row of its charge has it."""

    visit: str
    vehicle_class: str
    total: int
    lines: str


def _charges(session: Session, site: str, first: date, last: date, told: Told | None) -> Iterator[Any]:
    """The days' charges, a page at a time: memory does not grow with the days."""
    start, end = bounds(first)[0], bounds(last)[1]
    on = (col(ChargeRow.site) == site, col(ChargeRow.happened_at) >= start, col(ChargeRow.happened_at) < end)
    many = session.exec(select(func.count()).select_from(ChargeRow).where(*on)).one() if told else 0
    order = (col(ChargeRow.happened_at), col(ChargeRow.visit))
    asked = select(ChargeRow.visit, ChargeRow.vehicle_class, ChargeRow.total, ChargeRow.lines).where(*on)
    more = _supplements(session, site, on)
    for done, row in enumerate(session.exec(asked.order_by(*order).execution_options(yield_per=_AT_ONCE)), 1):
        yield more.get(row[0], row)
        if told and (done % 500 == 0 or done == many):
            told(done, many)


def _supplements(session: Session, site: str, on: tuple[Any, ...]) -> dict[str, Any]:
    """By stay: its whole price, and the lines of its last bill. Few stay on after they paid."""
    asked = (
        select(SupplementRow, ChargeRow.total)
        .join(ChargeRow, col(ChargeRow.visit) == col(SupplementRow.visit))
        .where(SupplementRow.site == site, *on)
        .order_by(col(SupplementRow.visit), col(SupplementRow.number))
    )
    found: dict[str, _Charged] = {}
    for row, charged in session.exec(asked):
        before = found[row.visit].total if row.visit in found else charged
        found[row.visit] = _Charged(row.visit, row.vehicle_class, before + row.total, row.lines)
    return found


def _again(row: Any, lines: tuple[BillLine, ...], tariff: Tariff) -> Change | None:
    if not lines:
        return None
    entered, left = min(line.since for line in lines), max(line.until for line in lines)
    kind = VehicleClass(row.vehicle_class)
    try:
        lost = lines[0].what == f"{LOST} {kind}"
        would = (lost_entry(tariff, kind, left) if lost else price(tariff, kind, entered, left)).total
    except BadTariff:
        return None
    return Change(row.visit, row.vehicle_class, entered, left, row.total, would)


def _of_all_times(tariff: Tariff) -> Tariff:
    """With one VAT rate for all times: a draft need not know that of the past, and totals include whatever it is."""
    return replace(tariff, vat=(VatRate(since=_ALWAYS, rate_bp=tariff.vat[0].rate_bp),))


def _sum_json(each: Sum) -> dict[str, int]:
    return each._asdict() | {"difference": each.would - each.charged}
