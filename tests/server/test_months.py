"""A month of a site: closed days as they were closed, open ones as they are, and the sums of both."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from gate.vehicle import VehicleClass
from server import months
from server.db import reading
from server.months import State
from server.reconcile import report
from tests.server.box import Box, notice, paid, reference
from tests.server.closed import CAR, DAY, FIRST, a_day, after, some_closed_days

NOVEMBER = months.dates_of(2026, 11)


def test_days_are_closed_open_running_or_to_come(engine: Engine) -> None:
    box = some_closed_days(engine, 2)
    a_day(engine, box, FIRST + 2 * DAY, stays=3)
    now = after(FIRST + 2 * DAY)
    with reading(engine) as session:
        lines = {line.on: line for line in months.month(session, "SPS", NOVEMBER, now)}
        third = report(session, "SPS", FIRST + 2 * DAY, now)
    assert list(lines) == NOVEMBER
    assert [lines[FIRST + n * DAY].state for n in range(5)] == [
        *[State.CLOSED] * 2,
        State.OPEN,
        State.RUNNING,
        State.TO_COME,
    ]
    assert [lines[FIRST - n * DAY].state for n in (1, 2)] == [State.BEFORE] * 2, "nothing was there to close"
    assert lines[FIRST].money["charged"] == 2 * CAR
    assert lines[FIRST + 2 * DAY].money == third.money
    assert lines[FIRST + 2 * DAY].leakage == third.leakage
    assert lines[FIRST].leakage is not None  # its close kept it


def test_the_months_total_is_the_sum_of_its_days(engine: Engine) -> None:
    box = some_closed_days(engine, 2)
    a_day(engine, box, FIRST + 2 * DAY, stays=3, pay=False)
    with reading(engine) as session:
        lines = months.month(session, "SPS", NOVEMBER, after(FIRST + 2 * DAY))
    total = months.totals(lines)
    assert total.money["charged"] == 7 * CAR == sum(line.money.get("charged", 0) for line in lines)
    assert total.money["outstanding"] == 3 * CAR
    assert total.counts["entries"] == 7
    assert total.findings == sum(line.findings for line in lines) > 0
    assert total.counts["inside"] == 0


def test_a_day_before_the_books_waits_once_something_is_known_of_it(engine: Engine) -> None:
    a_day(engine, Box(), FIRST + DAY)
    days = [FIRST, FIRST + DAY, FIRST + 2 * DAY]
    with reading(engine) as session:
        lines = months.month(session, "SPS", days, after(FIRST + 2 * DAY))
    assert [line.state for line in lines] == [State.BEFORE, State.OPEN, State.OPEN], "a quiet day later is closed too"
    a_day(engine, Box(journal="fedcba9876543210"), FIRST)
    with reading(engine) as session:
        assert months.month(session, "SPS", [FIRST], after(FIRST))[0].state is State.OPEN


def test_a_closed_day_stays_as_it_was_closed(engine: Engine) -> None:
    some_closed_days(engine, 1)
    visit, day = reference(99), after(FIRST)
    paid(engine, notice(99, visit, transactionDate="2026-11-23 20:00:00"), day - timedelta(hours=12))
    with reading(engine) as session:
        line = months.month(session, "SPS", [FIRST], day)[0]
        now = report(session, "SPS", FIRST, day)
    assert line.money["received"] == 2 * CAR < now.money["received"]


def test_vehicles_by_hour_and_class_are_all_of_them(engine: Engine) -> None:
    a_day(engine, Box(), FIRST, stays=3)
    with reading(engine) as session:
        found = months.by_class(session, "SPS", [FIRST])
        month = months.by_class(session, "SPS", NOVEMBER)
        counts = report(session, "SPS", FIRST, after(FIRST)).counts
    assert found == month
    assert sum(map(sum, found.values())) == counts["visits"] == 3
    assert [hour for hour, count in enumerate(found[VehicleClass.CAR9]) if count] == [8, 9, 10]


def test_the_cashless_share_is_of_what_came_on_the_day(engine: Engine) -> None:
    a_day(engine, Box(), FIRST, stays=2)
    with reading(engine) as session:
        found = months.shares(session, "SPS", [FIRST, FIRST + DAY])
    assert (found[FIRST].received, found[FIRST].cashless) == (2 * CAR, 1.0)
    assert found[FIRST + DAY].cashless is None
    assert months.Share(100, 25).cashless == pytest.approx(0.75)


def test_months_have_neighbours_within_what_books_can_have() -> None:
    assert months.dates_of(2028, 2)[-1] == date(2028, 2, 29)
    assert list(months.near(2026, 12, 1)) == [(2027, 1)]
    assert list(months.near(2026, 1, -1)) == [(2025, 12)]
    assert list(months.near(2000, 1, -1)) == []
    assert list(months.near(2200, 12, 1)) == []
    with pytest.raises(ValueError, match="month"):
        months.dates_of(2026, 13)
