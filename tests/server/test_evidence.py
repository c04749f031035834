"""Evidence is told in words and local times; what nobody named stays as it is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.export.evidence import NAMES, in_a_line, told
from server.export.why import WHY
from server.language import Language


def test_evidence_is_told_in_words() -> None:
    facts = {
        "class": "CAR9",
        "entered": "2026-11-23T13:50:38.140649+00:00",
        "charged": "1324840000",
        "paid": "a lot",
        "left": "soon",
        "by": "rule",
        "unheard": "of",
        "why": "",
        "day": "2026-11-23",
        "anything": "2026-11-23T20:00:00+00:00",
    }
    assert told(facts, Language.VI) == (
        ("Loại xe", "Ô tô đến 9 chỗ"),
        ("Giờ vào", "23/11/2026 20:50"),
        ("Phải thu", "1.324.840.000\u00a0₫"),
        ("Đã thu", "a lot"),
        ("Giờ ra", "soon"),
        ("Người làm", "Hệ thống"),
        ("unheard", "of"),
        ("Ngày", "23/11/2026"),
        ("anything", "24/11/2026 03:00"),
    )


@pytest.mark.parametrize(
    ("kept", "vi", "en"),
    [
        ('{"shift":"c1","left":"200000"}', "Ca: c1; Để lại trong két: 200.000\u00a0₫",
         "Shift: c1; Left in the till: 200.000\u00a0₫"),
        ('{"box":"sps-1","heard":"2026-11-23T01:00:00+00:00"}', "Hộp biên: sps-1; Tín hiệu cuối: 23/11/2026 08:00",
         "Box: sps-1; Last heard: 23/11/2026 08:00"),
        ("charged=50000", "charged=50000", "charged=50000"),
        ('["a"]', '["a"]', '["a"]'),
        ('{"entered":"0001-01-01T00:00:00+14:00"}', "Giờ vào: 0001-01-01T00:00:00+14:00",
         "Entered: 0001-01-01T00:00:00+14:00"),
    ],
)  # fmt: skip
def test_in_a_line(kept: str, vi: str, en: str) -> None:
    assert (in_a_line(kept, Language.VI), in_a_line(kept, Language.EN)) == (vi, en)


ROOT = Path(__file__).resolve().parents[2]
EVIDENCE = {"evidence", "words"}
"""Names that a finding's evidence has where it is made."""


def said(tree: ast.Module) -> Iterator[ast.Dict]:
    """The dictionaries of a module that are evidence: by the name that they get, or because they say why."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            if EVIDENCE & {each.id for each in node.targets if isinstance(each, ast.Name)}:
                yield node.value
        elif isinstance(node, ast.Dict) and "why" in keys(node) and "row" not in keys(node):
            yield node


def keys(found: ast.Dict) -> dict[str, ast.expr]:
    pairs = zip(found.keys, found.values, strict=True)
    return {key.value: value for key, value in pairs if isinstance(key, ast.Constant) and isinstance(key.value, str)}


def test_what_findings_say_has_words_in_vietnamese() -> None:
    files = [
        *(ROOT / "gate/reconcile").glob("*.py"),
        *(ROOT / "server").glob("*.py"),
        *(ROOT / "server/proving").glob("*.py"),
    ]
    not_evidence = {"money_shown.py", "lanes.py", "told.py", "event_lanes.py", "planned_events.py"}
    dicts = [each for file in files if file.name not in not_evidence for each in said(ast.parse(file.read_text()))]
    assert len(dicts) > 20
    named = {name for each in dicts for name in keys(each)}
    assert named - set(NAMES) == set()
    whys = [keys(each)["why"] for each in dicts if "why" in keys(each)]
    told_why = {why.value for why in whys if isinstance(why, ast.Constant)}
    assert told_why - set(WHY) == set()
    assert {vi for vi, _ in WHY.values()}.isdisjoint(WHY)
