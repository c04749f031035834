"""A price list in words that a driver or a lot manager reads: when a price holds, what each part of a stay costs."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from gate.money import dong
from gate.tariff import Event, Rate, Season, Step, Tariff, VatRate
from gate.tariff.plan import minute
from gate.vehicle import VehicleClass
from server.console.shown import moment
from server.console.words import Say, named

DAY_MINUTES: Final = 1_440


class Row(NamedTuple):
    """What a class costs: one line for each step, the first of them large on a board; limits in dong."""

    kind: str
    name: str
    steps: tuple[str, ...]


class Block(NamedTuple):
    """Prices that hold together. `when` is empty for those that hold whenever no other does."""

    name: str
    when: tuple[str, ...]
    added: bool
    rows: tuple[Row, ...]


class Limit(NamedTuple):
    """The most that a class pays, and what who lost the entry does."""

    name: str
    cap: str
    lost: str
    ceiling: str


class Told(NamedTuple):
    """A price list in one language."""

    code: str
    since: str
    until: str
    per: str
    blocks: tuple[Block, ...]
    limits: tuple[Limit, ...]
    rules: tuple[str, ...]
    basis: str
    vat: str


def told(tariff: Tariff, say: Say, at: datetime) -> Told:
    """The whole list; `at` chooses the VAT rate that is named."""
    flat = _flat(tariff, say)
    rates = [_block(rate, tariff, say, added=False) for rate in tariff.rates]
    more = [_block(rate, tariff, say, added=True) for rate in tariff.surcharges]
    return Told(
        tariff.code,
        moment(tariff.since),
        moment(tariff.until) if tariff.until else "",
        named(say, "prices.per", tariff.per.value),
        tuple(block for block in (*rates, flat, *more) if block.rows),
        tuple(_limit(tariff, kind, say) for kind in _kinds(tariff)),
        tuple(_rules(tariff, say)),
        _basis(tariff, say),
        _percent(_rate_at(tariff.vat, at)),
    )


def duration(minutes: int, say: Say) -> str:
    """`1 h 30 min`."""
    hours, rest = divmod(minutes, 60)
    parts = [say("prices.hours", n=hours)] if hours else []
    return " ".join([*parts, say("prices.minutes", n=rest)] if rest or not hours else parts)


def steps_told(steps: tuple[Step, ...], say: Say) -> tuple[str, ...]:
    """A line for each step of a ladder."""
    return tuple(_step(step, place, len(steps), say) for place, step in enumerate(steps))


def _step(step: Step, place: int, many: int, say: Say) -> str:
    amount = dong(step.price)
    if step.every:
        amount = say("prices.each", amount=amount, time=duration(step.every, say))
    if many == 1:
        return amount
    if step.minutes is None:
        return say("prices.then", amount=amount)
    time = duration(step.minutes, say)
    return say("prices.first", time=time, amount=amount) if place == 0 else say("prices.next", time=time, amount=amount)


def _flat(tariff: Tariff, say: Say) -> Block:
    """The prices of a turn, of the classes that always some other rate prices none."""
    rows = [
        Row(kind, named(say, "class", kind), (dong(tariff.turns[kind].price),))
        for kind in _kinds(tariff)
        if not _always(tariff.rates, kind)
    ]
    return Block("", (say("prices.otherwise"),) if tariff.rates else (), added=False, rows=tuple(rows))


def _always(rates: Iterable[Rate], kind: VehicleClass) -> bool:
    """Whether rates that only ask for the hour cover the day for this class."""
    covered: set[int] = set()
    for rate in rates:
        if kind not in rate.rows or rate.weekdays or rate.season or rate.events:
            continue
        start, end = (minute(rate.hours.start), minute(rate.hours.end)) if rate.hours else (0, DAY_MINUTES)
        length = (end - start) % DAY_MINUTES or DAY_MINUTES
        covered.update((start + after) % DAY_MINUTES for after in range(length))
    return len(covered) == DAY_MINUTES


def _block(rate: Rate, tariff: Tariff, say: Say, *, added: bool) -> Block:
    kinds = [kind for kind in _kinds(tariff) if kind in rate.rows]
    rows = tuple(Row(kind, named(say, "class", kind), steps_told(rate.rows[kind], say)) for kind in kinds)
    return Block(rate.name, tuple(_when(rate, tariff, say)), added, rows)


def _when(rate: Rate, tariff: Tariff, say: Say) -> Iterable[str]:
    if rate.hours:
        yield f"{rate.hours.start} → {rate.hours.end}"
    if rate.weekdays:
        yield ", ".join(named(say, "prices.weekday", str(day)) for day in sorted(rate.weekdays))
    if rate.season:
        yield _season(rate.season)
    known = {event.name: event for event in tariff.events}
    for name in rate.events:
        yield event_told(known[name], say)


def event_told(event: Event, say: Say) -> str:
    """Its name and days."""
    days = [_day(said) for said in event.dates]
    if event.lunar:
        days.append(say("prices.lunar", day=f"{event.lunar.day}/{event.lunar.month}"))
    around = []
    if event.before:
        around.append(say("prices.before", n=event.before))
    if event.after:
        around.append(say("prices.after", n=event.after))
    return f"{event.name}: {', '.join([*days, *around])}"


def _season(season: Season) -> str:
    return f"{_day(season.first)} → {_day(season.last)}"


def _day(said: str) -> str:
    """`2026-06-01` or `06-01`, day first."""
    return "/".join(reversed(said.split("-")))


def _limit(tariff: Tariff, kind: VehicleClass, say: Say) -> Limit:
    turn = tariff.turns[kind]
    cap = "" if turn.cap is None else dong(turn.cap)
    return Limit(named(say, "class", kind), cap, "" if turn.lost is None else dong(turn.lost), dong(turn.ceiling))


def _rules(tariff: Tariff, say: Say) -> Iterable[str]:
    if tariff.free_minutes:
        yield say("prices.free", n=tariff.free_minutes)
    yield say("prices.to_pay", n=tariff.grace_to_pay_minutes)
    yield say("prices.to_leave", n=tariff.grace_to_leave_minutes)
    if tariff.rates:
        yield named(say, "prices.boundary", tariff.boundary.value)
    if tariff.falling:
        yield named(say, "prices.falling", tariff.falling.value)
    if tariff.both_from_minutes is not None:
        yield say("prices.both", time=duration(tariff.both_from_minutes, say))
    if tariff.rounding:
        way = named(say, "prices.way", tariff.rounding.way.value)
        yield say("prices.rounded", to=dong(tariff.rounding.to), way=way)


def _basis(tariff: Tariff, say: Say) -> str:
    if tariff.basis is None:
        return tariff.legal_basis
    document = tariff.basis
    return say("prices.document", name=document.document, number=document.number, date=_day(document.date))


def _rate_at(vat: tuple[VatRate, ...], at: datetime) -> int:
    begun = [rate.rate_bp for rate in vat if rate.since <= max(at, vat[0].since)]
    return begun[-1]


def _percent(basis_points: int) -> str:
    return f"{basis_points / 100:g}%".replace(".", ",")


def _kinds(tariff: Tariff) -> list[VehicleClass]:
    """In the order of the classes, whatever the file's."""
    return [kind for kind in VehicleClass if kind in tariff.turns]


class Example(NamedTuple):
    """A stay by which a list is looked at: `word` of it, from this local hour of a day, so many minutes long."""

    word: str
    hour: int
    minutes: int

    def stay(self, midnight: datetime) -> tuple[datetime, datetime]:
        """Of the day that begins then."""
        entered = midnight + timedelta(hours=self.hour)
        return entered, entered + timedelta(minutes=self.minutes)
