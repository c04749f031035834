"""A site's day out of the books, against what is known to have happened."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from gate.findings import Code
from gate.messages import ArmRaised, Direction, OpeningReason, VehiclePassed
from gate.reconcile import Report
from server.db import reading
from server.reconcile import NoSuchSite, report
from tests.server.box import MORNING, Box, book, notice, paid, reference

DAY = date(2026, 11, 23)
HOUR = timedelta(hours=1)
NIGHT = MORNING + 12 * HOUR


def of(engine: Engine, now: datetime = NIGHT, on: date = DAY, site: str = "SPS") -> Report:
    with reading(engine) as session:
        return report(session, site, on, now)


def codes(found: Report) -> list[Code]:
    return [finding.code for finding in found.findings]


def a_good_stay(engine: Engine, box: Box, number: int = 1, entered: datetime = MORNING) -> str:
    visit, left = reference(number), entered + HOUR
    book(engine, *box.arrives(visit, entered), *box.is_priced(visit, entered, left - timedelta(seconds=30)))
    assert paid(engine, notice(number, f"CT {visit} xe"), left - timedelta(seconds=9)).settled
    book(engine, *box.leaves(visit, left))
    return visit


def test_a_day_without_fault_has_no_findings(engine: Engine) -> None:
    box = Box()
    for number in range(1, 4):
        a_good_stay(engine, box, number, MORNING + number * HOUR)
    found = of(engine)
    assert found.findings == ()
    assert [(each.code, each.amount) for each in found.in_transit] == [(Code.NOT_IN_BANK, 90_000)]
    counts = {"openings": 6, "passages": 6, "entries": 3, "exits": 3, "visits": 3, "inside": 0, "charges": 3}
    assert {name: found.counts[name] for name in counts} == counts
    assert found.counts["openings_admitted"] == found.counts["openings_paid"] == 3
    there = {name: amount for name, amount in found.money.items() if amount}
    assert there == dict.fromkeys(("charged", "paid", "received", "awaiting_bank", "in_transit"), 90_000)


def test_hours_add_up_to_the_day(engine: Engine) -> None:
    box = Box()
    for number in range(1, 4):
        a_good_stay(engine, box, number, MORNING + number * HOUR)
    hours = of(engine).hours
    assert [hour.hour for hour in hours] == list(range(24))
    assert [hour.entries for hour in hours][9:12] == [1, 1, 1]
    assert [hour.exits for hour in hours][10:13] == [1, 1, 1]
    assert sum(hour.charged for hour in hours) == sum(hour.paid for hour in hours) == 90_000


def test_another_site_sees_nothing_of_it(engine: Engine) -> None:
    a_good_stay(engine, Box())
    found = of(engine, site="SPL")
    assert not any(found.counts.values())
    assert not any(found.money.values())
    with pytest.raises(NoSuchSite, match="XXX"):
        of(engine, site="XXX")


def test_one_who_left_without_paying_is_in_transit_and_a_minute_later_a_finding(engine: Engine) -> None:
    visit = reference(1)
    book(engine, *Box().stays(visit, MORNING, MORNING + HOUR))
    left = MORNING + HOUR + timedelta(seconds=1)
    before, after = of(engine, left + timedelta(seconds=59)), of(engine, left + timedelta(seconds=60))
    assert [finding.code for finding in before.in_transit] == [Code.LEFT_NOT_PAID]
    assert codes(before) == []
    (finding,) = after.findings
    assert (finding.code, finding.visit, finding.amount) == (Code.LEFT_NOT_PAID, visit, 30_000)
    assert finding.due == left + timedelta(minutes=1)
    assert after.money["outstanding"] == 30_000


def test_money_that_comes_late_settles_the_day_of_the_exit(engine: Engine) -> None:
    visit = reference(1)
    book(engine, *Box().stays(visit, MORNING, MORNING + HOUR))
    paid(engine, notice(1, visit), MORNING + 26 * HOUR)  # on the next day
    then = of(engine, MORNING + 30 * HOUR)
    assert codes(then) == [Code.PAID_LATE]
    assert (then.money["charged"], then.money["paid"], then.money["received"]) == (30_000, 30_000, 0)
    next_day = of(engine, MORNING + 30 * HOUR, DAY + timedelta(days=1))
    assert (next_day.money["charged"], next_day.money["received"], next_day.money["unapplied"]) == (0, 30_000, 0)
    assert codes(next_day) == [Code.NOT_IN_BANK, Code.PAID_LATE]  # and no statement shows it by noon


def test_a_charge_belongs_to_the_local_date_of_the_exit(engine: Engine) -> None:
    midnight = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # in Sa Pa
    box, visit = Box(), reference(1)
    book(engine, *box.arrives(visit, midnight - HOUR), *box.is_priced(visit, midnight - HOUR, midnight))
    paid(engine, notice(1, visit, transactionDate="2026-11-23 23:59:58"), midnight - timedelta(seconds=1))
    book(engine, *box.leaves(visit, midnight - timedelta(seconds=0.5)))  # raised before, passed after midnight
    first, second = of(engine, midnight + HOUR), of(engine, midnight + HOUR, DAY + timedelta(days=1))
    assert (first.money["charged"], second.money["charged"], second.money["paid"]) == (0, 30_000, 30_000)
    assert (first.counts["openings"], first.counts["exits"], first.counts["inside"]) == (2, 0, 1)
    assert (second.counts["openings"], second.counts["exits"], second.counts["inside"]) == (0, 1, 0)
    assert codes(first) == codes(second) == []  # the opening is used, the passage had one: on either side of midnight


@pytest.mark.parametrize(
    ("amounts", "expected", "unapplied"),
    [
        ([30_000], [], 0),
        ([30_000, 30_000], [Code.PAID_TWICE], 30_000),
        ([50_000], [Code.AMOUNT_DIFFERS], 20_000),
        ([20_000], [Code.LEFT_NOT_PAID], 0),
        ([20_000, 10_000], [], 0),
    ],
    ids=["right", "twice", "over", "under", "in two parts"],
)
def test_every_amount_has_one_outcome(engine: Engine, amounts: list[int], expected: list[Code], unapplied: int) -> None:
    box, visit, left = Box(), reference(1), MORNING + HOUR
    book(engine, *box.arrives(visit, MORNING), *box.is_priced(visit, MORNING, left - timedelta(minutes=1)))
    for number, amount in enumerate(amounts, 1):
        paid(engine, notice(number, visit, amount), left - timedelta(seconds=40 - number))
    book(engine, *box.leaves(visit, left))
    found = of(engine)
    assert codes(found) == expected
    assert found.money["received"] == sum(amounts)
    assert found.money["unapplied"] == unapplied


def test_too_little_before_the_exit_is_a_case_while_it_stands_there(engine: Engine) -> None:
    box, visit = Box(), reference(1)
    book(engine, *box.arrives(visit, MORNING), *box.is_priced(visit, MORNING, MORNING + HOUR))
    paid(engine, notice(1, visit, 20_000, transactionDate="2026-11-23 09:00:00"), MORNING + HOUR)
    found = of(engine, MORNING + HOUR + timedelta(minutes=1))
    assert [(finding.code, finding.amount) for finding in found.findings] == [(Code.AMOUNT_DIFFERS, 10_000)]


def test_money_before_its_price_waits_and_is_then_applied(engine: Engine) -> None:
    box, visit, early = Box(), reference(1), MORNING + timedelta(minutes=30)
    book(engine, *box.arrives(visit, MORNING))
    assert paid(engine, notice(1, visit), early).settled is None
    waiting = of(engine, early)
    assert (waiting.money["unapplied"], codes(waiting)) == (30_000, [])
    assert [finding.code for finding in waiting.in_transit if finding.amount] == [
        Code.AMOUNT_DIFFERS,
        Code.NOT_IN_BANK,
    ]
    taken = book(engine, *box.is_priced(visit, MORNING, MORNING + HOUR))
    assert [settled.visit for settled in taken.settled] == [visit]
    book(engine, *box.leaves(visit, MORNING + HOUR))
    found = of(engine)
    assert (found.money["unapplied"], found.money["paid"], codes(found)) == (0, 30_000, [])


def test_money_for_nobody_is_a_finding_of_its_value(engine: Engine) -> None:
    paid(engine, notice(1, "tien gui xe", 12_000), MORNING)
    paid(engine, notice(2, reference(99), 13_000), MORNING)  # sound, but nobody's
    found = of(engine)
    assert [(finding.code, finding.amount) for finding in found.findings] == [
        (Code.PAYMENT_UNKNOWN, 13_000),
        (Code.PAYMENT_UNKNOWN, 12_000),
    ]
    assert found.money["unapplied"] == 25_000


def test_one_let_out_without_a_price_is_a_finding(engine: Engine) -> None:
    box, visit = Box(), reference(1)
    book(engine, *box.arrives(visit, MORNING))
    book(engine, *box.leaves(visit, MORNING + HOUR, OpeningReason.PERSON, by="lan", note="xe cấp cứu"))
    assert codes(of(engine)) == [Code.LEFT_NOT_PRICED]


def test_openings_need_a_reason_and_a_passage(engine: Engine) -> None:
    box = Box()
    raised = ArmRaised(lane="out-1", opening=box.id(), reason=OpeningReason.BY_HAND, by="hand")
    book(engine, box.fact(raised, MORNING))
    book(engine, box.fact(passed(box, "in-1", Direction.IN), MORNING))
    book(engine, box.fact(passed(box, "out-1", Direction.OUT), MORNING))
    found = of(engine)
    assert sorted(codes(found)) == sorted(
        [
            Code.OPENING_UNEXPLAINED,
            Code.PASSAGE_WITHOUT_OPENING,
            Code.COUNT_DRIFT,
            Code.PASSAGE_WITHOUT_OPENING,
            Code.EXIT_WITHOUT_ENTRY,
        ]
    )


def passed(box: Box, lane: str, direction: Direction) -> VehiclePassed:
    return VehiclePassed(lane=lane, direction=direction, passage=box.id(), opening=None, visit=None)


def test_a_stay_of_a_day_and_a_plate_not_read(engine: Engine) -> None:
    book(engine, *Box().arrives(reference(1), MORNING, plate=""))
    now = MORNING + 24 * HOUR + timedelta(seconds=2)
    assert sorted(codes(of(engine, now))) == [Code.ENTRY_WITHOUT_EXIT, Code.UNREAD]
    assert codes(of(engine, now - timedelta(seconds=2))) == [Code.UNREAD]


def test_the_same_books_give_the_same_report(engine: Engine) -> None:
    a_good_stay(engine, Box())
    assert of(engine) == of(engine)
