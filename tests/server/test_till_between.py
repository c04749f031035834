"""What one shift left in the till the next one finds there, or somebody must say where it is."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from gate.findings import Code
from server import shifts
from server.db import reading, transaction
from server.shifts import ShiftRefused
from tests.server.test_shifts import ENDED, HOUR, begun, ends, owing, takes


def test_change_that_the_next_shift_does_not_find_is_a_case(sqlite: Engine) -> None:
    owing(sqlite, 1)
    with transaction(sqlite) as session:
        shift = begun(session, opening_cash=0)
        takes(session, shift, 1)
        ends(session, shift, 30_000, left=30_000, to="anh Ba")
        begun(session, by="anh Ba", opening_cash=0, now=ENDED + timedelta(minutes=1))
    with reading(sqlite) as session:
        found = {(each.code, each.amount) for each in shifts.expected(session, "SPS", ENDED + 48 * HOUR)}
    assert (Code.TILL_DIFFERS, 30_000) in found


def test_nobody_takes_over_from_oneself_by_a_blank(sqlite: Engine) -> None:
    with transaction(sqlite) as session, pytest.raises(ShiftRefused, match="another person"):
        ends(session, begun(session), 200_000, to="chi Lan ")
