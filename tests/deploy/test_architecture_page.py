"""The picture and the page of the architecture are true: what they name is there."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.deploy import draw_architecture
from tests.harness.suite import ROOT

DOCS: Final = ROOT / "docs"
PAGES: Final = [DOCS / "architecture.md", DOCS / "glossary.md", *sorted((DOCS / "decisions").glob("*.md"))]
# decided first, before some of its files were named as they are now
NAMED: Final = [page for page in PAGES if not page.name.startswith("0001")]
HEADINGS: Final = ("Context", "Decision", "Consequences", "Alternatives")


def test_the_picture_is_what_its_script_draws() -> None:
    assert draw_architecture.PICTURE.read_text() == draw_architecture.drawn()


def test_every_file_in_the_picture_exists() -> None:
    text = draw_architecture.drawn()
    names = set(re.findall(r"[\w/]+\.py", text))
    known = {str(path.relative_to(ROOT)) for part in ("gate", "edge", "server", "simulator") for path in
             (ROOT / part).rglob("*.py")}  # fmt: skip
    assert len(names) > 15
    assert not [name for name in names if not any(f"/{path}".endswith(f"/{name}") for path in known)]


@pytest.mark.parametrize("page", NAMED, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    names = re.findall(r"`((?:gate|edge|server|simulator|tests|deploy)/[\w/.-]+?)`", page.read_text())
    assert not [name for name in names if not (ROOT / name).exists()]


def test_every_test_that_keeps_a_promise_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (DOCS / "architecture.md").read_text())
    assert len(named) > 10
    assert not [test for file, test in named if f"def {test}(" not in (ROOT / file).read_text()]


@pytest.mark.parametrize("page", sorted((DOCS / "decisions").glob("*.md")), ids=lambda page: page.name)
def test_a_decision_is_one_page_of_four_parts(page: Path) -> None:
    text = page.read_text()
    assert [heading for heading in re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) if heading in HEADINGS] == [
        *HEADINGS
    ]
    assert len(text.splitlines()) <= 60
    assert text.startswith(f"# {page.name[:4]} ")


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(page.name[:4]) for page in sorted((DOCS / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_classes_of_the_glossary_exist() -> None:
    names = set(re.findall(r"\| `([A-Z]\w+)` \|", (DOCS / "glossary.md").read_text()))
    code = "\n".join(path.read_text() for part in ("gate", "server") for path in (ROOT / part).rglob("*.py"))
    assert names
    assert not [name for name in names if not re.search(rf"^class {name}\b", code, re.MULTILINE)]
