"""A driver's car by its plate and how its stay stands, on both databases."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from gate.tariff import Rate, Step, Tariff, Turn, load
from gate.vehicle import VehicleClass
from gate.wire import encode
from server import cars
from server.cars import Bill, Stand
from server.db import reading, transaction
from server.register import TariffRow
from tests.server.box import MORNING, TARIFF, Box, book, notice, paid, reference

VISIT, OTHER = reference(1), reference(2)
HOUR = timedelta(hours=1)


def found(engine: Engine, typed: str, at: datetime = MORNING + HOUR, site: str = "SPS") -> list[str]:
    with reading(engine) as session:
        return [row.visit for row in cars.find(session, site, typed, at)]


def bill(engine: Engine, at: datetime, visit: str = VISIT) -> Bill:
    with reading(engine) as session:
        made = cars.bill(session, visit, at)
    assert made is not None
    return made


def hourly(engine: Engine, **changes: Any) -> None:
    """10,000 for every started hour, the first 15 minutes free."""
    step = Step(price=10_000, every=60)
    rate = Rate(name="day", rows={VehicleClass.CAR9: (step,)})
    turns = {VehicleClass.CAR9: Turn(price=10_000, ceiling=900_000, cap=900_000)}
    made = Tariff(
        code="hourly-1",
        since=TARIFF.since + HOUR,
        legal_basis="x",
        turns=turns,
        vat=TARIFF.vat,
        rates=(rate,),
        free_minutes=15,
        **changes,
    )
    with transaction(engine) as session:
        body = encode(load(encode(made))).decode()
        session.add(TariffRow(site="SPS", code=made.code, since=made.since, body=body))


@pytest.fixture
def box(engine: Engine) -> Box:
    made = Box()
    book(engine, *made.arrives(VISIT, MORNING, plate="30A12345"), *made.arrives(OTHER, MORNING, plate="29C88888"))
    return made


@pytest.mark.parametrize(
    "typed", ["30A12345", "30a-123.45", "3OA12345", "30A1234", "30A12346", "30A123450", "3OA I2345"]
)
def test_a_plate_is_found_with_its_slips(engine: Engine, box: Box, typed: str) -> None:
    assert box.sequence
    assert found(engine, typed) == [VISIT]


@pytest.mark.parametrize(
    "typed", ["", "30A", "12345", "30A12", "30A12399", "A12345", "51F00000", "%", "<script>", "30A12345" * 9]
)
def test_a_part_or_another_plate_finds_nobody(engine: Engine, box: Box, typed: str) -> None:
    assert box.sequence
    assert found(engine, typed) == []


def test_a_part_of_a_short_plate_is_no_plate(engine: Engine, box: Box) -> None:
    book(engine, *box.arrives(reference(9), MORNING, plate="TH1234"))
    assert found(engine, "TH1235") == [reference(9)]
    assert found(engine, "H1234") == []


def test_too_many_are_none_and_the_plate_itself_hides_its_neighbours(engine: Engine, box: Box) -> None:
    for number in range(4):
        book(engine, *box.arrives(reference(10 + number), MORNING, plate=f"51F4321{number}"))
    assert found(engine, "51F43217") == []
    assert found(engine, "51F43212") == [reference(12)]
    assert found(engine, "51F43212", site="SPL") == []


def test_a_car_that_left_is_found_for_a_day(engine: Engine, box: Box) -> None:
    book(engine, *box.is_priced(VISIT, MORNING, MORNING + HOUR, plate="30A12345"), *box.leaves(VISIT, MORNING + HOUR))
    left = MORNING + HOUR + timedelta(seconds=1)
    assert found(engine, "30A12345", left + cars.SINCE) == [VISIT]
    assert found(engine, "30A12345", left + cars.SINCE + timedelta(seconds=1)) == []


def test_before_the_exit_the_price_list_tells_and_until_when(engine: Engine, box: Box) -> None:
    assert box.sequence
    hourly(engine)
    entered = bill(engine, MORNING + HOUR).visit.entered_at
    assert entered is not None
    free = bill(engine, entered + timedelta(minutes=10))
    assert (free.stand, free.owes, free.total) == (Stand.FREE, 0, 0)
    assert free.until is not None
    assert timedelta(minutes=14) <= free.until - entered <= timedelta(minutes=15)
    later = bill(engine, entered + timedelta(minutes=90))
    assert (later.stand, later.owes, later.plate, sum(line.amount for line in later.lines)) == (
        Stand.OWES,
        20_000,
        "30A12345",
        20_000,
    )
    assert later.until is not None
    assert timedelta(minutes=119) <= later.until - entered <= timedelta(minutes=120)
    assert bill(engine, entered + timedelta(minutes=90, seconds=40)).until == later.until


def test_money_that_came_early_is_counted_and_the_rest_is_asked_for(engine: Engine, box: Box) -> None:
    assert box.sequence
    hourly(engine)
    at = MORNING + timedelta(minutes=90)
    paid(engine, notice(1, f"GUI XE {VISIT}", 20_000), at)
    stands = bill(engine, at)
    assert (stands.stand, stands.paid, stands.owes) == (Stand.PAID, 20_000, 0)
    assert stands.until is not None
    more = bill(engine, MORNING + timedelta(minutes=150))
    assert (more.stand, more.total, more.paid, more.owes) == (Stand.OWES, 30_000, 20_000, 10_000)


def test_a_quote_is_paid_and_the_grace_to_leave_runs(engine: Engine, box: Box) -> None:
    at = MORNING + HOUR
    book(engine, *box.is_priced(VISIT, MORNING, at, plate="30A12345"))
    assert (bill(engine, at).stand, bill(engine, at).owes) == (Stand.OWES, 30_000)
    paid(engine, notice(1, f"GUI XE {VISIT}", 10_000), at)
    assert (bill(engine, at).owes, bill(engine, at).paid) == (20_000, 10_000)
    paid(engine, notice(2, f"GUI XE {VISIT}", 20_000), at + timedelta(minutes=1))
    stands = bill(engine, at + timedelta(minutes=2))
    assert (stands.stand, stands.owes, stands.paid) == (Stand.PAID, 0, 30_000)
    assert stands.until == at + timedelta(minutes=1 + TARIFF.grace_to_leave_minutes)
    book(engine, *box.leaves(VISIT, at + timedelta(minutes=3)))
    assert bill(engine, at + HOUR).stand is Stand.LEFT
    with reading(engine) as session:
        assert [row.amount for row in cars.payments(session, VISIT)] == [10_000, 20_000]


def test_after_the_grace_the_longer_stay_is_asked_for(engine: Engine, box: Box) -> None:
    hourly(engine)
    at = MORNING + timedelta(minutes=30)
    book(engine, *box.is_priced(VISIT, MORNING, at, total=10_000, plate="30A12345"))
    paid(engine, notice(1, f"GUI XE {VISIT}", 10_000), at)
    assert bill(engine, at + timedelta(minutes=15)).stand is Stand.PAID
    late = bill(engine, MORNING + timedelta(minutes=100))
    assert (late.stand, late.total, late.paid, late.owes) == (Stand.OWES, 20_000, 10_000, 10_000)


def test_a_voided_or_unknown_stay_is_not_there(engine: Engine) -> None:
    with reading(engine) as session:
        assert cars.bill(session, "SPS22222222", MORNING) is None
