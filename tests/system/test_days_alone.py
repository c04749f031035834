"""A box whose centre is away for days, longer than its lease: the same decisions, and on return the same books.

The box is a real one at a desk, the centre's books are real ones; between them is what a line would carry.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Engine

from edge.journal.outbox import after
from gate import signing
from gate.lease import Delta, Entry, Expired, Policy, Standing, Unpaid
from gate.messages import ArmRaised, Direction, OpeningReason, PersonWanted, Quoted, VehiclePassed, Why
from gate.topics import Channel, Topic
from server.db import connect, migrate, reading, transaction
from server.derived import VisitRow
from server.ingest import Arrival, Taken
from server.leases import paid_change
from server.ledger import owed
from server.register import LeaseRow
from tests.edge.desk import BOX, CAR, KEY, TARIFF, Desk, lease
from tests.edge.fakes import MORNING
from tests.server.box import book, notice, paid, register

DAYS_S: Final = 4 * 86_400
PATIENCE_S: Final = 20
PAYS, OWES, MONTHLY = "24A12378", "29B07788", "51K77777"
PASS = Entry(entry="SPS-L000001", standing=Standing.PASS, since=MORNING, plate=MONTHLY)
PRICED = type(TARIFF)(**{name: getattr(TARIFF, name) for name in TARIFF.__struct_fields__ if name != "free_minutes"})


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Engine]:
    """The centre's books, which know nothing yet."""
    engine = connect(f"sqlite:///{tmp_path / 'books.sqlite'}")
    migrate(engine)
    register(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A box that is about to be alone."""
    made = Desk(tmp_path / "data")
    yield made
    made.audit()
    made.store.close()


def leave_alone(desk: Desk, policy: Policy, *, days: float = 1) -> None:
    """A last lease, good for so many days."""
    paper = lease(2, policy=policy, lists=(PASS,), tariff=PRICED, expires_at=MORNING + timedelta(days=days))
    desk.papers.lease_came(signing.sign(paper, KEY))
    for lane in desk.lanes.values():
        lane.has_patience(policy.patience_s)


def goes_out(desk: Desk, plate: str) -> None:
    """A vehicle comes to the exit and shows no payment; it leaves if it may."""
    desk.arrive("out-1", plate, CAR)
    desk.turn(PATIENCE_S + 5)
    raised = desk.facts(ArmRaised, "out-1")
    passed = desk.facts(VehiclePassed, "out-1")
    if len(raised) > len(passed):
        desk.drives_through("out-1")
        desk.turn(5)


def returns(desk: Desk, books: Engine) -> Taken:
    """The line is back: all that is not acknowledged goes up, in order."""
    topic = Topic("SPS", BOX, Channel.EVENT)
    taken = book(books, *(Arrival(topic, entry.payload) for entry in after(desk.store, 0, 10_000)))
    (ack,) = taken.acks.values()
    assert ack.sequence == desk.outbox.last
    return taken


def owing(books: Engine, visit: str) -> int:
    with reading(books) as session:
        return owed(session, visit)


def out(desk: Desk) -> list[OpeningReason]:
    return [raised.reason for raised in desk.facts(ArmRaised, "out-1")]


@pytest.mark.parametrize("days", [1, 30], ids=["lease expired", "lease good"])
def test_whoever_cannot_be_confirmed_is_let_out_and_billed(desk: Desk, books: Engine, days: int) -> None:
    leave_alone(desk, Policy(unpaid=Unpaid.BILL, patience_s=PATIENCE_S), days=days)
    pays, owes, monthly = (desk.comes_in(plate) for plate in (PAYS, OWES, MONTHLY))
    desk.turn(DAYS_S)
    assert desk.papers.expired() is (days == 1)
    for plate in (PAYS, OWES, MONTHLY):
        goes_out(desk, plate)
    assert out(desk) == [OpeningReason.BILLED, OpeningReason.BILLED, OpeningReason.PASS]
    assert [quoted.total for quoted in desk.facts(Quoted)] == [30_000, 30_000, 0]
    assert desk.comes_in("30F55555"), "entries go on"
    assert desk.facts(PersonWanted) == []
    paid(books, notice(1, pays), desk.clock.now())
    assert owing(books, pays) == 0, "nobody has told the centre of this stay"
    settled = [each.visit for each in returns(desk, books).settled]
    assert settled == [pays]
    assert [owing(books, visit) for visit in (pays, owes, monthly)] == [0, 30_000, 0]
    returns(desk, books)
    assert [owing(books, visit) for visit in (pays, owes, monthly)] == [0, 30_000, 0], "once, however often it is sent"


def test_whoever_cannot_be_confirmed_waits_for_the_attendant_and_leaves_when_the_money_is_seen(
    desk: Desk, books: Engine
) -> None:
    leave_alone(desk, Policy(unpaid=Unpaid.HOLD, patience_s=PATIENCE_S))
    pays, monthly = desk.comes_in(PAYS), desk.comes_in(MONTHLY)
    desk.turn(DAYS_S)
    goes_out(desk, MONTHLY)
    goes_out(desk, PAYS)
    assert out(desk) == [OpeningReason.PASS]
    (wanted,) = desk.facts(PersonWanted)
    assert (wanted.why, wanted.candidates) == (Why.UNPAID, ((pays, 1.0),))
    with transaction(books) as session:
        session.add(LeaseRow(box=BOX, number=2, delta=0, expires_at=MORNING))
    paid(books, notice(1, pays), desk.clock.now())
    ((_, settled),) = returns(desk, books).settled
    assert settled == pays
    with transaction(books) as session:
        (paper,) = paid_change(session, "SPS", settled, KEY)
    delta = signing.opened(paper.payload, Delta, KEY.public_key())
    assert (desk.papers.delta_came(paper.payload), delta.paid) == (delta, (pays,)), "in turn, though the lease is over"
    desk.open_paid(pays)
    desk.turn(2)
    desk.drives_through("out-1")
    desk.turn(5)
    assert out(desk) == [OpeningReason.PASS, OpeningReason.PAID]
    returns(desk, books)
    with reading(books) as session:
        stays = [session.get_one(VisitRow, visit) for visit in (pays, monthly)]
    assert all(stay.left_at for stay in stays)
    assert owing(books, pays) == 0


@pytest.mark.parametrize(
    ("expired", "reasons"),
    [(Expired.CONTINUE, [OpeningReason.BILLED, OpeningReason.PASS]), (Expired.HOLD, [OpeningReason.PASS])],
)
def test_an_old_lease_may_hold_debts_and_never_passes(
    desk: Desk, expired: Expired, reasons: list[OpeningReason]
) -> None:
    leave_alone(desk, Policy(unpaid=Unpaid.BILL, patience_s=PATIENCE_S, expired=expired))
    for plate in (PAYS, MONTHLY):
        desk.comes_in(plate)
    desk.turn(DAYS_S)
    goes_out(desk, PAYS)
    if expired is Expired.HOLD:
        assert [wanted.why for wanted in desk.facts(PersonWanted)] == [Why.UNPAID]
        desk.backs_out("out-1")
        desk.turn(2)
    goes_out(desk, MONTHLY)
    assert out(desk) == reasons


def test_a_box_alone_says_so_and_decides_the_same_after_a_restart(desk: Desk) -> None:
    leave_alone(desk, Policy(unpaid=Unpaid.BILL, patience_s=PATIENCE_S))
    desk.comes_in(PAYS)
    assert desk.lanes["in-1"].state().mode == "normal"
    desk.turn(DAYS_S)
    desk.restart()
    assert {lane.state().mode for lane in desk.lanes.values()} == {"lease expired"}
    goes_out(desk, PAYS)
    assert out(desk) == [OpeningReason.BILLED]
    assert [passed.direction for passed in desk.facts(VehiclePassed)] == [Direction.IN, Direction.OUT]
