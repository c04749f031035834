"""`barie bench ingest`: durable events per second through the real broker, from the first publish to the
acknowledgement of the last after its commit; beside the bare path that writes the same rows.
"""

import base64
import hashlib
import json
import pickle
import secrets
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import SQLModel, select

from gate.broker_rules import CENTRE_USER, centre_rules
from gate.messages import Ack
from gate.topics import Channel, Topic
from gate.wire import decode
from server.db import columns, connect, reading
from server.derived import VisitRow
from server.facts import ChargeRow, EntryRow, EventRow, OpeningRow, PassageRow, PostingRow
from server.vault import VaultReadRow
from simulator.demo.sites import SITES
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.ports import free_port
from simulator.stage.processes import ROOT, Process, barie
from tests.bench.firehose import Firehose
from tests.bench.line import Line
from tests.bench.report import report, rss_mb
from tests.bench.traffic import journal

FACTS = 22_000
BOX, SITE = "sps-1", "SPS"
EVENT = str(Topic(SITE, BOX, Channel.EVENT))
ACK = str(Topic(SITE, BOX, Channel.ACK))
TABLES: tuple[type[SQLModel], ...] = (
    EventRow,
    VaultReadRow,
    VisitRow,
    PassageRow,
    OpeningRow,
    ChargeRow,
    EntryRow,
    PostingRow,
)
"""What a fact leaves behind, each row once; the bare path writes the same, and not the rows that are rewritten."""


def bench_ingest(runs: int) -> dict[str, Any]:
    """Rounds of both paths, taken in turn on fresh databases."""
    ours, bare, memory = [], [], 0.0
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="barie-bench-") as name:
            folder = Path(name)
            facts = journal(SITE, BOX, FACTS)
            rate, memory = _centre_rate(folder / "ours", facts)
            ours.append(rate)
            rows = _rows_of(folder / "ours")
            bare.append(_bare_rate(folder / "bare", facts, rows))
    figures = report("ingest", ours, "events/s", bare=bare, rss_mb=memory)
    return {
        **figures,
        "facts": FACTS,
        "rows": sum(len(each) for each in rows.values()),
        "bare_runs": [round(each) for each in bare],
        "own_runs": [round(each) for each in ours],
    }


def _centre_rate(folder: Path, facts: list[bytes]) -> tuple[float, float]:
    broker, config, password = _set_up(folder)
    with broker, barie("server", "--config", str(config)) as centre:
        centre.wait_for_line("broker connected")
        rate = _pumped(broker.port, password, facts)
        memory = rss_mb(centre.pid)
    return rate, memory


def _bare_rate(folder: Path, facts: list[bytes], rows: dict[str, list[dict[str, Any]]]) -> float:
    broker, config, password = _set_up(folder)
    kept = folder / "rows.pickle"
    kept.write_bytes(pickle.dumps(rows))
    command = [sys.executable, "-m", "tests.bench.bare", str(config), str(kept), str(len(facts))]
    with broker, Process("bare", command, env={"PYTHONPATH": str(ROOT)}) as bare:
        bare.wait_for_line("broker connected")
        return _pumped(broker.port, password, facts)


def _pumped(port: int, password: str, facts: list[bytes]) -> float:
    """Facts per second out of a backlog, until the last is acknowledged after its commit."""
    line = Line(port, BOX, password, BOX)
    line.hear(ACK)
    hose = Firehose(port, BOX, password)
    began = time.perf_counter()
    pouring = threading.Thread(target=hose.pour, args=(EVENT, facts))
    pouring.start()
    while decode(line.next(ACK), Ack).sequence < len(facts):
        continue
    took = time.perf_counter() - began
    pouring.join()
    hose.close()
    line.close()
    return len(facts) / took


def _rows_of(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What the centre wrote for the facts, table by table."""
    engine = connect(f"sqlite:///{folder}/centre.db")
    with reading(engine) as session:
        return {str(table.__tablename__): [columns(row) for row in session.exec(select(table))] for table in TABLES}


def _set_up(folder: Path) -> tuple[Mosquitto, Path, str]:
    passwords = {CENTRE_USER: secrets.token_urlsafe(18), BOX: secrets.token_urlsafe(18)}
    broker = Mosquitto(folder / "broker", passwords, centre_rules([(SITE, BOX)]))
    site = SITES[0]
    config = {
        "database": f"sqlite:///{folder}/centre.db",
        "vault": f"{folder}/vault",
        "host": "127.0.0.1",
        "port": free_port(),
        "broker": {"host": "127.0.0.1", "port": broker.port, "user": CENTRE_USER, "password": passwords[CENTRE_USER]},
        "signing_key": base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode(),
        "sites": [
            {
                "site": SITE,
                "name_vi": site.name_vi,
                "name_en": site.name_en,
                "bank": "970436",
                "account": site.account,
                "account_name": "BENCH",
                "capacity": 300,
                "unpaid": "bill",
                "patience_s": 60,
                "tariff": site.tariff(),
            }
        ],
        "boxes": [{"box": BOX, "site": SITE, "token_sha256": hashlib.sha256(b"bench").hexdigest()}],
    }
    path = folder / "centre.json"
    path.write_text(json.dumps(config))
    return broker, path, passwords[BOX]
