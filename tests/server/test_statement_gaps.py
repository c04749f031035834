"""Coverage is of days and lines, not of files: however a day is cut into statements, in whatever order they come."""

from datetime import date, timedelta
from itertools import permutations

import pytest
from sqlalchemy import Engine

from gate.findings import Code
from simulator.statements import Moved
from tests.server.bankworld import at, open_cases, statement

ON = date(2026, 11, 23)
DAY = timedelta(days=1)
LINES = [Moved(ON, 30_000, f"ref{n}", f"chuyen tien {n}") for n in range(4)]
NEXT = [Moved(ON + DAY, 10_000, "next", "chuyen tien")]
Part = tuple[list[Moved], int]
FORENOON: Part = (LINES[:2], 0)
AFTERNOON: Part = (LINES[2:], 60_000)
ALL: Part = (LINES, 0)
TOMORROW: Part = (NEXT, 120_000)
BOTH: Part = ([*LINES, *NEXT], 0)


def gaps(engine: Engine, *parts: Part) -> list[tuple[int, str]]:
    """The cases after these statements came in this order: how much, and what was expected."""
    for step, (lines, opening) in enumerate(parts):
        statement(engine, lines, at(ON + 2 * DAY, 8, step), opening)
    found = open_cases(engine).get(Code.STATEMENT_GAP, [])
    return [(each.amount, each.evidence.get("expected", each.evidence.get("lines", ""))) for each in found]


@pytest.mark.parametrize("order", list(permutations((FORENOON, AFTERNOON, ALL, TOMORROW), 3)))
def test_no_gap_where_every_line_is_there(sqlite: Engine, order: tuple[Part, ...]) -> None:
    parts = [part for part in order if part is not TOMORROW]
    whole = ALL in parts or (FORENOON in parts and AFTERNOON in parts)
    assert (gaps(sqlite, *order) == []) == whole


def test_the_whole_day_after_its_halves_and_two_days_in_one_file(engine: Engine) -> None:
    assert gaps(engine, AFTERNOON, FORENOON, ALL, BOTH, TOMORROW) == []


def test_a_half_that_is_missing_is_a_gap_and_how_large(sqlite: Engine) -> None:
    assert gaps(sqlite, FORENOON, TOMORROW) == [(60_000, "60000")]
    assert gaps(sqlite, (LINES[3:], 90_000)) == [(30_000, "60000")]
    assert gaps(sqlite, (LINES[2:3], 60_000)) == []


def test_days_that_come_to_nothing_hide_no_gap(sqlite: Engine) -> None:
    there, back = Moved(ON + DAY, 5_000, "a", "di"), Moved(ON + DAY, -5_000, "b", "ve")
    ring: list[Part] = [([there], 90_000), ([back], 95_000)]
    assert gaps(sqlite, ALL, *ring) == [(30_000, "120000")]


def test_a_line_taken_for_anothers_is_found_also_where_money_left(sqlite: Engine) -> None:
    alike = Moved(ON, 30_000, "", "chuyen tien gui xe")
    away = Moved(ON, -30_000, "out", "chuyen di")
    assert gaps(sqlite, ([alike, away, LINES[0]], 0), ([alike], 30_000)) == [(30_000, "30000")]
