"""Stays of more than a day: few, with an index of their own, or a past day would look at all that came later."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, Index, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

_SQLITE = "julianday({0}left_at) - julianday({0}opened_at) > 0.999"
_POSTGRESQL = "{0}left_at - {0}opened_at > interval '1439 minutes'"


class StayedLong(ColumnElement[bool]):
    """That a visit which has left stayed for about a day or more, in the words of the index."""

    type = Boolean()
    inherit_cache = True
    _traverse_internals = []  # noqa: RUF012 - as SQLAlchemy declares it
    """It has no parts: without this list each statement with it is compiled anew."""

    def self_group(self, against: object = None) -> "StayedLong":  # noqa: ARG002 - the words as they are, without `= 1`
        """The index knows no other words."""
        return self


@compiles(StayedLong, "sqlite")
def _in_sqlite(_: StayedLong, __: SQLCompiler, **___: Any) -> str:
    return f"({_SQLITE.format('visit.')})"


@compiles(StayedLong, "postgresql")
def _in_postgresql(_: StayedLong, __: SQLCompiler, **___: Any) -> str:
    return f"({_POSTGRESQL.format('visit.')})"


def index() -> Index:
    """Of the table of visits."""
    sqlite, postgresql = text(_SQLITE.format("")), text(_POSTGRESQL.format(""))
    return Index("visit_long", "site", "left_at", sqlite_where=sqlite, postgresql_where=postgresql)
