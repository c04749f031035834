"""Lanes held open at the centre: passages that are explained after they happened."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from gate.findings import Code
from gate.messages import (
    ArmRaised,
    Direction,
    OpeningReason,
    PassageExplained,
    PlateRead,
    VehiclePassed,
    VisitOpened,
)
from gate.reconcile import Report
from gate.vehicle import VehicleClass
from server.books import books
from server.db import reading
from server.derived import VisitRow
from server.facts import ChargeRow
from server.ingest import Arrival
from server.rebuild import rebuild
from server.reconcile import report
from tests.server.box import MORNING, Box, book, reference

DAY = date(2026, 11, 23)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def held(box: Box, lane: str, at: datetime) -> tuple[ArmRaised, Arrival]:
    raised = ArmRaised(lane=lane, opening=box.id(), reason=OpeningReason.MODE, by="lan", note="mode open")
    return raised, box.fact(raised, at)


def through(box: Box, raised: ArmRaised, visit: str, at: datetime, *, read_s: int = 3) -> list[Arrival]:
    """Past a held arm; its picture is read `read_s` later."""
    lane, approach, passage = raised.lane, box.id(), box.id()
    way = Direction.IN if lane.startswith("in") else Direction.OUT
    later = at + read_s * SECOND
    passed = VehiclePassed(
        lane=lane, direction=way, passage=passage, opening=raised.opening, visit=None, approach=approach
    )
    facts = [box.fact(passed, at)]
    if way is Direction.IN:
        facts.append(
            box.fact(PlateRead(lane=lane, approach=approach, direction=way, plate="24A12378", confidence=0.9), later)
        )
        opened = VisitOpened(lane=lane, approach=approach, visit=visit, vehicle_class=VehicleClass.CAR9, read=True)
        facts.append(box.fact(opened, later))
    else:
        facts += box.is_priced(visit, MORNING, at)
    explained = PassageExplained(
        lane=lane, direction=way, passage=passage, approach=approach, visit=visit, passed_at=at
    )
    return [*facts, box.fact(explained, later)]


def of(engine: Engine, on: date = DAY) -> Report:
    with reading(engine) as session:
        return report(session, "SPS", on, MORNING + 30 * HOUR)


def test_a_stay_under_two_held_arms_is_counted_and_billed(engine: Engine) -> None:
    box, visit = Box(), reference(1)
    came, fact = held(box, "in-1", MORNING - HOUR)
    book(engine, fact, *through(box, came, visit, MORNING))
    left, fact = held(box, "out-1", MORNING)
    book(engine, fact, *through(box, left, visit, MORNING + 2 * HOUR))
    with Session(engine) as session:
        row, charge = session.get_one(VisitRow, visit), session.get_one(ChargeRow, visit)
    assert (row.entered_at, row.left_at) == (MORNING, MORNING + 2 * HOUR), "when it passed, not when it was read"
    assert (charge.total, charge.happened_at) == (30_000, MORNING + 2 * HOUR)
    found = of(engine)
    assert [finding.code for finding in found.findings] == [Code.LEFT_NOT_PAID]
    assert (found.counts["entries"], found.counts["exits"], found.counts["openings_mode"]) == (1, 1, 2)


def test_the_books_name_the_visit_of_a_passage_that_was_explained_afterwards(engine: Engine) -> None:
    box, visit = Box(), reference(1)
    came, fact = held(box, "in-1", MORNING)
    book(engine, fact, *through(box, came, visit, MORNING))
    nobody = through(box, came, reference(2), MORNING + HOUR)[0]
    book(engine, nobody)
    with reading(engine) as session:
        passages = books(session, "SPS")["passages"]
    assert [passage["visit"] for passage in passages] == [visit, None]


def test_a_passage_is_on_the_day_it_happened_though_it_was_read_the_next(engine: Engine) -> None:
    box, visit = Box(), reference(1)
    midnight = datetime(2026, 11, 23, 17, tzinfo=UTC)
    raised, fact = held(box, "in-1", MORNING)
    book(engine, fact, *through(box, raised, visit, midnight - SECOND))
    for on in (DAY, DAY + timedelta(days=1)):
        assert Code.COUNT_DRIFT not in [finding.code for finding in of(engine, on).findings]


def test_an_arm_held_since_days_explains_the_passages_under_it(engine: Engine) -> None:
    box = Box()
    raised, fact = held(box, "in-1", MORNING - timedelta(days=3))
    book(engine, fact, *through(box, raised, reference(1), MORNING))
    assert Code.PASSAGE_WITHOUT_OPENING not in [finding.code for finding in of(engine).findings]


def test_nobody_under_a_held_arm_is_no_case(engine: Engine) -> None:
    box = Box()
    _, fact = held(box, "in-1", MORNING)
    book(engine, fact)
    assert of(engine).findings == ()


def test_a_passage_that_nobody_explains_is_a_case(engine: Engine) -> None:
    box = Box()
    raised, fact = held(box, "out-1", MORNING)
    book(engine, fact, through(box, raised, reference(1), MORNING)[0])
    assert [finding.code for finding in of(engine).findings] == [Code.EXIT_WITHOUT_ENTRY]


def test_a_button_that_nobody_explains_is_a_case(engine: Engine) -> None:
    box = Box()
    raised = ArmRaised(lane="in-1", opening=box.id(), reason=OpeningReason.BUTTON, by="unknown")
    book(engine, box.fact(raised, MORNING))
    assert [finding.code for finding in of(engine).findings] == [Code.OPENING_UNEXPLAINED]


def test_a_rebuild_gives_the_same(engine: Engine) -> None:
    box, visit = Box(), reference(1)
    came, fact = held(box, "in-1", MORNING)
    book(engine, fact, *through(box, came, visit, MORNING))
    left, fact = held(box, "out-1", MORNING)
    book(engine, fact, *through(box, left, visit, MORNING + 2 * HOUR))
    before = of(engine)
    rebuild(engine)
    assert of(engine) == before


def test_a_visit_that_has_left_explains_no_other_passage(engine: Engine) -> None:
    box, visit = Box(), reference(1)
    book(engine, *box.stays(visit, MORNING, MORNING + HOUR))
    raised, fact = held(box, "out-1", MORNING + HOUR)
    first = box.id()
    later = PassageExplained(
        lane="out-1", direction=Direction.OUT, passage=first, approach=box.id(), visit=visit, passed_at=MORNING
    )
    book(engine, fact, box.fact(later, MORNING + 2 * HOUR))
    with Session(engine) as session:
        row = session.get_one(VisitRow, visit)
    assert row.left_at == MORNING + HOUR + SECOND
    assert Code.COUNT_DRIFT in [finding.code for finding in of(engine).findings]
    assert raised.reason is OpeningReason.MODE
