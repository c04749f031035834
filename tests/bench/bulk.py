"""Rows by the million, as quickly as a database takes them: no statement a row, the indexes made at the end."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
from psycopg import sql
from sqlalchemy import Engine, Index
from sqlmodel import SQLModel

from tests.bench.month import text

Rows = Iterable[tuple[Any, ...]]
_AWAY: Final = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF; PRAGMA cache_size=-400000"


def moment(engine: Engine) -> Callable[[datetime], str]:
    """How the database keeps a moment, as text."""
    return text if engine.dialect.name == "sqlite" else _iso


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def write(engine: Engine, tables: Mapping[type[SQLModel], tuple[tuple[str, ...], Rows]]) -> None:
    """For each table the names of columns and their rows; for books that are only read afterwards."""
    indexes = [index for table in tables for index in _table(table).indexes]
    _each(engine, indexes, "drop")
    put = _sqlite if engine.dialect.name == "sqlite" else _postgresql
    with put(engine) as into:
        for table, (names, rows) in tables.items():
            into(str(table.__tablename__), names, rows)
    _each(engine, indexes, "create")
    if engine.dialect.name == "postgresql":  # as its own housekeeping does after a while
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _table(model: type[SQLModel]) -> Any:
    return SQLModel.metadata.tables[str(model.__tablename__)]


def _each(engine: Engine, indexes: Iterable[Index], do: str) -> None:
    with engine.begin() as connection:
        for index in indexes:
            getattr(index, do)(connection)


@contextmanager
def _sqlite(engine: Engine) -> Iterator[Callable[[str, tuple[str, ...], Rows], None]]:
    pooled = engine.raw_connection()
    connection: sqlite3.Connection = pooled.driver_connection  # type: ignore[assignment]
    connection.executescript(_AWAY)

    def put(table: str, names: tuple[str, ...], rows: Rows) -> None:
        columns, places = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
        connection.execute("BEGIN")
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)
        connection.execute("COMMIT")

    yield put
    connection.execute("PRAGMA journal_mode=WAL")
    pooled.invalidate()


@contextmanager
def _postgresql(engine: Engine) -> Iterator[Callable[[str, tuple[str, ...], Rows], None]]:
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:

        def put(table: str, names: tuple[str, ...], rows: Rows) -> None:
            columns = sql.SQL(", ").join(map(sql.Identifier, names))
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
            with cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)

        yield put
