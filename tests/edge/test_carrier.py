"""A box that only carries devices: what it says for its board, and what it takes no order from.

That a carried board is as good as any other is the conformance suite's, row `carrier`.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import typer
from typer.testing import CliRunner

from edge.carry.carrier import SETTLES_S, STILL_S, CarriedBoard
from edge.carry.carrier_config import load
from edge.carry.carrier_main import carry
from edge.config import BadConfig, Broker
from gate.broker_rules import DEVICES_USER
from gate.devices import tasmota
from gate.devices.board import BoardListener, DeviceFailed, Level, Reading, Relay, Sensor
from simulator.stage.mosquitto import Mosquitto
from tests.edge.board_ear import Changes
from tests.edge.board_world import BOX, SECRET, site_broker
from tests.harness.clients import Watcher

pytestmark = pytest.mark.broker
INPUTS = {sensor.value: number for number, sensor in enumerate(Sensor)}
BOARD = {"driver": "modbus", "host": "10.0.0.9", "relays": {"raise": 0, "lower": 1}, "inputs": INPUTS}


class Board:
    """A board that does as told and keeps its orders; away until a test says it is there."""

    def __init__(self) -> None:
        self.pulses: list[Relay] = []
        self.listener: BoardListener | None = None
        self.away = False
        self.changed = Changes()

    def start(self, listener: BoardListener) -> None:
        self.listener = listener

    def reports(self, **levels: Level) -> None:
        """All inputs, OFF but for these."""
        assert self.listener is not None
        for sensor in Sensor:
            self.listener.said(Reading(sensor, levels.get(sensor.value, Level.OFF), edge=False))

    def pulse(self, relay: Relay) -> None:
        if self.away:
            raise DeviceFailed("away")
        self.pulses.append(relay)
        self.changed()

    def stop(self) -> None:
        """Nothing runs."""


class Carried:
    """A board that is spoken for, the clock that its line is judged by, and the deciding side's ear."""

    def __init__(self, broker: Mosquitto) -> None:
        self.now = 100.0
        self.board = Board()
        site = Broker(host=broker.host, port=broker.port, user=DEVICES_USER, password=SECRET)
        self.spoken = CarriedBoard(site, "in-1", self.board, lambda: self.now)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """The deciding box's broker."""
    with site_broker(tmp_path) as made:
        yield made


@pytest.fixture
def box(broker: Mosquitto) -> Iterator[Watcher]:
    """The deciding box."""
    with Watcher(broker, BOX, SECRET) as watcher:
        watcher.subscribe("stat/#")
        watcher.subscribe("tele/#")
        yield watcher


@pytest.fixture
def carried(broker: Mosquitto, box: Watcher) -> Iterator[Carried]:
    """A board that is online."""
    made = Carried(broker)
    made.spoken.start()
    made.board.reports(safety=Level.ON)
    assert _heard(box) == (tasmota.will_topic("in-1"), tasmota.ONLINE)
    yield made
    made.spoken.stop()


def _heard(box: Watcher) -> tuple[str, bytes]:
    message = box.next()
    return message.topic, bytes(message.payload)


def _pulsed(box: Watcher, relay: Relay, *, retain: bool = False, payload: bytes = b"ON") -> None:
    box.publish(tasmota.pulse_topic("in-1", relay), payload, retain=retain)


def test_levels_edges_and_losses_are_told_in_tasmotas_words(carried: Carried, box: Watcher) -> None:
    box.publish(*tasmota.question("in-1"))
    levels = {sensor: Level.ON if sensor is Sensor.SAFETY else Level.OFF for sensor in Sensor}
    assert _heard(box) == (tasmota.levels_topic("in-1"), tasmota.levels_payload(levels))
    listener = carried.spoken
    listener.said(Reading(Sensor.SAFETY, Level.OFF, edge=True))
    assert _heard(box) == (tasmota.result_topic("in-1"), tasmota.edge_payload(Sensor.SAFETY, Level.OFF))
    listener.said(Reading(Sensor.EXIT, Level.ON, edge=False))
    topic, payload = _heard(box)
    assert topic == tasmota.levels_topic("in-1"), "what the driver does not vouch for is told as a level"
    assert Reading(Sensor.EXIT, Level.ON, edge=False) in tasmota.readings("in-1", topic, payload)
    listener.said(Reading(Sensor.FIRE, Level.UNKNOWN, edge=False))
    said = tasmota.readings("in-1", *_heard(box))
    assert Sensor.FIRE not in {reading.sensor for reading in said}
    listener.lost("cut")
    listener.lost("cut")
    assert _heard(box) == (tasmota.will_topic("in-1"), tasmota.OFFLINE)
    box.publish(*tasmota.question("in-1"))
    carried.board.reports()
    assert _heard(box) == (tasmota.will_topic("in-1"), tasmota.ONLINE), "a board that is away answers nothing"


def test_a_boards_own_count_goes_with_the_answers_until_it_lacks_an_edge(carried: Carried, box: Watcher) -> None:
    def answered() -> int | None:
        box.publish(*tasmota.question("in-1"))
        while (heard := _heard(box))[0] != tasmota.levels_topic("in-1"):
            continue
        return tasmota.counted("in-1", *heard)

    assert answered() is None
    carried.spoken.counted(7)
    assert [answered(), answered()] == [7, 7]
    for level in (Level.ON, Level.OFF):
        carried.spoken.said(Reading(Sensor.EXIT, level, edge=True))
    assert answered() is None
    carried.spoken.counted(8)
    assert answered() == 8
    carried.spoken.lost("cut")
    carried.board.reports()
    assert answered() is None, "who knows what it counted meanwhile"


