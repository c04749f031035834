"""The site's own broker, a real one: what devices say reaches their lane, junk reaches nobody, no pulse ever waits."""

import os
import queue
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.config import Broker
from edge.devices.board_config import EsphomeBoard, TasmotaBoard
from edge.devices.site_bus import Listener
from edge.devices.site_devices import SiteDevices
from gate.broker_rules import site_rules
from gate.devices import esphome, profiler, tasmota
from gate.devices.board import DeviceFailed, Level, Reading, Relay, Sensor
from gate.devices.screen import Face, Page, screen_topic
from gate.vehicle import Profile
from gate.wire import decode
from simulator.stage.mosquitto import Mosquitto
from tests.edge.desk import box_config, lane_config
from tests.harness.clients import Watcher

pytestmark = pytest.mark.broker
SECRET = "a secret of sixteen or more"
BOX = "sps-1"
ALL_OFF = dict.fromkeys(Sensor, Level.OFF)


class Ear(Listener):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: queue.Queue[Reading | Profile | str] = queue.Queue()

    def board_said(self, reading: Reading) -> None:
        self.heard.put(reading)

    def board_counted(self, count: int) -> None:
        pass

    def board_lost(self) -> None:
        self.heard.put("lost")

    def measured(self, profile: Profile) -> None:
        self.heard.put(profile)

    def next(self) -> Reading | Profile | str:
        """What comes next."""
        return self.heard.get(timeout=10)

    def reported(self) -> None:
        """All inputs are reported next."""
        said = [self.next() for _ in Sensor]
        assert all(isinstance(reading, Reading) and not reading.edge for reading in said), said


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
def site(broker: Mosquitto, ear: Ear, tmp_path: Path) -> Iterator[SiteDevices]:
    """The box's end of one lane, connecting."""
    made = site_of(broker, tmp_path)
    made.listen("in-1", ear)
    made.start()
    yield made
    made.stop()


def site_of(broker: Mosquitto, folder: Path, password: str = SECRET) -> SiteDevices:
    """The devices of a box on this broker: a lane with a Tasmota board, one with an ESPHome of another name."""
    lanes = (
        lane_config("in-1", board=TasmotaBoard(absent=(Sensor.FIRE,))),
        lane_config("out-1", board=EsphomeBoard(name="kitchen")),
    )
    where = Broker(host=broker.host, port=broker.port, user=BOX, password=password)
    return SiteDevices(box_config(folder, lanes=lanes, site_broker=where), lambda work: work())


def answered(board: Watcher, levels: dict[Sensor, Level] = ALL_OFF) -> None:
    """The board is asked, and answers."""
    board.subscribe("cmnd/in-1/Status")
    asked = board.next()
    assert (asked.topic, asked.payload) == ("cmnd/in-1/Status", b"10")
    board.publish(tasmota.levels_topic("in-1"), tasmota.levels_payload(levels))


def keeps_answering(board: Watcher) -> None:
    """The board answers whenever it is asked."""

    def heard(client: Client, _data: object, message: MQTTMessage) -> None:
        board.messages.put(message)
        if message.topic == "cmnd/in-1/Status":
            client.publish(tasmota.levels_topic("in-1"), tasmota.levels_payload(ALL_OFF))

    board.client.on_message = heard
    board.subscribe("cmnd/in-1/Status")


@pytest.mark.usefixtures("site")
def test_edges_levels_and_outlines_arrive(broker: Mosquitto, ear: Ear) -> None:
    with Watcher(broker, "devices", SECRET) as board:
        answered(board, {Sensor.EXIT: Level.ON, Sensor.SAFETY: Level.OFF})
        said = [ear.next() for _ in Sensor]
        levels = {reading.sensor: reading.level for reading in said if isinstance(reading, Reading)}
        assert levels.pop(Sensor.EXIT) is Level.ON
        assert levels.pop(Sensor.SAFETY) is Level.OFF
        assert levels.pop(Sensor.FIRE) is Level.OFF, "the lane has none: the file says so"
        assert set(levels.values()) == {Level.UNKNOWN}
        board.publish(tasmota.result_topic("in-1"), tasmota.edge_payload(Sensor.EXIT, Level.OFF))
        assert ear.next() == Reading(Sensor.EXIT, Level.OFF, edge=True)
        board.publish(profiler.profile_topic("in-1"), profiler.profile_payload(Profile(4500, 1500)))
        assert ear.next() == Profile(4500, 1500)
        board.publish(tasmota.will_topic("in-1"), tasmota.OFFLINE, retain=True)
        assert ear.next() == "lost"


