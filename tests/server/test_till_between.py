"""What one shift left in the till the next one finds there, or somebody must say where it is."""

import random
from datetime import datetime, timedelta
from typing import cast

import pytest
from sqlalchemy import Engine

from gate.findings import Code
from server import shifts
from server.db import reading, transaction
from server.deposits import Begun
from server.facts_day import HandOverRow, ShiftRow
from server.shifts import ShiftRefused
from tests.server.test_shifts import BEGAN, ENDED, HOUR, begun, ends, owing, takes


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


class Seen:
    """A shift that counts how often somebody looks at when it began."""

    looks = 0

    def __init__(self, number: int, by: str, began: datetime) -> None:
        self.shift, self.by, self._began = f"SPS-{number}", by, began

    @property
    def began_at(self) -> datetime:
        """When it began."""
        Seen.looks += 1
        return self._began


def first_after(begun: list[Seen], ended: HandOverRow) -> str | None:
    """What the rule says, looked for among all."""
    after_it = [row for row in begun if row.began_at >= ended.ended_at]
    taken = next((row for row in after_it if row.by == ended.to), after_it[0] if after_it else None)
    if taken is not None:
        begun.remove(taken)
    return taken.shift if taken else None


def test_the_next_shift_is_found_without_looking_at_all_of_them() -> None:
    chance = random.Random("shifts")
    began = [Seen(at, chance.choice("abc"), BEGAN + at * HOUR) for at in range(2_000)]
    counted = {"site": "SPS", "expected_cash": 0, "counted_cash": 0, "left_cash": 0, "note": ""}
    ends_at = [BEGAN + (at + chance.randrange(60)) * HOUR for at in range(2_000)]
    ended = [HandOverRow(shift=str(at), to=chance.choice("abcd"), ended_at=at, **counted) for at in ends_at]  # type: ignore[arg-type]
    ended.sort(key=lambda row: row.ended_at)
    Seen.looks = 0
    next_of = Begun(cast("list[ShiftRow]", began)).next_of
    found = [taken.shift if (taken := next_of(each)) else None for each in ended]
    assert Seen.looks < 6 * len(ended)
    left = list(began)
    assert found == [first_after(left, each) for each in ended]
