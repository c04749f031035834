"""The site's own broker, a real one: what boards say reaches the lane, junk reaches nobody, no pulse ever waits."""

import os
import queue
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.config import Broker
from edge.devices.site_bus import Listener, SiteBus
from gate.broker_rules import site_rules
from gate.devices import profiler, tasmota
from gate.devices.board import DeviceFailed, Level, Reading, Relay, Sensor
from gate.vehicle import Profile
from simulator.stage.mosquitto import Mosquitto
from tests.harness.clients import Watcher

pytestmark = pytest.mark.broker
SECRET = "a secret of sixteen or more"
BOX = "sps-1"


class Ear(Listener):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: queue.Queue[Reading | Profile | str] = queue.Queue()

    def board_said(self, reading: Reading) -> None:
        self.heard.put(reading)

    def board_lost(self) -> None:
        self.heard.put("lost")

    def measured(self, profile: Profile) -> None:
        self.heard.put(profile)

    def next(self) -> Reading | Profile | str:
        """What comes next."""
        return self.heard.get(timeout=10)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A site's broker with the site's own rules."""
    with Mosquitto(tmp_path / "site", {BOX: SECRET, "devices": SECRET}, acl=site_rules(BOX)) as made:
        yield made


@pytest.fixture
def ear() -> Ear:
    """What the lane hears."""
    return Ear()


@pytest.fixture
def bus(broker: Mosquitto, ear: Ear) -> Iterator[SiteBus]:
    """The box's end, connected."""
    made = SiteBus(Broker(host=broker.host, port=broker.port, user=BOX, password=SECRET), "test", lambda work: work())
    made.listen("in-1", ear)
    made.start()
    _until(made._client.is_connected)  # noqa: SLF001
    yield made
    made.stop()


def _until(holds: Callable[[], bool], timeout_s: float = 15.0) -> None:
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end, "did not come about"
        time.sleep(0.01)


@pytest.mark.usefixtures("bus")
def test_edges_levels_and_outlines_arrive(broker: Mosquitto, ear: Ear) -> None:
    with Watcher(broker, "devices", SECRET) as board:
        board.subscribe("cmnd/in-1/#")
        board.publish(tasmota.will_topic("in-1"), tasmota.ONLINE, retain=True)
        asked = board.next()
        assert (asked.topic, asked.payload) == ("cmnd/in-1/Status", b"10")
        board.publish(tasmota.result_topic("in-1"), tasmota.edge_payload(Sensor.ARMING, Level.ON))
        assert ear.next() == Reading(Sensor.ARMING, Level.ON, edge=True)
        board.publish(tasmota.levels_topic("in-1"), tasmota.levels_payload({Sensor.EXIT: Level.OFF}))
        assert ear.next() == Reading(Sensor.EXIT, Level.OFF, edge=False)
        board.publish(profiler.profile_topic("in-1"), profiler.profile_payload(Profile(4500, 1500)))
        assert ear.next() == Profile(4500, 1500)
        board.publish(tasmota.will_topic("in-1"), tasmota.OFFLINE, retain=True)
        assert ear.next() == "lost"


@pytest.mark.usefixtures("bus")
def test_junk_reaches_nobody_and_ends_nothing(broker: Mosquitto, ear: Ear) -> None:
    chance = random.Random(3)
    good = tasmota.edge_payload(Sensor.SAFETY, Level.ON)
    junk = [b"", b"\xff\xfe", b'{"a\xff": 1}', b"[" * 50_000, b"null", b'{"Switch1":7}', b'{"length_mm":"x"}', b"{}"]
    junk += [bytes(chance.randrange(256) for _ in range(chance.randrange(60))) for _ in range(300)]
    topics = (tasmota.result_topic("in-1"), tasmota.levels_topic("in-1"), profiler.profile_topic("in-1"))
    with Watcher(broker, "devices", SECRET) as board:
        for number, body in enumerate(junk):
            board.client.publish(topics[number % 3], body, qos=1)
            board.client.publish(topics[(number + 1) % 3], body, qos=1)
        for topic in ("stat/in-9/RESULT", "tele/in-1/LWT/x", "stat/in-1/POWER1"):
            board.publish(topic, good)
        board.publish(topics[0], good)
        assert ear.next() == Reading(Sensor.SAFETY, Level.ON, edge=True)


