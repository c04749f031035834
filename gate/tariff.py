"""A tariff is data; its answer is the lines of the bill.

Prices include VAT. Free minutes, the price of a turn per class, a ceiling that the price list cannot exceed,
a legal basis and dates from which it holds. Versions never change once used: a new price is a new code.
"""

from datetime import datetime, timedelta
from typing import Annotated, NamedTuple

from msgspec import Meta

from gate.messages import BillLine, Dong, Moment, Name
from gate.money import vat_in
from gate.vehicle import VehicleClass
from gate.wire import Contract, Malformed, decode


class BadTariff(ValueError):
    """The tariff contradicts itself or has no answer; the message names the field."""


class VatRate(Contract):
    """A VAT rate in basis points from a moment on."""

    since: Moment
    rate_bp: Annotated[int, Meta(ge=0, le=5_000)]


class Turn(Contract):
    """What a turn costs for a class, and the listed ceiling that it may not exceed."""

    price: Dong
    ceiling: Dong


class Tariff(Contract):
    """One version of a site's price list."""

    code: Name
    since: Moment
    legal_basis: Annotated[str, Meta(min_length=1, max_length=200)]
    turns: dict[VehicleClass, Turn]
    vat: Annotated[tuple[VatRate, ...], Meta(min_length=1)]
    until: Moment | None = None
    free_minutes: Annotated[int, Meta(ge=0, le=1_440)] = 0


class Bill(NamedTuple):
    """What a stay costs: the lines add up to the total; the VAT is inside it."""

    total: int
    vat: int
    lines: tuple[BillLine, ...]


def load(data: bytes) -> Tariff:
    """A tariff from its JSON. Raises BadTariff with the field that is wrong."""
    try:
        tariff = decode(data, Tariff)
    except Malformed as error:
        raise BadTariff(str(error)) from error
    return checked(tariff)


def checked(tariff: Tariff) -> Tariff:
    """The tariff itself, if it is sound."""
    for kind, turn in tariff.turns.items():
        if turn.price > turn.ceiling:
            raise BadTariff(f"turns.{kind}: {turn.price} is above the listed ceiling {turn.ceiling}")
    if tariff.until is not None and tariff.until <= tariff.since:
        raise BadTariff("until: the tariff ends before it begins")
    starts = [rate.since for rate in tariff.vat]
    if starts != sorted(set(starts)):
        raise BadTariff("vat: rates must follow one another in time")
    if starts[0] > tariff.since:
        raise BadTariff("vat: no rate holds when the tariff begins")
    return tariff


def price(tariff: Tariff, kind: VehicleClass, entered: datetime, left: datetime) -> Bill:
    """The bill of a stay. Raises BadTariff for a class without a price, ValueError for a stay that ends too early."""
    if left < entered:
        raise ValueError(f"a stay cannot end before it begins: {entered} to {left}")
    turn = tariff.turns.get(kind)
    if turn is None:
        raise BadTariff(f"turns: {tariff.code} has no price for {kind}")
    if left - entered <= timedelta(minutes=tariff.free_minutes) and tariff.free_minutes:
        return Bill(0, 0, (BillLine(since=entered, until=left, what="free", amount=0),))
    line = BillLine(since=entered, until=left, what=f"turn {kind}", amount=turn.price)
    return Bill(turn.price, vat_in(turn.price, _rate(tariff, left)), (line,))


def _rate(tariff: Tariff, at: datetime) -> int:
    rates = [rate.rate_bp for rate in tariff.vat if rate.since <= at]
    if not rates:
        raise BadTariff(f"vat: no rate holds at {at.isoformat()}")
    return rates[-1]
