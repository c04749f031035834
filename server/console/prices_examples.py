"""Example stays under a price list: what a driver would pay, before anybody does."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from gate.tariff import BadTariff, Tariff, price
from gate.vehicle import VehicleClass
from server.console.prices_told import Example, duration
from server.console.words import Say, named
from server.reconcile import ZONE

EXAMPLES: Final = (
    Example("short", 9, 10),
    Example("morning", 9, 60),
    Example("match", 16, 150),
    Example("half_day", 8, 300),
    Example("evening", 18, 240),
    Example("night", 19, 720),
    Example("whole_day", 8, 1_440),
    Example("holiday", 8, 4_320),
)


class Priced(NamedTuple):
    """An example with what each class pays; None where the list has no answer."""

    name: str
    when: str
    totals: tuple[int | None, ...]


class Examples(NamedTuple):
    """The table of them, on the day from which they are counted."""

    day: datetime
    kinds: tuple[str, ...]
    rows: tuple[Priced, ...]


def examples(tariff: Tariff, say: Say) -> Examples:
    """The stays of a day on which the list holds: the first whole one, or its own first where it ends before."""
    midnight = _first_day(tariff)
    kinds = [kind for kind in VehicleClass if kind in tariff.turns]
    return Examples(midnight, tuple(kinds), tuple(_priced(tariff, each, kinds, midnight, say) for each in EXAMPLES))


def _first_day(tariff: Tariff) -> datetime:
    since = tariff.since.astimezone(ZONE)
    midnight = since.replace(hour=0, minute=0, second=0, microsecond=0)
    after = midnight + timedelta(days=1)
    whole = midnight == since or (tariff.until is not None and tariff.until < after + timedelta(days=1))
    return midnight if whole else after


def _priced(tariff: Tariff, example: Example, kinds: list[VehicleClass], midnight: datetime, say: Say) -> Priced:
    entered, left = example.stay(midnight)
    totals = tuple(_total(tariff, kind, entered, left) for kind in kinds)
    when = f"{entered:%H:%M} · {duration(example.minutes, say)}"
    return Priced(named(say, "example", example.word), when, totals)


def _total(tariff: Tariff, kind: VehicleClass, entered: datetime, left: datetime) -> int | None:
    try:
        return price(tariff, kind, entered, left).total
    except BadTariff:
        return None
