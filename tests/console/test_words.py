"""Every word is there in both languages, and none is left over."""

import re
import string
from collections.abc import Iterable
from pathlib import Path

import pytest

from gate.lane import Phase
from gate.messages import Direction, OpeningReason, Outcome, Why
from gate.vehicle import VehicleClass
from server.console import day, evidence
from server.console.words import WORDS, language_of, named, speaker
from server.help import Because
from server.language import Language
from server.roles import Role

CONSOLE = Path(day.__file__).parent
TEMPLATES = sorted((CONSOLE / "templates").glob("*.html"))
CODE = sorted(CONSOLE.glob("*.py"))

# families that hold a word for each value of a field
FAMILIES: dict[str, Iterable[str]] = {
    "arm": ("up", "down", "moving", "unknown"),
    "because": Because,
    "class": VehicleClass,
    "counts": day.COUNTS,
    "live.direction": Direction,
    "money": day.MONEY,
    "phase": [*Phase, "unknown"],
    "reason": OpeningReason,
    "role": Role,
    "why": Why,
}
ORDERS = ["display", "open", "close", "mode", "refresh", "pending", "late", *Outcome]
EVIDENCE = [*evidence.MONEY, *evidence.MOMENTS, *evidence.FAMILIES]


def used() -> set[str]:
    """Keys that templates and code name."""
    in_templates = (re.findall(r"\bt\('([a-z0-9_.]+)'", path.read_text()) for path in TEMPLATES)
    in_code = (re.findall(r'"((?:[a-z]+\.)+[a-z0-9_]+)"', path.read_text()) for path in CODE if path.stem != "words")
    return {key for keys in (*in_templates, *in_code) for key in keys}


def test_every_word_is_there_in_both_languages() -> None:
    missing = [key for key, pair in WORDS.items() if not all(word.strip() for word in pair)]
    assert not missing


def test_both_languages_say_the_same_values() -> None:
    def fields(word: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(word)} - {None}

    unlike = [key for key, (vi, en) in WORDS.items() if fields(vi) != fields(en)]
    assert not unlike


def test_every_word_that_a_page_uses_is_known() -> None:
    names = {key for key in used() if not key.endswith((".html", ".css", ".js", ".svg")) and key not in FAMILIES}
    assert len(names) > 100
    assert names <= set(WORDS)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_value_has_a_word(family: str) -> None:
    assert {f"{family}.{value}" for value in FAMILIES[family]} <= set(WORDS)


def test_orders_and_evidence_have_words() -> None:
    assert {f"order.{value}" for value in ORDERS} <= set(WORDS)
    assert {f"evidence.{value}" for value in EVIDENCE} <= set(WORDS)


def test_no_word_is_left_over() -> None:
    dynamic = (*FAMILIES, "order", "evidence", "error", "age")
    left = [key for key in WORDS if key not in used() and not key.startswith(tuple(f"{name}." for name in dynamic))]
    assert not left


def test_an_unknown_value_is_shown_as_it_is() -> None:
    say = speaker(Language.VI)
    assert named(say, "phase", "idle") == "Trống"
    assert named(say, "phase", "a new phase") == "a new phase"
    assert named(say, "phase", None) == ""


@pytest.mark.parametrize(("cookie", "expected"), [("en", "en"), ("vi", "vi"), (None, "vi"), ("fr", "vi")])
def test_vietnamese_unless_english_was_asked_for(cookie: str | None, expected: str) -> None:
    assert language_of(cookie) == expected
