"""The first run on both databases: one administrator by the code, sites whole or not at all."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from gate.tariff import price
from gate.vehicle import VehicleClass
from server import first_run, presets
from server.auth import Doorkeeper
from server.db import reading, transaction
from server.derived import LaneNowRow
from server.first_run import BadSetUp, FirstRun, NewSite, NotFirst
from server.presets import BEGINS, Preset
from server.pricing import tariff_at
from server.register import BoxRow, SiteRow, UserRow

NOW = datetime.now(UTC)
PASSWORD = "a password of ten"


def new(**changes: object) -> NewSite:
    values: dict[str, object] = {
        "site": "NEW",
        "name_vi": "Bãi mới",
        "name_en": "New site",
        "bank": "970436",
        "account": "1017595600",
        "account_name": "UBND",
        "capacity": 10,
        "lanes_in": 1,
        "lanes_out": 2,
        "preset": Preset.LAKE,
        "prices": {VehicleClass.CAR9: 30_000},
        "basis": "QD 1/2026",
    }
    return NewSite(**(values | changes))  # type: ignore[arg-type]


def test_the_code_makes_one_administrator_and_then_nothing(engine: Engine) -> None:
    first = FirstRun(engine)
    code = first.code()
    assert code
    assert code in first_run.said(code, "http://127.0.0.1:8080")
    with pytest.raises(NotFirst):
        first.administrator("ABCD-EFGH-JKMN-PQRS", "chief", PASSWORD, NOW)
    with pytest.raises(BadSetUp, match="password"):
        first.administrator(code, "chief", "short", NOW)
    with pytest.raises(BadSetUp, match="name"):
        first.administrator(code, "Chief!", PASSWORD, NOW)
    first.administrator(f" {code.lower()} ", "chief", PASSWORD, NOW)
    assert Doorkeeper(engine).login("chief", PASSWORD, "here")[1].name == "chief"
    assert first.code() == ""
    with pytest.raises(NotFirst):
        first.administrator(code, "second", PASSWORD, NOW)


def test_two_at_once_make_one(engine: Engine) -> None:
    first = FirstRun(engine)
    code = first.code()

    def made(name: str) -> bool:
        try:
            first.administrator(code, name, PASSWORD, NOW)
        except NotFirst:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(made, ("chief", "other"))) == [False, True]
    with reading(engine) as session:
        assert len(session.exec(select(UserRow)).all()) == 1


def test_guessing_the_code_is_measured(engine: Engine) -> None:
    first = FirstRun(engine)
    often = []
    for _ in range(12):
        with pytest.raises(NotFirst) as refused:
            first.administrator("WRONG", "chief", PASSWORD, NOW)
        often.append(refused.value.often)
    assert often == [False] * 10 + [True] * 2


def test_a_site_is_made_whole(engine: Engine) -> None:
    with transaction(engine) as session:
        made = first_run.add_site(session, new(), "chief", NOW)
    assert (made.box, made.lanes) == ("new-1", ("in-1", "out-1", "out-2"))
    with reading(engine) as session:
        assert session.get_one(SiteRow, "NEW").capacity == 10
        assert session.get_one(BoxRow, "new-1").token_sha256 != made.token
        lanes = session.exec(select(LaneNowRow.lane).where(LaneNowRow.site == "NEW").order_by(col(LaneNowRow.lane)))
        assert tuple(lanes) == made.lanes
        assert tariff_at(session, "NEW", datetime.now(UTC)).code == made.tariff


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"site": "sps"}, "site"),
        ({"site": "SPS"}, "taken"),
        ({"name_vi": "  "}, "name_vi"),
        ({"name_en": "Lake \u202etxt.exe"}, "name_en"),
        ({"bank": "12345"}, "bank"),
        ({"account": "<b>"}, "account"),
        ({"capacity": -1}, "capacity"),
        ({"lanes_in": 0, "lanes_out": 0}, "lanes_in"),
        ({"lanes_out": 9}, "lanes_out"),
        ({"prices": {}}, "prices"),
        ({"prices": {VehicleClass.CAR9: 10**15}}, "prices"),
        ({"basis": ""}, "basis"),
    ],
)
def test_what_cannot_be_is_named_and_nothing_is_made(engine: Engine, changes: dict[str, object], field: str) -> None:
    with reading(engine) as session:
        before = len(session.exec(select(BoxRow)).all())
    with pytest.raises(BadSetUp, match=f"^{field}$"), transaction(engine) as session:
        first_run.add_site(session, new(**changes), "chief", NOW)
    with reading(engine) as session:
        assert session.get(SiteRow, "NEW") is None
        assert len(session.exec(select(BoxRow)).all()) == before


@pytest.mark.parametrize("preset", Preset)
def test_every_preset_is_a_sound_list_that_prices_its_classes(preset: Preset) -> None:
    prices = BEGINS[preset].prices
    made = presets.tariff(preset, "NEW", prices, "QD 1/2026", NOW)
    for kind, expected in prices.items():
        hour = price(made, kind, NOW, NOW.replace(year=NOW.year + 1)).total
        assert hour == expected
