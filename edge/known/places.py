"""How many places are taken, by the box's own journal."""

from datetime import datetime, timedelta
from typing import Final

from edge.journal.store import Store

ON_ITS_WAY: Final = timedelta(minutes=5)
"""An admitted vehicle takes its place before it has passed; one that never did gives it back after this long."""


def taken(store: Store, now: datetime) -> int:
    """Visits that are inside, and those just let in: two entries must not give the last place away twice.

    Every stay takes one place, whatever its class.
    """
    inside = (
        "SELECT count(*) FROM visit WHERE left_at IS NULL AND voided = 0 AND (entered_at IS NOT NULL OR opened_at > ?)"
    )
    return int(store.run(inside, (now - ON_ITS_WAY).isoformat()).fetchone()[0])
