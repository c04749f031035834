"""A disk that is full, read-only or broken: said loudly, nothing half done, and work again when there is room."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.agent import Agent
from edge.journal.outbox import KEEP_S, Outbox
from edge.journal.owed import NoRoom
from edge.journal.store import Store, Unusable
from gate.devices.board import Relay
from gate.lane import Phase
from gate.messages import (
    DeviceFault,
    Direction,
    Open,
    OpeningReason,
    PersonWanted,
    PlateRead,
    Quoted,
    VehiclePassed,
    VisitOpened,
)
from gate.wire import Malformed
from tests.edge.desk import Desk, box_config, look

PLATE = "24A12378"


@contextmanager
def full(desk: Desk) -> Iterator[None]:
    """The file may not grow by a page: SQLite says what it says on a full disk. Small facts take the last room."""
    pages = desk.store.run("PRAGMA page_count").fetchone()[0]
    desk.store.run(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        _take_all_room(desk)
    try:
        yield
    finally:
        desk.store.run("PRAGMA max_page_count = 1000000")


def _take_all_room(desk: Desk) -> None:
    for _ in range(100):
        desk.outbox.record(DeviceFault(lane="", device="x", what=""))


def fault() -> DeviceFault:
    """A fact that needs a page of its own."""
    return DeviceFault(lane="", device="test", what="x" * 400)


def test_a_decision_that_finds_no_room_has_not_been_taken(desk: Desk) -> None:
    with full(desk):
        before = desk.outbox.last
        desk.arrive("in-1", PLATE)
        desk.turn(4)
        assert desk.devices.pulses == [], "no fact, no movement"
        assert desk.visits.inside() == []
        assert desk.lanes["in-1"].state().visit is None
        desk.turn(10)
        assert desk.phase("in-1") is Phase.ATTENDED
        assert desk.outbox.last == before
    desk.turn(3)
    assert desk.reasons() == [OpeningReason.ADMITTED], "with room again, without a hand"
    assert len(desk.facts(VisitOpened)) == len(desk.facts(PlateRead)) == 1
    faults = [fault for fault in desk.facts(DeviceFault) if fault.device == "disk"]
    assert len(faults) == 1
    assert [wanted.lane for wanted in desk.facts(PersonWanted)] == ["in-1"]


def test_what_happened_while_there_was_no_room_is_written_in_its_order_with_its_time(desk: Desk) -> None:
    desk.comes_in("30K55512")
    desk.arrive("in-1", PLATE)
    desk.turn(0.2)  # decided, the arm is on its way
    visit = desk.facts(VisitOpened)[1].visit
    with full(desk):
        known = len(desk.envelopes())
        desk.turn(2)
        desk.drives_through("in-1")
        desk.turn(3)
        assert desk.phase("in-1") is Phase.IDLE, "the lane goes on"
        came_through = desk.clock.now()
        desk.turn(100)
    assert desk.owed.settle()
    later = desk.envelopes()[known:]
    assert [type(envelope.body).__name__ for envelope in later] == [
        "ArmRaised",
        "VehiclePassed",
        "ArmLowered",
        "DeviceFault",
    ]
    assert all(envelope.happened_at <= came_through for envelope in later[:3]), "their time is when they happened"
    assert visit in [stay.visit for stay in desk.visits.inside()]
    entered = desk.visits.get(visit)
    assert entered is not None
    assert entered.entered_at <= came_through


def test_a_person_can_open_though_the_disk_is_full(desk: Desk) -> None:
    with full(desk):
        desk.arrive("in-1", PLATE)
        desk.turn(10)
        desk.order(Open(lane="in-1", reason=OpeningReason.PERSON, note="đĩa đầy"))
        desk.turn(2)
        assert desk.devices.pulses == [("in-1", Relay.RAISE)]
        desk.drives_through("in-1")
        desk.turn(3)
    assert desk.owed.settle()
    assert desk.reasons() == [OpeningReason.PERSON]
    assert len(desk.facts(VehiclePassed)) == 1


def test_an_exit_that_finds_no_room_is_priced_once_when_there_is(desk: Desk) -> None:
    desk.comes_in(PLATE)
    desk.turn(3600)
    with full(desk):
        desk.arrive("out-1", PLATE)
        desk.turn(4)
        assert desk.phase("out-1") is Phase.IDENTIFYING
    desk.turn(3)
    assert len(desk.facts(Quoted)) == 1
    assert len([read for read in desk.facts(PlateRead) if read.direction is Direction.OUT]) == 1
    assert desk.phase("out-1") is Phase.PAYING


def test_a_failed_transaction_gives_its_numbers_back(desk: Desk) -> None:
    last = desk.outbox.last

    def write() -> None:
        desk.outbox.record(fault())
        desk.outbox.record(fault())
        assert desk.outbox.last == last, "nobody may send what is not on disk"
        raise RuntimeError("the third write failed")

    with pytest.raises(RuntimeError, match="third"):
        desk.owed.decide(write)
    desk.outbox.record(fault())
    assert desk.outbox.last == last + 1
    desk.audit()


def test_a_fact_that_the_centre_would_refuse_is_not_recorded(desk: Desk) -> None:
    last = desk.outbox.last
    with pytest.raises(Malformed, match="what"):
        desk.outbox.record(DeviceFault(lane="", device="test", what="x" * 401))
    assert desk.outbox.last == last
    desk.outbox.record(fault())


def test_a_fact_that_nothing_would_take_does_not_hold_up_those_behind_it(desk: Desk) -> None:
    desk.owed.witness(lambda: desk.outbox.record(DeviceFault(lane="", device="test", what="x" * 401)))
    desk.owed.witness(lambda: desk.outbox.record(fault()))
    assert desk.owed.settle()
    lost, behind = desk.facts(DeviceFault)
    assert lost.what.startswith("a fact could not be written: Malformed: ")
    assert behind == fault()
    desk.comes_in("24A12378")
    desk.audit()


def test_no_room_is_said_with_its_reason(desk: Desk) -> None:
    with full(desk), pytest.raises(NoRoom, match="full"):
        desk.owed.decide(lambda: desk.outbox.record(fault()))
    assert desk.owed.settle()
    assert desk.facts(DeviceFault)[-1].device == "disk"


def test_a_full_picture_store_costs_the_picture_and_nothing_else(desk: Desk) -> None:
    folder = desk.folder / "pictures"
    folder.rmdir()
    folder.write_text("a file where the folder was")
    desk.eyes.will_see("in-1", look(PLATE, picture=b"a picture"))
    desk.rolls_up("in-1")
    desk.turn(2)
    (read,) = desk.facts(PlateRead)
    assert (read.plate, read.picture) == (PLATE, None)
    assert desk.reasons() == [OpeningReason.ADMITTED]


def test_a_picture_is_kept_under_its_hash_and_named_in_the_fact(desk: Desk) -> None:
    desk.arrive("in-1", PLATE, picture=b"a picture")
    desk.turn(2)
    (read,) = desk.facts(PlateRead)
    assert read.picture is not None
    assert (desk.folder / "pictures" / read.picture).read_bytes() == b"a picture"


def test_a_half_written_picture_is_not_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Path.write_bytes

    def cut(path: Path, body: bytes) -> int:
        written(path, body[: len(body) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", cut)
    assert desk.pictures.keep(b"a picture") is None
    assert list((desk.folder / "pictures").iterdir()) == []


# --- starting ---------------------------------------------------------------------------------------------


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    with pytest.raises(Unusable, match=str(tmp_path / "data")):
        Agent(box_config(tmp_path / "data"))


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "box.db").write_bytes(b"no database at all" * 300)
    with pytest.raises(Unusable, match=r"box\.db.*not a database"):
        Agent(box_config(tmp_path))


def test_two_boxes_on_one_folder(tmp_path: Path) -> None:
    first = Agent(box_config(tmp_path))
    with pytest.raises(Unusable, match=r"box\.lock: another box"):
        Agent(box_config(tmp_path))
    first.close()
    Agent(box_config(tmp_path)).close()


def test_acknowledged_facts_are_kept_a_week_and_then_their_numbers_stay_used(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.comes_in(PLATE)
    last = desk.outbox.last
    desk.outbox.acknowledge(last - 1)
    assert desk.outbox.prune() == 0
    desk.store.run("UPDATE outbox SET recorded_at = recorded_at - ?", KEEP_S - 60)
    assert desk.outbox.prune() == 0, "six days and 23 hours"
    desk.store.run("UPDATE outbox SET recorded_at = recorded_at - 61")
    assert desk.outbox.prune() == last - 1
    desk.outbox.acknowledge(last)
    assert desk.outbox.prune() == 1
    again = Outbox(desk.store, desk.clock, "SPS", "sps-1")
    assert (again.last, again.acknowledged) == (last, last)
    assert again.record(fault()).sequence == last + 1


def test_every_connection_syncs_fully(tmp_path: Path) -> None:
    for writing in (True, False):
        store = Store(tmp_path / "box.db", writing=writing)
        assert store.run("PRAGMA synchronous").fetchone() == (2,)
        assert store.run("PRAGMA journal_mode").fetchone() == ("wal",)
        store.close()
