"""What is wrong with a file is told in Vietnamese, whatever a stranger wrote into it."""

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from server.imports import bank, flaw_words, kinds
from server.imports.flaw_words import FLAWS, in_vietnamese
from server.imports.flaws import BadFile
from server.imports.mapping import shipped

SOURCES = [
    *Path(flaw_words.__file__).parent.glob("*.py"),
    *(Path("gate") / name for name in ("written.py", "statements.py")),
]


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("'ten' is no amount", "'ten' không phải số tiền"),
        ("the total is 5, the lines come to 4", "tổng ghi 5, các dòng cộng lại là 4"),
        ("'{0} · is no amount' is no amount", "'{0} · is no amount' không phải số tiền"),
        ("something that nobody translated", "something that nobody translated"),
        (kinds._OTHERS[b"%PDF"], "là PDF: hãy lấy sao kê dạng bảng tính hoặc văn bản từ ngân hàng"),  # noqa: SLF001
    ],
)
def test_a_flaw_is_told_in_vietnamese(why: str, told: str) -> None:
    assert in_vietnamese(why) == told


SAYS = {"add": 2, "refuse": 0, "flaw": 1, "NotWritten": 0, "Unsound": 0}
"""Who says what is wrong, and which argument that is."""


def said_in(path: Path) -> Iterator[str]:
    """Every flaw that a reader words itself, with `{}` where it fills something in."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            why = node.args[SAYS[name]] if name in SAYS and len(node.args) > SAYS[name] else None
            if isinstance(why, ast.Constant) and isinstance(why.value, str):
                yield why.value
            elif isinstance(why, ast.JoinedStr):
                yield "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in why.values)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_flaw_has_words(path: Path) -> None:
    untold = [why for why in said_in(path) if in_vietnamese(why.replace("{}", "7")) == why.replace("{}", "7")]
    assert not untold


def test_the_flaws_of_a_strange_file_are_told() -> None:
    assert len([why for path in SOURCES for why in said_in(path)]) > 40
    plain = b"hello,world\n1,2\n"
    with pytest.raises(BadFile) as none:
        bank.read("a.csv", plain, "1017595600", date(2026, 11, 24), None)
    with pytest.raises(BadFile) as one:
        bank.read("a.csv", plain, "1017595600", date(2026, 11, 24), shipped()["vietcombank-web"])
    with pytest.raises(BadFile) as other:
        bank.read("a.xml", b"<?xml version='1.0'?><a/>", "1017595600", date(2026, 11, 24), None)
    told = [in_vietnamese(each.value.flaws[0].why) for each in (none, one, other)]
    assert [each.split()[0] for each in told] == ["không"] * 3, told


def test_every_flaw_that_has_words_is_one_that_programs_say() -> None:
    """A message that was changed in the readers must be changed here: no words are left over."""
    said = re.sub(r'"\s*\n\s*f?"', "", "".join(path.read_text() for path in SOURCES if path.stem != "flaw_words"))
    left = [words for words in FLAWS if not all(piece in said for piece in words.split("{}"))]
    assert not left
