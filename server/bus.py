"""The centre's end of the broker: a network thread that only queues, and a publisher for anyone.

Messages are acknowledged to the broker after they are booked (`manual_ack`), so that what is not booked comes again.
An exception in a paho callback would kill its thread while it still looks connected: callbacks here only enqueue.
"""

import queue
import socket
import ssl
import threading
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from gate.topics import FROM_BOX, ForeignTopic, Topic, every_box
from gate.wire import BYTES_MAX
from server.config import Broker

QUEUE_MAX: Final = 10_000
INFLIGHT_MAX: Final = 2_000
log = structlog.get_logger()


class Delivery(NamedTuple):
    """A message from the broker and how to acknowledge it."""

    topic: Topic
    payload: bytes
    mid: int
    qos: int


class Bus:
    """A connection that comes back by itself. It hears the boxes of the sites that it was told of by `hear`, or of
    `sites`; without `sites` those of all."""

    def __init__(self, broker: Broker, name: str, *, sites: Iterable[str] = ("+",)) -> None:
        self.arrivals: queue.Queue[Delivery] = queue.Queue(QUEUE_MAX)
        self.connected = threading.Event()
        self._sites = set(sites)
        self._hearing = threading.Lock()
        self._broker = broker
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5, manual_ack=True)
        self._client.username_pw_set(broker.user, broker.password)
        self._client.max_queued_messages_set(QUEUE_MAX)
        if broker.ca_file:
            self._client.tls_set(ca_certs=broker.ca_file, tls_version=ssl.PROTOCOL_TLS_CLIENT)
        self._client.on_socket_open = _without_delay
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.on_publish = _check_published
        self._client.on_subscribe = _check_subscribed
        self._client.reconnect_delay_set(min_delay=1, max_delay=10)

    def start(self) -> None:
        """Connect in the background, for as long as it takes."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = INFLIGHT_MAX
        properties.MaximumPacketSize = BYTES_MAX + 1_024
        self._client.connect_async(
            self._broker.host, self._broker.port, keepalive=15, clean_start=True, properties=properties
        )
        self._client.loop_start()

    def hear(self, sites: Iterable[str]) -> None:
        """Hear these sites' boxes as well, from now on and after each new connection. What the broker keeps of them
        comes at once. Safe from any thread; again is harmless."""
        with self._hearing:
            new = set(sites) - self._sites
            self._sites |= new
            if new and self.connected.is_set():
                self._subscribe(new)

    def _subscribe(self, sites: Iterable[str]) -> None:
        """Where the connection breaks meanwhile, the next one asks for all of them."""
        asked = [(every_box(channel, site), 1) for site in sorted(sites) for channel in sorted(FROM_BOX)]
        if asked:
            self._client.subscribe(asked)

    def publish(self, topic: Topic, payload: bytes, *, retain: bool = False, expiry_s: int | None = None) -> None:
        """Send, at least once. What must not be lost is in the database, not here."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if expiry_s is not None:
            properties.MessageExpiryInterval = expiry_s
        self._client.publish(str(topic), payload, qos=1, retain=retain, properties=properties)

    def acknowledge(self, delivery: Delivery) -> None:
        """Tell the broker that the message needs no resend."""
        if delivery.qos:
            self._client.ack(delivery.mid, delivery.qos)

    def stop(self) -> None:
        """Disconnect; the network thread ends."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: Any, *_: Any) -> None:
        if reason.is_failure:
            log.error("broker refuses us", user=self._broker.user, reason=str(reason))
            return
        with self._hearing:  # a site that is told of meanwhile is either among these or finds us connected
            self._subscribe(self._sites)
            self.connected.set()
        log.info("broker connected", port=self._broker.port)

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: Any, *_: Any) -> None:
        self.connected.clear()
        log.warning("broker lost", reason=str(reason))

    def _on_message(self, client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            topic = Topic.parse(message.topic)
        except (ForeignTopic, UnicodeDecodeError):
            client.ack(message.mid, message.qos)
            return
        self.arrivals.put(Delivery(topic, bytes(message.payload), message.mid, message.qos))


def _without_delay(_client: mqtt.Client, _data: Any, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _check_published(_client: mqtt.Client, _data: Any, _mid: int, reason: Any, _properties: Any) -> None:
    if reason.is_failure:  # a refused publish looks like success everywhere else
        log.error("broker refused a publish", reason=str(reason))


def _check_subscribed(_client: mqtt.Client, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
    if refused := [str(reason) for reason in reasons if reason.is_failure]:  # a deaf centre looks healthy
        log.error("broker refuses that we hear", reasons=refused)
