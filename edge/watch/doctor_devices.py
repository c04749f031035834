"""What a box's devices answer when a doctor asks them: boards, cameras, and its own pages. Nothing is moved."""

import io
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, cast

from PIL import Image

from edge.config import BoxConfig, Engine
from edge.devices import cameras
from edge.devices.board_config import EsphomeBoard, GpioBoard, HttpBoard, ModbusBoard, TasmotaBoard
from edge.devices.camera_config import FolderConfig, PushConfig, named
from edge.devices.gpio import GpioWire
from edge.devices.http_board import HttpWire
from edge.devices.modbus import ModbusWire
from edge.devices.mqtt_board import MqttBoard
from edge.devices.polled import Wire
from edge.devices.site_bus import DeviceBus
from edge.lanes.lane_config import LaneConfig
from gate.check import Check, well, wrong
from gate.devices import esphome, tasmota
from gate.devices.board import DeviceFailed, Level, Reading, Sensor
from gate.devices.camera import Camera

ANSWER_S: Final = 2.5
PICTURE_S: Final = 5.0


def devices(config: BoxConfig, *, running: bool, broker: bool) -> Iterator[Check]:
    """Each lane's board and camera, and the box's own pages. `running`: the box has the devices now; `broker`: the
    site's lets us in."""
    yield from _boards(config, running=running, broker=broker)
    for lane in config.lanes:
        yield _camera(lane, config)
    if config.web:
        yield _web(config.web.host, config.web.port, running=running)


# --- boards ---------------------------------------------------------------------------------------------------


class Heard:
    """What a board said of its inputs."""

    def __init__(self) -> None:
        self.levels: dict[Sensor, Level] = {}

    def said(self, reading: Reading) -> None:
        """Keep the newest."""
        self.levels[reading.sensor] = reading.level

    def counted(self, _count: int) -> None:
        """Of no interest here."""

    def lost(self, _why: str) -> None:
        """Nothing it said holds any more."""
        self.levels.clear()

    @property
    def known(self) -> bool:
        """Whether it has said something of each input."""
        return len(self.levels) == len(Sensor)


def _boards(config: BoxConfig, *, running: bool, broker: bool) -> Iterator[Check]:
    on_broker = [lane for lane in config.lanes if isinstance(lane.board, TasmotaBoard | EsphomeBoard)]
    heard = _asked(config, on_broker) if broker else dict.fromkeys((lane.lane for lane in on_broker), Heard())
    for lane in config.lanes:
        if lane.lane in heard and not broker:
            yield wrong(f"{lane.lane} board", "cannot be asked: the site's broker is away or refuses us, see there")
        elif lane.lane in heard:
            where = f"{lane.board.__struct_config__.tag} on the site's broker"
            yield _told(lane, where, heard[lane.lane].levels)
        else:
            yield _wired(lane, running=running)


def _asked(config: BoxConfig, lanes: Sequence[LaneConfig]) -> dict[str, Heard]:
    """Ask all boards on the broker for their levels, over a connection of our own."""
    heard = {lane.lane: Heard() for lane in lanes}
    if not lanes:
        return heard
    bus, boards = DeviceBus(config.site_broker, f"{config.box}-doctor-devices"), []
    for lane in lanes:
        words = tasmota if isinstance(lane.board, TasmotaBoard) else esphome
        name = getattr(lane.board, "name", "") or lane.lane
        boards.append(MqttBoard(bus, words, name, lane.board.absent))
    bus.start()
    for lane, board in zip(lanes, boards, strict=True):
        board.start(heard[lane.lane])
    end = time.monotonic() + ANSWER_S
    while time.monotonic() < end and not all(each.known for each in heard.values()):
        time.sleep(0.05)
    answers = {name: Heard() for name in heard}
    for name, each in heard.items():
        answers[name].levels = dict(each.levels)
    for board in boards:
        board.stop()
    bus.stop()
    return answers


def _wired(lane: LaneConfig, *, running: bool) -> Check:
    what = f"{lane.lane} board"
    if isinstance(lane.board, GpioBoard) and running:
        return well(what, "pins of this box; the running box has them, stop it to have them looked at here")
    where = _where(lane)
    try:
        wire = _wire(lane)
    except Exception as error:  # noqa: BLE001 - whatever a driver's library raises
        return wrong(what, f"{where}: {_words(error)}; is it powered, is its line plugged in, is the address right?")
    try:
        levels = dict(wire.read())
    except Exception as error:  # noqa: BLE001 - as above
        return wrong(what, f"{where} takes the connection and does not say its inputs: {_words(error)}")
    finally:
        wire.hang_up()
    return _told(lane, where, levels)


