"""What a line of a bill says to people: `night car9 2x60m` is two hours of a car at night."""

import re
from typing import Final

from gate.vehicle import VehicleClass
from server.console.words import Say, named

PLAIN: Final = ("free", "rounding", "not less", "pass", "exempt", "lost", "cap")
RATES: Final = ("turn", "day", "night", "festival", "late", "event", "weekend")
"""Rates that presets name; a price list may name others, which are shown as they are."""
_DAYS: Final = re.compile(r"days? ([0-9]+(?:-[0-9]+)?)")
"""A line for each day, or for many, of a very long stay."""
_BLOCKS: Final = re.compile(r"([0-9]+)x([0-9]+)m")


def line_words(what: str, say: Say) -> str:
    """In the reader's words, as far as we know them."""
    if what in PLAIN:
        return say(f"priceline.{what}")
    rate, _, rest = what.partition(" ")
    days = _DAYS.fullmatch(what)
    if days:
        return say("priceline.days", number=days[1])
    if not rest:
        return named(say, "priceline.rate", rate)
    kind, *more = rest.split(" ")
    if kind not in set(VehicleClass):
        return what
    told = ": ".join((named(say, "priceline.rate", rate), named(say, "class", kind)))
    return ", ".join((told, *(_more(part, say) for part in more)))


def _more(part: str, say: Say) -> str:
    """How often a step was charged, or why the line is less than its steps come to."""
    counted = _BLOCKS.fullmatch(part)
    if counted:
        return say("priceline.blocks", count=counted[1], minutes=counted[2])
    return named(say, "priceline", part)
