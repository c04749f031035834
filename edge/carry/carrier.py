"""Another box that only carries devices: it drives a wired board and speaks Tasmota's words for it on the deciding
box's broker, so that the deciding side needs one driver for both.

Nothing is kept for later on either side: edges and levels of a line that was down are gone, and so are orders.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

import paho.mqtt.client as mqtt
import structlog

from edge import mqtt as connection
from edge.carry.carrier_config import CarrierConfig
from edge.config import Broker
from edge.devices.board_config import WiredBoard
from edge.devices.wired import wired_board
from gate.devices import tasmota
from gate.devices.board import Board, DeviceFailed, Level, Reading, Relay, Sensor

STILL_S: Final = 2.0
"""The deciding box asks every second or so. A line on which nothing came for this long stood still, and what comes
now may be as old."""

SETTLES_S: Final = 0.3
log = structlog.get_logger()


class Carrier:
    """All boards that this box carries."""

    def __init__(self, config: CarrierConfig, make: Callable[[str, WiredBoard], Board] = wired_board) -> None:
        """`make` makes a driver of a name and a configuration."""
        self._carried = [CarriedBoard(config.broker, one.name, make(one.name, one.board)) for one in config.boards]

    def start(self) -> None:
        """Drive the boards and speak for them, for as long as it takes to connect."""
        for board in self._carried:
            board.start()

    def stop(self) -> None:
        """Say good-bye; no relay stays closed."""
        for board in self._carried:
            board.stop()


class CarriedBoard:
    """One board, and the line on which it is spoken for: each has its own last will."""

    def __init__(self, broker: Broker, name: str, board: Board, clock: Callable[[], float] = time.monotonic) -> None:
        self._broker, self._name, self._board, self._clock = broker, name, board, clock
        self._levels: dict[Sensor, Level] = {}
        self._count: int | None = None
        self._online = False
        self._heard_at = self._fresh_from = 0.0
        self._lock = threading.RLock()
        self._client = connection.client(broker, f"board-{name}")
        self._client.will_set(tasmota.will_topic(name), tasmota.OFFLINE, qos=1, retain=True)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._message

    def start(self) -> None:
        """Begin."""
        connection.connect(self._client, self._broker)
        self._board.start(self)

    def stop(self) -> None:
        """Let a running pulse end, say Offline, go."""
        self._board.stop()
        self.lost("stopped")
        self._client.disconnect()
        self._client.loop_stop()

    # --- the board speaks ---------------------------------------------------------------------------------

    def said(self, reading: Reading) -> None:
        """An edge is passed on as one, anything else as levels."""
        with self._lock:
            self._levels[reading.sensor] = reading.level
            if reading.sensor is Sensor.EXIT:  # the count of before lacks this
                self._count = None
            if not self._online:
                self._come_online()
            elif reading.edge:
                self._publish(tasmota.result_topic(self._name), tasmota.edge_payload(reading.sensor, reading.level))
            else:
                self._tell_levels()

    def counted(self, count: int) -> None:
        """The board's own count goes with the answers until the exit input changes."""
        with self._lock:
            self._count = count

    def lost(self, why: str) -> None:
        """The board is away, so for the deciding side this one is."""
        log.warning("board lost", board=self._name, why=why)
        with self._lock:
            self._levels.clear()
            if self._online:
                self._online = False
                self._client.publish(tasmota.will_topic(self._name), tasmota.OFFLINE, qos=1, retain=True)

    def _come_online(self) -> None:
        """Say so once all inputs are known and the broker hears it."""
        if len(self._levels) == len(Sensor) and self._client.is_connected():
            self._online = True
            self._client.publish(tasmota.will_topic(self._name), tasmota.ONLINE, qos=1, retain=True)

    def _tell_levels(self) -> None:
        if self._online:
            known = {sensor: level for sensor, level in self._levels.items() if level is not Level.UNKNOWN}
            self._publish(tasmota.levels_topic(self._name), tasmota.levels_payload(known, self._count))

    def _publish(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload, qos=0)  # now or never, as the firmware does

    # --- the deciding side speaks -------------------------------------------------------------------------

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not connection.is_let_in(self._broker, reason):
            return
        self._heard_at = self._fresh_from = self._clock()
        client.subscribe([(tasmota.pulse_topic(self._name, relay), 0) for relay in Relay])
        client.subscribe(tasmota.status_topic(self._name), 0)
        with self._lock:
            self._come_online()

    def _disconnected(self, *_: Any) -> None:
        log.warning("deciding box's broker lost", board=self._name)
        with self._lock:
            self._online = False

    def _message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            self._ordered(message)
        except Exception as error:  # noqa: BLE001 - it would end paho's thread while it still looks connected
            log.warning("order not understood", board=self._name, why=repr(error)[:200])

    def _ordered(self, message: mqtt.MQTTMessage) -> None:
        fresh = self._is_fresh() and not message.retain
        if message.topic == tasmota.status_topic(self._name):
            with self._lock:
                self._tell_levels()
            return
        relay = tasmota.relay_of(self._name, message.topic)
        if relay is None or message.payload != b"ON":  # an OFF comes before each ON; the driver sees to it by itself
            return
        if not fresh:
            log.warning("pulse refused: who knows how old it is", board=self._name, relay=relay)
            return
        try:
            self._board.pulse(relay)
        except DeviceFailed as error:
            log.warning("pulse failed", board=self._name, relay=relay, why=str(error))

    def _is_fresh(self) -> bool:
        now = self._clock()
        if now - self._heard_at > STILL_S:
            self._fresh_from = now + SETTLES_S
        self._heard_at = now
        return now >= self._fresh_from