def test_each_order_moves_its_relay_once(carried: Carried, box: Watcher) -> None:
    for relay in (Relay.RAISE, Relay.LOWER):
        for order in tasmota.order("in-1", relay):
            box.publish(*order)
    carried.board.changed.until(lambda: len(carried.board.pulses) == 2, "two pulses")
    assert carried.board.pulses == [Relay.RAISE, Relay.LOWER], "an OFF moves nothing"


def test_a_retained_order_moves_nothing(broker: Mosquitto, box: Watcher) -> None:
    _pulsed(box, Relay.RAISE, retain=True)
    made = Carried(broker)
    made.spoken.start()
    made.board.reports()
    while _heard(box) != (tasmota.will_topic("in-1"), tasmota.ONLINE):
        continue
    _pulsed(box, Relay.LOWER)
    made.board.changed.until(lambda: bool(made.board.pulses), "a live order")
    assert made.board.pulses == [Relay.LOWER]
    made.spoken.stop()


def test_an_order_over_a_line_that_stood_still_may_be_old_and_moves_nothing(carried: Carried, box: Watcher) -> None:
    carried.now += STILL_S + 0.1
    _pulsed(box, Relay.RAISE)
    box.publish(*tasmota.question("in-1"))
    assert _heard(box)[0] == tasmota.levels_topic("in-1")
    carried.now += SETTLES_S
    _pulsed(box, Relay.LOWER)
    carried.board.changed.until(lambda: bool(carried.board.pulses), "a fresh order")
    assert carried.board.pulses == [Relay.LOWER]


def test_a_board_that_is_away_and_words_nobody_knows_end_nothing(carried: Carried, box: Watcher) -> None:
    carried.board.away = True
    _pulsed(box, Relay.RAISE)
    for payload in (b"", b"\xff", b"on", b"TOGGLE", b"[" * 10_000):
        _pulsed(box, Relay.RAISE, payload=payload)
    box.publish(*tasmota.question("in-1"))
    assert _heard(box)[0] == tasmota.levels_topic("in-1")
    assert carried.board.pulses == []


def test_without_the_deciding_broker_nothing_is_kept_for_later(
    carried: Carried, broker: Mosquitto, box: Watcher
) -> None:
    broker.kill()
    carried.board.changed.until(lambda: not carried.spoken._client.is_connected(), "cut")  # noqa: SLF001
    carried.spoken.said(Reading(Sensor.SAFETY, Level.OFF, edge=True))
    broker.start()
    with Watcher(broker, BOX, SECRET) as again:
        again.subscribe("stat/#")
        again.subscribe("tele/#")
        while (heard := again.next()).retain or heard.payload != tasmota.ONLINE:
            assert heard.topic != tasmota.result_topic("in-1"), "no edge of before"
        again.publish(*tasmota.question("in-1"))
        topic, payload = _heard(again)
        assert topic == tasmota.levels_topic("in-1"), "no edge of before"
        assert Reading(Sensor.SAFETY, Level.OFF, edge=False) in tasmota.readings("in-1", topic, payload)
    assert box.client is not again.client


def _written(folder: Path, **changes: Any) -> Path:
    broker = {"host": "10.0.0.2", "port": 8883, "user": "devices", "password": SECRET}
    said = {"broker": broker, "boards": [{"name": "in-1", "board": BOARD}]}
    path = folder / "carrier.json"
    path.write_text(json.dumps({**said, **changes}))
    return path


def test_a_carriers_file_is_read(tmp_path: Path) -> None:
    assert load(_written(tmp_path)).boards[0].name == "in-1"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"boards": []}, r"\$\.boards"),
        ({"boards": [{"name": "in-1", "board": {"driver": "tasmota"}}]}, "Invalid value 'tasmota'"),
        ({"boards": [{"name": "in-1", "board": BOARD}] * 2}, "boards: in-1 stands twice"),
        ({"boards": [{"name": "in-1", "board": {**BOARD, "inputs": {}}}]}, "boards: in-1: board: inputs: no `arming`"),
        ({"boards": [{"name": "a/b", "board": BOARD}]}, r"\$\.boards\[0\]\.name"),
        ({"box": "sps-1"}, "unknown field `box`"),
    ],
)
def test_a_carriers_file_that_is_wrong_is_refused_by_file_and_key(
    tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(BadConfig, match=why) as refused:
        load(_written(tmp_path, **changes))
    assert str(refused.value).startswith(str(tmp_path / "carrier.json"))


@pytest.fixture
def own_log() -> Iterator[None]:
    """A process sets up its log for good; a test must not."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("own_log")
def test_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="No such file"):
        load(tmp_path / "nowhere.json")
    app = typer.Typer()
    app.command()(carry)
    done = CliRunner().invoke(app, ["--config", str(tmp_path / "nowhere.json")])
    assert (done.exit_code, "nowhere.json: No such file" in done.stderr) == (2, True)


def test_the_process_ends_when_told(tmp_path: Path, broker: Mosquitto, box: Watcher) -> None:
    site = {"host": broker.host, "port": broker.port, "user": DEVICES_USER, "password": SECRET}
    path = _written(
        tmp_path, broker=site, boards=[{"name": "in-1", "board": {**BOARD, "host": "127.0.0.1", "port": 1}}]
    )
    command = "import typer; from edge.carry.carrier_main import carry; typer.run(carry)"
    with subprocess.Popen([sys.executable, "-c", command, "--config", str(path)], stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert b"board lost" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    said = [bytes(box.messages.get_nowait().payload) for _ in range(box.messages.qsize())]
    assert tasmota.ONLINE not in said, "it never had its board"
