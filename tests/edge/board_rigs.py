"""Every driver with its twin on a real line, and how to make that line go wrong. A new driver is a row of RIGS."""

import asyncio
import random
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.carrier import Carrier
from edge.carrier_config import Carried, CarrierConfig
from edge.config import Broker
from edge.devices.board_config import Auth, GpioBoard, HttpBoard, ModbusBoard, PulseRegisters, Style
from edge.devices.gpio import gpio_board
from edge.devices.http_board import http_board
from edge.devices.modbus import modbus_board
from edge.devices.mqtt_board import MqttBoard
from edge.devices.site_bus import DeviceBus
from gate.broker_rules import DEVICES_USER, site_rules
from gate.devices import digest, esphome, tasmota
from gate.devices.board import Board, BoardListener, Relay, Sensor
from gate.devices.words import Words
from simulator.devices import gpio, http_relay, modbus
from simulator.devices.arm import Arm
from simulator.devices.barrier import Barrier
from simulator.devices.board import BoardTwin
from simulator.devices.esphome import EsphomeTwin
from simulator.devices.gpio import GpioTwin
from simulator.devices.http_relay import HttpTwin
from simulator.devices.modbus import ModbusTwin
from simulator.devices.trouble import Trouble
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.ports import free_port
from tests.edge.board_ear import PATIENCE_S, Changes, Ear
from tests.harness.clients import Watcher

BOX, SECRET = "sps-1", "a secret of sixteen or more"
PULSE_MS: Final = 300
QUICK: Final = Arm(travel_s=0.15)
Answer = TypeVar("Answer")
Twin = TypeVar("Twin", bound=Barrier)


class World:
    """An event loop on a thread of its own, where twins live."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="world", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Do this there, and wait."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_S)

    def call(self, act: Callable[[], Answer]) -> Answer:
        """Do this there, and wait."""

        async def once() -> Answer:
            return act()

        return self.run(once())

    def soon(self, act: Callable[[], object]) -> None:
        """Do this there."""
        self.loop.call_soon_threadsafe(act)

    def end(self) -> None:
        """Stop turning."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


def site_broker(folder: Path) -> Mosquitto:
    """A site's broker with the site's own rules."""
    return Mosquitto(folder / "site", {BOX: SECRET, DEVICES_USER: SECRET}, acl=site_rules(BOX))


class Rig(ABC, Generic[Twin]):
    """A driver and its twin. The twin's line stands when the rig is made."""

    opens_what_was_left: bool  # the driver, not the board's own timer, is who opens a relay that was left closed
    twin: Twin

    def __init__(self, world: World, broker: Mosquitto, name: str) -> None:
        self.world, self.broker, self.name, self.changes = world, broker, name, Changes()

    @abstractmethod
    def driver(self) -> Board:
        """A new driver for the twin."""

    @abstractmethod
    def cut(self) -> None:
        """The board's line is down."""

    @abstractmethod
    def mend(self) -> None:
        """Whatever was wrong is not any more."""

    @abstractmethod
    def mute(self) -> None:
        """The line stands, and nothing comes over it."""

    @abstractmethod
    def junk(self, ear: Ear, /) -> None:
        """Have the driver hear nonsense; return when it has, the board well again, and reported where it was lost."""

    def end(self) -> None:
        """Take it down."""
        self.cut()

    def sense(self, sensor: Sensor, *, on: bool) -> None:
        """An input changes."""
        self.world.call(lambda: self.twin.sense(sensor, on=on))

    def rolls_on(self, behind: Sensor, ahead: Sensor) -> None:
        """A vehicle goes from one loop to the next, faster than anybody samples."""

        def go() -> None:
            self.twin.sense(ahead, on=True)
            self.twin.sense(behind, on=False)

        self.world.call(go)

    def until(self, holds: Callable[[Twin], bool], what: str) -> None:
        """Wait for something at the twin."""
        self.changes.until(lambda: holds(self.twin), what)


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


class TasmotaRig(MqttRig[BoardTwin]):
    """Tasmota."""

    words = tasmota

    def made(self) -> BoardTwin:
        return BoardTwin(self.name, self.line.say, self.world.loop, arm=QUICK)


class EsphomeRig(MqttRig[EsphomeTwin]):
    """ESPHome."""

    words = esphome

    def made(self) -> EsphomeTwin:
        return EsphomeTwin(self.name, self.line.say, self.world.loop, arm=QUICK)

    def born(self) -> None:
        self.twin.born()


