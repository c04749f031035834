"""What the handbook says of configuration and roles is what the code reads."""

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from server.roles import POWERS
from tests.harness.suite import ROOT

HANDBOOK: Final = (ROOT / "docs" / "handbook.md").read_text()
TABLES: Final = re.findall(r"<!-- keys: ([^>]+) -->\n\|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)", HANDBOOK)
FILES: Final = {"server.config.CentreConfig", "edge.config.BoxConfig", "simulator.plan.WorldPlan"}


def struct(name: str) -> type[msgspec.Struct]:
    module, _, attribute = name.rpartition(".")
    found: type[msgspec.Struct] = getattr(import_module(module), attribute)
    return found


def defaults(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Key -> its default as the handbook writes it."""
    return {field.encode_name: _default(field) for field in msgspec.structs.fields(kind)}


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    value: Any = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if isinstance(value, msgspec.Struct):
        return "`{}`"  # all of its keys have defaults of their own
    return f"`{json.dumps(value)}`"


@pytest.mark.parametrize(("names", "rows"), TABLES, ids=[names for names, _ in TABLES])
def test_a_table_has_every_key_and_its_default(names: str, rows: str) -> None:
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows.splitlines()]
    said = {key.strip("`"): default for key, default, what in cells if what}
    for name in names.split():
        assert said == defaults(struct(name)), name


def test_every_file_is_explained() -> None:
    assert {name for names, _ in TABLES for name in names.split()} >= FILES


def test_roles_are_as_the_doorkeeper_knows_them() -> None:
    said = dict(re.findall(r"^\| `(\w+)` \| ([a-z_, ]+) \|$", HANDBOOK, re.MULTILINE))
    assert said == {role: ", ".join(sorted(powers)) for role, powers in POWERS.items()}


@pytest.mark.parametrize("file", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.name)
def test_links_lead_somewhere(file: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", file.read_text())
    assert not [target for target in targets if not (file.parent / target).exists()]
