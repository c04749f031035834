"""A tariff is data; its answer is the lines of the bill.

Versions never change once used: a new price is a new code. `docs/tariffs.md` says how one is written.
"""

from gate.tariff.checking import checked, load
from gate.tariff.model import (
    BadTariff,
    Basis,
    Bill,
    Boundary,
    Event,
    Falling,
    Hours,
    LunarDay,
    Per,
    Rate,
    Rounding,
    Season,
    Step,
    Tariff,
    Turn,
    VatRate,
    Way,
)
from gate.tariff.paying import leave_until, quoted_until, still_owed
from gate.tariff.pricing import LOST, AboveCeiling, lost_entry, price

__all__ = [
    "LOST",
    "AboveCeiling",
    "BadTariff",
    "Basis",
    "Bill",
    "Boundary",
    "Event",
    "Falling",
    "Hours",
    "LunarDay",
    "Per",
    "Rate",
    "Rounding",
    "Season",
    "Step",
    "Tariff",
    "Turn",
    "VatRate",
    "Way",
    "checked",
    "leave_until",
    "load",
    "lost_entry",
    "price",
    "quoted_until",
    "still_owed",
]
