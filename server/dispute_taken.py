"""A dispute pack that somebody takes along: of one moment of the books, and recorded."""

from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy import Engine

from server.auth import audit
from server.db import transaction
from server.dispute import Packed, pack
from server.export import snapshot


def take(engine: Engine, visit: str, vault: Path, file: IO[bytes], *, by: str, now: datetime, plates: bool) -> Packed:
    """Write the pack of the visit into `file`, and keep who took it. Raises NoSuch, and nothing is recorded then."""
    with snapshot(engine) as session:
        found = pack(session, visit, vault, file, by=by, now=now, plates=plates)
    with transaction(engine) as session:
        audit(session, by, "took a dispute pack", visit, now, {"plates": str(plates)})
    return found