class WiredRig(Rig[Twin]):
    """A board with a line of its own."""

    opens_what_was_left = True
    twin: Any

    def __init__(self, world: World, broker: Mosquitto, name: str) -> None:
        super().__init__(world, broker, name)
        self.twin = world.call(self.made)
        self.twin.changed = self.changes
        self.mend()

    @abstractmethod
    def made(self) -> Any:
        """The twin."""

    def cut(self) -> None:
        self.world.run(self.twin.cut_line())

    def mute(self) -> None:
        self.twin.trouble = Trouble.MUTE

    def mend(self) -> None:
        if self.twin.trouble is Trouble.NONE:
            self.world.run(self.twin.open_line())
        self.twin.trouble = Trouble.NONE

    def junk(self, ear: Ear) -> None:
        self.twin.trouble = Trouble.JUNK
        ear.until_lost()
        self.mend()
        ear.all_levels()


class ModbusRig(WiredRig[ModbusTwin]):
    """Modbus, the driver opens the coils; the loops' contacts open when they sense something."""

    inverted: Final = (Sensor.SAFETY, Sensor.EXIT)
    pulse: PulseRegisters | None = None

    def made(self) -> ModbusTwin:
        return ModbusTwin(free_port(), self.world.loop, arm=QUICK, inverted=self.inverted)

    def config(self) -> ModbusBoard:
        """How the twin is wired."""
        return ModbusBoard(
            host=self.twin.host,
            port=self.twin.port,
            relays=modbus.COILS,
            inputs=modbus.INPUTS,
            inverted=self.inverted,
            pulse_ms=PULSE_MS,
            poll_ms=20,
            pulse=self.pulse,
        )

    def driver(self) -> Board:
        return modbus_board(self.name, self.config())


class ModbusPulseRig(ModbusRig):
    """Modbus, the board opens its relays by itself."""

    pulse = PulseRegisters(registers=modbus.COILS)


class HttpRig(WiredRig[HttpTwin]):
    """HTTP, first generation, basic credentials."""

    style, auth = Style.SHELLY1, Auth.BASIC

    def made(self) -> HttpTwin:
        return HttpTwin(free_port(), self.world.loop, arm=QUICK, login=digest.Login("admin", SECRET))

    def config(self) -> HttpBoard:
        """How the twin is wired."""
        return HttpBoard(
            url=f"http://{self.twin.host}:{self.twin.port}",
            style=self.style,
            auth=self.auth,
            user="admin",
            password=SECRET,
            relays=http_relay.RELAYS,
            inputs=http_relay.INPUTS,
            pulse_ms=PULSE_MS,
            poll_ms=50,
        )

    def driver(self) -> Board:
        return http_board(self.name, self.config())


class HttpDigestRig(HttpRig):
    """HTTP, second generation, digest credentials."""

    style, auth = Style.SHELLY2, Auth.DIGEST


class GpioRig(WiredRig[GpioTwin]):
    """Pins. Their line is the chip: it has gone, or it is there."""

    def made(self) -> GpioTwin:
        return GpioTwin(self.world.loop, self.world.soon, arm=QUICK)

    def driver(self) -> Board:
        config = GpioBoard(relays=gpio.RELAYS, inputs=gpio.INPUTS, pulse_ms=PULSE_MS, debounce_ms=20)
        return gpio_board(self.name, config, self.twin.factory)

    def cut(self) -> None:
        self.twin.trouble = Trouble.CUT

    def mute(self) -> None:
        self.cut()

    def mend(self) -> None:
        self.twin.trouble = Trouble.NONE

    def junk(self, _ear: Ear) -> None:
        for sensor in Sensor:
            self.world.call(lambda sensor=sensor: self.twin.spike(sensor))  # type: ignore[misc]


class CarrierRig(ModbusRig):
    """A Modbus board that another box carries: the deciding side takes it for a Tasmota one."""

    def __init__(self, world: World, broker: Mosquitto, name: str) -> None:
        super().__init__(world, broker, name)
        site = Broker(host=broker.host, port=broker.port, user=DEVICES_USER, password=SECRET)
        self.carrier = Carrier(CarrierConfig(broker=site, boards=(Carried(name=self.name, board=self.config()),)))
        self._runs = self._is_cut = False

    def driver(self) -> Board:
        if not self._runs:  # it reads the inputs as they are now
            self._runs = True
            self.carrier.start()
        with Watcher(self.broker, BOX, SECRET) as watcher:
            watcher.subscribe(tasmota.will_topic(self.name))
            while not self._is_cut and watcher.next().payload != tasmota.ONLINE:
                continue
        return OnBus(self.broker, tasmota, self.name)

    def cut(self) -> None:
        self._is_cut = True
        super().cut()

    def mend(self) -> None:
        self._is_cut = False
        super().mend()

    def end(self) -> None:
        if self._runs:
            self.carrier.stop()
        super().end()


RIGS: Final[dict[str, type[Rig[Any]]]] = {
    "tasmota": TasmotaRig,
    "esphome": EsphomeRig,
    "modbus": ModbusRig,
    "modbus-pulse": ModbusPulseRig,
    "http": HttpRig,
    "http-digest": HttpDigestRig,
    "gpio": GpioRig,
    "carrier": CarrierRig,
}
