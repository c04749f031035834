"""Every word is there in both languages, and none is left over."""

import inspect
import re
import string
from pathlib import Path
from typing import get_args

import pytest

from edge.lanes import arm, orders
from gate.findings import WORDS as FINDINGS
from gate.findings import Code
from gate.lane import Phase
from gate.messages import Action, Outcome
from server.console import day, objections
from server.console.objections import objection
from server.console.words import WORDS, gathered, language_of, named, speaker
from server.language import Language
from tests.console.families import FAMILIES, OPEN

CONSOLE = Path(day.__file__).parent
TEMPLATES = sorted((CONSOLE / "templates").glob("*.html"))
CODE = sorted(CONSOLE.glob("*.py"))

ORDERS = [*(each.__struct_config__.tag for each in get_args(Action)), "pending", "late", *Outcome]
FILES = (".html", ".css", ".js", ".svg", ".csv", ".xlsx")


def used() -> set[str]:
    """Keys that templates and code name."""
    in_templates = (re.findall(r"\bt\('([a-z0-9_.]+[a-z0-9_])'", path.read_text()) for path in TEMPLATES)
    in_code = (re.findall(r'"((?:[a-z]+\.)+[a-z0-9_]+)"', path.read_text()) for path in CODE if path.stem != "words")
    return {key for keys in (*in_templates, *in_code) for key in keys}


def chosen() -> set[str]:
    """Families that templates and code choose a word of by a value."""
    in_templates = (re.findall(r"\bword\('([a-z_.]+)'", path.read_text()) for path in TEMPLATES)
    joined = (re.findall(r"\bt\('([a-z_.]+)\.' ~", path.read_text()) for path in TEMPLATES)
    in_code = (re.findall(r'\bnamed\(\w+, "([a-z_.]+)"', path.read_text()) for path in CODE)
    return {family for families in (*in_templates, *joined, *in_code) for family in families}


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
    known = used() | {f"{family}.{value}" for family, values in FAMILIES.items() for value in values}
    left = [key for key in WORDS if key not in known and not key.startswith(tuple(f"{name}." for name in OPEN))]
    assert not left


def test_every_family_that_is_chosen_from_is_known() -> None:
    assert chosen() <= set(FAMILIES) | set(OPEN)


def test_no_key_is_said_twice() -> None:
    with pytest.raises(ValueError, match=r"live\.title twice"):
        gathered(iter([("live.title", ("a", "b")), ("live.title", ("c", "d"))]))


def test_an_unknown_value_is_shown_as_it_is() -> None:
    say = speaker(Language.VI)
    assert named(say, "phase", "idle") == "Trống"
    assert named(say, "phase", "a new phase") == "a new phase"
    assert named(say, "phase", None) == ""


@pytest.mark.parametrize(("cookie", "expected"), [("en", "en"), ("vi", "vi"), (None, "vi"), ("fr", "vi")])
def test_vietnamese_unless_english_was_asked_for(cookie: str | None, expected: str) -> None:
    assert language_of(cookie) == expected
