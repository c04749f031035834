"""The site's own broker: boards, profilers and screens of all lanes. Only this box's user may use it.

The centre's broker may die and every arm still moves.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge import mqtt as connection
from edge.config import Broker
from gate.devices import profiler, tasmota
from gate.devices.board import DeviceFailed, Reading, Relay
from gate.devices.screen import Page, screen_topic
from gate.devices.words import Message
from gate.vehicle import Profile
from gate.wire import encode

EXPIRES_S: Final = 2  # a broker drops an order that it could not hand on by then
log = structlog.get_logger()

Post = Callable[[Callable[[], None]], None]
"""Hands work to the deciding thread."""


class Listener(Protocol):
    """What a lane wants to hear of its devices; called on the deciding thread."""

    def board_said(self, reading: Reading) -> None:
        """An input changed or was reported."""

    def board_lost(self) -> None:
        """The board is away: nothing it said holds any more."""

    def measured(self, profile: Profile) -> None:
        """The profiler measured a vehicle."""


class SiteBus:
    """A connection to the site's broker that serves every lane."""

    def __init__(self, broker: Broker, name: str, post: Post) -> None:
        self._broker, self._post = broker, post
        self._listeners: dict[str, Listener] = {}
        self._client = connection.client(broker, name)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._message

    def listen(self, board: str, listener: Listener) -> None:
        """Serve the lane that hangs on this board; before `start`."""
        self._listeners[board] = listener

    def start(self) -> None:
        """Connect and ask every board for its levels."""
        connection.connect(self._client, self._broker)

    def stop(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def pulse(self, board: str, relay: Relay) -> None:
        """Make a relay pulse. Raises DeviceFailed when the broker is away: an order must never wait in a queue."""
        if not self._client.is_connected():
            raise DeviceFailed(f"{board}: the site's broker is away")
        # At most once: a pulse that arrives late or twice lets another vehicle through, one that is lost is repeated.
        self._client.publish(tasmota.pulse_topic(board, relay), b"ON", qos=0)

    def show(self, board: str, page: Page) -> None:
        """Put a page on the lane's screen."""
        self._client.publish(screen_topic(board), encode(page), qos=1, retain=True)

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not connection.is_let_in(self._broker, reason):
            return
        for board in self._listeners:
            topics = (
                tasmota.result_topic(board),
                tasmota.levels_topic(board),
                tasmota.will_topic(board),
                profiler.profile_topic(board),
            )
            client.subscribe([(topic, 1) for topic in topics])
            client.publish(tasmota.status_topic(board), b"10", qos=1)

    def _disconnected(self, *_: Any) -> None:
        log.warning("site broker lost", port=self._broker.port)
        for listener in self._listeners.values():
            self._post(listener.board_lost)

    def _message(self, client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            self._heard(client, message)
        except Exception as error:  # noqa: BLE001 - it would end paho's thread, and every lane with it
            log.warning("device message not understood", why=repr(error)[:200])

    def _heard(self, client: mqtt.Client, message: mqtt.MQTTMessage) -> None:
        parts = message.topic.split("/")
        listener = self._listeners.get(parts[1]) if len(parts) == 3 else None
        if listener is None:
            return
        board, payload = parts[1], bytes(message.payload)
        if message.topic == tasmota.will_topic(board):
            self._presence(client, board, payload, listener)
        elif message.topic == profiler.profile_topic(board):
            if profile := profiler.profile(payload):
                self._post(lambda: listener.measured(profile))
        elif not message.retain:  # a retained input is a memory, not a reading
            for reading in tasmota.readings(board, message.topic, payload):
                self._post(lambda reading=reading: listener.board_said(reading))  # type: ignore[misc]

    def _presence(self, client: mqtt.Client, board: str, payload: bytes, listener: Listener) -> None:
        if payload == tasmota.OFFLINE:
            self._post(listener.board_lost)
        elif payload == tasmota.ONLINE:
            client.publish(tasmota.status_topic(board), b"10", qos=1)


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
        """Let the broker keep it for whoever asks, and send it when the line is back."""
        self._client.publish(*message, qos=1, retain=True)

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not connection.is_let_in(self._broker, reason):
            return
        if self._of:
            client.subscribe([(topic, 1) for topic in self._of])
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
