"""An exit without an entry: candidates first, a visit of its own, owed and payable, out under its own opening."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import Engine

from gate import vietqr
from gate.messages import ArmRaised, Direction, OpeningReason, PlateRead, VehiclePassed
from gate.reference import is_sound
from gate.tariff import BadTariff, Turn
from gate.vehicle import VehicleClass
from gate.wire import encode
from server import lost_entries, pairings
from server.db import reading, transaction
from server.derived import VisitRow
from server.facts import AuditRow, ChargeRow
from server.facts_visits import LostEntryRow, ShownRow
from server.ledger import owed
from server.lost_entries import NoSuchVehicle, NotYet, make, show
from server.register import TariffRow
from tests.server.box import MORNING, TARIFF, Box, book, notice, paid, reference
from tests.server.rows import ledger_sum, rows

CAR, MOTO = VehicleClass.CAR9, VehicleClass.MOTO
HOUR = timedelta(hours=1)
NOON = MORNING + 4 * HOUR
LOST = msgspec.structs.replace(
    TARIFF, code="lost-1", since=TARIFF.since + 24 * HOUR, turns={CAR: Turn(price=30_000, ceiling=60_000, lost=50_000)}
)


def at_exit(box: Box, engine: Engine, plate: str = "51K99999") -> str:
    """A vehicle stands at the exit and nobody knows it; its approach."""
    approach = box.id()
    read = PlateRead(lane="out-1", approach=approach, direction=Direction.OUT, plate=plate, confidence=0.9)
    book(engine, box.fact(read, NOON))
    return str(approach)


@pytest.fixture
def box(engine: Engine) -> Box:
    """One car is inside; the price list has a row for lost entries."""
    made = Box()
    with transaction(engine) as session:
        session.add(TariffRow(site="SPS", code=LOST.code, since=LOST.since, body=encode(LOST).decode()))
    book(engine, *made.arrives(reference(1), MORNING))
    return made


def test_candidates_come_with_probability_and_are_recorded(engine: Engine, box: Box) -> None:
    approach = at_exit(box, engine, "24A12379")
    with transaction(engine) as session:
        found = show(session, "SPS", approach, "lan", NOON, plates=True)
        blind = show(session, "SPS", approach, "ke toan", NOON, plates=False)
    (first,) = found["candidates"]
    assert (first["visit"], first["plate"], found["plate"]) == (reference(1), "24A12378", "24A12379")
    assert 0.9 < first["probability"] <= 1
    assert "plate" not in blind["candidates"][0]
    assert "plate" not in blind
    assert [row["by"] for row in rows(engine, ShownRow, "shown")] == ["ke toan", "lan"]
    assert sum(row["what"] == "asked for candidates" for row in rows(engine, AuditRow)) == 2


def test_it_is_refused_to_who_has_not_looked(engine: Engine, box: Box) -> None:
    approach = at_exit(box, engine)
    with transaction(engine) as session:
        show(session, "SPS", approach, "mai", NOON, plates=True)
    for by, now in (("lan", NOON), ("mai", NOON + 2 * HOUR)):
        with pytest.raises(NotYet, match="ask for them first"), transaction(engine) as session:
            make(session, "SPS", approach, CAR, by, "nobody's car", now)
    assert rows(engine, LostEntryRow) == []


def test_a_lost_entry_is_priced_owed_and_payable_once(engine: Engine, box: Box) -> None:
    approach = at_exit(box, engine)
    with transaction(engine) as session:
        show(session, "SPS", approach, "lan", NOON, plates=True)
        row = make(session, "SPS", approach, CAR, "lan", "no ticket, no read", NOON)
        assert owed(session, row.visit) == 50_000
    assert row.visit.startswith("SPS")
    assert is_sound(row.visit)
    assert vietqr.decode(row.payload).amount == 50_000
    with reading(engine) as session:
        charge = session.get_one(ChargeRow, row.visit)
        assert (charge.total, charge.tariff, charge.vehicle_class) == (50_000, "lost-1", CAR)
    with pytest.raises(NotYet, match="already"), transaction(engine) as session:
        make(session, "SPS", approach, CAR, "lan", "once more", NOON)
    paid(engine, notice(1, row.visit, 50_000), NOON + HOUR)
    with reading(engine) as session:
        assert owed(session, row.visit) == 0
    assert ledger_sum(engine) == 0


def test_it_leaves_with_the_opening_that_was_given_for_it(engine: Engine, box: Box) -> None:
    approach = at_exit(box, engine)
    with transaction(engine) as session:
        show(session, "SPS", approach, "lan", NOON, plates=True)
        visit = make(session, "SPS", approach, CAR, "lan", "no ticket", NOON + timedelta(minutes=1)).visit
    opening, at = box.id(), NOON + timedelta(minutes=5)
    raised = ArmRaised(
        lane="out-1", opening=opening, reason=OpeningReason.PERSON, by="lan", approach=UUID(approach), note="no_entry"
    )
    gone = VehiclePassed(lane="out-1", direction=Direction.OUT, passage=box.id(), opening=opening, visit=None)
    book(engine, box.fact(raised, at), box.fact(gone, at))
    for _ in range(2):
        with transaction(engine) as session:
            pairings.bind_lost(session, at)
    with reading(engine) as session:
        stay = session.get_one(VisitRow, visit)
        assert (stay.left_at, stay.exit_passage) == (at, str(gone.passage))
        assert pairings.find(session, "SPS", at).pairs == []
    assert len(rows(engine, ChargeRow)) == 1


def test_what_cannot_be_is_refused_and_says_why(engine: Engine, box: Box) -> None:
    approach, known = at_exit(box, engine), box.is_priced(reference(1), MORNING, NOON)
    with pytest.raises(NoSuchVehicle), transaction(engine) as session:
        show(session, "SPS", "nobody", "lan", NOON, plates=True)
    with pytest.raises(NoSuchVehicle), transaction(engine) as session:
        show(session, "SPL", approach, "lan", NOON, plates=True)
    with transaction(engine) as session:
        show(session, "SPS", approach, "lan", NOON, plates=True)
    with pytest.raises(BadTariff), transaction(engine) as session:
        make(session, "SPS", approach, MOTO, "lan", "a motorbike", NOON)
    with pytest.raises(NotYet, match="note"), transaction(engine) as session:
        make(session, "SPS", approach, CAR, "lan", " x ", NOON)
    book(engine, *known)
    with reading(engine) as session:
        matched = session.get_one(VisitRow, reference(1)).exit_approach or ""
    with transaction(engine) as session:
        show(session, "SPS", matched, "lan", NOON, plates=True)
    with pytest.raises(NotYet, match="is visit"), transaction(engine) as session:
        make(session, "SPS", matched, CAR, "lan", "it is known", NOON)
    assert rows(engine, LostEntryRow) == []
    assert lost_entries.MOST == 8