@pytest.mark.usefixtures("site")
def test_an_edge_that_was_lost_on_the_way_is_mended_and_is_none(broker: Mosquitto, ear: Ear) -> None:
    with Watcher(broker, "devices", SECRET) as board:
        answered(board)
        ear.reported()
        board.publish(tasmota.levels_topic("in-1"), tasmota.levels_payload({**ALL_OFF, Sensor.SAFETY: Level.ON}))
        assert ear.next() == Reading(Sensor.SAFETY, Level.ON, edge=False)
        board.publish(tasmota.result_topic("in-1"), tasmota.edge_payload(Sensor.SAFETY, Level.OFF))
        assert ear.next() == Reading(Sensor.SAFETY, Level.OFF, edge=True)


@pytest.mark.usefixtures("site")
def test_a_board_that_started_anew_is_lost_first(broker: Mosquitto, ear: Ear) -> None:
    with Watcher(broker, "devices", SECRET) as board:
        keeps_answering(board)
        ear.reported()
        board.publish(tasmota.will_topic("in-1"), tasmota.ONLINE, retain=True)
        assert ear.next() == "lost", "though it never was silent"
        ear.reported()


@pytest.mark.usefixtures("site")
def test_junk_reaches_nobody_and_ends_nothing(broker: Mosquitto, ear: Ear) -> None:
    chance = random.Random(3)
    good = tasmota.edge_payload(Sensor.SAFETY, Level.ON)
    junk = [b"", b"\xff\xfe", b'{"a\xff": 1}', b"[" * 50_000, b"null", b'{"Switch1":7}', b'{"length_mm":"x"}', b"{}"]
    junk += [bytes(chance.randrange(256) for _ in range(chance.randrange(60))) for _ in range(300)]
    topics = (tasmota.result_topic("in-1"), tasmota.levels_topic("in-1"), profiler.profile_topic("in-1"))
    with Watcher(broker, "devices", SECRET) as board:
        answered(board)
        ear.reported()
        for number, body in enumerate(junk):
            board.client.publish(topics[number % 3], body, qos=1)
            board.client.publish(topics[(number + 1) % 3], body, qos=1)
        for topic in ("stat/in-9/RESULT", "tele/in-1/LWT/x", "stat/in-1/POWER1"):
            board.publish(topic, good)
        board.publish(topics[0], good)
        assert ear.next() == Reading(Sensor.SAFETY, Level.ON, edge=True)


def test_a_retained_input_is_a_memory_and_no_reading(broker: Mosquitto, ear: Ear, tmp_path: Path) -> None:
    with Watcher(broker, "devices", SECRET) as board:
        board.publish(tasmota.levels_topic("in-1"), tasmota.levels_payload(ALL_OFF), retain=True)
        board.publish(tasmota.result_topic("in-1"), tasmota.edge_payload(Sensor.ARMING, Level.ON), retain=True)
        board.publish(profiler.profile_topic("in-1"), profiler.profile_payload(Profile(4500, 1500)), retain=True)
        site = site_of(broker, tmp_path)
        site.listen("in-1", ear)
        site.start()
        answered(board, {**ALL_OFF, Sensor.EXIT: Level.ON})
        said = [ear.next() for _ in Sensor]
        assert Reading(Sensor.EXIT, Level.ON, edge=False) in said, "the live ones are the first that are heard"
        site.stop()


def test_a_board_and_a_screen_are_found_by_their_own_names(broker: Mosquitto, ear: Ear, tmp_path: Path) -> None:
    site = site_of(broker, tmp_path)
    site.listen("out-1", ear)
    with Watcher(broker, "devices", SECRET) as board:
        board.subscribe("cmnd/#")
        site.start()
        site.show("out-1", Page(lane="out-1", face=Face.GO, vi="Mời đi", en="Please go"))
        heard = {message.topic: message for message in (board.next(), board.next())}
        assert heard.keys() == {"cmnd/kitchen/levels", "cmnd/out-1/Screen"}
        assert decode(bytes(heard["cmnd/out-1/Screen"].payload), Page).face is Face.GO
        board.publish(esphome.levels_topic("kitchen"), esphome.levels_payload(ALL_OFF))
        ear.reported()
        site.pulse("out-1", Relay.RAISE)
        while (order := board.next()).payload != b"ON":
            continue
        assert order.topic == "cmnd/kitchen/switch/raise/command"
    site.stop()


