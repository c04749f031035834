"""All devices of a site, by their lanes' names: boards of every kind, profilers, screens on the broker.

Whatever thread a device speaks on, its lane hears it on the deciding one.
"""

import structlog
from paho.mqtt.client import MQTTMessage

from edge.config import BoxConfig
from edge.devices.board_config import EsphomeBoard, TasmotaBoard
from edge.devices.mqtt_board import MqttBoard
from edge.devices.site_bus import DeviceBus, Listener, Post
from edge.devices.wired import wired_board
from edge.lanes.lane_config import LaneConfig
from gate.devices import esphome, profiler, tasmota
from gate.devices.board import Board, Reading, Relay
from gate.devices.screen import Page, screen_topic
from gate.devices.words import Message
from gate.wire import encode

log = structlog.get_logger()


class SiteDevices:
    """The devices of one site. `listen` for each lane, then `start`; all calls but the listeners' from one thread."""

    def __init__(self, config: BoxConfig, post: Post) -> None:
        """`post` hands work to the deciding thread."""
        self._post = post
        self._bus = DeviceBus(config.site_broker, f"{config.box}-devices")
        self._profiled = {lane.lane: lane.profiler for lane in config.lanes}
        self._boards = {lane.lane: _board(lane, self._bus) for lane in config.lanes}
        self._listeners: dict[str, Listener] = {}

    def listen(self, lane: str, listener: Listener) -> None:
        """Serve this lane; before `start`."""
        self._listeners[lane] = listener
        if self._profiled[lane]:
            self._bus.attach(_Profiler(lane, listener, self._post))

    def start(self) -> None:
        """Connect to everything, for as long as it takes."""
        self._bus.start()
        for lane, listener in self._listeners.items():
            self._boards[lane].start(_Handover(lane, listener, self._post))

    def stop(self) -> None:
        """Let go of every device; no relay stays closed."""
        for lane in self._listeners:
            self._boards[lane].stop()
        self._bus.stop()

    def pulse(self, lane: str, relay: Relay) -> None:
        """Make the lane's relay pulse. Raises DeviceFailed when its board is away: an order never waits."""
        self._boards[lane].pulse(relay)

    def show(self, lane: str, page: Page) -> None:
        """Put a page on the lane's screen."""
        self._bus.keep(Message(screen_topic(lane), encode(page)))


def _board(lane: LaneConfig, bus: DeviceBus) -> Board:
    match lane.board:
        case TasmotaBoard(name=name, absent=absent):
            return MqttBoard(bus, tasmota, name or lane.lane, absent)
        case EsphomeBoard(name=name, absent=absent):
            return MqttBoard(bus, esphome, name or lane.lane, absent)
        case wired:
            return wired_board(lane.lane, wired)


class _Handover:
    """Hands what a board says to the deciding thread."""

    def __init__(self, lane: str, listener: Listener, post: Post) -> None:
        self._lane, self._listener, self._post = lane, listener, post

    def said(self, reading: Reading) -> None:
        """An input changed or was reported."""
        self._post(lambda: self._listener.board_said(reading))

    def counted(self, count: int) -> None:
        """What its own counter says."""
        self._post(lambda: self._listener.board_counted(count))

    def lost(self, why: str) -> None:
        """The board is away."""
        log.warning("board lost", lane=self._lane, why=why)
        self._post(self._listener.board_lost)


class _Profiler:
    """A lane's profiler on the site's broker; it bears the lane's name."""

    def __init__(self, lane: str, listener: Listener, post: Post) -> None:
        self.topics = (profiler.profile_topic(lane),)
        self._listener, self._post = listener, post

    def heard(self, message: MQTTMessage) -> None:
        """It measured a vehicle; what a broker kept is of another one."""
        outline = None if message.retain else profiler.profile(bytes(message.payload))
        if outline:
            self._post(lambda: self._listener.measured(outline))

    def line_up(self) -> None:
        """Nothing to ask."""

    def line_down(self) -> None:
        """It has no state."""
