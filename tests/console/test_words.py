"""Every word is there in both languages, and none is left over."""

import inspect
import re
import string
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest

from edge.lanes import arm, orders
from gate.devices.board import Sensor
from gate.findings import WORDS as FINDINGS
from gate.findings import Code
from gate.lane import Phase
from gate.messages import Action, ClockQuality, Direction, LaneMode, OpeningReason, Outcome, Why
from gate.vehicle import VehicleClass
from server.console import day, objections
from server.console.objections import objection
from server.console.ordering import Wish
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
    "clock": ClockQuality,
    "counts": day.COUNTS,
    "live.direction": Direction,
    "means": Wish,
    "mode": [*LaneMode, "lease expired", "unknown"],
    "money": day.MONEY,
    "phase": [*Phase, "unknown"],
    "reader": ("ready", "starting", "none"),
    "reason": OpeningReason,
    "role": Role,
    "sensor": Sensor,
    "why": Why,
    "wish": Wish,
}
ORDERS = [*(each.__struct_config__.tag for each in get_args(Action)), "pending", "late", *Outcome]
FILES = (".html", ".css", ".js", ".svg", ".csv", ".xlsx")


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
    names = {key for key in used() if not key.endswith(FILES) and key not in FAMILIES}
    assert len(names) > 100
    assert names <= set(WORDS)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_value_has_a_word(family: str) -> None:
    assert {f"{family}.{value}" for value in FAMILIES[family]} <= set(WORDS)


def test_every_finding_has_words_in_both_languages() -> None:
    assert set(FINDINGS) == set(Code)
    assert not [code for code, words in FINDINGS.items() if not all(word.strip() for word in words)]


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize(("tail", "key"), [("", "phase"), (", or not known to be clear", "unclear")])
def test_a_boxs_objection_is_told_in_words(phase: Phase, tail: str, key: str) -> None:
    say = speaker(Language.VI)
    assert objection(f"the lane is {phase}{tail}", say) == say(f"objection.{key}", phase=say(f"phase.{phase}"))


def test_the_objections_that_are_known_are_those_that_boxes_make() -> None:
    said = "".join(inspect.getsource(each) for each in (orders, arm))
    assert not [why for why in objections.KNOWN if f'"{why}"' not in said]
    assert 'f"the lane is {self._lane.lane.phase}, or not known to be clear"' in said
    assert objection("the arm did not move", speaker(Language.EN)) == "the arm did not move"
    assert objection("something <new>", speaker(Language.VI)) == "something <new>"


def test_orders_have_words() -> None:
    assert {f"order.{value}" for value in ORDERS} <= set(WORDS)


def test_no_word_is_left_over() -> None:
    dynamic = (*FAMILIES, "order", "error", "age")
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
