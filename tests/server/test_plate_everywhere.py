"""A plate that a person corrected is the plate everywhere afterwards; what was read stays beside it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine
from sqlmodel import select

from edge.journal.store import Store
from edge.known.visits import Visits
from gate.lease import Lease
from gate.matching import rank
from gate.messages import Direction
from gate.signing import opened
from gate.vehicle import VehicleClass
from server import books, cars, leases, plate_corrections, stays, told_stays, troubled
from server.console import cards
from server.db import reading, transaction
from server.export.plates import Plates, Shown, plates_of
from server.lanes import open_visits
from server.money_rules import MoneyRules, Speaker
from server.roles import Role
from server.tariffs import Tariffs
from server.vault import VaultReadRow
from tests.edge.fakes import DeskClock
from tests.server.box import MORNING, Box, book, reference

READ, TRUE = "24A12378", "30F56701"
LATER = MORNING + timedelta(minutes=40)
"""Within the duplicate watch and the match's hours."""


@pytest.fixture
def visit(engine: Engine) -> str:
    """A car that is inside, was read as READ, and is TRUE by a person's word."""
    visit = reference(1)
    book(engine, *Box().arrives(visit, MORNING, plate=READ))
    correct(engine, visit)
    return visit


def correct(engine: Engine, visit: str, plate: str = TRUE) -> None:
    who = Speaker("lan", Role.MANAGER)
    said: dict[str, Any] = {"who": who, "rules": MoneyRules(), "note": "seen on the picture", "now": LATER}
    with transaction(engine) as session:
        plate_corrections.save(session, visit, Direction.IN, plate, seen=0, waive=False, **said)


def lease_of(engine: Engine) -> Lease:
    key = Ed25519PrivateKey.generate()
    with transaction(engine) as session:
        paper = leases.snapshot(session, Tariffs(engine), "sps-1", timedelta(days=1), key, LATER)
    assert paper is not None
    return opened(paper.payload, Lease, key.public_key())


def test_it_is_on_every_list_and_what_was_read_is_kept(engine: Engine, visit: str) -> None:
    with reading(engine) as session:
        assert [each["plate"] for each in open_visits(session, "SPS")] == [TRUE]
        assert [each["plate"] for each in books.books(session, "SPS")["visits"]] == [TRUE]
        assert [row.visit for row in cars.find(session, "SPS", TRUE, LATER)] == [visit]
        assert cars.find(session, "SPS", READ, LATER) == []
        assert plates_of(session, {visit}, Plates.FULL) == {visit: Shown("30F-567.01", "24A-123.78")}
        assert plates_of(session, {visit}, Plates.MASKED) == {visit: Shown("30F-***.01", "24A-***.78")}
        assert [each.visit for each in cards.open_visits(session, "SPS", LATER, TRUE, 5)[0]] == [visit]
        assert cards.open_visits(session, "SPS", LATER, READ, 5) == ([], 0)
        assert session.exec(select(VaultReadRow.plate)).one() == READ
    with transaction(engine) as session:
        shown = stays.shown(session, visit, "lan", LATER, plates=True)
    assert shown is not None
    assert shown["entry"]["plate"] == TRUE


def test_an_exit_is_matched_by_it(engine: Engine, visit: str) -> None:
    with reading(engine) as session:
        (stay,) = troubled.came(session, "SPS", LATER)
    assert stay.name == visit
    assert (stay.read.text, set(stay.read.sure), stay.read.others) == (TRUE, {troubled.SAID}, ())


def test_the_boxes_are_told_at_once_and_as_long_as_it_is_inside(engine: Engine) -> None:
    visit, box = reference(1), Box()
    book(engine, *box.arrives(visit, MORNING, plate=READ))
    with reading(engine) as session:
        before = told_stays.terms(session, "SPS")
    assert lease_of(engine).inside == ()
    correct(engine, visit)
    with reading(engine) as session:
        assert told_stays.terms(session, "SPS") != before
    assert [(each.visit, each.plate) for each in lease_of(engine).inside] == [(visit, TRUE)]
    book(engine, *box.is_priced(visit, MORNING, LATER), *box.leaves(visit, LATER))
    assert lease_of(engine).inside == ()


def test_the_car_leaves_the_box_by_the_corrected_plate(engine: Engine, tmp_path: Path) -> None:
    """The box opened the visit itself, with its wrong read; the next paper of the centre says the plate."""
    visits = Visits(Store(tmp_path / "box.db"), DeskClock(), "SPS", b"a secret of the box's site")
    visit = visits.open(READ, VehicleClass.CAR9, "in-1", others=(("24A12379", 0.3),))
    visits.entered(visit, MORNING)
    book(engine, *Box().arrives(visit, MORNING, plate=READ))
    assert rank(TRUE, VehicleClass.CAR9, visits.leaving("out-1")).margin == 0.0
    correct(engine, visit)
    visits.told(lease_of(engine))
    ranking = rank(TRUE, VehicleClass.CAR9, visits.leaving("out-1"))
    assert ranking.candidates[0].visit == visit
    assert ranking.margin > 0.9
    assert [(each.plate, each.others) for each in visits.inside()] == [(TRUE, ())]
    visits.left(visit, LATER)
    visits.told(lease_of(engine))
    assert visits.inside() == []
