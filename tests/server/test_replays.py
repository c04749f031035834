"""Past days under another price list: the same stays, other dong, and nothing changed."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from gate.messages import BillLine
from gate.tariff import Hours, Rate, Step, Turn
from gate.vehicle import VehicleClass
from gate.wire import encode
from server.db import reading, transaction
from server.facts import ChargeRow
from server.reconcile import NoSuchSite
from server.replays import LARGEST, BadDays, Replayed, replay
from tests.server.box import MORNING, TARIFF, reference
from tests.server.rows import rows

HOUR = timedelta(hours=1)
TODAY = date(2026, 11, 23)
DRAFT = replace(
    TARIFF,
    code="draft",
    turns={
        VehicleClass.CAR9: Turn(price=20_000, ceiling=80_000),
        VehicleClass.MOTO: Turn(price=10_000, ceiling=10_000),
    },
    rates=(
        Rate(name="night", rows={VehicleClass.CAR9: (Step(price=60_000),)}, hours=Hours(start="18:00", end="06:00")),
    ),
)


def charged(
    engine: Engine, number: int, hours: float, total: int, kind: str = "CAR9", what: str = "turn CAR9", days: int = 0
) -> None:
    """A stay of an hour that ended so many hours after the morning."""
    left = MORNING + hours * HOUR + timedelta(days=days)
    line = BillLine(since=left - HOUR, until=left, what=what, amount=total)
    with transaction(engine) as session:
        session.add(
            ChargeRow(
                visit=reference(number),
                site="SPS",
                tariff="flat-1",
                vehicle_class=kind,
                total=total,
                vat=0,
                lines=encode((line,)).decode(),
                happened_at=left,
                recorded_at=left,
            )
        )


def again(engine: Engine, first: date = TODAY, last: date = TODAY) -> Replayed:
    with reading(engine) as session:
        return replay(session, "SPS", first, last, DRAFT)


def test_the_difference_in_dong(engine: Engine) -> None:
    charged(engine, 1, 1, 30_000)
    charged(engine, 2, 2, 30_000)
    charged(engine, 3, 12, 30_000)  # in at 19:00, by night
    charged(engine, 4, 1, 10_000, "MOTO", "turn MOTO")
    charged(engine, 5, 1, 0, what="pass")
    charged(engine, 6, 1, 0, what="exempt")
    charged(engine, 7, 1, 70_000, "BUS30", "turn BUS30")
    charged(engine, 8, 1, 30_000, days=1)
    charged(engine, 9, 1, 30_000, days=-1)
    before = rows(engine, ChargeRow)
    found = again(engine)
    assert (found.excused, found.unpriced) == (2, 1)
    assert found.total._asdict() == {"visits": 4, "charged": 100_000, "would": 110_000, "dearer": 1, "cheaper": 2}
    assert {kind: each.would - each.charged for kind, each in found.classes.items()} == {"CAR9": 10_000, "MOTO": 0}
    assert [(each.visit, each.difference) for each in found.largest] == [
        (reference(3), 30_000),
        *((visit, -10_000) for visit in sorted((reference(1), reference(2)), reverse=True)),
    ]
    assert again(engine, TODAY - timedelta(days=1), TODAY + timedelta(days=1)).total.visits == 6
    assert rows(engine, ChargeRow) == before
    assert found.as_json()["total"]["difference"] == 10_000


def test_under_its_own_list_a_day_is_as_it_was(sqlite: Engine) -> None:
    for number in range(5):
        charged(sqlite, number, number, 30_000)
    with reading(sqlite) as session:
        found = replay(session, "SPS", TODAY, TODAY, TARIFF)
    assert (found.total.charged, found.total.would, found.largest) == (150_000, 150_000, ())


def test_a_list_that_knows_no_vat_of_then_is_replayed_all_the_same(sqlite: Engine) -> None:
    charged(sqlite, 1, 1, 30_000)
    late = replace(DRAFT, vat=(replace(DRAFT.vat[0], since=MORNING + 100 * HOUR),))
    with reading(sqlite) as session:
        assert replay(session, "SPS", TODAY, TODAY, late).total.would == 20_000


def test_a_lost_entry_is_one_under_any_list(sqlite: Engine) -> None:
    charged(sqlite, 1, 1, 30_000, what="lost CAR9")
    assert again(sqlite).unpriced == 1, "the draft has no such row"
    turns = {VehicleClass.CAR9: Turn(price=20_000, ceiling=80_000, lost=70_000)}
    with reading(sqlite) as session:
        assert replay(session, "SPS", TODAY, TODAY, replace(DRAFT, turns=turns)).total.would == 70_000


def test_the_largest_are_a_few(sqlite: Engine) -> None:
    for number in range(LARGEST + 5):
        charged(sqlite, number, 1, 30_000 + number)
    told: list[tuple[int, int]] = []
    with reading(sqlite) as session:
        found = replay(session, "SPS", TODAY, TODAY, DRAFT, lambda done, of: told.append((done, of)))
    assert [-each.difference for each in found.largest] == [10_000 + n for n in range(LARGEST + 4, 4, -1)]
    assert told[-1] == (LARGEST + 5, LARGEST + 5)


def test_what_cannot_be_replayed_is_named(sqlite: Engine) -> None:
    with reading(sqlite) as session:
        with pytest.raises(NoSuchSite, match="XXX"):
            replay(session, "XXX", TODAY, TODAY, DRAFT)
        with pytest.raises(BadDays, match="2026-11-22 is before 2026-11-23"):
            replay(session, "SPS", TODAY, TODAY - timedelta(days=1), DRAFT)
        assert replay(session, "SPS", TODAY, TODAY, DRAFT).total.visits == 0
