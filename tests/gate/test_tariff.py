from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.money import vat_in
from gate.tariff import BadTariff, Bill, checked, load, price
from gate.vehicle import VehicleClass
from gate.wire import encode
from tests.gate.samples import HANOI, TARIFF

IN = datetime(2026, 11, 23, 8, 0, tzinfo=HANOI)
CAR, MOTO, BUS = VehicleClass.CAR9, VehicleClass.MOTO, VehicleClass.BUS30
stays = st.timedeltas(timedelta(0), timedelta(days=40))


def bill(stay: timedelta, kind: VehicleClass = CAR) -> Bill:
    return price(TARIFF, kind, IN, IN + stay)


@pytest.mark.parametrize(
    ("kind", "stay", "total", "vat", "what"),
    [
        (CAR, timedelta(hours=2), 30_000, 2_222, "turn CAR9"),
        (MOTO, timedelta(hours=2), 5_000, 370, "turn MOTO"),
        (CAR, timedelta(0), 0, 0, "free"),
        (CAR, timedelta(minutes=10), 0, 0, "free"),
        (CAR, timedelta(minutes=10, microseconds=1), 30_000, 2_222, "turn CAR9"),
        (CAR, timedelta(days=39), 30_000, 2_727, "turn CAR9"),  # leaves in 2027: 10 %
    ],
)
def test_golden_bills(kind: VehicleClass, stay: timedelta, total: int, vat: int, what: str) -> None:
    made = bill(stay, kind)
    assert (made.total, made.vat, [line.what for line in made.lines]) == (total, vat, [what])


@given(stays, st.sampled_from([CAR, MOTO]))
def test_lines_add_up_and_cover_the_stay(stay: timedelta, kind: VehicleClass) -> None:
    made = bill(stay, kind)
    assert sum(line.amount for line in made.lines) == made.total
    assert (made.lines[0].since, made.lines[-1].until) == (IN, IN + stay)
    assert made.total <= TARIFF.turns[kind].ceiling
    assert made.vat in {vat_in(made.total, 800), vat_in(made.total, 1_000)}


@given(stays, stays)
def test_staying_longer_never_costs_less(one: timedelta, other: timedelta) -> None:
    assert bill(min(one, other)).total <= bill(max(one, other)).total


@given(stays)
def test_the_zone_of_the_clock_is_no_matter(stay: timedelta) -> None:
    elsewhere = price(TARIFF, CAR, IN.astimezone(UTC), (IN + stay).astimezone(UTC))
    assert (elsewhere.total, elsewhere.vat) == (bill(stay).total, bill(stay).vat)


def test_the_rate_changes_at_vietnamese_midnight() -> None:
    new_year = datetime(2027, 1, 1, tzinfo=HANOI)
    assert price(TARIFF, CAR, IN, new_year - timedelta(microseconds=1)).vat == 2_222
    assert price(TARIFF, CAR, IN, new_year).vat == 2_727


def test_without_free_minutes_even_no_time_costs() -> None:
    strict = msgspec.structs.replace(TARIFF, free_minutes=0)
    assert price(strict, CAR, IN, IN).total == 30_000


def test_a_stay_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot end before"):
        price(TARIFF, CAR, IN, IN - timedelta(microseconds=1))


def test_a_class_without_a_price_is_named() -> None:
    with pytest.raises(BadTariff, match="sps-2026 has no price for BUS30"):
        price(TARIFF, BUS, IN, IN)


def test_a_moment_before_every_rate_is_named() -> None:
    early = datetime(2025, 1, 1, tzinfo=HANOI)
    with pytest.raises(BadTariff, match="no rate holds at 2025"):
        price(TARIFF, CAR, early, early + timedelta(hours=1))


def test_a_tariff_is_loaded_from_its_json() -> None:
    assert load(encode(TARIFF)) == checked(TARIFF) == TARIFF


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"turns": {"CAR9": {"price": 40_001, "ceiling": 40_000}}}, "turns.CAR9"),
        ({"turns": {"CAR9": {"price": -1, "ceiling": 40_000}}}, "turns"),
        ({"turns": {"CAR9": {"price": 30_000.5, "ceiling": 40_000}}}, "turns"),
        ({"turns": {"CAR9": {"price": "30000", "ceiling": 40_000}}}, "turns"),
        ({"turns": {"CAR9": {"price": 30_000}}}, "ceiling"),
        ({"turns": {"TANK": {"price": 1, "ceiling": 1}}}, "turns"),
        ({"until": "2026-07-01T00:00:00+07:00"}, "until"),
        ({"until": "2026-06-30T00:00:00+07:00"}, "until"),
        ({"since": "2026-07-01T00:00:00"}, "since"),
        ({"since": "2025-06-30T23:59:59+07:00"}, "vat"),
        ({"vat": []}, "vat"),
        ({"vat": [{"since": "2025-07-01T00:00:00+07:00", "rate_bp": 5_001}]}, "rate_bp"),
        ({"vat": [{"since": "2025-07-01T00:00:00+07:00", "rate_bp": 800}] * 2}, "vat"),
        (
            {
                "vat": [
                    {"since": "2026-01-01T00:00:00+07:00", "rate_bp": 800},
                    {"since": "2025-01-01T00:00:00+07:00", "rate_bp": 1_000},
                ]
            },
            "vat",
        ),
        ({"legal_basis": ""}, "legal_basis"),
        ({"code": ""}, "code"),
        ({"free_minutes": 1_441}, "free_minutes"),
        ({"free_minutes": -1}, "free_minutes"),
        ({"discount": 5}, "discount"),
    ],
)
def test_a_broken_tariff_is_refused_by_the_field(change: dict[str, Any], named: str) -> None:
    whole: dict[str, Any] = msgspec.json.decode(encode(TARIFF))
    with pytest.raises(BadTariff, match=named):
        load(msgspec.json.encode(whole | change))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff", b"{}" * 2])
def test_a_file_that_is_no_tariff_is_refused(data: bytes) -> None:
    with pytest.raises(BadTariff):
        load(data)
