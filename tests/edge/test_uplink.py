"""The line to the centre over a real broker: what the centre has not acknowledged is sent again, whatever breaks."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from edge.clock import Clock
from edge.config import BoxConfig, Broker
from edge.journal import uplink as module
from edge.journal.outbox import Outbox, after
from edge.journal.store import Store
from edge.journal.uplink import Uplink
from gate import signing
from gate.messages import Ack, DeviceFault, Open, OpeningReason
from gate.presence import Online
from gate.topics import Channel, Topic
from gate.wire import encode
from simulator.stage.mosquitto import Mosquitto
from tests.edge.centre import FakeCentre
from tests.edge.desk import BOX, KEY, SECRET, box_config, lease

pytestmark = pytest.mark.broker
USERS = {"centre": "centre-secret-long", BOX: SECRET}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """The centre's broker."""
    with Mosquitto(tmp_path / "mosquitto", USERS) as made:
        yield made


def configured(folder: Path, broker: Mosquitto) -> BoxConfig:
    """A box of this broker."""
    return box_config(folder, centre=Broker(host=broker.host, port=broker.port, user=BOX, password=SECRET))


class Line:
    """An outbox and its uplink; what it hears is kept."""

    def __init__(self, folder: Path, broker: Mosquitto) -> None:
        self.clock = Clock()
        self.store = Store(folder / "box.db")
        self.outbox = Outbox(self.store, self.clock, "SPS", BOX)
        self.heard: list[tuple[Channel, bytes]] = []
        birth = Online(box=BOX, boot=self.clock.boot, online=True)
        self.uplink = Uplink(configured(folder, broker), folder / "box.db", birth, self._hear)
        self.store.when_ended(lambda _done: self.uplink.recorded(self.outbox.last))
        self.uplink.start(self.outbox.journal, self.outbox.acknowledged, self.outbox.last)

    def _hear(self, channel: Channel, payload: bytes) -> None:
        self.heard.append((channel, payload))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.uplink.stop(0)
        self.store.close()

    def record(self, count: int = 1) -> None:
        """Facts, ten to a transaction."""
        for first in range(0, count, 10):
            with self.store.transaction():
                for number in range(first, min(first + 10, count)):
                    self.outbox.record(DeviceFault(lane="", device="test", what=str(number)))

    def journal(self) -> list[bytes]:
        """What is in the outbox."""
        return [entry.payload for entry in after(self.store, 0, 100_000)]


def test_facts_arrive_in_order_and_only_the_centre_acknowledges(tmp_path: Path, broker: Mosquitto) -> None:
    with FakeCentre(broker, "SPS", BOX, KEY) as centre, Line(tmp_path, broker) as line:
        centre.acknowledges = False
        line.record(30)
        centre.wait(lambda: centre.count() == 30, "thirty facts")  # so the broker has given its PUBACK for each
        assert line.uplink._acknowledged == 0  # noqa: SLF001
        assert not [channel for channel, _ in line.heard if channel is Channel.ACK]
        assert centre.booked[line.outbox.journal] == line.journal()
        centre.acknowledges = True
        centre.ack(line.outbox.journal, 30)
        _until(lambda: line.uplink._acknowledged == 30)  # noqa: SLF001
        assert len(line.journal()) == 30, "kept for a week"


def test_a_silent_centre_gets_it_all_again(tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.3)
    with FakeCentre(broker, "SPS", BOX, KEY) as centre, Line(tmp_path, broker) as line:
        centre.acknowledges = False
        line.record(5)
        centre.wait(lambda: centre.got >= 15, "the same five three times")
        assert centre.count() == 5
        assert centre.quarrels == []


def test_a_busy_box_does_not_forget_to_send_again(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.4)
    monkeypatch.setattr(module, "WINDOW", 5)
    monkeypatch.setattr(module, "WINDOW_MIN", 5)
    with FakeCentre(broker, "SPS", BOX, KEY, loses=1.0) as centre, Line(tmp_path, broker) as line:
        line.record(5)
        centre.wait(lambda: centre.got >= 5, "the first window, which is lost")
        centre._loses = 0.0  # noqa: SLF001
        for _ in range(30):  # a fact every tenth of a second: never quiet for as long as its patience
            line.record()
            if centre.count():
                break
            time.sleep(0.1)
        assert centre.count() > 0


def test_a_gap_is_filled_from_the_centres_mark_before_patience_ends(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 60.0)
    with FakeCentre(broker, "SPS", BOX, KEY) as centre, Line(tmp_path, broker) as line:
        centre.loses_next = {40, 41, 90}
        line.record(200)
        centre.wait(lambda: centre.count() == 200, "all facts though some were lost")
        assert centre.booked[line.outbox.journal] == line.journal()


