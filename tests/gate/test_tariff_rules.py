"""What holds for every price list that passes `checked`, whatever stands in it."""

import json
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gate.money import vat_in
from gate.tariff import (
    AboveCeiling,
    BadTariff,
    Boundary,
    Falling,
    Hours,
    Per,
    Rate,
    Rounding,
    Season,
    Step,
    Tariff,
    Turn,
    VatRate,
    Way,
    checked,
    leave_until,
    load,
    lost_entry,
    price,
    quoted_until,
    still_owed,
)
from gate.tariff.days import lunar
from gate.tariff.ladder import Piece
from gate.tariff.pricing import guard
from gate.vehicle import VehicleClass
from tests.gate.samples import HANOI, TARIFF
from tests.gate.test_bills import TARIFFS, WORKED

CAR: Final = VehicleClass.CAR9
START: Final = datetime(2026, 11, 23, tzinfo=HANOI)
UNIT: Final = 500
VAT: Final = tuple(
    VatRate(since=datetime(year, 1, 1, tzinfo=HANOI), rate_bp=rate) for year, rate in ((2026, 800), (2027, 1_000))
)
dongs = st.integers(0, 400).map(lambda hundreds: hundreds * 100)
times = st.one_of(
    st.integers(0, 5 * 96).map(lambda quarters: timedelta(minutes=15 * quarters)),
    st.timedeltas(timedelta(0), timedelta(days=5)),
)


@st.composite
def ladders(draw: st.DrawFn) -> tuple[Step, ...]:
    every = st.none() | st.sampled_from([30, 60, 240])
    firm = st.builds(Step, price=dongs, minutes=st.sampled_from([30, 60, 90, 600]), every=every)
    return (*draw(st.lists(firm, max_size=2)), Step(price=draw(dongs), every=draw(every)))


@st.composite
def rates(draw: st.DrawFn, name: str) -> Rate:
    clocks = st.sampled_from(["00:00", "06:00", "12:30", "18:00", "22:00"])
    hours = draw(st.none() | st.tuples(clocks, clocks).filter(lambda two: two[0] != two[1]))
    return Rate(
        name=name,
        rows={CAR: draw(ladders())},
        hours=Hours(start=hours[0], end=hours[1]) if hours else None,
        weekdays=tuple(draw(st.sets(st.integers(1, 7), max_size=3))),
        season=draw(st.none() | st.just(Season(first="11-24", last="11-25"))),
    )


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    """Any price list that passes."""
    boundary = draw(st.sampled_from(Boundary))
    comparing = boundary in {Boundary.LARGER, Boundary.BEST}
    ceiling = draw(st.integers(80, 300)) * UNIT
    turn = Turn(price=draw(dongs), ceiling=ceiling, cap=min(ceiling, draw(st.integers(80, 300)) * UNIT))
    return checked(
        Tariff(
            code="any",
            since=VAT[0].since,
            legal_basis="chance",
            turns={CAR: turn},
            vat=VAT,
            free_minutes=draw(st.sampled_from([0, 10])),
            per=draw(st.sampled_from([Per.DATE, Per.DAY_FROM_ENTRY] if comparing else list(Per))),
            boundary=boundary,
            falling=draw(st.sampled_from(Falling)) if comparing else None,
            both_from_minutes=draw(st.none() | st.just(720)) if boundary is Boundary.LARGER else None,
            rates=tuple(draw(rates(f"rate-{number}")) for number in range(draw(st.integers(0, 3)))),
            surcharges=tuple(draw(rates(f"more-{number}")) for number in range(draw(st.integers(0, 2)))),
            rounding=draw(st.none() | st.builds(Rounding, to=st.just(UNIT), way=st.sampled_from(Way))),
        )
    )


many = settings(max_examples=50, deadline=None)


