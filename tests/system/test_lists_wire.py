"""Lists, capacity and settings from a person's hand to a box, through a running centre and a real broker."""

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from edge.journal.store import Store
from edge.known.papers import Papers
from gate.broker_rules import CENTRE_USER, centre_rules
from gate.lease import Standing, Unpaid
from gate.presence import State
from gate.topics import Channel
from gate.wire import encode
from server import lists
from server.centre import Centre
from server.config import Broker, CentreConfig
from server.db import connect, migrate, transaction
from server.register import SiteRow
from simulator.stage.mosquitto import Mosquitto
from tests.edge.desk import BOX, KEY, SECRET
from tests.edge.test_uplink import Line
from tests.server.box import register
from tests.system.edge_site import until

pytestmark = pytest.mark.broker
PASSWORD: Final = "the centre's own word"
DAY: Final = timedelta(days=1)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """The centre's broker under its rules."""
    users = {CENTRE_USER: PASSWORD, BOX: SECRET}
    with Mosquitto(tmp_path / "mosquitto", users, acl=centre_rules([("SPS", BOX)])) as made:
        yield made


@pytest.fixture
def centre(tmp_path: Path, broker: Mosquitto) -> Iterator[Centre]:
    """A running centre with the sites of the tests."""
    url = f"sqlite:///{tmp_path / 'books.sqlite'}"
    engine = connect(url)
    migrate(engine)
    register(engine)
    engine.dispose()
    made = Centre(
        CentreConfig(
            database=url,
            vault=str(tmp_path),
            host="127.0.0.1",
            port=1,
            broker=Broker(host=broker.host, port=broker.port, user=CENTRE_USER, password=PASSWORD),
            signing_key=signing_text(),
            sites=(),
            boxes=(),
        )
    )
    made.start()
    yield made
    made.stop()


def signing_text() -> str:
    """The desk's centre key, as a configuration holds it."""
    return base64.b64encode(KEY.private_bytes_raw()).decode()


class AtBox:
    """What a box does with papers: takes them in turn, and says how far it is."""

    def __init__(self, line: Line, folder: Path) -> None:
        self._line = line
        self.store = Store(folder / "papers.db")
        self.papers = Papers(self.store, line.clock, BOX, KEY.public_key())
        self.leases = self._taken = 0

    def says(self) -> None:
        """Its state."""
        lease = self.papers.lease
        state = State(
            box=BOX,
            boot=self._line.clock.boot,
            monotonic_ms=self._line.clock.monotonic_ms(),
            at=datetime.now(UTC),
            version="1",
            journal=self._line.outbox.journal,
            last_sequence=0,
            waiting=0,
            lease_number=lease.number if lease else 0,
            delta_number=self.papers.delta,
            reader="none",
            lanes=(),
        )
        self._line.uplink.say(Channel.STATE, encode(state), retain=True)

    def waits(self, count: int) -> None:
        """Until so many papers came in all; each is taken at once."""

        def came() -> bool:
            for channel, data in self._line.heard[self._taken :]:
                self._taken += 1
                if channel is Channel.LEASE:
                    self.papers.lease_came(data)
                    self.leases += 1
                elif channel is Channel.DELTA:
                    self.papers.delta_came(data)
            heard = self._line.heard[: self._taken]  # what came meanwhile is not taken yet
            papers = [channel for channel, _ in heard if channel in {Channel.LEASE, Channel.DELTA}]
            return len(papers) >= count

        until(came, f"paper {count}")


def test_what_people_change_reaches_the_box_by_small_changes(tmp_path: Path, broker: Mosquitto, centre: Centre) -> None:
    until(centre.bus.connected.is_set, "the centre at its broker")
    with ExitStack() as ends, Line(tmp_path, broker) as line:
        box = AtBox(line, tmp_path)
        ends.callback(box.store.close)
        until(line.uplink._client.is_connected, "the box at the broker")  # noqa: SLF001
        box.says()
        box.waits(1)
        assert box.papers.lease is not None
        assert (box.papers.lease.number, box.papers.lease.capacity, box.papers.delta) == (1, 100, 0)
        now = datetime.now(UTC)
        listing = lists.Listing(Standing.DENY, now, now + DAY, "nobody", "left owing twice", plate="24A-056.78")
        with transaction(centre.engine) as session:
            entry = lists.add(session, "SPS", listing, "lan", now)
            lists.set_capacity(session, "SPS", 7, "lan", now)
        box.says()
        box.waits(3)
        assert [row.entry for row in box.papers.lists.of("24A05678", "")] == [entry]
        assert (box.papers.lease.capacity, box.papers.delta, box.leases) == (7, 2, 1)
        with transaction(centre.engine) as session:
            lists.end(session, "SPS", entry, "has paid", "lan", now)
        box.says()
        box.waits(4)
        assert len(box.papers.lists) == 0
        with transaction(centre.engine) as session:
            site = session.get_one(SiteRow, "SPS")
            site.unpaid = Unpaid.BILL
            session.add(site)
        box.says()
        box.waits(5)
        assert (box.papers.lease.number, box.papers.lease.policy.unpaid, box.leases) == (2, Unpaid.BILL, 2)
