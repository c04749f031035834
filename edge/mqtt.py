"""How this box connects to a broker. Callbacks run on paho's thread and only hand over: an exception there
would kill the thread while the client still looks connected."""

import socket
import ssl
from typing import Any, Final

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.config import Broker
from gate.wire import BYTES_MAX

QUEUED_MAX: Final = 10_000
log = structlog.get_logger()


def client(broker: Broker, name: str) -> mqtt.Client:
    """A client that reconnects by itself, with MQTT 5 and no delay on small messages."""
    made = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
    made.username_pw_set(broker.user, broker.password)
    made.max_queued_messages_set(QUEUED_MAX)
    made.max_inflight_messages_set(200)
    made.reconnect_delay_set(min_delay=1, max_delay=10)
    if broker.ca_file:
        made.tls_set(ca_certs=broker.ca_file, tls_version=ssl.PROTOCOL_TLS_CLIENT)
    made.on_socket_open = _without_delay
    made.on_publish = _check_published
    made.on_subscribe = _check_subscribed
    made.on_connect_fail = lambda *_: log.warning("broker out of reach", host=broker.host, port=broker.port)
    return made


def is_let_in(broker: Broker, reason: Any) -> bool:
    """Whether a broker took us, by the reason code of its answer; a refusal is logged."""
    if reason.is_failure:
        log.error("broker refuses us", host=broker.host, port=broker.port, user=broker.user, reason=str(reason))
    return not reason.is_failure


def connect(made: mqtt.Client, broker: Broker, most: int = BYTES_MAX) -> None:
    """Connect in the background, for as long as it takes. The broker keeps from us what is larger than `most` bytes."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.MaximumPacketSize = most + 1_024
    made.connect_async(broker.host, broker.port, keepalive=15, clean_start=True, properties=properties)
    made.loop_start()


def _without_delay(_client: mqtt.Client, _data: Any, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _check_published(_client: mqtt.Client, _data: Any, _mid: int, reason: Any, _properties: Any) -> None:
    if reason.is_failure:
        log.error("broker refused a publish", reason=str(reason))


def _check_subscribed(_client: mqtt.Client, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
    for reason in reasons:
        if reason.is_failure:
            log.error("broker refused a subscription", reason=str(reason))
