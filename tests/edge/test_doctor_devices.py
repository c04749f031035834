"""`barie doctor` asks a box's devices: what is silent, wrongly wired or no camera is named, and nothing moves."""

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from msgspec.structs import replace
from PIL import Image

from edge.config import BoxConfig, Broker, Engine, ReaderConfig
from edge.devices.board_config import ModbusBoard
from edge.lanes.lane_config import LaneConfig
from edge.watch import doctor_devices
from edge.web.config import WebConfig
from gate.check import Check
from gate.devices.board import Sensor
from simulator.devices.arm import Arm
from simulator.devices.modbus import COILS, INPUTS, ModbusTwin
from simulator.stage.ports import free_port
from tests.edge.board_world import World
from tests.edge.desk import BOX, SECRET, box_config, lane_config
from tests.system.edge_site import SiteTwin


def only(checks: list[Check], what: str) -> Check:
    (found,) = [check for check in checks if check.what == what]
    return found


def jpeg(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height)).save(out, "JPEG")
    return out.getvalue()


class Answers(BaseHTTPRequestHandler):
    """A camera in one of several states, by path."""

    said: ClassVar = {"/well": jpeg(1_280, 720), "/small": jpeg(320, 240), "/page": b"<html>log in</html>"}

    def do_GET(self) -> None:
        body = self.said.get(self.path)
        self.send_response(200 if body else 401)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""


@pytest.fixture
def camera() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.end()


def modbus_lane(name: str, port: int) -> LaneConfig:
    return replace(lane_config(name), board=ModbusBoard(host="127.0.0.1", port=port, relays=COILS, inputs=INPUTS))


def box(*lanes: LaneConfig, folder: Path = Path("/nowhere"), **more: Any) -> BoxConfig:
    return box_config(folder, lanes=lanes, **more)


def test_wired_boards_that_answer_are_silent_or_crossed(world: World) -> None:
    twins = {}
    with ExitStack() as stack:
        for name in ("in-1", "in-2"):
            twin = world.call(lambda: ModbusTwin(free_port(), world.loop, arm=Arm(place=1.0, heading=1.0)))
            world.run(twin.open_line())
            stack.callback(lambda twin=twin: world.run(twin.cut_line()))  # type: ignore[misc]
            twins[name] = twin
        world.call(lambda: twins["in-1"].sense(Sensor.SAFETY, on=True))
        world.call(lambda: twins["in-2"].sense(Sensor.LIMIT_DOWN, on=True))
        dead = free_port()
        lanes = [*(modbus_lane(name, twin.port) for name, twin in twins.items()), modbus_lane("out-1", dead)]
        looked = list(doctor_devices.devices(box(*lanes), running=True, broker=True))
        assert [twin.writes for twin in twins.values()] == [[], []], "nothing moves, and no pulse is cut short"
    good, crossed, silent = (only(looked, f"{name} board") for name in ("in-1", "in-2", "out-1"))
    assert good.well, good.words
    assert "the arm is up; on: safety" in good.words
    assert (crossed.well, "both limit switches say yes" in crossed.words) == (False, True)
    assert (silent.well, f"127.0.0.1:{dead}" in silent.words, "powered" in silent.words) == (False, True, True)


@pytest.mark.broker
def test_boards_on_the_broker_beside_a_running_box(tmp_path: Path) -> None:
    with SiteTwin(tmp_path, "in-1") as site:
        broker = Broker(host=site.broker.host, port=site.broker.port, user=BOX, password=SECRET)
        config = box(lane_config("in-1"), lane_config("out-1"), folder=tmp_path, site_broker=broker)
        looked = list(doctor_devices.devices(config, running=True, broker=True))
        assert site.lanes["in-1"].board.arm.pulses == 0
    good, silent = only(looked, "in-1 board"), only(looked, "out-1 board")
    assert (good.well, "the arm is down; on: nothing" in good.words) == (True, True)
    assert (silent.well, "is its name 'out-1'?" in silent.words) == (False, True)


def test_boards_behind_a_broker_that_is_away_are_not_waited_for() -> None:
    (check,) = [
        check
        for check in doctor_devices.devices(box(lane_config("in-1")), running=True, broker=False)
        if check.what == "in-1 board"
    ]
    assert (check.well, "see there" in check.words) == (False, True)


def test_cameras_that_give_a_picture_or_something_else(camera: int, tmp_path: Path) -> None:
    dead = free_port()
    (tmp_path / "uploads").mkdir()
    where = {
        "a": f"http://127.0.0.1:{camera}/well",
        "b": f"http://127.0.0.1:{camera}/small",
        "c": f"http://127.0.0.1:{camera}/page",
        "d": f"http://127.0.0.1:{camera}/locked",
        "e": f"http://127.0.0.1:{dead}/snapshot.jpg",
        "f": f"folder:{tmp_path}/uploads",
    }
    port = free_port()
    lanes = [replace(modbus_lane("in-1", port), lane=name, camera=url) for name, url in where.items()]
    config = box(*lanes, reader=ReaderConfig(engine=Engine.RAPID))
    looked = list(doctor_devices.devices(config, running=False, broker=True))
    said = {name: only(looked, f"{name} camera") for name in where}
    assert [name for name, check in said.items() if check.well] == ["a"]
    assert "a picture of 1280 x 720" in said["a"].words
    assert "too small" in said["b"].words
    assert "no picture" in said["c"].words
    assert "401" in said["d"].words
    assert str(dead) in said["e"].words
    assert "does the camera upload there" in said["f"].words
    (tmp_path / "uploads" / "1.jpg").write_bytes(jpeg(640, 480))
    check = only(list(doctor_devices.devices(config, running=False, broker=True)), "f camera")
    assert (check.well, "is 0 s old" in check.words) == (True, True)


def test_the_box_s_own_pages() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        lane = modbus_lane("in-1", free_port())
        for port, running, well, words in (
            (other.getsockname()[1], False, False, "taken by another program"),
            (other.getsockname()[1], True, True, "answers"),
            (free_port(), False, True, "is free"),
            (free_port(), True, False, "does not answer"),
        ):
            config = box(lane, web=WebConfig(port=port))
            check = only(list(doctor_devices.devices(config, running=running, broker=True)), "box pages")
            assert (check.well, words in check.words) == (well, True), check
