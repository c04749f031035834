"""A desk for each test, audited when the test is over; and the web server that cameras push to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.desk import Desk
from tests.edge.push_door import Door


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A box with an entry, an exit and a lease. Afterwards every opening must have its fact."""
    made = Desk(tmp_path / "data")
    yield made
    made.audit()
    made.store.close()


@pytest.fixture(scope="module")
def push_server() -> Iterator[Door]:
    """One server for all tests of a file."""
    made = Door()
    yield made
    made.stop()


@pytest.fixture
def door(push_server: Door) -> Door:
    """The server with fresh cameras."""
    push_server.anew()
    return push_server
