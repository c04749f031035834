"""Whole tables, for tests that compare books."""

from typing import Any

from sqlalchemy import Engine, func
from sqlmodel import SQLModel, select

from server.db import columns, reading
from server.facts import PostingRow


def rows(engine: Engine, table: type[SQLModel], *but: str) -> list[dict[str, Any]]:
    """All rows of a table, in order, without the columns `but`."""
    with reading(engine) as session:
        found = [columns(row) for row in session.exec(select(table))]
    return sorted(({name: row[name] for name in row if name not in but} for row in found), key=repr)


def ledger_sum(engine: Engine) -> int:
    """The sum of all postings: nothing, always."""
    with reading(engine) as session:
        return int(session.exec(select(func.coalesce(func.sum(PostingRow.amount), 0))).one())
