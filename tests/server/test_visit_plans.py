"""A search goes from plates to reads by their names, however many reads a site has."""

from typing import Any

from sqlalchemy import Engine, event

from server import visit_list
from server.db import reading
from tests.server.box import MORNING, Box, book, reference


def test_reads_that_are_no_visits_are_found_by_their_names(sqlite: Engine) -> None:
    box = Box()
    for number in range(40):
        book(sqlite, *box.arrives(reference(number), MORNING, plate=f"30A123{number:02}"))
    asked: list[tuple[str, Any]] = []

    def keeps(_c: Any, _k: Any, statement: str, values: Any, _x: Any, _m: bool) -> None:  # noqa: FBT001
        asked.append((statement, values))

    event.listen(sqlite, "before_cursor_execute", keeps)
    with reading(sqlite) as session:
        visit_list.find(session, "30A", ["SPS", "SPL"])
    event.remove(sqlite, "before_cursor_execute", keeps)
    ((statement, values),) = [each for each in asked if "NOT (EXISTS" in each[0]]
    with sqlite.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert any("vault_read" in step and "(approach=?)" in step for step in plan), plan