@many
@given(tariffs(), times, times, times)
def test_staying_longer_never_costs_less(tariff: Tariff, since: timedelta, one: timedelta, other: timedelta) -> None:
    entered = START + since
    short, long = sorted((one, other))
    assert price(tariff, CAR, entered, entered + short).total <= price(tariff, CAR, entered, entered + long).total


@many
@given(tariffs(), times, times)
def test_a_bill_adds_up_within_cap_and_ceiling(tariff: Tariff, since: timedelta, stay: timedelta) -> None:
    entered, left = START + since, START + since + stay
    bill = price(tariff, CAR, entered, left)
    turn = tariff.turns[CAR]
    assert bill.total == sum(line.amount for line in bill.lines)
    assert bill.vat == vat_in(bill.total, 800)
    assert bill.total <= _periods(tariff.per, entered, left) * min(turn.ceiling, turn.cap or turn.ceiling)
    assert (min(line.since for line in bill.lines), max(line.until for line in bill.lines)) == (entered, left)
    assert all(line.since <= line.until for line in bill.lines)
    if tariff.rounding:
        assert bill.total % tariff.rounding.to == 0
    if tariff.free_minutes and stay <= timedelta(minutes=tariff.free_minutes):
        assert [line.what for line in bill.lines] == ["free"]
        assert bill.total == 0


def _periods(per: Per, entered: datetime, left: datetime) -> int:
    """Counted another way than the product does."""
    if per is Per.TURN:
        return 1
    if per is Per.DATE:
        return (left - timedelta(microseconds=left > entered)).date().toordinal() - entered.date().toordinal() + 1
    whole, rest = divmod(left - entered, timedelta(days=1))
    return max(1, whole + bool(rest))


