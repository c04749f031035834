"""The centre's time over real brokers: a box as a process learns it, and a centre tells it to who says its state."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gate.broker_rules import centre_rules
from gate.messages import Ack, ClockQuality, DeviceFault
from gate.presence import State
from gate.topics import Channel, Topic
from gate.wire import decode, encode
from server.centre import Centre
from server.config import Broker, CentreConfig
from server.db import connect
from server.setup import prepare
from simulator.stage.mosquitto import Mosquitto
from tests.edge.centre import FakeCentre
from tests.edge.desk import BOX, KEY, SECRET
from tests.server.box import register
from tests.system.edge_site import SiteTwin, config, start_box, until

pytestmark = [pytest.mark.broker, pytest.mark.slow]
USERS = {"centre": "centre-secret-long", BOX: SECRET}
DAY = timedelta(days=1)


class TellingCentre(FakeCentre):
    """It answers each state with a time that is a day ahead of this machine's."""

    def _message(self, client: Client, data: Any, message: MQTTMessage) -> None:
        super()._message(client, data, message)
        if Topic.parse(message.topic).channel is Channel.STATE and self.state is not None and not message.retain:
            state = self.state
            mark = len(self.booked.get(state.journal, []))
            at = datetime.now(UTC) + DAY
            ack = Ack(journal=state.journal, sequence=mark, at=at, echo_ms=state.monotonic_ms)
            self.client.publish(str(self._topic(Channel.ACK)), encode(ack), qos=1)

    def knows(self, boot: UUID | None = None) -> State | None:
        """The newest state, of another boot than this, once the box is synchronised in it."""
        state = self.state
        if state is None or state.boot == boot or state.clock_quality is not ClockQuality.SYNCHRONISED:
            return None
        return state


def test_a_box_a_day_off_learns_it_tells_it_once_and_knows_it_after_a_kill(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path / "centre", USERS, acl=centre_rules([("SPS", BOX)]))
    with broker, SiteTwin(tmp_path, "in-1", "out-1") as site, TellingCentre(broker, "SPS", BOX, KEY) as centre:
        until(centre.client.is_connected, "the centre")
        settings = config(tmp_path, site, broker)
        with start_box(tmp_path, settings) as box:
            first = _synchronised(centre)
            centre.wait(lambda: bool(_told(centre)), "the step")
            box.kill()
        with start_box(tmp_path, settings) as box:
            box.wait_for_line("box runs")
            second = _synchronised(centre, first.boot)
            box.kill()
        for state in (first, second):
            assert state.clock_offset_ms is not None
            assert abs(timedelta(milliseconds=state.clock_offset_ms) + DAY) < timedelta(seconds=3)
            assert timedelta(hours=23) < state.at - datetime.now(UTC) < timedelta(hours=25)
        (fault,) = _told(centre)
        assert "behind and was set" in fault.what
        newest = centre.envelopes()[-1]
        assert (newest.clock_quality, newest.clock_offset_ms is None) == (ClockQuality.SYNCHRONISED, False)


def _synchronised(centre: TellingCentre, before: UUID | None = None) -> State:
    centre.wait(lambda: centre.knows(before) is not None, "a state that is synchronised")
    state = centre.knows(before)
    assert state is not None
    return state


def _told(centre: FakeCentre) -> list[DeviceFault]:
    return [fault for fault in centre.facts(DeviceFault) if fault.device == "clock"]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker", USERS, acl=centre_rules([("SPS", BOX)])) as made:
        yield made


def test_a_centre_answers_a_state_with_its_mark_and_its_time(tmp_path: Path, broker: Mosquitto) -> None:
    settings = CentreConfig(
        database=f"sqlite:///{tmp_path / 'books.sqlite'}",
        vault=str(tmp_path / "vault"),
        host="127.0.0.1",
        port=1,
        broker=Broker(host=broker.host, port=broker.port, user="centre", password=USERS["centre"]),
        signing_key=base64.b64encode(bytes(32)).decode(),
        sites=(),
        boxes=(),
    )
    prepare(settings)
    engine = connect(settings.database)
    register(engine)
    engine.dispose()
    centre = Centre(settings)
    centre.bus._sites = {"SPS"}  # noqa: SLF001 - sites of the register, not of the configuration
    said = State(
        box=BOX,
        boot=UUID(int=7),
        monotonic_ms=4_711,
        at=datetime.now(UTC) - 400 * DAY,
        version="0.1.0",
        journal="0123456789abcdef",
        last_sequence=0,
        waiting=0,
        lease_number=0,
        delta_number=0,
        reader="none",
        lanes=(),
    )
    with FakeBox(broker) as box:
        centre.start()
        try:
            until(centre.bus.connected.is_set, "the centre")
            before = datetime.now(UTC)
            box.says(said)
            until(lambda: bool(box.acks), "the answer")
        finally:
            centre.stop()
    ack = box.acks[0]
    assert (ack.journal, ack.sequence, ack.echo_ms) == (said.journal, 0, 4_711)
    assert ack.at is not None
    assert before <= ack.at <= datetime.now(UTC)


class FakeBox:
    """A box's line and nothing behind it."""

    def __init__(self, broker: Mosquitto) -> None:
        self._broker, self.acks = broker, list[Ack]()
        self._ready = False
        self._client = _client()
        self._client.on_connect = self._connected
        self._client.on_message = lambda _client, _data, message: self.acks.append(decode(bytes(message.payload), Ack))

    def __enter__(self) -> Self:
        self._client.connect(self._broker.host, self._broker.port)
        self._client.loop_start()
        until(lambda: self._ready, "the box")
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def says(self, state: State) -> None:
        """Publish; returns when the broker has it."""
        self._client.publish(str(Topic("SPS", BOX, Channel.STATE)), encode(state), qos=1).wait_for_publish(10)

    def _connected(self, client: Client, *_: Any) -> None:
        client.subscribe(str(Topic("SPS", BOX, Channel.ACK)), qos=1)
        self._ready = True


def _client() -> Client:
    made = Client(CallbackAPIVersion.VERSION2, client_id=BOX, protocol=MQTTProtocolVersion.MQTTv5)
    made.username_pw_set(BOX, SECRET)
    return made
