"""What a doctor says of the cameras of a box, by what was read from them."""

import sqlite3
from collections.abc import Iterator

from edge.config import BoxConfig, Engine
from edge.known.cameras import kept
from edge.reader.health import summary, troubles
from gate.check import Check, well, wrong


def cameras(books: sqlite3.Connection, config: BoxConfig) -> Iterator[Check]:
    """Each lane's camera, against its own past."""
    if config.reader.engine is Engine.NONE:
        return
    for lane in config.lanes:
        what, health = f"{lane.lane} pictures", kept(books, lane.lane)
        if health is None:
            yield well(what, "no vehicle was read yet")
        elif told := troubles(health):
            yield wrong(what, "; ".join(told))
        else:
            yield well(what, summary(health))
