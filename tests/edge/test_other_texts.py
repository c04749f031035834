"""What else a reader held a plate to be, at the box: told with the fact, kept of who is inside, used at the exit."""

from pathlib import Path

from edge.journal.store import Store
from edge.known.visits import Texts, Visits
from edge.lanes.approach import Look
from gate.lane import Phase
from gate.messages import PersonWanted, PlateRead, VisitMatched, Why
from gate.reading import PlateReading
from gate.vehicle import VehicleClass
from tests.edge.desk import SECRET, Desk
from tests.edge.fakes import DeskClock
from tests.edge.streams import hold

READ, WORN, OTHER = "59E124192", "59E134192", "59E144192"
"""What the entry took the worn plate for, what it is, and a vehicle that is inside as well and as near to it."""
SAID: Texts = ((WORN, 0.45),)


def seen(text: str, others: Texts = (), sure: float = 0.55) -> Look:
    """What camera and reader give of a plate with one worn character."""
    signs = tuple((sign, sure if place == 4 else 0.99) for place, sign in enumerate(text))
    reading = PlateReading(text, sure, signs, (0, 0, 90, 30), 1, "white", alternatives=((text, sure), *others))
    return Look(reading, b"", "barie", 80)


def drives_in(desk: Desk, shown: Look) -> str:
    """A vehicle that is let in and goes in; its visit."""
    desk.eyes.will_see("in-1", shown)
    desk.rolls_up("in-1")
    desk.turn(2)
    approach = desk.lanes["in-1"].approach
    assert approach
    assert approach.visit
    desk.drives_through("in-1")
    desk.turn(3)
    return approach.visit


def drives_up(desk: Desk, shown: Look) -> None:
    """A vehicle at the exit."""
    desk.turn(3600)
    desk.eyes.will_see("out-1", shown)
    desk.rolls_up("out-1")
    desk.turn(0.5)


def test_who_was_read_as_another_is_found_by_what_the_entry_held_possible(desk: Desk) -> None:
    visit, _ = drives_in(desk, seen(READ, SAID)), drives_in(desk, seen(OTHER, sure=0.97))
    drives_up(desk, seen(WORN, ((READ, 0.15),), sure=0.8))
    assert desk.phase("out-1") is Phase.PAYING
    assert [each.visit for each in desk.facts(VisitMatched)] == [visit]
    told = {each.plate: each.others for each in desk.facts(PlateRead)}
    assert told == {READ: SAID, OTHER: (), WORN: ((READ, 0.15),)}


def test_without_it_a_person_is_asked(desk: Desk) -> None:
    for plate in (READ, OTHER):
        drives_in(desk, seen(plate, sure=0.97))
    drives_up(desk, seen(WORN, sure=0.8))
    assert [each.why for each in desk.facts(PersonWanted)] == [Why.AMBIGUOUS]


def test_a_box_that_starts_again_still_knows(desk: Desk) -> None:
    visit, _ = drives_in(desk, seen(READ, SAID)), drives_in(desk, seen(OTHER, sure=0.97))
    desk.restart()
    drives_up(desk, seen(WORN, ((READ, 0.15),), sure=0.8))
    assert [each.visit for each in desk.facts(VisitMatched)] == [visit]


def test_what_was_kept_goes_with_the_vehicle(tmp_path: Path) -> None:
    store, clock = Store(tmp_path / "box.db"), DeskClock()
    visits = Visits(store, clock, "SPS", SECRET.encode())
    left, backed_out, inside = (visits.open(READ, VehicleClass.CAR9, "in-1", SAID) for _ in range(3))
    for visit in (left, inside):
        visits.entered(visit, clock.now())
    visits.left(left, clock.now())
    visits.voided(backed_out)
    assert store.run("SELECT visit FROM visit_others").fetchall() == [(inside,)]
    assert [(stay.visit, stay.others) for stay in visits.inside()] == [(inside, SAID)]
    assert Visits(store, clock, "SPS", SECRET.encode()).inside() == visits.inside()
    store.close()


def test_the_exits_own_list_finds_who_was_read_right_before(desk: Desk) -> None:
    visit, _ = drives_in(desk, seen(READ, sure=0.97)), drives_in(desk, seen(OTHER, sure=0.97))
    drives_up(desk, seen(WORN, ((READ, 0.3),), sure=0.7))
    assert [each.visit for each in desk.facts(VisitMatched)] == [visit]


def test_who_follows_another_in_is_kept_with_its_list(desk: Desk) -> None:
    hold(desk, "in-1")
    desk.eyes.will_see("in-1", seen(READ, SAID))
    desk.rolls_up("in-1")
    desk.turn(1)
    desk.drives_through("in-1")
    desk.turn(3)
    assert [(stay.plate, stay.others) for stay in desk.visits.inside()] == [(READ, SAID)]
