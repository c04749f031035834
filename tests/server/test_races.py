"""The small form of the races: `barie campaign races` runs a thousand."""

from typing import TYPE_CHECKING

from server.db import connect
from tests.campaign.races import races
from tests.server.conftest import fill

if TYPE_CHECKING:
    from tests.harness.postgres import Postgres


def test_races_on_one_visit_do_nothing_twice(postgres: "Postgres") -> None:
    with postgres.database(postgres.template("books", fill)) as url:
        engine = connect(url)
        try:
            result = races(engine, 1, 30, lambda _: None)
        finally:
            engine.dispose()
    assert result.failures == []
    assert result.figures["refused as it must be"], "nobody lost a race: these were none"
