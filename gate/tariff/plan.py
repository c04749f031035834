"""Which rate holds when. Moments are whole microseconds since 1970 here: exact, and quick to cut."""

from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from gate.tariff.days import in_event, in_season
from gate.tariff.model import Hours, Rate, Step, Tariff
from gate.vehicle import VehicleClass

MINUTE: Final = 60_000_000
DAY: Final = 1_440 * MINUTE
ZONE: Final = 420 * MINUTE
"""Vietnam is seven hours ahead of UTC, all year."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_FIRST: Final = date(1970, 1, 1).toordinal()
_PLANS_MAX: Final = 64
_DAYS_MAX: Final = 4_096


class Part(NamedTuple):
    """A time during which one rate holds."""

    since: int
    until: int
    rate: str
    steps: tuple[Step, ...]


class Piece(NamedTuple):
    """From a minute of a day on: the rate, and which surcharges, by their place in the list."""

    minute: int
    rate: str
    steps: tuple[Step, ...]
    surcharges: tuple[int, ...]


def ticks(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - EPOCH) // _TICK


def moment(at: int) -> datetime:
    """The other way round."""
    return EPOCH + _TICK * at


class Plan:
    """A tariff cut into days, each looked at once."""

    def __init__(self, tariff: Tariff) -> None:
        self.tariff = tariff
        self._events = {event.name: event for event in tariff.events}
        windows = [rate.hours for rate in (*tariff.rates, *tariff.surcharges) if rate.hours]
        self._edges = sorted({0, *(minute(edge) for each in windows for edge in (each.start, each.end))})
        self._days: dict[tuple[int, VehicleClass], tuple[Piece, ...]] = {}

    def parts(self, kind: VehicleClass, since: int, until: int) -> list[Part]:
        """The stay cut where its rate changes; one part at least."""
        found: list[Part] = []
        for start, end, piece in self._pieces(kind, since, until):
            if found and found[-1].rate == piece.rate:
                found[-1] = found[-1]._replace(until=end)
            else:
                found.append(Part(start, end, piece.rate, piece.steps))
        return found

    def surcharged(self, kind: VehicleClass, since: int, until: int) -> list[Part]:
        """The times to which a surcharge is added, each whole."""
        if not self.tariff.surcharges:
            return []
        found: list[Part] = []
        pieces = self._pieces(kind, since, until)
        for number, rate in enumerate(self.tariff.surcharges):
            holds = False
            for start, end, piece in pieces:
                if number in piece.surcharges and holds:
                    found[-1] = found[-1]._replace(until=end)
                elif number in piece.surcharges:
                    found.append(Part(start, end, rate.name, rate.rows[kind]))
                holds = number in piece.surcharges
        return found

    def _pieces(self, kind: VehicleClass, since: int, until: int) -> list[tuple[int, int, Piece]]:
        found = []
        for day in range((since + ZONE) // DAY, (max(since, until - 1) + ZONE) // DAY + 1):
            pieces, midnight = self._day(day, kind), day * DAY - ZONE
            for place, piece in enumerate(pieces):
                start = max(since, midnight + piece.minute * MINUTE)
                last = pieces[place + 1].minute * MINUTE if place + 1 < len(pieces) else DAY
                end = min(until, midnight + last)
                if start < end or (since == until == start < midnight + last):
                    found.append((start, end, piece))
        return found

    def _day(self, day: int, kind: VehicleClass) -> tuple[Piece, ...]:
        known = self._days.get((day, kind))
        if known is None:
            if len(self._days) >= _DAYS_MAX:
                self._days.clear()
            on = date.fromordinal(_FIRST + day)
            known = self._days[day, kind] = tuple(self._piece(on, edge, kind) for edge in self._edges)
        return known

    def _piece(self, on: date, at: int, kind: VehicleClass) -> Piece:
        more = (n for n, rate in enumerate(self.tariff.surcharges) if kind in rate.rows and self._holds(rate, on, at))
        for rate in self.tariff.rates:
            if kind in rate.rows and self._holds(rate, on, at):
                return Piece(at, rate.name, rate.rows[kind], tuple(more))
        return Piece(at, "turn", (Step(price=self.tariff.turns[kind].price),), tuple(more))

    def _holds(self, rate: Rate, on: date, at: int) -> bool:
        return (
            (rate.hours is None or _within(rate.hours, at))
            and (not rate.weekdays or on.isoweekday() in rate.weekdays)
            and (rate.season is None or in_season(rate.season, on))
            and (not rate.events or any(in_event(self._events[name], on) for name in rate.events))
        )


def minute(clock: str) -> int:
    """`06:30` is minute 390 of its day."""
    return int(clock[:2]) * 60 + int(clock[3:])


def _within(hours: Hours, at: int) -> bool:
    start, end = minute(hours.start), minute(hours.end)
    return start <= at < end if start < end else at >= start or at < end


_plans: dict[int, Plan] = {}


def plan_of(tariff: Tariff) -> Plan:
    """The tariff's plan, made once: asked for the same object again it is the same plan."""
    known = _plans.get(id(tariff))
    if known is None or known.tariff is not tariff:
        if len(_plans) >= _PLANS_MAX:
            _plans.clear()
        known = _plans[id(tariff)] = Plan(tariff)
    return known
