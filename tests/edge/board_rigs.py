"""Every driver with its twin on a real line, and how to make that line go wrong. A new driver is a row of RIGS."""

from abc import abstractmethod
from typing import Any, Final

from edge.carry.carrier import Carrier
from edge.carry.carrier_config import Carried, CarrierConfig
from edge.config import Broker
from edge.devices.board_config import (
    Auth,
    CounterRegister,
    GpioBoard,
    HttpBoard,
    ModbusBoard,
    PulseRegisters,
    Style,
    Table,
)
from edge.devices.gpio import gpio_board
from edge.devices.http_board import http_board
from edge.devices.modbus import modbus_board
from gate.broker_rules import DEVICES_USER
from gate.devices import digest, tasmota
from gate.devices.board import Board, Sensor
from simulator.devices import gpio, http_relay, modbus
from simulator.devices.gpio import GpioTwin
from simulator.devices.http_relay import HttpTwin
from simulator.devices.modbus import ModbusTwin
from simulator.devices.trouble import Trouble
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.ports import free_port
from tests.edge.board_ear import Ear
from tests.edge.board_rigs_mqtt import EsphomeRig, OnBus, TasmotaRig
from tests.edge.board_world import BOX, PULSE_MS, QUICK, SECRET, Rig, Twin, World
from tests.harness.clients import Watcher


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
    counts = True
    counter = CounterRegister(register=modbus.COUNTER)

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
            counter=self.counter,
        )

    def driver(self) -> Board:
        return modbus_board(self.name, self.config())


class ModbusPulseRig(ModbusRig):
    """Modbus, the board opens its relays by itself, and its counter has one register."""

    pulse = PulseRegisters(registers=modbus.COILS)
    counter = CounterRegister(register=modbus.COUNTER + 1, words=1, table=Table.HOLDING)


class HttpRig(WiredRig[HttpTwin]):
    """HTTP, first generation, basic credentials."""

    style, auth = Style.SHELLY1, Auth.BASIC
    counter: int | None = None

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
            counter=self.counter,
        )

    def driver(self) -> Board:
        return http_board(self.name, self.config())


class HttpDigestRig(HttpRig):
    """HTTP, second generation, digest credentials."""

    style, auth = Style.SHELLY2, Auth.DIGEST
    counts, counter = True, http_relay.COUNTER


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
