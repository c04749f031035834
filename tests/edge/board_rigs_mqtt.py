"""Rigs of boards on the site's broker, a real one."""

import random
import socket
import threading
from abc import abstractmethod
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.config import Broker
from edge.devices.mqtt_board import MqttBoard
from edge.devices.site_bus import DeviceBus
from gate.broker_rules import DEVICES_USER
from gate.devices import esphome, tasmota
from gate.devices.board import Board, BoardListener, Relay
from gate.devices.words import Words
from simulator.devices.esphome import EsphomeTwin
from simulator.devices.tasmota import TasmotaTwin
from simulator.stage.mosquitto import Mosquitto
from tests.edge.board_ear import PATIENCE_S, Ear
from tests.edge.board_world import BOX, QUICK, SECRET, Rig, Twin, World


class OnBus:
    """A board on the site's broker together with the connection that it alone uses here."""

    def __init__(self, broker: Mosquitto, words: Words, name: str) -> None:
        site = Broker(host=broker.host, port=broker.port, user=BOX, password=SECRET)
        self._bus = DeviceBus(site, f"box-{name}")
        self._board = MqttBoard(self._bus, words, name)

    def start(self, listener: BoardListener) -> None:
        self._bus.start()
        self._board.start(listener)

    def pulse(self, relay: Relay) -> None:
        self._board.pulse(relay)

    def stop(self) -> None:
        self._board.stop()
        self._bus.stop()


class MqttLine:
    """A board's end of its line to the broker: MQTT 3.1.1, a last will, a life at a time."""

    def __init__(self, rig: "MqttRig[Any]", words: Words) -> None:
        self._rig, self._words = rig, words
        self._client: Client | None = None
        self.muted = False

    def up(self) -> None:
        """Connect, subscribe, say so."""
        ready = threading.Event()
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=f"board-{self._rig.name}", protocol=MQTTProtocolVersion.MQTTv311
        )
        client.username_pw_set(DEVICES_USER, SECRET)
        client.will_set(self._words.will_topic(self._rig.name), self._words.OFFLINE, qos=1, retain=True)
        client.on_message = self._heard
        client.on_subscribe = lambda *_: ready.set()
        client.reconnect_delay_set(0.01, 0.01)  # type: ignore[arg-type]  # any number will do
        client.connect(self._rig.broker.host, self._rig.broker.port)
        client.loop_start()
        client.subscribe(f"cmnd/{self._rig.name}/#")
        assert ready.wait(PATIENCE_S)
        self._client = client
        client.publish(self._words.will_topic(self._rig.name), self._words.ONLINE, qos=1, retain=True).wait_for_publish(
            PATIENCE_S
        )
        self._rig.world.call(self._rig.born)

    def down(self) -> None:
        """Be cut off: the broker tells the last will."""
        client, self._client = self._client, None
        if client is not None:
            line = client.socket()
            assert isinstance(line, socket.socket)
            line.shutdown(socket.SHUT_RDWR)
            client.loop_stop()

    def away(self) -> None:
        """Go with a word."""
        client, self._client = self._client, None
        if client is not None:
            client.publish(self._words.will_topic(self._rig.name), self._words.OFFLINE, qos=1, retain=True)
            client.disconnect()
            client.loop_stop()

    def say(self, topic: str, payload: bytes) -> None:
        """Publish, as firmwares do: once."""
        if self._client is not None and not self.muted:
            self._client.publish(topic, payload)

    def _heard(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        topic, payload = message.topic, bytes(message.payload)
        if not self.muted:
            self._rig.world.soon(lambda: self._rig.twin.hear(topic, payload))


class MqttRig(Rig[Twin]):
    """A board on the site's broker."""

    opens_what_was_left = False
    words: Words
    twin: Any

    def __init__(self, world: World, broker: Mosquitto, name: str) -> None:
        super().__init__(world, broker, name)
        self.line = MqttLine(self, self.words)
        self.twin = self.made()
        self.twin.changed = self.changes
        self.line.up()

    @abstractmethod
    def made(self) -> Any:
        """The twin."""

    def born(self) -> None:
        """The line has come up."""

    def driver(self) -> Board:
        return OnBus(self.broker, self.words, self.name)

    def cut(self) -> None:
        self.line.down()

    def end(self) -> None:
        self.line.away()

    def mute(self) -> None:
        self.line.muted = True

    def mend(self) -> None:
        if self.line.muted:
            self.line.muted = False
        else:
            self.line.up()

    def junk(self, _ear: Ear) -> None:
        chance = random.Random(7)
        shapes = [
            b"",
            b"\xff\xfe",
            b'{"a\xff":1}',
            b"[" * 50_000,
            b"null",
            b'{"Switch1":7}',
            b'{"StatusSNS":[]}',
            b"{}",
        ]
        shapes += [chance.randbytes(chance.randrange(80)) for _ in range(60)]
        for number, body in enumerate(shapes):
            for topic in self.words.topics(self.name):
                self.line.say(topic, body if number % 2 else body[:30])


class TasmotaRig(MqttRig[TasmotaTwin]):
    """Tasmota."""

    counts = True
    words = tasmota

    def made(self) -> TasmotaTwin:
        return TasmotaTwin(self.name, self.line.say, self.world.loop, arm=QUICK)


class EsphomeRig(MqttRig[EsphomeTwin]):
    """ESPHome."""

    counts = True
    words = esphome

    def made(self) -> EsphomeTwin:
        return EsphomeTwin(self.name, self.line.say, self.world.loop, arm=QUICK)

    def born(self) -> None:
        self.twin.born()
