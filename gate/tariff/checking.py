"""Whether a price list is sound: what contradicts itself or could go above its ceiling is refused by its field."""

from collections.abc import Iterator
from datetime import date

from gate.tariff.misfits import placed
from gate.tariff.model import BadTariff, Boundary, Event, Per, Rate, Season, Step, Tariff, Turn
from gate.vehicle import VehicleClass
from gate.wire import Malformed, decode

_COMPARING = frozenset({Boundary.LARGER, Boundary.BEST})


def load(data: bytes) -> Tariff:
    """A tariff from its JSON. Raises BadTariff with the field that is wrong."""
    try:
        tariff = decode(data, Tariff)
    except Malformed as error:
        raise BadTariff(placed(data, str(error), Tariff)) from error
    return checked(tariff)


def checked(tariff: Tariff) -> Tariff:
    """The tariff itself, if it is sound. Raises BadTariff."""
    _check_times(tariff)
    _check_policy(tariff)
    _check_names(tariff)
    for event in tariff.events:
        _check_event(event)
    for field, rate in _rates(tariff):
        _check_rate(field, rate, tariff)
    for kind, turn in tariff.turns.items():
        _check_turn(kind, turn, tariff)
    return tariff


def _rates(tariff: Tariff) -> Iterator[tuple[str, Rate]]:
    for field, rates in (("rates", tariff.rates), ("surcharges", tariff.surcharges)):
        yield from ((f"{field}.{rate.name}", rate) for rate in rates)


def _check_times(tariff: Tariff) -> None:
    if tariff.until is not None and tariff.until <= tariff.since:
        raise BadTariff(
            f"until: the tariff ends at {tariff.until.isoformat()} before it begins at {tariff.since.isoformat()}"
        )
    starts = [rate.since for rate in tariff.vat]
    if starts != sorted(set(starts)):
        raise BadTariff(f"vat: rates must follow one another in time, not {', '.join(at.isoformat() for at in starts)}")
    if starts[0] > tariff.since:
        raise BadTariff(f"vat: no rate holds when the tariff begins at {tariff.since.isoformat()}")
    if tariff.basis:
        _date("basis.date", tariff.basis.date)


def _check_policy(tariff: Tariff) -> None:
    if tariff.both_from_minutes is not None and tariff.boundary is not Boundary.LARGER:
        raise BadTariff(f"both_from_minutes: it goes with boundary larger, not with {tariff.boundary}")
    if (tariff.falling is not None) is not (tariff.boundary in _COMPARING):
        raise BadTariff(
            f"falling: boundary {tariff.boundary} can make a longer stay cheaper; say lower or keep"
            if tariff.falling is None
            else f"falling: with boundary {tariff.boundary} nothing falls; leave it out"
        )
    if tariff.boundary in _COMPARING and tariff.per is Per.TURN:
        raise BadTariff(f"per: boundary {tariff.boundary} compares the parts of 24h or of a date, not of a whole stay")


def _check_names(tariff: Tariff) -> None:
    names = [rate.name for _, rate in _rates(tariff)]
    for field, said in (("rates", names), ("events", [event.name for event in tariff.events])):
        twice = next((name for name in said if said.count(name) > 1), None)
        if twice:
            raise BadTariff(f"{field}.{twice}: the name stands twice")
    if "turn" in names:
        raise BadTariff("rates.turn: the name is that of the flat price")


def _check_event(event: Event) -> None:
    if not event.dates and event.lunar is None:
        raise BadTariff(f"events.{event.name}: it has neither dates nor a lunar day")
    for said in event.dates:
        _date(f"events.{event.name}.dates", said)


def _check_rate(field: str, rate: Rate, tariff: Tariff) -> None:
    if rate.hours and rate.hours.start == rate.hours.end:
        raise BadTariff(f"{field}.hours: it ends when it begins, at {rate.hours.start}; leave it out for the whole day")
    if rate.season:
        _check_season(f"{field}.season", rate.season)
    known = {event.name for event in tariff.events}
    for name in rate.events:
        if name not in known:
            raise BadTariff(f"{field}.events: there is no event {name}")
    for kind, steps in rate.rows.items():
        if kind not in tariff.turns:
            raise BadTariff(f"{field}.rows.{kind}: turns has no ceiling for {kind}")
        _check_steps(f"{field}.rows.{kind}", steps, tariff.turns[kind])


def _check_season(field: str, season: Season) -> None:
    if len(season.first) != len(season.last):
        raise BadTariff(f"{field}: a year with both days or with none, not {season.first} to {season.last}")
    yearly = len(season.first) == len("06-01")
    for said in (season.first, season.last):
        _date(field, f"2024-{said}" if yearly else said)
    if not yearly and season.last < season.first:
        raise BadTariff(f"{field}: it ends on {season.last} before it begins on {season.first}")


def _check_steps(field: str, steps: tuple[Step, ...], turn: Turn) -> None:
    if any(step.minutes is None for step in steps[:-1]) or steps[-1].minutes is not None:
        said = ", ".join("none" if step.minutes is None else str(step.minutes) for step in steps)
        raise BadTariff(f"{field}: every step but the last has minutes; the last has none; here {said}")
    dear = max(step.price for step in steps)
    if dear > turn.ceiling:
        raise BadTariff(f"{field}: {dear} is above the listed ceiling {turn.ceiling}")


def _check_turn(kind: VehicleClass, turn: Turn, tariff: Tariff) -> None:
    field = f"turns.{kind}"
    if turn.price > turn.ceiling:
        raise BadTariff(f"{field}: {turn.price} is above the listed ceiling {turn.ceiling}")
    for name, most in (("cap", turn.cap), ("lost", turn.lost)):
        if most is not None and most > turn.ceiling:
            raise BadTariff(f"{field}.{name}: {most} is above the listed ceiling {turn.ceiling}")
    if turn.lost is not None and turn.cap is not None and turn.lost > turn.cap:
        raise BadTariff(f"{field}.lost: {turn.lost} is above the cap {turn.cap}")
    if turn.cap is None and _climbs(kind, tariff):
        raise BadTariff(f"{field}.cap: a price that climbs needs a cap within the listed ceiling {turn.ceiling}")
    unit = tariff.rounding.to if tariff.rounding else 1
    for name, amount in (("ceiling", turn.ceiling), ("cap", turn.cap), ("lost", turn.lost)):
        if amount is not None and amount % unit:
            raise BadTariff(f"{field}.{name}: {amount} is not whole when rounded to {unit}")


def _climbs(kind: VehicleClass, tariff: Tariff) -> bool:
    """Whether one `per` can cost more than one price of the list."""
    rows = [rate.rows[kind] for rate in tariff.rates if kind in rate.rows]
    if any(kind in rate.rows for rate in tariff.surcharges):
        return True
    if any(len(steps) > 1 or steps[0].every for steps in rows):
        return True
    adds = tariff.boundary in {Boundary.SPLIT, Boundary.JOINED} or tariff.both_from_minutes is not None
    return bool(rows) and adds


def _date(field: str, said: str) -> None:
    try:
        date.fromisoformat(said)
    except ValueError as error:
        raise BadTariff(f"{field}: {said} is no date") from error
