"""The bare path of ingest: receive, parse, insert ready-made rows, commit, acknowledge. No rules, no decisions.

A process of its own like the centre: `python -m tests.bench.bare CENTRE.JSON ROWS.PICKLE COUNT`. The rows are those
that the centre wrote for the same facts; they are dealt out over the batches in the same proportion.
"""

import json
import pickle
import queue
import sys
from pathlib import Path
from typing import Any

from sqlmodel import SQLModel

import server.derived
import server.facts
import server.register
import server.vault  # noqa: F401 - all tables
from gate.messages import Ack
from gate.topics import Channel, Topic
from gate.wire import encode
from server.bus import Bus, Delivery
from server.config import load
from server.db import connect, migrate, transaction

BATCH_MAX = 500
Rows = dict[str, list[dict[str, Any]]]


def main(config_file: str, rows_file: str, count: str) -> None:
    """Take `count` facts and end."""
    config = load(Path(config_file))
    engine = connect(config.database)
    migrate(engine)
    rows: Rows = pickle.loads(Path(rows_file).read_bytes())  # noqa: S301 - written by the bench itself
    tables = {name: SQLModel.metadata.tables[name] for name in rows}
    dealt = dict.fromkeys(rows, 0)
    bus = Bus(config.broker, "centre")
    bus.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    taken, whole = 0, int(count)
    while taken < whole:
        batch = _gather(bus)
        said = [json.loads(each.payload) for each in batch]
        taken += len(batch)
        with transaction(engine) as session:
            for name, table in tables.items():
                share = len(rows[name]) * taken
                upto = share // whole if name == "posting" else -(-share // whole)  # an entry before its lines
                part = rows[name][dealt[name] : upto]
                if part:
                    session.connection().execute(table.insert(), part)
                dealt[name] = upto
        last, topic = said[-1], batch[-1].topic
        ack = Ack(journal=last["journal"], sequence=last["sequence"])
        bus.publish(Topic(topic.site, topic.box, Channel.ACK), encode(ack))
        for each in batch:
            bus.acknowledge(each)
    bus.stop()


def _gather(bus: Bus) -> list[Delivery]:
    batch = [bus.arrivals.get()]
    while len(batch) < BATCH_MAX:
        try:
            batch.append(bus.arrivals.get_nowait())
        except queue.Empty:
            break
    return [each for each in batch if each.topic.channel is Channel.EVENT]


if __name__ == "__main__":
    main(*sys.argv[1:])
