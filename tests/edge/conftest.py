"""A desk for each test, audited when the test is over."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A box with an entry, an exit and a lease. Afterwards every opening must have its fact."""
    made = Desk(tmp_path / "data")
    yield made
    made.audit()
    made.store.close()
