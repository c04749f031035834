"""Worked bills: each total in `data/bills.json` was worked by hand from the words of its price list."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

from gate.tariff import Tariff, load, price
from gate.vehicle import VehicleClass

WORKED: Final = json.loads((Path(__file__).parent / "data" / "bills.json").read_text(encoding="utf-8"))
TARIFFS: Final[dict[str, Tariff]] = {name: load(json.dumps(body).encode()) for name, body in WORKED["tariffs"].items()}


@pytest.mark.parametrize("case", WORKED["cases"], ids=lambda case: f"{case['tariff']}: {case['why']}")
def test_a_worked_bill(case: dict[str, Any]) -> None:
    entered, left = datetime.fromisoformat(case["from"]), datetime.fromisoformat(case["to"])
    made = price(TARIFFS[case["tariff"]], VehicleClass(case["class"]), entered, left)
    assert [[line.what, line.amount] for line in made.lines] == case["lines"]
    assert (made.total, made.vat) == (case["total"], case["vat"])
    assert (made.lines[0].since, max(line.until for line in made.lines)) == (entered, left)


def test_there_are_enough_of_them() -> None:
    assert len(WORKED["cases"]) >= 40
    assert {case["tariff"] for case in WORKED["cases"]} == set(TARIFFS)
