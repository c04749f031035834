"""The bill of a stay: cut into its days, priced, capped, rounded once, and held against the listed ceiling."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from gate.messages import BillLine
from gate.money import vat_in
from gate.tariff.boundary import cost
from gate.tariff.ladder import Piece, climb, lessened, total
from gate.tariff.model import BadTariff, Bill, Per, Rounding, Tariff, Turn, Way
from gate.tariff.plan import DAY, ZONE, Plan, moment, plan_of, ticks
from gate.vehicle import VehicleClass

LONGEST: Final = timedelta(days=3_660)
"""No vehicle stays longer; a clock that says so is wrong."""
LINES_MAX: Final = 60
"""Of one bill; the days of a stay that would have more are one line each, or one together."""


LOST: Final = "lost"
"""How the line of a lost entry begins."""


class AboveCeiling(BadTariff):
    """A bill came out above what the legal basis allows: it is not asked for."""


def price(tariff: Tariff, kind: VehicleClass, entered: datetime, left: datetime) -> Bill:
    """The bill of a stay.

    Raises BadTariff for a class without a price and for a stay of years, ValueError for one that ends too early.
    """
    if left < entered:
        raise ValueError(f"a stay cannot end before it begins: {entered} to {left}")
    if left - entered > LONGEST:
        raise BadTariff(f"a stay of {(left - entered).days} days: {entered} to {left}")
    turn = turn_of(tariff, kind)
    if left - entered <= timedelta(minutes=tariff.free_minutes) and tariff.free_minutes:
        return Bill(0, 0, (BillLine(since=entered, until=left, what="free", amount=0),))
    plan = plan_of(tariff)
    days = [_day(plan, kind, turn, *each) for each in _days(tariff.per, ticks(entered), ticks(left))]
    lines = _rounded(_folded(days), tariff.rounding)
    guard(turn.ceiling, days, lines)
    return bill(tariff, lines, entered, left)


def lost_entry(tariff: Tariff, kind: VehicleClass, at: datetime) -> Bill:
    """What who has no entry pays where a person says so. Raises BadTariff where the list has no such row."""
    turn = turn_of(tariff, kind)
    if turn.lost is None:
        raise BadTariff(f"turns.{kind}.lost: {tariff.code} has no price for a lost entry")
    amount = min(turn.lost, turn.ceiling if turn.cap is None else turn.cap, turn.ceiling)
    return bill(tariff, [Piece(ticks(at), ticks(at), f"{LOST} {kind}", amount)], at, at)


def bill(tariff: Tariff, lines: Sequence[Piece], entered: datetime, left: datetime) -> Bill:
    """The lines as they go out, with the VAT of the moment at which the stay ends."""
    ends = {ticks(entered): entered, ticks(left): left}

    def at(tick: int) -> datetime:
        return ends.get(tick) or moment(tick).astimezone(entered.tzinfo)

    found = tuple(BillLine(since=at(x.since), until=at(x.until), what=x.what, amount=x.amount) for x in lines)
    return Bill(total(lines), vat_in(total(lines), vat_rate(tariff, left)), found)


def turn_of(tariff: Tariff, kind: VehicleClass) -> Turn:
    """The row of a class. Raises BadTariff."""
    turn = tariff.turns.get(kind)
    if turn is None:
        raise BadTariff(f"turns: {tariff.code} has no price for {kind}")
    return turn


def vat_rate(tariff: Tariff, at: datetime) -> int:
    """The VAT rate at a moment, in basis points. Raises BadTariff where none holds."""
    rates = [rate.rate_bp for rate in tariff.vat if rate.since <= at]
    if not rates:
        raise BadTariff(f"vat: no rate holds at {at.isoformat()}")
    return rates[-1]


def guard(ceiling: int, days: Sequence[Sequence[Piece]], lines: Sequence[Piece]) -> None:
    """The last look, whatever was computed before: neither a day nor the whole is above the ceiling."""
    worst = max(total(day) for day in days)
    if worst > ceiling:
        raise AboveCeiling(f"{worst} for one day or turn is above the ceiling {ceiling}")
    if total(lines) > ceiling * len(days):
        raise AboveCeiling(f"{total(lines)} is above the ceiling {ceiling} x {len(days)}")


def _days(per: Per, since: int, until: int) -> Iterator[tuple[int, int]]:
    """What the stay is cut into, one piece at least; the end of one is the beginning of the next."""
    start = since
    while True:
        end = until
        if per is Per.DAY_FROM_ENTRY:
            end = min(until, start + DAY)
        elif per is Per.DATE:
            end = min(until, _midnight(start))
        yield start, end
        if end == until:
            return
        start = end


def _midnight(at: int) -> int:
    """The end of its local date."""
    return ((at + ZONE) // DAY + 1) * DAY - ZONE


def _day(plan: Plan, kind: VehicleClass, turn: Turn, since: int, until: int) -> list[Piece]:
    parts = plan.parts(kind, since, until)
    whole = since + DAY if plan.tariff.per is Per.DAY_FROM_ENTRY else _midnight(since)
    ahead = plan.parts(kind, since, whole) if plan.tariff.falling else parts
    lines = cost(plan.tariff, kind, parts, ahead)
    for part in plan.surcharged(kind, since, until):
        lines += climb(part.steps, part.since, part.until, f"{part.rate} {kind}")
    return _capped(lines, turn.ceiling if turn.cap is None else min(turn.cap, turn.ceiling))


def _capped(lines: list[Piece], most: int) -> list[Piece]:
    """From the first line on that goes above it, nothing more is asked for."""
    if total(lines) <= most:
        return lines
    found = []
    for line in sorted(lines, key=lambda line: line.since):
        asked = min(line.amount, most)
        found.append(line if asked == line.amount else line._replace(what=f"{line.what} cap", amount=asked))
        most -= asked
    return found


def _folded(days: list[list[Piece]]) -> list[Piece]:
    """All lines; of a very long stay a line a day, and where even these are many one for all days but the last."""
    lines = [line for day in days for line in day]
    if len(lines) <= LINES_MAX or len(days) == 1:
        return lines if len(lines) <= LINES_MAX else [_one(days, "turn")]
    if len(days) <= LINES_MAX:
        return [_one([day], f"day {number}") for number, day in enumerate(days, 1)]
    return [_one(days[:-1], f"days 1-{len(days) - 1}"), _one(days[-1:], f"day {len(days)}")]


def _one(days: list[list[Piece]], what: str) -> Piece:
    lines = [line for day in days for line in day]
    return Piece(min(x.since for x in lines), max(x.until for x in lines), what, total(lines))


def _rounded(lines: list[Piece], rounding: Rounding | None) -> list[Piece]:
    """To whole units: more is a line of its own, less comes off the last lines."""
    if rounding is None:
        return lines
    exact, unit = total(lines), rounding.to
    add = {Way.UP: unit - 1, Way.DOWN: 0, Way.HALF_UP: unit // 2}[rounding.way]
    change = (exact + add) // unit * unit - exact
    if change <= 0:
        return lessened(lines, exact + change, "rounded")
    end = max(line.until for line in lines)
    return [*lines, Piece(end, end, "rounding", change)]