def _wire(lane: LaneConfig) -> Wire:
    match lane.board:
        case ModbusBoard() as board:
            return ModbusWire(board)
        case HttpBoard() as board:
            return HttpWire(board)
        case GpioBoard() as board:
            return GpioWire(board, None)
        case _:
            raise DeviceFailed("no wired board")


def _where(lane: LaneConfig) -> str:
    match lane.board:
        case ModbusBoard(host=host, port=port, unit=unit):
            return f"{host}:{port} unit {unit}"
        case HttpBoard(url=url):
            return url
        case _:
            return "pins of this box"


def _told(lane: LaneConfig, where: str, levels: dict[Sensor, Level]) -> Check:
    what, absent = f"{lane.lane} board", lane.board.absent
    if not levels:
        name = getattr(lane.board, "name", "") or lane.lane
        return wrong(what, f"{where} does not answer: is it powered and in the network, is its name {name!r}?")
    missing = [str(each) for each in Sensor if each not in absent and levels.get(each, Level.UNKNOWN) is Level.UNKNOWN]
    if missing:
        words = f"{where} answers, and does not say {', '.join(missing)}: unknown keeps the arm up; see its wiring"
        return wrong(what, words)
    up, down = levels[Sensor.LIMIT_UP] is Level.ON, levels[Sensor.LIMIT_DOWN] is Level.ON
    if up and down:
        return wrong(what, f"{where}: both limit switches say yes; one of them is stuck or crossed")
    arm = "up" if up else "down" if down else "between its ends"
    on = [
        str(each)
        for each in Sensor
        if levels.get(each) is Level.ON and each not in {Sensor.LIMIT_UP, Sensor.LIMIT_DOWN}
    ]
    return well(what, f"{where} answers; the arm is {arm}; on: {', '.join(on) or 'nothing'}")


# --- cameras --------------------------------------------------------------------------------------------------


def _camera(lane: LaneConfig, config: BoxConfig) -> Check:
    what, camera = f"{lane.lane} camera", named(lane.camera)
    if isinstance(camera, PushConfig):
        return well(what, f"speaks by itself ({camera.maker}): nothing to ask; see when it last did on the console")
    if isinstance(camera, FolderConfig):
        return _folder(what, Path(camera.path))
    if config.reader.engine is Engine.NONE:
        return well(what, "is not asked: the reader's engine is `none`")
    try:
        asked = cast("Camera", cameras.made(lane))
    except Exception as error:  # noqa: BLE001 - whatever a driver's library raises
        return wrong(what, f"{_words(error)}; see `camera` of the lane")
    try:
        began = time.monotonic()
        picture = asked.snapshot(PICTURE_S)
        took_s = time.monotonic() - began
    except DeviceFailed as error:
        return wrong(what, f"{camera.url}: {error}; is it powered, are address and password right?")
    finally:
        asked.stop()
    return _picture(what, picture, f"taken in {took_s:.1f} s")


def _folder(what: str, folder: Path) -> Check:
    newest = None
    with suppress(OSError):
        newest = max((file.stat().st_mtime for file in folder.iterdir() if file.is_file()), default=None)
    if newest is None:
        return wrong(what, f"no picture in {folder}: does the camera upload there, may the box read it?")
    return well(what, f"the newest picture in {folder} is {time.time() - newest:.0f} s old")


def _picture(what: str, picture: bytes, how: str) -> Check:
    try:
        with Image.open(io.BytesIO(picture)) as image:  # its header only: nothing is decoded here
            width, height = image.size
    except Exception:  # noqa: BLE001 - a hostile header may raise anything
        return wrong(what, f"{len(picture)} bytes that are no picture: is this the address of the snapshot itself?")
    words = f"a picture of {width} x {height}, {len(picture) / 1000:.0f} kB, {how}"
    if width < 640:
        return wrong(what, f"{words}: too small to read a plate; ask the camera for its main stream")
    return well(what, words)


# --- pages ----------------------------------------------------------------------------------------------------


def _web(host: str, port: int, *, running: bool) -> Check:
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - asked, not listened at
    try:
        socket.create_connection((here, port), timeout=2).close()
    except OSError as error:
        if running:
            return wrong(
                "box pages", f"{host}:{port} does not answer ({_words(error)}): screens stay dark; see the log"
            )
        return well("box pages", f"{host}:{port} is free for them")
    if running:
        return well("box pages", f"{host}:{port} answers")
    return wrong("box pages", f"{host}:{port} is taken by another program: end that, or change `web`: `port`")


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{error}"[:200] or type(error).__name__