def test_a_retained_input_is_a_memory_and_no_reading(broker: Mosquitto, ear: Ear) -> None:
    edge = tasmota.edge_payload(Sensor.ARMING, Level.ON)
    with Watcher(broker, "devices", SECRET) as board:
        board.publish(tasmota.result_topic("in-1"), edge, retain=True)
        site = Broker(host=broker.host, port=broker.port, user=BOX, password=SECRET)
        bus = SiteBus(site, "test", lambda work: work())
        bus.listen("in-1", ear)
        board.subscribe("cmnd/in-1/#")
        bus.start()
        assert board.next().topic == "cmnd/in-1/Status"
        board.publish(tasmota.result_topic("in-1"), tasmota.edge_payload(Sensor.EXIT, Level.ON))
        assert ear.next() == Reading(Sensor.EXIT, Level.ON, edge=True), "the live one is the first that is heard"
        bus.stop()


def test_a_pulse_does_not_wait_for_a_board_that_is_away(bus: SiteBus, broker: Mosquitto) -> None:

    def board() -> tuple[Client, "queue.Queue[str]"]:
        came: queue.Queue[str] = queue.Queue()
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id="board",
            protocol=MQTTProtocolVersion.MQTTv311,
            clean_session=False,  # the broker keeps for it what it misses
        )
        client.username_pw_set("devices", SECRET)
        client.on_message = lambda _c, _d, message: came.put(message.topic)
        client.on_subscribe = lambda *_: came.put("listening")
        client.connect(broker.host, broker.port)
        client.subscribe("cmnd/in-1/#", 1)
        client.loop_start()
        assert came.get(timeout=10) == "listening"
        return client, came

    client, came = board()
    bus.pulse("in-1", Relay.RAISE)
    assert came.get(timeout=10) == "cmnd/in-1/POWER1"
    client.disconnect()
    client.loop_stop()
    bus.pulse("in-1", Relay.RAISE)
    bus._client.publish("cmnd/in-9/Status", b"", qos=1).wait_for_publish(5)  # noqa: SLF001 - the broker has both now
    client, came = board()
    bus.pulse("in-1", Relay.LOWER)
    assert came.get(timeout=10) == "cmnd/in-1/POWER2", "a rise that comes late lets somebody through"
    client.disconnect()
    client.loop_stop()


def test_without_its_broker_every_lane_is_blind_and_no_order_is_kept(bus: SiteBus, broker: Mosquitto, ear: Ear) -> None:
    broker.kill()
    assert ear.next() == "lost"
    with pytest.raises(DeviceFailed, match="broker is away"):
        bus.pulse("in-1", Relay.RAISE)
    broker.start()
    with Watcher(broker, "devices", SECRET) as board:
        board.subscribe("cmnd/in-1/#")
        _until(bus._client.is_connected)  # noqa: SLF001
        topics = {board.next().topic}
        assert topics == {"cmnd/in-1/Status"}, "the levels are asked for; the pulse of before is gone"


def test_a_broker_that_refuses_us_is_said_and_is_no_connection(
    broker: Mosquitto, ear: Ear, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = Broker(host=broker.host, port=broker.port, user=BOX, password=os.urandom(16).hex())
    bus = SiteBus(wrong, "test", lambda work: work())
    bus.listen("in-1", ear)
    bus.start()
    said = ""

    def refused() -> bool:
        nonlocal said
        said += capsys.readouterr().out
        return "broker refuses us" in said

    _until(refused)
    assert BOX in said
    assert wrong.password not in said
    bus.stop()
