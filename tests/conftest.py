"""What every test may ask for. Where a test needs a real broker or database, its marker says so by itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simulator.stage.mosquitto import Mosquitto

if TYPE_CHECKING:
    from tests.harness.postgres import Postgres

USERS = {"centre": "centre-secret", "box": "box-secret"}

NEEDS = {"mosquitto": pytest.mark.broker, "postgres": pytest.mark.postgres, "postgres_url": pytest.mark.postgres}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a broker or a database, so that `--fast` knows without being told."""
    for item in items:
        for fixture in set(NEEDS) & set(getattr(item, "fixturenames", ())):
            item.add_marker(NEEDS[fixture])


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running broker with two users, `centre` and `box`, who may do everything. See USERS for their passwords."""
    with Mosquitto(tmp_path / "mosquitto", USERS) as broker:
        yield broker


@pytest.fixture(scope="session")
def postgres() -> "Iterator[Postgres]":
    """A running PostgreSQL, one for each test process."""
    from tests.harness.postgres import postgres as server  # noqa: PLC0415 # unit tests need not load it

    with server() as running:
        yield running


@pytest.fixture
def postgres_url(postgres: "Postgres") -> Iterator[str]:
    """The SQLAlchemy URL of an empty PostgreSQL database that lives for this test."""
    with postgres.database() as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The SQLAlchemy URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'barie.sqlite'}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database of each kind in turn: the test runs twice."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