def test_acknowledgements_said_twice_are_no_reason_to_send_again(tmp_path: Path, broker: Mosquitto) -> None:
    with FakeCentre(broker, "SPS", BOX, KEY, repeats=2) as centre, Line(tmp_path, broker) as line:
        line.record(500)
        centre.wait(lambda: centre.count() == 500, "all facts")
        assert centre.got == 500


def test_a_bad_line_is_not_drowned_in_repetitions(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.1)
    with FakeCentre(broker, "SPS", BOX, KEY, loses=0.2, repeats=2) as centre, Line(tmp_path, broker) as line:
        line.record(300)
        centre.wait(lambda: centre.count() == 300, "all facts though every fifth was lost")
        assert centre.booked[line.outbox.journal] == line.journal()
        assert centre.quarrels == []
        assert centre.got < 300 * 12


def test_a_lower_mark_is_taken_back_and_sent_from_there(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 60.0)
    with FakeCentre(broker, "SPS", BOX, KEY) as centre, Line(tmp_path, broker) as line:
        line.record(40)
        centre.wait(lambda: centre.count() == 40, "all facts")
        _until(lambda: line.uplink._acknowledged == 40)  # noqa: SLF001
        journal = line.outbox.journal
        with centre._changed:  # noqa: SLF001 - the centre restores an old backup
            del centre.booked[journal][25:]
        centre.ack(journal, 25)
        centre.wait(lambda: centre.count() == 40, "the lost tail again")
        assert centre.booked[journal] == line.journal()


def test_acknowledgements_that_make_no_sense_are_passed_over(tmp_path: Path, broker: Mosquitto) -> None:
    chance = os.urandom(16).hex().encode()
    with FakeCentre(broker, "SPS", BOX, KEY) as centre, Line(tmp_path, broker) as line:
        line.record(3)
        centre.wait(lambda: centre.count() == 3, "three facts")
        _until(lambda: line.uplink._acknowledged == 3)  # noqa: SLF001
        for junk in (b"", b"\xff\xfe", b"[]", b'{"journal":"x","sequence":1}', b"{" * 5000, chance, b'{"sequence":9}'):
            centre.say(Channel.ACK, junk)
        centre.ack("f" * 16, 1)  # another journal's
        centre.ack(line.outbox.journal, 2**62)  # more than there is
        line.record(3)
        centre.wait(lambda: centre.count() == 6, "three more facts")
        _until(lambda: line.uplink._acknowledged == 6)  # noqa: SLF001


def test_nobody_can_have_what_was_never_sent(tmp_path: Path, broker: Mosquitto) -> None:
    """Believed, such a mark would keep those facts from ever going up."""
    with FakeCentre(broker, "SPS", BOX, KEY) as centre, Line(tmp_path, broker) as line:
        line.record(3)
        centre.wait(lambda: centre.count() == 3, "three facts")
        _until(lambda: line.uplink._acknowledged == 3)  # noqa: SLF001
        heard = list(line.heard)
        broker.kill()
        _until(lambda: not line.uplink._up)  # noqa: SLF001
        line.record(3)
        line.uplink._acked(encode(Ack(journal=line.outbox.journal, sequence=6)))  # noqa: SLF001
        assert line.uplink._acknowledged == 3  # noqa: SLF001
        assert line.heard == heard, "the outbox was not told either"
        broker.start()
        centre.wait(lambda: centre.count() == 6, "the facts that were never sent")


