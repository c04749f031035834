"""The moment of a receipt is taken before its visit is locked: a notice may be booked in between."""

from datetime import timedelta

from sqlalchemy import Engine

from server.db import transaction
from server.rebuild import rebuild
from tests.server.box import MORNING, notice, paid, reference
from tests.server.test_shifts import HOUR, begun, owing, takes


def test_cash_that_waited_for_a_notice_is_recorded_after_it(sqlite: Engine) -> None:
    owing(sqlite, 1)
    with transaction(sqlite) as session:
        shift = begun(session, opening_cash=0)
    later = MORNING + 2 * HOUR
    paid(sqlite, notice(1, reference(1), 20_000), later)
    with transaction(sqlite) as session:
        takes(session, shift, 1, 10_000, now=later - timedelta(seconds=1))
    rebuild(sqlite)
