"""Price lists to begin with, for four kinds of places: whoever sets up a site changes prices and names the document.

They are proposals of one price a turn by class, sound as they stand; `docs/tariffs.md` says what else a list can hold.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final, NamedTuple

from gate.tariff import Tariff, Turn, VatRate, load
from gate.vehicle import VehicleClass
from gate.wire import encode

V = VehicleClass


class Preset(StrEnum):
    """What kind of place it is."""

    STADIUM = "stadium"
    LAKE = "lake"
    TEMPLE = "temple"
    TOLL = "toll"


class Begin(NamedTuple):
    """What a preset begins with: prices, free minutes, and minutes to leave after paying."""

    prices: Mapping[VehicleClass, int]
    free: int
    to_leave: int


_SA_PA: Final = {V.MOTO: 10_000, V.CAR9: 30_000, V.VAN16: 40_000, V.MINI29: 50_000, V.BUS30: 70_000}
_BAO_HA: Final = {**_SA_PA, V.BUS30: 60_000}
_TOLL: Final = {V.CAR9: 35_000, V.VAN16: 50_000, V.MINI29: 50_000, V.BUS30: 75_000}
BEGINS: Final[Mapping[Preset, Begin]] = {
    Preset.STADIUM: Begin(_SA_PA, free=0, to_leave=45),  # everybody leaves at once
    Preset.LAKE: Begin(_SA_PA, free=15, to_leave=15),
    Preset.TEMPLE: Begin(_BAO_HA, free=10, to_leave=20),
    Preset.TOLL: Begin(_TOLL, free=0, to_leave=0),
}
_HERE: Final = timezone(timedelta(hours=7))
VAT: Final = (
    VatRate(since=datetime(2025, 7, 1, tzinfo=_HERE), rate_bp=800),
    VatRate(since=datetime(2027, 1, 1, tzinfo=_HERE), rate_bp=1_000),
)
"""8 % until the end of 2026, then 10 %."""


def tariff(preset: Preset, site: str, prices: Mapping[VehicleClass, int], basis: str, now: datetime) -> Tariff:
    """The first price list of a site, from now on; no price may go above the one that is listed. Raises BadTariff."""
    begin = BEGINS[preset]
    made = Tariff(
        code=f"{site}-{now.astimezone(_HERE):%Y}-1",
        since=now.astimezone(UTC).replace(microsecond=0),
        legal_basis=basis,
        turns={kind: Turn(price=price, ceiling=price, lost=price) for kind, price in prices.items()},
        vat=VAT,
        free_minutes=begin.free,
        grace_to_leave_minutes=begin.to_leave,
    )
    return load(encode(made))  # what a form brought is held against every limit
