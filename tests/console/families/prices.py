"""The prices' pages'."""

from typing import Final

from gate.tariff import Boundary, Falling, Per, Way
from server.console.prices_examples import EXAMPLES
from server.console.prices_form import DAYS, PLAIN, TURN
from server.drafts import Stage

FIELDS: Final = (
    *(name for name in PLAIN),
    *(name for name in DAYS),
    *("start", "end", "first", "last", "weekdays", "events", "added", "minutes", "every", "rate_bp"),
)
FAMILIES: Final = {
    "example": [each.word for each in EXAMPLES],
    "prices.boundary": Boundary,
    "prices.field": FIELDS,
    "prices.part": ("rate", "event", "vat"),
    "prices.turn": TURN,
    "prices.falling": Falling,
    "prices.per": Per,
    "prices.stage": ("now", "waiting", "coming"),
    "prices.way": Way,
    "prices.weekday": [str(day) for day in range(1, 8)],
    "stage": Stage,
}
