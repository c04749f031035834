"""What the charts of the finance pages show; the page's tables and its script both read these."""

from datetime import date
from typing import Any, Final, NamedTuple

from gate.reconcile import Hour
from gate.reconcile.leakage import Leakage
from gate.vehicle import VehicleClass
from server.console.words import Say, named
from server.months import Line, Share, State

Number = int | float | None
HOURS: Final = tuple(f"{hour:02d}h" for hour in range(24))


class Series(NamedTuple):
    """A column of the table and a line of the chart; None where there is nothing to be said."""

    name: str
    values: list[Number]


class Chart(NamedTuple):
    """`kind`: bars, stack, line or range (low, likely, high); `unit`: vnd, count, percent or rate."""

    id: str
    title: str
    kind: str
    unit: str
    across: str
    labels: list[str]
    series: list[Series]

    @property
    def data(self) -> dict[str, Any]:
        """For the page's script."""
        return {**self._asdict(), "series": [each._asdict() for each in self.series]}


def of_month(
    lines: list[Line], shares: dict[date, Share], came: dict[VehicleClass, list[int]], say: Say
) -> list[Chart]:
    """Revenue, vehicles, cashless share, findings and leakage of a month."""
    days = [f"{line.on:%d/%m}" for line in lines]
    across = say("finance.day")

    def of_days(name: str, kind: str, unit: str, *series: Series) -> Chart:
        return Chart(name, say(f"finance.chart.{name}"), kind, unit, across, days, list(series))

    money = [
        Series(say(f"figure.{name}"), [line.money.get(name) for line in lines]) for name in ("charged", "received")
    ]
    cashless = [_percent(shares[line.on].cashless) for line in lines]
    unknown = (State.TO_COME, State.BEFORE)
    leaked = [None if line.state in unknown else line.leakage for line in lines]
    found = [None if line.state in unknown else round(line.per_thousand, 1) for line in lines]
    return [
        of_days("revenue", "bars", "vnd", *money),
        vehicles(came, say),
        of_days("cashless", "line", "percent", Series(say("finance.cashless"), cashless)),
        of_days("findings", "bars", "rate", Series(say("finance.per_thousand"), list(found))),
        of_days("leakage", "range", "vnd", *_range(leaked, say)),
    ]


def of_day(hours: tuple[Hour, ...], came: dict[VehicleClass, list[int]], leakage: Leakage, say: Say) -> list[Chart]:
    """Revenue and vehicles by the hour, and what may have leaked by its source."""
    labels = [HOURS[each.hour] for each in hours]
    charged = Series(say("figure.charged"), [each.charged for each in hours])
    received = Series(say("figure.received"), [each.paid for each in hours])
    sources = [named(say, "leak", leak.source) for leak in leakage.leaks]
    names = ("low", "expected", "high")
    ranges = [Series(named(say, "estimate", name), [getattr(leak, name) for leak in leakage.leaks]) for name in names]
    money = ("revenue", say("finance.chart.revenue_hours"), "bars", "vnd", say("hours.hour"))
    leaks = ("leakage", say("finance.chart.leakage_sources"), "range", "vnd", say("finance.source"))
    return [Chart(*money, labels, [charged, received]), vehicles(came, say), Chart(*leaks, sources, ranges)]


def vehicles(came: dict[VehicleClass, list[int]], say: Say) -> Chart:
    """Vehicles by the hour, the classes one upon the other."""
    series = [Series(named(say, "class", kind.value), list(counts)) for kind, counts in came.items()]
    title, hour = say("finance.chart.vehicles"), say("hours.hour")
    return Chart("vehicles", title, "stack", "count", hour, list(HOURS), series)


def _range(found: list[Leakage | None], say: Say) -> list[Series]:
    names = ("low", "expected", "high")
    return [
        Series(named(say, "estimate", name), [getattr(each, name) if each else None for each in found])
        for name in names
    ]


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 1)
