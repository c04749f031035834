"""Books for a campaign: a file of their own, with two sites and nobody inside."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from server.db import connect, migrate
from tests.server.box import register


@contextmanager
def books(name: str) -> Iterator[Engine]:
    """An engine on fresh books; they are gone with the block."""
    with tempfile.TemporaryDirectory(prefix=f"barie-{name}-") as folder:
        engine = connect(f"sqlite:///{Path(folder) / 'books.sqlite'}")
        migrate(engine)
        register(engine)
        yield engine
        engine.dispose()
