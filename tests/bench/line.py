"""An MQTT client for a bench that waits for one message at a time."""

import queue
import threading
from typing import Any

import paho.mqtt.client as mqtt

from edge import mqtt as connection
from edge.config import Broker
from gate.devices import tasmota
from gate.devices.board import Level, Sensor

PATIENCE_S = 30.0


class Line:
    """Connected when made. `hear` subscribes, `next` waits for the next message on any of those topics."""

    def __init__(self, port: int, user: str, password: str, name: str) -> None:
        self.came: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._up: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._boards = threading.Lock()
        self._asked: set[str] = set()
        self._levels: dict[str, tuple[str, dict[Sensor, Level]]] = {}
        broker = Broker(host="127.0.0.1", port=port, user=user, password=password)
        self.client = connection.client(broker, name)
        self.client.on_connect = self._connected
        self.client.on_subscribe = self._connected
        self.client.on_message = self._message
        connection.connect(self.client, broker)
        self._up.get(timeout=PATIENCE_S)

    def hear(self, *topics: str) -> None:
        """Subscribe, and wait until the broker has agreed."""
        self.client.subscribe([(topic, 1) for topic in topics])
        self._up.get(timeout=PATIENCE_S)

    def say(self, topic: str, payload: bytes) -> None:
        """Publish at once."""
        self.client.publish(topic, payload, qos=1)

    def next(self, topic: str) -> bytes:
        """The next message on this topic; others on the way are dropped."""
        while True:
            said, payload = self.came.get(timeout=PATIENCE_S)
            if said == topic:
                return payload

    def be_boards(self, *lanes: str) -> None:
        """Be these lanes' boards, loops clear and arms down: answer whenever the box asks, tell of the first time."""
        with self._boards:
            down = dict.fromkeys(Sensor, Level.OFF) | {Sensor.LIMIT_DOWN: Level.ON}
            self._levels = {tasmota.status_topic(lane): (lane, dict(down)) for lane in lanes}
        self.hear(*self._levels)

    def sense(self, lane: str, sensor: Sensor, level: Level) -> None:
        """An input of a board changes. Under the lock: an answer must not tell of a change before its edge does."""
        with self._boards:
            self._levels[tasmota.status_topic(lane)][1][sensor] = level
            self.say(tasmota.result_topic(lane), tasmota.edge_payload(sensor, level))

    def close(self) -> None:
        """Disconnect."""
        self.client.disconnect()
        self.client.loop_stop()

    def _connected(self, *_: Any) -> None:
        self._up.put(item=True)

    def _message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        with self._boards:
            asked = self._levels.get(message.topic)
            if asked:
                self.say(tasmota.levels_topic(asked[0]), tasmota.levels_payload(asked[1]))
        again = bool(asked) and message.topic in self._asked
        self._asked.add(message.topic)
        if not again and message.payload != b"OFF":  # the other relay is opened before each pulse
            self.came.put((message.topic, bytes(message.payload)))
