"""Lists in leaves: every row once, by one index, and nobody else's cursor."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import HTTPException
from sqlalchemy import Engine, event
from sqlmodel import col, select

from server.auth import audit
from server.console.paging import leaf
from server.db import connect, reading, transaction
from server.derived import VisitRow
from server.facts import AuditRow

NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)
KEYS = (col(AuditRow.at), col(AuditRow.id))


def fill(engine: Engine, count: int) -> None:
    """Records of which three at a time have the same moment."""
    with transaction(engine) as session:
        for each in range(count):
            audit(session, f"person {each}", "looked", "", NOON + timedelta(seconds=each // 3), {})


def read(engine: Engine, size: int, *, rising: bool = False) -> list[list[AuditRow]]:
    """All leaves, one after the other."""
    leaves: list[list[AuditRow]] = []
    after = ""
    while not leaves or after:
        with reading(engine) as session:
            found = leaf(session, select(AuditRow), KEYS, after, size=size, rising=rising)
        leaves.append(list(found.rows))
        after = found.after
    return leaves


@pytest.mark.parametrize("rising", [False, True])
@pytest.mark.parametrize(("count", "size", "leaves"), [(0, 5, 1), (5, 5, 1), (6, 5, 2), (20, 7, 3)])
def test_every_row_is_shown_once_in_order(engine: Engine, count: int, size: int, leaves: int, *, rising: bool) -> None:
    fill(engine, count)
    found = read(engine, size, rising=rising)
    rows = [(row.at, row.id) for each in found for row in each]
    assert len(found) == leaves
    assert len(set(rows)) == count
    assert rows == sorted(rows, reverse=not rising)


def test_what_comes_meanwhile_moves_nothing(engine: Engine) -> None:
    fill(engine, 10)
    with reading(engine) as session:
        first = leaf(session, select(AuditRow), KEYS, size=5)
    with transaction(engine) as session:
        audit(session, "new", "looked", "", NOON + timedelta(days=1), {})
    with reading(engine) as session:
        second = leaf(session, select(AuditRow), KEYS, first.after, size=5)
    assert len({row.id for row in (*first.rows, *second.rows)}) == 10
    assert second.after == ""


def test_single_columns_can_be_listed(engine: Engine) -> None:
    fill(engine, 3)
    with reading(engine) as session:
        found = leaf(session, select(AuditRow.who, AuditRow.at, AuditRow.id), KEYS, size=2)
        rest = leaf(session, select(AuditRow.who, AuditRow.at, AuditRow.id), KEYS, found.after, size=2)
    assert sorted(row.who for row in (*found.rows, *rest.rows)) == ["person 0", "person 1", "person 2"]


@pytest.mark.parametrize(
    "after",
    [
        "zz",
        "5b5d",
        b"[1,2]".hex(),
        b'["2026-11-23T05:00:00","x"]'.hex(),
        b'["2026-11-23T05:00:00Z",1]'.hex(),
        "5b" * 999,
    ],
)
def test_a_cursor_of_another_list_is_refused(engine: Engine, after: str) -> None:
    with reading(engine) as session, pytest.raises(HTTPException) as refused:
        leaf(session, select(AuditRow), KEYS, after)
    assert (refused.value.status_code, refused.value.detail) == (400, "error.bad_cursor")


def test_a_leaf_is_a_range_of_an_index_and_sorts_little(sqlite_books: str) -> None:
    engine, asked = connect(sqlite_books), []

    def keep(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        asked.append((statement, values))

    rows = select(VisitRow).where(VisitRow.site == "SPS")
    after = f'["{NOON.isoformat()}","SPS22222222"]'.encode().hex()
    event.listen(engine, "before_cursor_execute", keep)
    with reading(engine) as session:
        leaf(session, rows, (col(VisitRow.opened_at), col(VisitRow.visit)), after)
        statement, values = asked[-1]
        plan = str(session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all())
    engine.dispose()
    assert "USING INDEX visit_of_day (site=? AND (opened_at,visit)<" in plan, plan
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan, plan
