"""What docs/devices.md shows can be loaded, and its tables have every key."""

import json
import re
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from edge.carry.carrier_config import load
from edge.devices import board_config
from edge.devices.board_config import BoardConfig
from gate.wire import decode
from tests.deploy.test_handbook import defaults, struct
from tests.harness.suite import ROOT

PAGE: Final = (ROOT / "docs" / "devices.md").read_text()
SHOWN: Final = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
BOARDS: Final = [shown for shown in SHOWN if "driver" in shown]
TABLES: Final = re.findall(r"<!-- keys: ([^>]+) -->\n\|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)", PAGE)


@pytest.mark.parametrize("shown", BOARDS, ids=[shown["driver"] for shown in BOARDS])
def test_a_board_that_is_shown_can_be_loaded(shown: dict[str, Any]) -> None:
    board: BoardConfig = msgspec.convert(shown, BoardConfig)
    board_config.check({"in-1": board})
    assert msgspec.to_builtins(board)["driver"] == shown["driver"]


def test_every_driver_is_shown() -> None:
    drivers = {kind.__struct_config__.tag for kind in BoardConfig.__args__}
    assert {shown["driver"] for shown in BOARDS} == drivers


def test_the_carriers_file_that_is_shown_can_be_loaded(tmp_path: Path) -> None:
    (shown,) = (shown for shown in SHOWN if "driver" not in shown)
    path = tmp_path / "carrier.json"
    path.write_text(json.dumps(shown))
    assert [board.name for board in load(path).boards] == ["in-3"]


@pytest.mark.parametrize(("names", "rows"), TABLES, ids=[names for names, _ in TABLES])
def test_a_table_has_every_key_and_its_default(names: str, rows: str) -> None:
    cells = [[cell.strip() for cell in row.strip("|\n").split("|")] for row in rows.splitlines()]
    said = {key.strip("`"): default for key, default, _ in cells}
    for name in names.split():
        assert said == defaults(struct(name)), name


def test_a_box_reads_a_lanes_board_from_its_file() -> None:
    for shown in BOARDS:
        assert decode(json.dumps(shown).encode(), BoardConfig) == msgspec.convert(shown, BoardConfig)  # type: ignore[arg-type]
