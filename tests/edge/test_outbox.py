"""The outbox and the real centre over a real broker: what is acknowledged is booked, what was lost comes again."""

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self

import pytest
from sqlmodel import select

from edge.clock import Clock
from edge.config import Broker as ToBroker
from edge.journal.outbox import Outbox, after
from edge.journal.pictures import Sent
from edge.journal.store import Store
from edge.journal.uplink import Uplink
from gate.broker_rules import CENTRE_USER, centre_rules
from gate.messages import DeviceFault
from gate.presence import Online
from gate.topics import Channel
from gate.wire import decode
from server.centre import Centre
from server.config import Broker
from server.db import reading
from server.facts import AnomalyRow, EventRow
from server.setup import prepare
from simulator.stage.mosquitto import Mosquitto
from tests.console.scene import config as centre_config
from tests.edge.desk import BOX, SECRET, box_config

pytestmark = pytest.mark.broker
CENTRES = "centre-secret-long"
PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """The centre's broker, with its rules."""
    folder = tmp_path_factory.mktemp("broker")
    with Mosquitto(folder, {CENTRE_USER: CENTRES, BOX: SECRET}, centre_rules([("SPS", BOX)])) as made:
        yield made


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Empty books."""
    folder = tmp_path_factory.mktemp("empty")
    prepare(centre_config(folder, 1, Broker(host="127.0.0.1", port=1, user="x", password=CENTRES), users=()))
    return folder / "centre.sqlite"


@pytest.fixture
def books(empty: Path, tmp_path: Path) -> Path:
    """The centre's folder with empty books."""
    (tmp_path / "centre").mkdir()
    shutil.copy(empty, tmp_path / "centre")
    return tmp_path / "centre"


@contextmanager
def running(folder: Path, broker: Mosquitto) -> Iterator[Centre]:
    """The centre, writing what boxes say."""
    to_broker = Broker(host=broker.host, port=broker.port, user=CENTRE_USER, password=CENTRES)
    made = Centre(centre_config(folder, 1, to_broker, users=()))
    made.bus.start()
    made._writer.start()  # noqa: SLF001 - without the jobs of the night
    try:
        yield made
    finally:
        made.stop()


class Box:
    """An outbox with its line."""

    def __init__(self, folder: Path, broker: Mosquitto) -> None:
        config = box_config(folder, centre=ToBroker(host=broker.host, port=broker.port, user=BOX, password=SECRET))
        clock = Clock()
        self.store = Store(folder / "box.db")
        self.outbox = Outbox(self.store, clock, "SPS", BOX)
        birth = Online(box=BOX, boot=clock.boot, online=True)
        self.acks: list[bytes] = []
        self.uplink = Uplink(config, folder / "box.db", birth, self._hear)
        self.store.when_ended(lambda _done: self.uplink.recorded(self.outbox.last))
        self.uplink.start(self.outbox.journal, self.outbox.acknowledged, self.outbox.last)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.uplink.stop(0)
        self.store.close()

    def _hear(self, channel: Channel, payload: bytes) -> None:
        if channel is Channel.ACK:
            self.acks.append(payload)

    def heed(self) -> None:
        """What the deciding thread does with acknowledgements."""
        while self.acks:
            self.outbox.acknowledge(int(decode(self.acks.pop(0), dict)["sequence"]))

    def records(self, count: int) -> None:
        """So many facts more."""
        with self.store.transaction():
            for number in range(count):
                self.outbox.record(DeviceFault(lane="", device="test", what=f"{self.outbox.last}+{number}"))

    def until(self, holds: Callable[[], bool]) -> None:
        """Heed acknowledgements until something holds."""
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < end, "did not come about"
            self.heed()
            time.sleep(0.01)

    def written(self) -> list[tuple[int, str]]:
        """The journal: place and name of each fact."""
        return [(each.sequence, str(decode(each.payload, dict)["message_id"])) for each in after(self.store, 0, 9_999)]


def booked(centre: Centre) -> list[tuple[int, str]]:
    """The centre's events, in order."""
    with reading(centre.engine) as session:
        codes = session.exec(select(AnomalyRow.code)).all()
        assert not [code for code in codes if code.startswith("message")], "nothing was said twice with other words"
        rows = session.exec(select(EventRow.sequence, EventRow.message_id).order_by(EventRow.sequence)).all()  # type: ignore[arg-type]
    return [(sequence, message) for sequence, message in rows]


def copied(books: Path, to: Path) -> None:
    """A copy as a nightly backup makes it, of running books."""
    to.mkdir()
    with (
        closing(sqlite3.connect(books / "centre.sqlite")) as now,
        closing(sqlite3.connect(to / "centre.sqlite")) as then,
    ):
        now.backup(then)


def test_what_is_acknowledged_is_in_the_books(tmp_path: Path, broker: Mosquitto, books: Path) -> None:
    with running(books, broker) as centre, Box(tmp_path / "box", broker) as box:
        for _ in range(5):
            box.records(10)
            box.until(lambda: box.outbox.acknowledged == box.outbox.last)
            assert booked(centre)[: box.outbox.acknowledged] == box.written()
        assert box.outbox.prune() == 0, "kept for a week all the same"
        assert len(box.written()) == 50


def test_a_centre_from_an_older_copy_gets_its_tail_again(tmp_path: Path, broker: Mosquitto, books: Path) -> None:
    with Box(tmp_path / "box", broker) as box:
        with running(books, broker):
            box.records(30)
            box.until(lambda: box.outbox.acknowledged == 30)
            copied(books, tmp_path / "older")
            box.store.run("INSERT INTO picture VALUES ('there', 0, 1), ('refused', 0, 2)")
            box.records(30)
            box.until(lambda: box.outbox.acknowledged == 60)
        with running(tmp_path / "older", broker) as centre:
            assert len(booked(centre)) == 30
            box.records(1)
            box.until(lambda: box.outbox.acknowledged == 61)
            assert booked(centre) == box.written()
            pictures = dict(box.store.run("SELECT sha256, sent FROM picture").fetchall())
            assert pictures == {"there": Sent.WAITS, "refused": Sent.NEVER}, "evidence is offered again"


def test_the_same_after_the_box_was_killed_too(tmp_path: Path, broker: Mosquitto, books: Path) -> None:
    with running(books, broker), Box(tmp_path / "box", broker) as box:
        box.records(20)
        box.until(lambda: box.outbox.acknowledged == 20)
        copied(books, tmp_path / "older")
        box.records(20)
        box.until(lambda: box.outbox.acknowledged == 40)
    with running(tmp_path / "older", broker) as centre, Box(tmp_path / "box", broker) as box:
        assert box.outbox.acknowledged == 40
        box.records(1)
        box.until(lambda: len(booked(centre)) == 41)
        assert booked(centre) == box.written()


def test_a_centre_that_starts_from_nothing_gets_the_whole_week(tmp_path: Path, broker: Mosquitto, books: Path) -> None:
    shutil.copytree(books, tmp_path / "new")
    with Box(tmp_path / "box", broker) as box:
        with running(books, broker):
            box.records(600)
            box.until(lambda: box.outbox.acknowledged == 600)
        with running(tmp_path / "new", broker) as centre:
            box.records(1)
            box.until(lambda: len(booked(centre)) == 601)
            assert booked(centre) == box.written()
