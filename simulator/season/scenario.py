"""The seasons to the published totals: lots, price lists, turns by class (vietnam.md 6.3, 6.4)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from gate.money import vat_in
from gate.vehicle import VehicleClass
from simulator.season.days import festival, weekends

V: Final = VehicleClass
VAT_BP: Final = 800
"""8 % until the end of 2026 (vietnam.md 7.1); every season here lies before."""


class UnknownScenario(ValueError):
    """There is no season of this name."""


@dataclass(frozen=True, slots=True)
class Lot:
    """A car park in a season: how many turns of each class, and what a turn costs. Prices include VAT."""

    site: str
    name_vi: str
    name_en: str
    account: str
    prices: dict[VehicleClass, int]
    turns: dict[VehicleClass, int]

    @property
    def box(self) -> str:
        """The site's deciding box."""
        return f"{self.site.lower()}-1"

    @property
    def tariff_code(self) -> str:
        """The name of its price list."""
        return f"{self.site}-v1"

    @property
    def count(self) -> int:
        """All turns."""
        return sum(self.turns.values())

    @property
    def gross(self) -> int:
        """What all turns come to."""
        return sum(count * self.prices[kind] for kind, count in self.turns.items())

    @property
    def vat(self) -> int:
        """The sum of the tickets' VAT, each rounded by itself."""
        return sum(count * vat_in(self.prices[kind], VAT_BP) for kind, count in self.turns.items())

    def tariff(self) -> dict[str, Any]:
        """The price list as data. Whose entry is lost pays a turn as well."""
        return {
            "code": self.tariff_code,
            "since": "2025-07-01T00:00:00+07:00",
            "legal_basis": "tariff v1 per turn, VAT included; a proposal, no decision of the province",
            "turns": {kind.value: {"price": p, "ceiling": p, "lost": p} for kind, p in self.prices.items()},
            "vat": [
                {"since": "2025-07-01T00:00:00+07:00", "rate_bp": VAT_BP},
                {"since": "2027-01-01T00:00:00+07:00", "rate_bp": 1000},
            ],
        }


@dataclass(frozen=True, slots=True)
class Season:
    """Lots, the days from `since` to `until`, both included, and how busy each day is against the others."""

    name: str
    lots: tuple[Lot, ...]
    since: date
    until: date
    weight: Callable[[date], float]

    @property
    def days(self) -> tuple[date, ...]:
        """Its days in order."""
        return tuple(self.since + timedelta(days=n) for n in range((self.until - self.since).days + 1))

    @property
    def gross(self) -> int:
        """What all turns of all lots come to."""
        return sum(lot.gross for lot in self.lots)


_SA_PA: Final = {V.MOTO: 10_000, V.CAR9: 30_000, V.VAN16: 40_000, V.MINI29: 50_000, V.BUS30: 70_000}
_STADIUM: Final = Lot(
    "SPS",
    "Sân vận động trung tâm Sa Pa",
    "Sa Pa Central Stadium",
    "1017595600",
    _SA_PA,
    {V.MOTO: 9_394, V.CAR9: 15_850, V.VAN16: 1_850, V.MINI29: 1_546, V.BUS30: 1_030},
)
_LAKE: Final = Lot(
    "SPL",
    "Hồ Mắt Ngọc",
    "Mat Ngoc Lake",
    "1017595601",
    _SA_PA,
    {V.MOTO: 7_500, V.CAR9: 10_800, V.VAN16: 1_200, V.MINI29: 1_000, V.BUS30: 500},
)
_TEMPLE: Final = Lot(
    "BHT",
    "Đền Bảo Hà",
    "Bao Ha Temple",
    "113366668888",
    {**_SA_PA, V.BUS30: 60_000},
    {V.MOTO: 14_770, V.CAR9: 15_120, V.VAN16: 1_710, V.MINI29: 1_370, V.BUS30: 1_030},
)
SEASONS: Final = {
    season.name: season
    for season in (
        Season("season-sapa", (_STADIUM, _LAKE), date(2025, 11, 1), date(2026, 10, 31), weekends),
        Season("season-baoha", (_TEMPLE,), date(2026, 2, 17), date(2026, 9, 10), festival),
    )
}


def season(name: str, scale: float = 1.0) -> Season:
    """The season of that name; at a `scale` below 1 fewer turns on fewer days, up to the same last day.

    Raises UnknownScenario.
    """
    whole = SEASONS.get(name)
    if whole is None:
        raise UnknownScenario(f"no season {name!r}: there are {', '.join(SEASONS)}")
    if scale >= 1:
        return whole
    days = max(6, round(len(whole.days) * scale))
    lots = tuple(replace(lot, turns={k: max(1, round(n * scale)) for k, n in lot.turns.items()}) for lot in whole.lots)
    return replace(whole, lots=lots, since=whole.until - timedelta(days=days - 1))
