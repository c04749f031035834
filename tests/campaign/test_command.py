"""The command around the campaigns: its list, its exit code, its log."""

from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.campaign.command import CAMPAIGNS, Name, again, write_down
from tests.campaign.result import Result, missing

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", list(Name))
def test_every_campaign_of_the_list_is_there(name: Name) -> None:
    module, _, function = CAMPAIGNS[name].target.partition(":")
    assert find_spec(module), f"{name}: no {module}"
    assert function.startswith("run")


def test_each_run_is_appended_with_what_repeats_it(tmp_path: Path) -> None:
    log = tmp_path / "lanes.md"
    write_down(log, Name.LANES, 1, Result("lanes", 7, {"steps": 1_000_000}, []), NOW)
    write_down(log, Name.LANES, 0.1, Result("lanes", 8, {"steps": 100_000}, ["step 5: lowered"]), NOW)
    text = log.read_text()
    assert text.count("# Campaign lanes") == 1
    assert "2026-11-23 10:00 UTC: held" in text
    assert "2026-11-23 10:00 UTC: 1 failures" in text
    assert "| steps | 1000000 |" in text
    assert "- step 5: lowered" in text
    assert again(Name.LANES, 8, 0.1) in text


def test_a_fault_that_never_happened_is_a_failure() -> None:
    assert missing({"loss": 3, "restart": 0}) == ["restart never happened: this run proves nothing about it"]
    assert missing({"loss": 3}) == []
