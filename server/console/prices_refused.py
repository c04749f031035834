"""Refusals of price lists in the reader's language, and the field of the form that each is about."""

import re
from typing import Final, NamedTuple

from server.console.words import Say
from server.refusals import CHECKS, TARIFFS, in_both

_JOINT: Final = " · "
_PLACE: Final = re.compile(r"^([a-z_]+(?:\.[A-Za-z0-9_-]+)*): ")
_DECODED: Final = re.compile(r" - at `\$\.?([^`]*)`(?:: it is (.*))?$")
_NAMED: Final = {"rates", "surcharges"}


class Wrong(NamedTuple):
    """A field of the form and what is wrong with it; without a field it is about the whole."""

    field: str
    why: str


def refusal(why: str, say: Say) -> str:
    """The refusal in one language: the Vietnamese of `server.refusals` where the reader's is Vietnamese."""
    known = in_both(why, {**CHECKS, **TARIFFS})
    vietnamese, joint, english = known.rpartition(_JOINT)
    if not joint or english != why:
        return why
    return vietnamese if say("prices.language") == "vi" else english


class Places(NamedTuple):
    """Where blocks and events stand in the form: by name, and the n-th of the rates and of the surcharges."""

    blocks: dict[str, int]
    events: dict[str, int]
    rates: list[int]
    surcharges: list[int]


def wrong(why: str, places: Places, say: Say) -> Wrong:
    """Where a refused list is at fault."""
    decoded = _DECODED.search(why)
    if decoded:
        value = decoded[2]
        told = say("prices.bad_value", value=value) if value else say("prices.bad_entry")
        return Wrong(_of_path(decoded[1], places), told)
    found = _PLACE.match(why)
    field = _of_name(found[1].split("."), places) if found else ""
    told = refusal(why, say)
    return Wrong(field, told[found.end() :] if found and told.startswith(found[0]) else told)


def _of_name(parts: list[str], places: Places) -> str:
    """`turns.CAR9.cap` is the field `turn-CAR9-cap`."""
    head, *rest = parts
    if head == "turns" and rest:
        return f"turn-{rest[0]}-{rest[1] if len(rest) > 1 else 'price'}"
    if head in _NAMED and rest:
        more = rest[1] if len(rest) > 1 else "name"
        name = f"step-0-{rest[2] if len(rest) > 2 else 'minutes'}" if more == "rows" else _EDGES.get(more, more)
        return f"rate-{places.blocks.get(rest[0], 0)}-{name}"
    if head == "events" and rest:
        return f"event-{places.events.get(rest[0], 0)}-{rest[1] if len(rest) > 1 else 'name'}"
    return _PLAIN.get(head, head)


_EDGES: Final = {"hours": "start", "season": "first"}
_PLAIN: Final = {"vat": "vat-0-since", "basis": "basis_date", "rounding": "round_to"}


def _of_path(path: str, places: Places) -> str:
    """`rates[0].rows[CAR9][1].price` is the field `rate-0-step-1-CAR9`."""
    steps: list[str] = re.findall(r"[^.\[\]]+", path.replace("...", "?"))
    head, *rest = steps or [""]
    if head == "turns" and len(rest) > 1:
        return f"turn-{rest[0]}-{rest[1]}"
    if head in _NAMED and len(rest) > 1:
        known = places.rates if head == "rates" else places.surcharges
        return f"rate-{known[int(rest[0])]}-{_of_rate(rest[1:])}"
    if head in {"events", "vat"} and len(rest) > 1:
        return f"{head.removesuffix('s')}-{rest[0]}-{rest[-1] if rest[1] == 'lunar' else rest[1]}"
    return f"basis_{rest[0]}" if head == "basis" and rest else _PLAIN.get(head, head)


def _of_rate(steps: list[str]) -> str:
    """Within a rate: `rows[CAR9][1].price` is `step-1-CAR9`."""
    if steps[0] != "rows" or len(steps) < 2:
        return _EDGES.get(steps[0], steps[0]) if steps[0] != "rows" else "step-0-minutes"
    number, name = steps[2] if len(steps) > 2 else "0", steps[3] if len(steps) > 3 else "price"
    return f"step-{number}-{steps[1] if name == 'price' else name}"
