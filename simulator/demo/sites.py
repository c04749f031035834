"""The three car parks of the demo: names, lanes, who comes, what the price boards say (vietnam.md 6.4)."""

from typing import Any, Final, NamedTuple

from gate.vehicle import VehicleClass

V = VehicleClass


class DemoSite(NamedTuple):
    """One car park. `turns` are the season's turns by class, whose shares make the mix."""

    site: str
    name_vi: str
    name_en: str
    account: str
    lanes: tuple[tuple[str, str], ...]
    turns: dict[VehicleClass, int]
    prices: dict[VehicleClass, int]
    headway_s: float

    @property
    def box(self) -> str:
        """The site's deciding box."""
        return f"{self.site.lower()}-1"

    @property
    def mix(self) -> dict[str, float]:
        """The share of each class."""
        whole = sum(self.turns.values())
        return {kind.value: count / whole for kind, count in self.turns.items()}

    def tariff(self) -> dict[str, Any]:
        """The flat per-turn tariff as data; VAT is 8 % until the end of 2026 and 10 % after."""
        return {
            "code": f"{self.site}-2026-1",
            "since": "2026-01-01T00:00:00+07:00",
            "legal_basis": "demo price list, VAT included; no decision of the province stands behind it",
            "turns": {kind: {"price": price, "ceiling": price, "lost": price} for kind, price in self.prices.items()},
            "vat": [
                {"since": "2025-07-01T00:00:00+07:00", "rate_bp": 800},
                {"since": "2027-01-01T00:00:00+07:00", "rate_bp": 1000},
            ],
        }


_SA_PA: Final = {V.MOTO: 10_000, V.CAR9: 30_000, V.VAN16: 40_000, V.MINI29: 50_000, V.BUS30: 70_000}
_BAO_HA: Final = {**_SA_PA, V.BUS30: 60_000}

SITES: Final = (
    DemoSite(
        "SPS",
        "Sân vận động trung tâm Sa Pa",
        "Sa Pa Central Stadium",
        "1017595600",
        (("in-1", "in"), ("out-1", "out"), ("out-2", "out")),
        {V.MOTO: 9_394, V.CAR9: 15_850, V.VAN16: 1_850, V.MINI29: 1_546, V.BUS30: 1_030},
        _SA_PA,
        9.0,
    ),
    DemoSite(
        "SPL",
        "Hồ Mắt Ngọc",
        "Mat Ngoc Lake",
        "1017595600",
        (("in-1", "in"), ("out-1", "out")),
        {V.MOTO: 7_500, V.CAR9: 10_800, V.VAN16: 1_200, V.MINI29: 1_000, V.BUS30: 500},
        _SA_PA,
        13.0,
    ),
    DemoSite(
        "BHT",
        "Đền Bảo Hà",
        "Bao Ha Temple",
        "113366668888",
        (("in-1", "in"), ("out-1", "out")),
        {V.MOTO: 14_770, V.CAR9: 15_120, V.VAN16: 1_710, V.MINI29: 1_370, V.BUS30: 1_030},
        _BAO_HA,
        12.0,
    ),
)
