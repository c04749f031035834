"""What docs/tariffs.md says: its lists load, its bills are what the code computes, its keys are all there are."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import pytest

import gate.tariff
from gate.tariff import load, price
from gate.vehicle import VehicleClass
from tests.gate.samples import HANOI

PAGE: Final = (Path(__file__).parents[2] / "docs" / "tariffs.md").read_text(encoding="utf-8")
LISTS: Final = re.findall(r"```json\n(.*?)```\n\n\|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)", PAGE, re.DOTALL)
KEYS: Final = re.findall(r"<!-- keys: gate\.tariff\.(\w+) -->\n\|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)", PAGE)


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


@pytest.mark.parametrize(("text", "rows"), LISTS, ids=[json.loads(text)["code"] for text, _ in LISTS])
def test_a_worked_list_and_its_bills(text: str, rows: str) -> None:
    tariff = load(text.encode())
    for kind, entered, left, total, vat, _ in map(cells, rows.splitlines()):
        stay = (datetime.fromisoformat(at).replace(tzinfo=HANOI) for at in (entered, left))
        made = price(tariff, VehicleClass(kind), *stay)
        assert (f"{made.total:,}", f"{made.vat:,}") == (total, vat), f"{entered} to {left}"


@pytest.mark.parametrize(("name", "rows"), KEYS)
def test_every_key_is_explained(name: str, rows: str) -> None:
    fields = msgspec.structs.fields(getattr(gate.tariff, name))
    said = [cells(row)[:2] for row in rows.splitlines()]
    shown = ["required" if field.required else f"`{json.dumps(field.default)}`" for field in fields]
    assert said == [[f"`{field.name}`", default] for field, default in zip(fields, shown, strict=True)]


def test_nothing_is_left_out() -> None:
    assert len(LISTS) == PAGE.count("```json") == 4
    assert {name for name, _ in KEYS} == {"Turn", "Rate", "Step", "Event"}
