"""The site's own broker: boards, profilers and screens of all lanes. Only this box's user may use it.

The centre's broker may die and every arm still moves.
"""

import threading
from collections.abc import Callable
from typing import Any, Final, Protocol

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge import mqtt as connection
from edge.config import Broker
from gate.devices.board import DeviceFailed, Reading
from gate.devices.words import Message
from gate.vehicle import Profile

EXPIRES_S: Final = 2  # a broker drops an order that it could not hand on by then
log = structlog.get_logger()

Post = Callable[[Callable[[], None]], None]
"""Hands work to the deciding thread."""


class Listener(Protocol):
    """What a lane wants to hear of its devices; called on the deciding thread."""

    def board_said(self, reading: Reading) -> None:
        """An input changed or was reported."""

    def board_counted(self, count: int) -> None:
        """How many trailing edges of the exit input the board has counted by itself."""

    def board_lost(self) -> None:
        """The board is away: nothing it said holds any more."""

    def measured(self, profile: Profile) -> None:
        """The profiler measured a vehicle."""


class Part(Protocol):
    """What hangs on the site's broker. Called on the connection's thread; what it raises is logged and ends nothing."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Where it speaks."""

    def heard(self, message: mqtt.MQTTMessage) -> None:
        """It said something."""

    def line_up(self) -> None:
        """The broker hears us, and its topics are subscribed."""

    def line_down(self) -> None:
        """The broker is away."""


class DeviceBus:
    """The box's one connection to the site's broker, shared by all that hangs there.

    The session is a new one each time: what a broker kept for us while we were away is old news, and an old edge
    of a loop must never look like a new one.
    """

    def __init__(self, broker: Broker, name: str) -> None:
        self._broker = broker
        self._parts: list[Part] = []
        self._of: dict[str, list[Part]] = {}
        self._kept: dict[str, Message] = {}
        self._keeping = threading.Lock()
        self._client = connection.client(broker, name)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._message

    def attach(self, part: Part) -> None:
        """Serve it; before `start`."""
        self._parts.append(part)
        for topic in part.topics:
            self._of.setdefault(topic, []).append(part)

    def start(self) -> None:
        """Connect, for as long as it takes."""
        connection.connect(self._client, self._broker)

    def stop(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def up(self) -> bool:
        """Whether the broker hears us."""
        return self._client.is_connected()

    def order(self, message: Message) -> None:
        """Say it at most once, now or never. Raises DeviceFailed.

        A pulse that arrives late or twice lets another vehicle through, one that is lost is repeated.
        """
        if not self.up or self._client.publish(*message, qos=0, properties=_fleeting()).rc != mqtt.MQTT_ERR_SUCCESS:
            raise DeviceFailed("the site's broker is away")

    def ask(self, message: Message) -> None:
        """Say it at most once; where nobody hears it, it will be asked again."""
        if self.up:
            self._client.publish(*message, qos=0, properties=_fleeting())

    def keep(self, message: Message) -> None:
        """Let the broker keep it for whoever asks; when the line is back, the newest of each topic alone."""
        with self._keeping:
            self._kept[message.topic] = message
            if self.up:
                self._retain(message)

    def _retain(self, message: Message) -> None:
        self._client.publish(*message, qos=0, retain=True)  # said again at each connection: what is old never waits

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not connection.is_let_in(self._broker, reason):
            return
        if self._of:
            client.subscribe([(topic, 1) for topic in self._of])
        with self._keeping:
            for message in self._kept.values():
                self._retain(message)
        for part in self._parts:
            _guarded(part.line_up)

    def _disconnected(self, *_: Any) -> None:
        log.warning("site broker lost", port=self._broker.port)
        for part in self._parts:
            _guarded(part.line_down)

    def _message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            for part in self._of.get(message.topic, ()):
                part.heard(message)
        except Exception as error:  # noqa: BLE001 - it would end paho's thread, and every lane with it
            log.warning("device message not understood", why=repr(error)[:200])


def _fleeting() -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.MessageExpiryInterval = EXPIRES_S
    return properties


def _guarded(call: Callable[[], None]) -> None:
    try:
        call()
    except Exception:
        log.exception("device not served")  # it would end paho's thread, and every lane with it