def test_a_pulse_does_not_wait_for_a_board_that_is_away(site: SiteDevices, broker: Mosquitto, ear: Ear) -> None:

    def board() -> tuple[Client, "queue.Queue[tuple[str, bytes]]"]:
        came: queue.Queue[tuple[str, bytes]] = queue.Queue()
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id="board",
            protocol=MQTTProtocolVersion.MQTTv311,
            clean_session=False,  # the broker keeps for it what it misses
        )
        client.username_pw_set("devices", SECRET)
        client.on_message = lambda _c, _d, message: came.put((message.topic, bytes(message.payload)))
        client.on_subscribe = lambda *_: came.put(("listening", b""))
        client.connect(broker.host, broker.port)
        client.subscribe("cmnd/in-1/+", 1)
        client.loop_start()
        assert came.get(timeout=10) == ("listening", b"")
        return client, came

    with Watcher(broker, "devices", SECRET) as voice:
        keeps_answering(voice)
        ear.reported()
        client, came = board()
        site.pulse("in-1", Relay.RAISE)
        assert _next_on(came) == "cmnd/in-1/POWER1"
        client.disconnect()
        client.loop_stop()
        voice.subscribe("cmnd/in-1/POWER1")
        for _ in range(2):
            site.pulse("in-1", Relay.RAISE)
            while (heard := voice.next()).topic != "cmnd/in-1/POWER1" or bytes(heard.payload) != b"ON":
                continue  # until the broker has it
        client, came = board()
        site.pulse("in-1", Relay.LOWER)
        assert _next_on(came) == "cmnd/in-1/POWER2", "a rise that comes late lets somebody through"
        client.disconnect()
        client.loop_stop()


def _next_on(came: "queue.Queue[tuple[str, bytes]]") -> str:
    while True:
        topic, payload = came.get(timeout=10)
        if payload == b"ON":
            return topic


def test_without_its_broker_every_lane_is_blind_and_no_order_is_kept(
    site: SiteDevices, broker: Mosquitto, ear: Ear
) -> None:
    with Watcher(broker, "devices", SECRET) as board:
        answered(board)
        ear.reported()
    broker.kill()
    assert ear.next() == "lost"
    with pytest.raises(DeviceFailed, match="away"):
        site.pulse("in-1", Relay.RAISE)
    broker.start()
    with Watcher(broker, "devices", SECRET) as board:
        board.subscribe("cmnd/in-1/#")
        topics = {board.next().topic for _ in range(3)}
        assert topics == {"cmnd/in-1/Status"}, "the levels are asked for; the pulse of before is gone"


def test_a_screen_gets_the_newest_page_and_none_of_those_it_missed(
    site: SiteDevices, broker: Mosquitto, ear: Ear
) -> None:
    with Watcher(broker, "devices", SECRET) as board:
        answered(board)
        ear.reported()
    broker.kill()
    assert ear.next() == "lost"
    for number in range(20):
        site.show("in-1", Page(lane="in-1", face=Face.WAIT, vi=str(number), en=""))
    broker.start()
    with Watcher(broker, "devices", SECRET) as screen:
        screen.subscribe(screen_topic("in-1"))
        pages = [decode(bytes(screen.next().payload), Page).vi]
        site.show("in-1", Page(lane="in-1", face=Face.WAIT, vi="last", en=""))
        while pages[-1] != "last":
            pages.append(decode(bytes(screen.next().payload), Page).vi)
    assert [page for page in pages if page not in {"19", "last"}] == []


def test_a_broker_that_refuses_us_is_said_and_is_no_connection(
    broker: Mosquitto, ear: Ear, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = os.urandom(16).hex()
    site = site_of(broker, tmp_path, wrong)
    site.listen("in-1", ear)
    site.start()
    said = ""

    def refused() -> bool:
        nonlocal said
        said += capsys.readouterr().out
        return "broker refuses us" in said

    _until(refused)
    assert BOX in said
    assert wrong not in said
    site.stop()


def _until(holds: Callable[[], bool], timeout_s: float = 15.0) -> None:
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end, "did not come about"
        time.sleep(0.01)