@many
@given(tariffs(), times, times, st.sampled_from(Way))
def test_rounding_changes_less_than_a_unit(tariff: Tariff, since: timedelta, stay: timedelta, way: Way) -> None:
    entered, left = START + since, START + since + stay
    exact = price(replace(tariff, rounding=None), CAR, entered, left).total
    rounded = price(replace(tariff, rounding=Rounding(to=UNIT, way=way)), CAR, entered, left).total
    least, most = {Way.UP: (0, UNIT - 1), Way.DOWN: (1 - UNIT, 0), Way.HALF_UP: (1 - UNIT // 2, UNIT // 2)}[way]
    assert rounded % UNIT == 0
    assert least <= rounded - exact <= most


@many
@given(tariffs(), times, times)
def test_lower_is_never_above_the_listed_rule_and_keep_never_below(
    tariff: Tariff, since: timedelta, stay: timedelta
) -> None:
    entered, left = START + since, START + since + stay
    tariff = replace(tariff, per=Per.DATE, rounding=None)
    listed, lower, keep = (
        price(replace(tariff, boundary=Boundary.LARGER, falling=falling), CAR, entered, left).total
        for falling in (None, Falling.LOWER, Falling.KEEP)
    )
    assert lower <= listed <= keep


@many
@given(tariffs(), times, times)
def test_split_is_the_sum_of_its_parts(tariff: Tariff, since: timedelta, stay: timedelta) -> None:
    roomy = Turn(price=1_500, ceiling=10**8, cap=10**8)
    plain = replace(
        tariff,
        boundary=Boundary.SPLIT,
        falling=None,
        both_from_minutes=None,
        rounding=None,
        free_minutes=0,
        per=Per.TURN,
    )
    tariff = checked(replace(plain, turns={CAR: roomy}, surcharges=()))
    entered, left = START + since, START + since + stay
    whole = price(tariff, CAR, entered, left)
    cuts = {line.what.split()[0]: line for line in whole.lines}
    assume(len(cuts) > 1)
    first = next(iter(cuts))
    at = next(line.since for line in whole.lines if line.what.split()[0] != first)
    parts = price(tariff, CAR, entered, at), price(tariff, CAR, at, left)
    assert whole.total == parts[0].total + parts[1].total


def test_a_stay_of_years_has_a_bill_that_fits_the_wire() -> None:
    for per in (Per.DATE, Per.DAY_FROM_ENTRY, Per.TURN):
        tariff = replace(TARIFFS["vinh-phuc"], per=per)
        for days in (31, 400, 3_660):
            bill = price(tariff, CAR, START, START + timedelta(days=days))
            assert len(bill.lines) <= 60
            assert (
                sum(line.amount for line in bill.lines) == bill.total == (24_000 if per is Per.TURN else 24_000 * days)
            )
            assert (bill.lines[0].since, bill.lines[-1].until) == (START, START + timedelta(days=days))
    with pytest.raises(BadTariff, match="a stay of 3661 days"):
        price(TARIFF, CAR, START, START + timedelta(days=3_661))


def test_what_is_computed_above_the_ceiling_is_never_asked_for() -> None:
    day = [Piece(0, 1, "turn CAR9", 30_000)]
    guard(30_000, [day], day)
    with pytest.raises(AboveCeiling, match="30000 for one day or turn is above the ceiling 29999"):
        guard(29_999, [day], day)
    with pytest.raises(AboveCeiling, match="60001 is above the ceiling 30000 x 2"):
        guard(30_000, [day, day], [*day, Piece(1, 2, "rounding", 30_001)])


def test_a_lost_entry_costs_its_row() -> None:
    bill = lost_entry(TARIFFS["sapa-night"], CAR, START)
    assert (bill.total, bill.vat, [line.what for line in bill.lines]) == (60_000, 4_444, ["lost CAR9"])
    with pytest.raises(BadTariff, match=r"turns\.CAR9\.lost: sapa-flat has no price"):
        lost_entry(TARIFFS["sapa-flat"], CAR, START)
    with pytest.raises(BadTariff, match="no price for BUS30"):
        lost_entry(TARIFFS["sapa-night"], VehicleClass.BUS30, START)


def test_the_three_times_are_three_things() -> None:
    tariff = replace(TARIFF, free_minutes=10, grace_to_pay_minutes=3, grace_to_leave_minutes=20)
    assert price(tariff, CAR, START, START + timedelta(minutes=10)).total == 0
    assert quoted_until(tariff, START) == START + timedelta(minutes=3)
    assert leave_until(tariff, START) == START + timedelta(minutes=20)
    soon, late = START + timedelta(minutes=20), START + timedelta(minutes=20, microseconds=1)
    assert [still_owed(tariff, 50_000, 30_000, START, at) for at in (START, soon, late)] == [0, 0, 20_000]
    assert still_owed(tariff, 30_000, 30_000, START, late) == still_owed(tariff, 30_000, 40_000, START, late) == 0


def test_leap_months_are_those_of_the_vietnamese_calendar() -> None:
    assert lunar(datetime(2025, 7, 9, tzinfo=HANOI).date()) == (6, 15, False)
    assert lunar(datetime(2025, 8, 8, tzinfo=HANOI).date()) == (6, 15, True)


CHANGES: Final[list[tuple[str, dict[str, Any], str]]] = [
    ("vinh-phuc", {"turns": {"MOTO": {"price": 1, "ceiling": 6_000}, "CAR9": {"price": 1, "ceiling": 16_000}}}, "cap"),
    ("vinh-phuc", {"turns": {"MOTO": {"price": 1, "ceiling": 3_000, "cap": 3_000}}}, "night.rows.MOTO: 4000 is above"),
    ("vinh-phuc", {"turns": {"MOTO": {"price": 1, "ceiling": 6_000, "cap": 6_000}}}, "night.rows.CAR9: turns has no"),
    ("sapa-flat", {"turns": {"CAR9": {"price": 1, "ceiling": 60_000, "cap": 70_000}}}, "turns.CAR9.cap"),
    ("sapa-flat", {"turns": {"CAR9": {"price": 1, "ceiling": 60_000, "lost": 70_000}}}, "turns.CAR9.lost"),
    ("sapa-flat", {"turns": {"CAR9": {"price": 1, "ceiling": 60_000, "cap": 50_000, "lost": 60_000}}}, "above the cap"),
    ("sapa-flat", {"both_from_minutes": 720}, "both_from_minutes"),
    ("hcm-group1", {"per": "turn"}, "per: boundary larger"),
    ("best", {"per": "turn"}, "per: boundary best"),
    ("best", {"falling": None}, "falling: boundary best can make"),
    ("sapa-flat", {"falling": "keep"}, "falling: with boundary follow nothing falls"),
    ("week", {"rounding": {"to": 7_000}}, "turns.CAR9.ceiling: 90000 is not whole"),
    ("week", {"rounding": {"to": 0}}, "rounding"),
    ("sapa-flat", {"basis": {"document": "QĐ", "number": "1", "date": "2026-02-30"}}, "basis.date: 2026-02-30"),
    ("bao-ha", {"events": []}, "festival.events: there is no event ong-hoang-bay"),
    ("bao-ha", {"events": [{"name": "ong-hoang-bay"}]}, "neither dates nor a lunar day"),
    ("bao-ha", {"events": [{"name": "a", "dates": ["2026-13-01"]}]}, "events.a.dates: 2026-13-01 is no date"),
    ("bao-ha", {"events": [{"name": "a", "lunar": {"month": 13, "day": 1}}]}, "events"),
]


@pytest.mark.parametrize(("name", "change", "named"), CHANGES)
def test_a_price_list_that_contradicts_itself_is_refused_by_its_field(
    name: str, change: dict[str, Any], named: str
) -> None:
    whole = {**WORKED["tariffs"][name], **change}
    with pytest.raises(BadTariff, match=named):
        load(json.dumps(whole).encode())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"hours": {"start": "18:00", "end": "18:00"}}, "rates.x.hours"),
        ({"hours": {"start": "24:00", "end": "06:00"}}, "start"),
        ({"season": {"first": "06-01", "last": "2026-08-31"}}, "rates.x.season: a year"),
        ({"season": {"first": "2026-08-31", "last": "2026-06-01"}}, "it ends on 2026-06-01 before"),
        ({"season": {"first": "02-30", "last": "06-01"}}, "2024-02-30 is no date"),
        ({"weekdays": [0]}, "weekdays"),
        ({"name": "turn"}, "rates.turn"),
        ({"name": "Night shift"}, "name"),
        ({"rows": {"CAR9": []}}, "rows"),
        ({"rows": {"CAR9": [{"price": 1, "minutes": 60}]}}, "rows.CAR9: every step but the last"),
        ({"rows": {"CAR9": [{"price": 1}, {"price": 1}]}}, "rows.CAR9: every step but the last"),
        ({"rows": {"CAR9": [{"price": 30_001}]}}, "rows.CAR9: 30001 is above"),
        ({"rows": {"CAR9": [{"price": 10_000, "every": 60}]}}, "turns.CAR9.cap"),
        ({"discount": 1}, "discount"),
    ],
)
def test_a_rate_that_makes_no_sense_is_refused_by_its_field(change: dict[str, Any], named: str) -> None:
    rate = {"name": "x", "rows": {"CAR9": [{"price": 20_000}]}, **change}
    whole = {**WORKED["tariffs"]["sapa-flat"], "rates": [rate]}
    with pytest.raises(BadTariff, match=named):
        load(json.dumps(whole).encode())


def test_a_name_stands_once() -> None:
    rate = {"name": "x", "rows": {"CAR9": [{"price": 20_000}]}}
    with pytest.raises(BadTariff, match=r"rates\.x: the name stands twice"):
        load(json.dumps({**WORKED["tariffs"]["sapa-flat"], "rates": [rate], "surcharges": [rate]}).encode())
