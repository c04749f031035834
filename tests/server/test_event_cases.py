"""An event without a second person's word on its prices, or with too few people on shift, is a case until it is not."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from gate.findings import Code
from gate.messages import LaneMode
from gate.vehicle import VehicleClass
from server import drafts, event_cases, findings, planned_events, shifts
from server.db import reading, transaction
from server.derived import FindingRow
from server.planned_events import Plan, Post
from tests.server.box import MORNING as NOW

HOUR = timedelta(hours=1)
START, END = NOW + 30 * HOUR, NOW + 34 * HOUR
NAME = "SPS-E00001"
OPEN, SHORT = Code.EVENT_NOT_APPROVED, Code.EVENT_UNDERSTAFFED


def planned(engine: Engine, *, people: int = 0, since: datetime = START, until: datetime = END) -> None:
    prices = {} if people else {VehicleClass.CAR9: 25_000}
    staff = (Post("soát vé", "in-1", "", people - 1), Post("trưởng ca", people=1)) if people else ()
    with transaction(engine) as session:
        planned_events.plan(session, "SPS", Plan("Giải đua", since, until, prices, {}, staff), "lan", NOW)


def awaited(engine: Engine, now: datetime) -> list[tuple[Code, datetime]]:
    with reading(engine) as session:
        return [(each.code, each.due) for each in event_cases.expected(session, "SPS", now)]


def cases(engine: Engine, now: datetime) -> list[str]:
    with transaction(engine) as session:
        findings.sync(session, "SPS", now)
    with reading(engine) as session:
        rows = select(FindingRow).where(FindingRow.subject == NAME)
        return [row.code for row in session.exec(rows) if row.closed_at is None]


def test_prices_that_nobody_approved_are_a_case_a_day_before_until_somebody_does(engine: Engine) -> None:
    planned(engine)
    assert awaited(engine, START - 25 * HOUR) == []
    assert awaited(engine, START - 23 * HOUR) == [(OPEN, START - 24 * HOUR)]
    assert cases(engine, START - 25 * HOUR) == []
    assert cases(engine, START - 23 * HOUR) == [OPEN]
    with transaction(engine) as session:
        drafts.decide(session, "SPS", NAME, "minh", "đúng", START - 22 * HOUR)
    assert cases(engine, START - 21 * HOUR) == []


def test_a_list_that_was_refused_or_withdrawn_is_none_and_what_is_over_needs_none(engine: Engine) -> None:
    planned(engine)
    with transaction(engine) as session:
        drafts.decide(session, "SPS", NAME, "minh", "sai giá", NOW, agrees=False)
    assert awaited(engine, START) == [(OPEN, START - 24 * HOUR)]
    with transaction(engine) as session:
        drafts.withdraw(session, "SPS", NAME, "minh", "bỏ", NOW)
    assert cases(engine, END - HOUR) == [OPEN]
    assert cases(engine, END) == []


def test_an_event_planned_late_leaves_an_hour_for_the_second_person(engine: Engine) -> None:
    planned(engine, since=NOW + 3 * HOUR)
    assert awaited(engine, NOW) == [(OPEN, NOW + HOUR)]
    planned(engine, since=NOW + HOUR / 2, until=NOW + 2 * HOUR)
    assert (OPEN, NOW + HOUR / 2) in awaited(engine, NOW)


def test_what_was_undone_is_expected_no_more(engine: Engine) -> None:
    planned(engine)
    with transaction(engine) as session:
        planned_events.undo(session, NAME, "mưa to", "lan", NOW)
    assert awaited(engine, START - HOUR) == []


def test_too_few_on_shift_are_a_case_from_its_beginning_until_enough_are(engine: Engine) -> None:
    planned(engine, people=2)
    with transaction(engine) as session:
        shifts.begin(session, "SPS", by="lan", opening_cash=0, now=NOW)
        shifts.begin(session, "SPL", by="hoa", opening_cash=0, now=NOW)  # elsewhere
    assert awaited(engine, START - HOUR) == []
    assert cases(engine, START) == [SHORT]
    with reading(engine) as session:
        row = session.get_one(FindingRow, (SHORT, NAME))
        assert ('"needed":"2"' in row.evidence, '"on_shift":"1: lan"' in row.evidence) == (True, True)
    with transaction(engine) as session:
        begun = shifts.begin(session, "SPS", by="minh", opening_cash=0, now=START)
    assert cases(engine, START + HOUR / 2) == []
    with transaction(engine) as session:
        shifts.hand_over(session, begun.shift, by="minh", to="lan", counted=0, left=0, note="", now=START + HOUR)
    assert cases(engine, START + HOUR) == [SHORT]
    assert cases(engine, END) == []


@pytest.mark.parametrize("people", [-1, 100])
def test_a_number_of_people_that_cannot_be_is_refused(sqlite: Engine, people: int) -> None:
    wanted = Plan("Giải đua", START, END, {}, {"in-1": LaneMode.FREE}, (Post("x", people=people),))
    with reading(sqlite) as session, pytest.raises(planned_events.BadEvent, match=r"^people: 0 to 99"):
        planned_events.effect(session, "SPS", wanted, NOW)
