"""An MQTT 5 client for tests that watch a broker from outside."""

import queue
import socket
import threading
from types import TracebackType
from typing import Any, Final, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from simulator.stage.mosquitto import Mosquitto

PATIENCE_S: Final = 10.0


class Refused(Exception):
    """The broker did not let it in: its reason."""


class Watcher:
    """Connects, subscribes and keeps what arrives: `with Watcher(broker, "centre", "secret") as watcher`.

    Raises Refused where the broker refuses, TimeoutError where it is silent.
    """

    def __init__(self, broker: Mosquitto, user: str | None = None, password: str | None = None) -> None:
        self._broker = broker
        self._answer: queue.Queue[ReasonCode] = queue.Queue()
        self._subscribed = threading.Event()
        self.messages: queue.Queue[MQTTMessage] = queue.Queue()
        self.client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self.client.username_pw_set(user, password) if user else None
        self.client.on_socket_open = _without_delay
        self.client.on_connect = lambda _c, _u, _f, reason, _p: self._answer.put(reason)
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.on_message = lambda _c, _u, message: self.messages.put(message)

    def __enter__(self) -> Self:
        self.client.connect(self._broker.host, self._broker.port)
        self.client.loop_start()
        try:
            reason = self._answer.get(timeout=PATIENCE_S)
            if reason.is_failure:
                raise Refused(str(reason))
        except BaseException:
            self.client.disconnect()
            self.client.loop_stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def subscribe(self, topic: str, qos: int = 1) -> None:
        """Subscribe and wait for the broker's answer. A denied one is granted and stays silent, in MQTT 5 too."""
        self._subscribed.clear()
        self.client.subscribe(topic, qos)
        if not self._subscribed.wait(PATIENCE_S):
            raise TimeoutError(f"no answer to a subscription to {topic}")

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish at QoS 1 and wait until the broker has it."""
        self.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    def next(self, timeout_s: float = PATIENCE_S) -> MQTTMessage:
        """The next message. Raises queue.Empty when none comes."""
        return self.messages.get(timeout=timeout_s)


def _without_delay(_client: Client, _user: Any, opened: Any) -> None:
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
