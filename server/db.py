"""The database: one engine for SQLite and PostgreSQL, with the durability that the books need."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session, SQLModel

# both dialects speak ON CONFLICT in the same words; sqlite's type stands for both
_INSERT: Final[dict[str, Callable[[Any], sqlite.Insert]]] = {
    "sqlite": sqlite.insert,
    "postgresql": cast("Callable[[Any], sqlite.Insert]", postgresql.insert),
}
BUSY_MS: Final = 20_000
AWAY: Final = (OperationalError, ProgrammingError, InternalError, InterfaceError)
"""The database itself does not take anything: gone, full, read-only or without our schema. No row is to blame."""


def connect(url: str) -> Engine:
    """An engine for `url`. SQLite gets WAL and FULL on every connection: NORMAL loses acknowledged commits."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": BUSY_MS / 1000})
    event.listen(engine, "connect", _durable)
    event.listen(engine, "begin", _immediate)
    return engine


def migrate(engine: Engine) -> None:
    """Bring the schema to this version."""
    config = migrations()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def migrations() -> Config:
    """Where alembic finds the steps to this version's schema."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One unit of work: committed as a whole when the block ends well, else nothing of it is."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A look at the books that holds nobody up."""
    with Session(engine.execution_options(reading=True), expire_on_commit=False) as session:
        yield session


def insert_once(session: Session, row: SQLModel) -> bool:
    """Insert the row unless its key is taken. Says whether it was inserted."""
    statement = _insert_asking(session.get_bind().dialect.name, type(row))
    return session.connection().execute(statement, columns(row)).first() is not None


def insert_many(session: Session, table: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    """Insert rows whose keys are free, in one statement. Not every database says how many went in."""
    if rows:
        session.connection().execute(_insert(session.get_bind().dialect.name, table), rows)


def insert_new(session: Session, table: type[SQLModel], rows: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
    """The same, and the keys of those that were inserted."""
    if not rows:
        return set()
    statement = _insert_asking(session.get_bind().dialect.name, table)
    return {tuple(row) for row in session.connection().execute(statement, rows)}


def upsert_many(session: Session, table: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    """Write derived rows whole: new ones go in, known ones are replaced."""
    if rows:
        statement = _replace(session.get_bind().dialect.name, table, tuple(rows[0]))
        session.connection().execute(statement, rows)


# statements are made once: making one costs as much as running it


@cache
def _insert(dialect: str, table: type[SQLModel]) -> Any:
    return _INSERT[dialect](table).on_conflict_do_nothing()


@cache
def _insert_asking(dialect: str, table: type[SQLModel]) -> Any:
    keys = inspect(table).primary_key  # asked back, because a row count is not to be had everywhere
    return _insert(dialect, table).returning(*keys)


@cache
def _replace(dialect: str, table: type[SQLModel], columns: tuple[str, ...]) -> Any:
    keys = [column.name for column in inspect(table).primary_key]
    statement = _INSERT[dialect](table)
    changes = {name: statement.excluded[name] for name in columns if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changes)


@cache
def _fields(table: type[SQLModel]) -> tuple[str, ...]:
    return tuple(table.model_fields)


def columns(row: SQLModel) -> dict[str, Any]:
    """A row's columns and values."""
    return {name: getattr(row, name) for name in _fields(type(row))}


def hold(session: Session, name: str) -> None:
    """Keep others off `name` until this transaction ends. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def hold_all(session: Session, names: Iterable[str]) -> None:
    """The same for many at once, always in one order: two that hold many cannot wait for each other."""
    ordered = sorted(set(names))
    if ordered and session.get_bind().dialect.name == "postgresql":
        each = "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(CAST(:names AS text[])) AS name"
        session.connection().execute(text(each), {"names": ordered})


def _durable(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we begin ourselves, see _immediate
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_MS}", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if not connection.get_execution_options().get("reading") else "BEGIN")
