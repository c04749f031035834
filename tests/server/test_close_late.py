"""What comes many days late is found without looking through all that was ever closed."""

from typing import Any, Final

import pytest
from sqlalchemy import Engine

from server import frozen
from server.db import transaction
from server.facts import PassageRow
from tests.server.box import MORNING
from tests.server.closed import DAY, FIRST, HOUR, a_day, some_closed_days

PASSAGE: Final = str(PassageRow.__tablename__)


@pytest.mark.parametrize("late", [0, 1, 3])
def test_a_late_passage_is_taken_and_the_chain_is_not_unpacked(sqlite: Engine, late: int) -> None:
    days = 4
    box = some_closed_days(sqlite, days)
    on = FIRST + days * DAY
    a_day(sqlite, box, on)
    at = MORNING + (days - late) * DAY + 5 * HOUR
    with transaction(sqlite) as session:
        row: dict[str, Any] = {"passage": "late", "site": "SPS", "lane": "in-1", "direction": "in", "tailgate": False}
        session.add(PassageRow(**row, happened_at=at, journal="j", sequence=10**6))
        session.flush()
        found = frozen.gathered(session, "SPS", on)
        looked = session.info["taken SPS"]
    assert "late" in {fact.line[0] for fact in found[PASSAGE]}
    assert None not in looked
    assert (len(looked) > 1) == (late > 1)