def test_an_acknowledgement_that_comes_after_patience_ended_is_believed(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is being sent again, in a smaller window, was sent before: the centre's mark may be far ahead of it."""
    monkeypatch.setattr(module, "PATIENCE_S", 0.1)
    monkeypatch.setattr(module, "WINDOW", 40)
    with FakeCentre(broker, "SPS", BOX, KEY) as centre, Line(tmp_path, broker) as line:
        centre.acknowledges = False
        line.record(40)
        centre.wait(lambda: centre.got > 40 + 3 * module.WINDOW_MIN, "the same again and again")
        _until(lambda: line.uplink._window == module.WINDOW_MIN)  # noqa: SLF001
        centre.acknowledges = True
        line.record(20)
        centre.wait(lambda: centre.count() == 60, "the facts behind")
        assert centre.booked[line.outbox.journal] == line.journal()


def test_a_box_that_forgot_a_mark_believes_the_centres(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before it wrote down what was acknowledged, by more than it sends ahead."""
    monkeypatch.setattr(module, "WINDOW", 10)
    with FakeCentre(broker, "SPS", BOX, KEY) as centre:
        with Line(tmp_path, broker) as line:
            line.record(50)
            centre.wait(lambda: centre.count() == 50, "fifty facts")
        with Line(tmp_path, broker) as line:
            assert line.outbox.acknowledged == 0
            line.record(5)
            centre.wait(lambda: centre.count() == 55, "five more")
            assert centre.booked[line.outbox.journal] == line.journal()


def test_a_retained_command_is_nobodys_order(tmp_path: Path, broker: Mosquitto) -> None:
    with FakeCentre(broker, "SPS", BOX, KEY) as centre:
        centre.wait(centre.client.is_connected, "the centre itself") if centre.client.is_connected() else _until(
            centre.client.is_connected
        )
        command = signing.sign(lease(2), KEY)
        centre.say(Channel.COMMAND, command, retain=True)
        centre.say(Channel.DELTA, command, retain=True)
        centre.say(Channel.ACK, b"{}", retain=True)
        centre.say(Channel.LEASE, command, retain=True)
        with Line(tmp_path, broker) as line:
            _until(lambda: line.heard != [])
            centre.say(Channel.COMMAND, b"a live one")
            _until(lambda: len(line.heard) >= 2)
            assert line.heard == [(Channel.LEASE, command), (Channel.COMMAND, b"a live one")]
        assert Open(lane="in-1", reason=OpeningReason.PERSON).lane == "in-1"
        assert Topic.parse(f"barie/v1/SPS/{BOX}/command").channel is Channel.COMMAND


def test_wrong_credentials_are_no_connection(tmp_path: Path, broker: Mosquitto) -> None:
    wrong = Broker(host=broker.host, port=broker.port, user=BOX, password="x" * 20)
    config = box_config(tmp_path, centre=wrong)
    store = Store(tmp_path / "box.db")
    clock = Clock()
    outbox = Outbox(store, clock, "SPS", BOX)
    outbox.record(DeviceFault(lane="", device="test", what=""))
    refused, was_up = threading.Event(), list[bool]()
    made = Uplink(config, tmp_path / "box.db", Online(box=BOX, boot=clock.boot, online=True), lambda *_: None)
    connected = made._client.on_connect  # noqa: SLF001
    assert connected is not None

    def answered(*words: object) -> None:
        connected(*words)  # type: ignore[arg-type]
        was_up.append(made._up)  # noqa: SLF001
        refused.set()

    made._client.on_connect = answered  # noqa: SLF001
    made.start(outbox.journal, 0, outbox.last)
    assert refused.wait(10)
    assert was_up == [False]
    assert made._sent == 0  # noqa: SLF001
    made.stop(0)
    store.close()


@pytest.mark.slow
@pytest.mark.timeout(110)
def test_a_broker_killed_in_mid_stream_loses_nothing(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.1)
    kills, facts = 5, 2_000
    with FakeCentre(broker, "SPS", BOX, KEY, loses=0.2, repeats=2) as centre, Line(tmp_path, broker) as line:
        for kill in range(kills):
            line.record(facts // kills)
            centre.wait(lambda kill=kill: centre.count() > kill * 350, "some of it")  # type: ignore[misc]
            broker.kill()
            broker.start()
        centre.wait(lambda: centre.count() == facts, "every fact", 80)
        assert centre.booked[line.outbox.journal] == line.journal()
        assert centre.quarrels == []
        _until(lambda: line.uplink._acknowledged == facts)  # noqa: SLF001


def test_a_box_that_starts_again_goes_on_behind_the_mark(tmp_path: Path, broker: Mosquitto) -> None:
    with FakeCentre(broker, "SPS", BOX, KEY) as centre:
        with Line(tmp_path, broker) as line:
            line.record(20)
            centre.wait(lambda: centre.count() == 20, "twenty facts")
            journal = line.outbox.journal
            line.outbox.acknowledge(20)
        with Line(tmp_path, broker) as line:
            assert (line.outbox.journal, line.outbox.acknowledged) == (journal, 20)
            came = centre.got
            line.record(5)
            centre.wait(lambda: centre.count() == 25, "five more")
            assert centre.got - came == 5, "nothing that was acknowledged is sent again"
            assert centre.booked[journal] == line.journal()


def _until(holds: object, timeout_s: float = 10.0) -> None:
    end = time.monotonic() + timeout_s
    assert callable(holds)
    while not holds():
        assert time.monotonic() < end, "did not come about"
        time.sleep(0.01)
