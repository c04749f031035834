"""Vietnamese number plates: key form, classes, repair, distance, display (vietnam.md §1).

The grammar is a prior, never a silent rejection: a text without a class is a plate that the table does not know.
"""

from gate.plates.confusable import MASK_CAR_4, MASK_CAR_5, MASK_MOTO_9, MASKS, cost, distance, repair
from gate.plates.display import pretty
from gate.plates.grammar import MOTORBIKES, PATTERNS, Pattern, PlateClass, classes, narrow, normalise
from gate.plates.provinces import PROVINCES, province

__all__ = [
    "MASKS",
    "MASK_CAR_4",
    "MASK_CAR_5",
    "MASK_MOTO_9",
    "MOTORBIKES",
    "PATTERNS",
    "PROVINCES",
    "Pattern",
    "PlateClass",
    "classes",
    "cost",
    "distance",
    "narrow",
    "normalise",
    "pretty",
    "province",
    "repair",
]
