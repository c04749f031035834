"""What is wrong with a value of a form or an address: its field as the page calls it, and what it takes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import HTTPException

from server.console.words import WORDS, Say

_KINDS: Final[Mapping[str, str]] = {
    "missing": "empty",
    "string_too_long": "long",
    "string_too_short": "short",
    "too_long": "long",
    "too_short": "short",
    "int_parsing": "number",
    "int_parsing_size": "number",
    "int_from_float": "number",
    "greater_than_equal": "least",
    "less_than_equal": "most",
}
"""The word of each kind of fault of pydantic's; any other is a value that is none of the field's."""
_LIMITS: Final = ("max_length", "min_length", "ge", "le")


def wrong(field: str, why: str) -> HTTPException:
    """400 for this field of the form, with the word that says why."""
    return HTTPException(400, f"{why}@{field}")


def told(detail: str, say: Say) -> str:
    """What `wrong` raised, or a word alone, for people; empty where it is no word of ours."""
    why, _, field = detail.partition("@")
    if why not in WORDS:
        return ""
    return f"{named(field, say)}: {say(why)}" if named(field, say) else say(why)


def faults(errors: Sequence[Any], say: Say) -> str:
    """The faults of fields that people fill in, one a sentence; empty where there are none."""
    return " ".join(dict.fromkeys(f"{name}: {_fault(each, say)}" for each in errors if (name := _name(each, say))))


def named(field: str, say: Say) -> str:
    """As the page calls the field; empty for one that no person fills in."""
    return say(f"field.{field}") if f"field.{field}" in WORDS else ""


def _name(error: Any, say: Say) -> str:
    place = error["loc"]
    return "" if place[0] == "path" or len(place) < 2 else named(str(place[1]), say)


def _fault(error: Any, say: Say) -> str:
    limits = error.get("ctx") or {}
    limit = next((limits[name] for name in _LIMITS if name in limits), "")
    return say(f"wrong.{_KINDS.get(error['type'], 'choice')}", limit=limit)
