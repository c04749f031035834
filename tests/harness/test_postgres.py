import os

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from tests.harness.postgres import SERVER, Postgres


def run(url: str, statement: str) -> object:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        return result.scalar() if result.returns_rows else None


def test_a_row_comes_back(database_url: str) -> None:
    run(database_url, "CREATE TABLE lot (name TEXT)")
    run(database_url, "INSERT INTO lot VALUES ('Đền Bảo Hà')")
    assert run(database_url, "SELECT name FROM lot") == "Đền Bảo Hà"


@pytest.mark.parametrize("_time", ["first", "second"])
def test_every_test_has_an_empty_database(database_url: str, _time: str) -> None:
    run(database_url, "CREATE TABLE lot (name TEXT)")


def test_it_is_a_recent_postgresql(postgres_url: str) -> None:
    assert int(str(run(postgres_url, "SHOW server_version_num"))) >= 140_000


def test_a_database_is_dropped_though_somebody_is_connected(postgres: Postgres) -> None:
    with postgres.database() as url:
        left = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    with pytest.raises(psycopg.OperationalError):
        left.execute("SELECT 1")


def test_a_template_is_filled_once_and_copied(postgres: Postgres) -> None:
    filled: list[str] = []

    def fill(url: str) -> None:
        filled.append(url)
        run(url, "CREATE TABLE lot AS SELECT 3 AS gates")

    for _ in range(2):
        with postgres.database(postgres.template("lots", fill)) as url:
            assert run(url, "SELECT gates FROM lot") == 3
    assert len(filled) == 1


def test_a_template_that_cannot_be_filled_is_not_kept(postgres: Postgres) -> None:
    for _ in range(2):
        with pytest.raises(ProgrammingError, match="syntax error"):
            postgres.template("broken", lambda url: run(url, "CREATE NONSENSE"))


@pytest.mark.skipif(bool(os.environ.get(SERVER)), reason="the server is somebody else's")
def test_the_cluster_listens_on_loopback_only(postgres_url: str) -> None:
    assert run(postgres_url, "SHOW listen_addresses") == "127.0.0.1"
