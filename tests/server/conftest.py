"""A centre's books on both databases: `engine` has two sites registered and nothing else."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine

from server.db import connect, migrate
from tests.server.box import register

if TYPE_CHECKING:
    from tests.harness.postgres import Postgres


def fill(url: str) -> None:
    """The schema and the registers."""
    engine = connect(url)
    migrate(engine)
    register(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def filled_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file to copy."""
    path = tmp_path_factory.mktemp("books") / "books.sqlite"
    fill(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_books(filled_sqlite: Path, tmp_path: Path) -> str:
    """The URL of SQLite books."""
    shutil.copy(filled_sqlite, tmp_path / "books.sqlite")
    return f"sqlite:///{tmp_path / 'books.sqlite'}"


@pytest.fixture
def postgres_books(postgres: "Postgres") -> Iterator[str]:
    """The URL of PostgreSQL books."""
    with postgres.database(postgres.template("books", fill)) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def books_url(request: pytest.FixtureRequest) -> str:
    """Books on each kind of database in turn."""
    url: str = request.getfixturevalue(f"{request.param}_books")
    return url


@pytest.fixture
def engine(books_url: str) -> Iterator[Engine]:
    """The books' engine."""
    made = connect(books_url)
    yield made
    made.dispose()


@pytest.fixture
def sqlite(sqlite_books: str) -> Iterator[Engine]:
    """Books on SQLite only, for what a database does not change."""
    made = connect(sqlite_books)
    yield made
    made.dispose()
