"""The details of the audit in words: names of what is told, sums as sums, roles and kinds by their names."""

from collections.abc import Mapping
from typing import Final

from gate.money import dong
from server.console.words import Say, named

VISITS: Final = "visits"
"""The detail that names the visits which a list showed; it is shown beside the others, folded."""
SUMS: Final = frozenset({"amount", "charged", "counted", "difference", "expected", "limit", "opening_cash", "total"})
FAMILY: Final[Mapping[str, str]] = {"role": "role", "kind": "audit.kind", "side": "live.direction"}
"""Details that are values of a field, and the family of its words."""
_CHANGED: Final = " > "
_NOTHING: Final = frozenset({"", "None"})


def detail(say: Say, said: Mapping[str, str]) -> str:
    """All of a record's details but the visits that it showed."""
    told = ((name, value) for name, value in said.items() if value not in _NOTHING and name != VISITS)
    return " · ".join(f"{named(say, 'detail', name)}: {_value(say, name, value)}" for name, value in told)


def _value(say: Say, name: str, value: str) -> str:
    if name in SUMS and value.removeprefix("-").isdecimal():
        return dong(int(value))
    if name in FAMILY:
        return _CHANGED.join(named(say, FAMILY[name], each) for each in value.split(_CHANGED))
    return value
