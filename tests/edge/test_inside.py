"""Who is inside, in memory and in the journal: the same, whatever was written, refused or killed."""

import random
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from edge.journal.store import Store
from edge.known.visits import Visits
from gate import signing
from gate.lease import Inside
from gate.messages import Quoted
from gate.reference import mint
from gate.vehicle import VehicleClass
from tests.edge.desk import KEY, SECRET, Desk, lease
from tests.edge.fakes import MORNING, DeskClock

HOUR = timedelta(hours=1)
KINDS = (VehicleClass.CAR9, VehicleClass.MOTO)


def opened(store: Store) -> Visits:
    """Visits of this journal as a new start finds them."""
    return Visits(store, DeskClock(), "SPS", SECRET.encode())


def test_memory_is_the_journal_after_anything(tmp_path: Path) -> None:
    store, clock, rng = Store(tmp_path / "box.db"), DeskClock(), random.Random(7)
    visits = opened(store)
    known: list[str] = []
    refused = 0
    for number in range(400):
        known.append(visits.open(f"24A{number:05}", rng.choice(KINDS), "in-1"))
        changes: list[Callable[[str], None]] = [
            lambda visit: visits.entered(visit, clock.now()),
            lambda visit: visits.entered(visit, clock.now()),
            lambda visit: visits.left(visit, clock.now()),
            visits.voided,
        ]
        try:
            with store.transaction():
                for _ in range(rng.randint(1, 4)):
                    rng.choice(changes)(rng.choice(known))
                visits.inside()  # also in the middle, where what is not on disk may be seen
                if rng.random() < 0.3:
                    raise sqlite3.OperationalError("disk full")
        except sqlite3.OperationalError:
            refused += 1
        assert visits.inside() == opened(store).inside()
    assert refused > 50
    assert len(visits.inside()) > 20


def test_a_change_that_breaks_half_way_changes_neither(tmp_path: Path) -> None:
    store, clock = Store(tmp_path / "box.db"), DeskClock()
    visits = opened(store)
    visit = visits.open("24A12345", VehicleClass.CAR9, "in-1")
    assert visits.inside() == []
    store.run("CREATE TRIGGER full BEFORE UPDATE ON visit_began BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(sqlite3.IntegrityError, match="disk full"):
        visits.entered(visit, clock.now())
    assert visits.inside() == opened(store).inside() == []
    store.run("DROP TRIGGER full")
    visits.entered(visit, clock.now())
    assert [stay.visit for stay in visits.inside()] == [visit]


def test_whoever_is_at_another_exits_arm_leaves_there(tmp_path: Path) -> None:
    visits = opened(Store(tmp_path / "box.db"))
    first, second = (visits.open(f"24A1234{number}", VehicleClass.CAR9, "in-1") for number in range(2))
    for visit in (first, second):
        visits.entered(visit, DeskClock().now())
    visits.stands_at("out-1", first)
    assert [stay.visit for stay in visits.leaving("out-2")] == [second]
    assert {stay.visit for stay in visits.leaving("out-1")} == {first, second}
    visits.stands_at("out-1", None)
    assert {stay.visit for stay in visits.leaving("out-2")} == {first, second}


def test_who_was_inside_before_the_first_day_leaves_like_anybody(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    visit, plate = mint("SPS", 5, b"the centre's own"), "24A05678"
    stay = Inside(visit=visit, plate=plate, vehicle_class=VehicleClass.CAR9, since=MORNING - HOUR, lane="in-1")
    for number in (2, 3):  # told again with each lease, it stays as it is
        desk.papers.lease_came(signing.sign(lease(number, inside=(stay,)), KEY))
        desk.visits.told(lease(number, inside=(stay,)))
    assert [each.visit for each in desk.visits.inside()] == [visit]
    desk.turn(1)
    desk.arrive("out-1", plate)
    desk.turn(2)
    (quoted,) = desk.facts(Quoted)
    assert (quoted.visit, quoted.total, quoted.entered_at) == (visit, 30_000, MORNING - HOUR)
    desk.visits.left(visit, desk.clock.now())
    desk.visits.told(lease(4, inside=(stay,)))
    assert desk.visits.inside() == [], "a lease that was written before it left brings nobody back"
    desk.killed()


def test_who_left_unseen_is_not_inside_any_more(tmp_path: Path) -> None:
    store = Store(tmp_path / "box.db")
    visits, clock = opened(store), DeskClock()
    gone, waits = (visits.open(f"24A0000{number}", VehicleClass.CAR9, "in-1") for number in range(2))
    for visit in (gone, waits):
        visits.entered(visit, clock.now())
    visits.stands_at("out-1", waits)
    visits.told(lease(gone=(gone, waits, mint("SPS", 5, b"of another box"))))
    assert [stay.visit for stay in visits.inside()] == [waits], "one that stands at an arm is there"
    assert [stay.visit for stay in opened(store).inside()] == [waits]
    store.close()


def test_a_lease_kept_for_the_next_start_holds_no_stays(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    stay = Inside(visit=mint("SPS", 5, b"k"), plate="24A1", vehicle_class=VehicleClass.CAR9, since=MORNING, lane="in-1")
    desk.papers.lease_came(signing.sign(lease(2, inside=(stay,), gone=(stay.visit,)), KEY))
    assert desk.papers.lease is not None
    assert (desk.papers.lease.inside, desk.papers.lease.gone) == ((), ())
    desk.killed()
