"""The black box: it sees all, it keeps so much and no more, and whatever befalls it, nobody else feels it."""

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from msgspec.structs import replace
from typer.testing import CliRunner

from edge.journal import trace as module
from edge.journal.trace import Trace, read
from edge.journal.trace_command import moment
from edge.journal.trace_command import trace as command
from gate.devices.board import Level, Reading, Sensor
from gate.lane import Phase
from gate.wire import encode
from tests.edge.desk import box_config
from tests.edge.fakes import MORNING, DeskClock

ON = Reading(Sensor.ARMING, Level.ON, edge=True)
REPORTED = Reading(Sensor.SAFETY, Level.UNKNOWN, edge=False)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOGETHER_S", 0.02)


def made(folder: Path, rows_max: int = 1_000) -> Trace:
    return Trace(folder / "trace.db", DeskClock(), rows_max)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, "did not come about"
        time.sleep(0.01)


def count(folder: Path) -> int:
    return len(read(folder / "trace.db")) if (folder / "trace.db").is_file() else 0


def taken(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("trace.db*"))


def test_what_a_lane_sees_is_read_in_its_order(tmp_path: Path) -> None:
    trace = made(tmp_path)
    trace.start()
    trace.reading("in-1", ON)
    trace.phase("in-1", Phase.IDENTIFYING)
    trace.reading("out-1", REPORTED)
    trace.stop()
    seen = read(tmp_path / "trace.db")
    assert [(each.lane, each.what, each.value, each.edge) for each in seen] == [
        ("in-1", "arming", "on", True),
        ("in-1", "phase", "identifying", True),
        ("out-1", "safety", "unknown", False),
    ]
    assert {each.monotonic_ms for each in seen} == {50_000}
    assert all(abs(each.at - MORNING) < timedelta(seconds=1) for each in seen)
    assert [each.lane for each in read(tmp_path / "trace.db", "out-1")] == ["out-1"]
    assert read(tmp_path / "trace.db", since=MORNING + timedelta(minutes=1)) == []


def test_it_keeps_so_many_rows_and_no_more(tmp_path: Path) -> None:
    trace = made(tmp_path, rows_max=50)
    trace.start()
    for number in range(200):
        trace.phase("in-1", Phase.IDLE if number % 2 else Phase.RAISING)
    trace.stop()
    assert count(tmp_path) == 50


def test_two_boots_stand_in_one_trace(tmp_path: Path) -> None:
    boots = []
    for _ in range(2):
        clock = DeskClock()
        trace = Trace(tmp_path / "trace.db", clock)
        trace.start()
        trace.phase("in-1", Phase.IDLE)
        trace.stop()
        boots.append(str(clock.boot))
    assert [each.boot for each in read(tmp_path / "trace.db")] == boots


def test_the_lane_waits_for_nothing(tmp_path: Path) -> None:
    """Its file is locked by somebody for ever: what is said waits in memory, bounded, and is written when it may be."""
    trace = made(tmp_path)
    trace.start()
    trace.phase("in-1", Phase.IDLE)
    until(lambda: count(tmp_path) == 1)
    with closing(sqlite3.connect(tmp_path / "trace.db", isolation_level=None)) as greedy:
        greedy.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        for _ in range(module.WAITING_MAX + 100):
            trace.reading("in-1", ON)
        assert time.monotonic() - began < 2.0
        greedy.execute("ROLLBACK")
    until(lambda: count(tmp_path) == 1_000)
    trace.stop()


@pytest.mark.parametrize("junk", [b"no database at all" * 300, b""])
def test_a_broken_trace_is_put_aside(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "trace.db").write_bytes(junk)
    trace = made(tmp_path)
    trace.phase("in-1", Phase.IDLE)
    trace.start()
    until(lambda: not junk or (tmp_path / "trace.db.broken").exists())
    trace.stop()
    assert count(tmp_path) == 1, "what was seen meanwhile is in the new one"


def test_a_folder_that_takes_nothing_stops_nobody(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "nowhere" / "trace.db", DeskClock())
    trace.start()
    trace.phase("in-1", Phase.IDLE)
    trace.stop()
    assert trace.shed() == 0


def test_making_room_takes_the_older_half(tmp_path: Path) -> None:
    trace = made(tmp_path, rows_max=10_000)
    trace.start()
    for number in range(6_000):
        trace.reading(f"in-{number}", ON)
    until(lambda: count(tmp_path) == 6_000)
    before = taken(tmp_path)
    assert trace.shed() == 3_000
    assert read(tmp_path / "trace.db")[0].lane == "in-3000"
    assert taken(tmp_path) < before * 0.7
    trace.phase("in-1", Phase.IDLE)
    trace.stop()
    assert count(tmp_path) == 3_001


# --- the command ----------------------------------------------------------------------------------------------


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    made.command()(command)
    return made


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The file of a box with a little trace."""
    trace = made(tmp_path)
    trace.start()
    trace.reading("in-1", ON)
    trace.phase("out-1", Phase.RAISING)
    trace.stop()
    path = tmp_path / "box.json"
    path.write_bytes(encode(replace(box_config(tmp_path), data=str(tmp_path))))
    return path


def test_people_read_lines(app: typer.Typer, config: Path) -> None:
    said = CliRunner().invoke(app, ["--config", str(config)])
    assert said.exit_code == 0
    first, second = said.stdout.splitlines()
    assert first.split() == ["2026-11-23", "08:00:00.000+07:00", "in-1", "arming", "on"]
    assert second.split()[2:] == ["out-1", "phase", "raising"]


def test_programs_read_json(app: typer.Typer, config: Path) -> None:
    said = CliRunner().invoke(app, ["--config", str(config), "--lane", "in-1", "--json"])
    (line,) = said.stdout.splitlines()
    row = json.loads(line)
    assert (row["lane"], row["what"], row["value"], row["edge"]) == ("in-1", "arming", "on", True)
    assert datetime.fromisoformat(row["at"]).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--lane", "in-9"], "in-9: this box has in-1, out-1"),
        (["--since", "yesterday"], "--since yesterday: neither a time"),
        (["--since", "9999999d"], "--since 9999999d: neither a time"),
    ],
)
def test_what_cannot_be_meant_is_refused(app: typer.Typer, config: Path, options: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["--config", str(config), *options])
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_box_without_a_trace_is_named(app: typer.Typer, config: Path) -> None:
    (config.parent / "trace.db").unlink()
    result = CliRunner().invoke(app, ["--config", str(config)])
    assert result.exit_code == 2
    assert "trace.db: no trace was ever written" in result.stderr


def test_moments() -> None:
    now = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    assert moment("15m", now) == now - timedelta(minutes=15)
    assert moment("3d", now) == now - timedelta(days=3)
    assert moment("2026-11-23T08:00", now) == datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    assert moment("2026-11-23T08:00+00:00", now) == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
