"""The price list that holds is the one in force: tomorrow's waits for tomorrow."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from server.register import TariffRow
from server.tariffs import Tariffs
from simulator.demo.sites import SITES
from tests.server.box import MORNING

DAY = timedelta(days=1)


def version(code: str, since: datetime, until: datetime | None = None) -> TariffRow:
    body: dict[str, Any] = {**SITES[0].tariff(), "code": code, "since": since.isoformat()}
    return TariffRow(site="BHT", code=code, since=since, until=until, body=json.dumps(body))


@pytest.mark.parametrize(
    ("now", "code"),
    [(MORNING - 2 * DAY, None), (MORNING, "old"), (MORNING + DAY, "new"), (MORNING + 3 * DAY, "festival")],
)
def test_the_version_in_force(engine: Engine, now: datetime, code: str | None) -> None:
    with Session(engine) as session, session.begin():
        session.add(version("old", MORNING - DAY))
        session.add(version("new", MORNING + DAY))
        session.add(version("festival", MORNING + 3 * DAY, MORNING + 4 * DAY))
    found = Tariffs(engine).in_force("BHT", now)
    assert (found.code if found else None) == code


def test_a_version_that_is_over_gives_way_to_the_one_before(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        session.add(version("new", MORNING))
        session.add(version("festival", MORNING + DAY, MORNING + 2 * DAY))
    found = Tariffs(engine).in_force("BHT", MORNING + 2 * DAY)
    assert found is not None
    assert found.code == "new"
