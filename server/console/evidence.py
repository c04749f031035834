"""Evidence of a finding in the reader's words: what is known is named, what is not is shown as it is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from gate.money import dong
from server.console import shown
from server.console.words import Say, named

MONEY: Final = frozenset({"amount", "applied", "charged", "paid", "quoted", "recomputed", "sum"})
MOMENTS: Final = frozenset({"entered", "left"})
FAMILIES: Final = {"class": "class", "reason": "reason", "direction": "live.direction"}


def explained(evidence: Mapping[str, str], say: Say) -> tuple[tuple[str, str], ...]:
    """Name and value of each part that says something."""
    return tuple((named(say, "evidence", key), _value(key, value, say)) for key, value in evidence.items() if value)


def _value(key: str, value: str, say: Say) -> str:
    if key in MONEY and value.lstrip("-").isdecimal():
        return dong(int(value))
    if key in MOMENTS:
        return _moment(value)
    if key in FAMILIES:
        return named(say, FAMILIES[key], value)
    return say("live.by_rule") if (key, value) == ("by", "rule") else value


def _moment(value: str) -> str:
    try:
        return shown.moment(datetime.fromisoformat(value))
    except ValueError:
        return value
