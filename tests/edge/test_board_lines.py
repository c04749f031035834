"""What can be wrong with a wired board's line beyond what every driver must bear."""

import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]
from pymodbus.exceptions import ModbusIOException

from edge.devices.board_config import Auth, CounterRegister, GpioBoard, HttpBoard, ModbusBoard, Pull, Table
from edge.devices.gpio import GpioWire, gpio_board
from edge.devices.http_board import HttpWire, http_board
from edge.devices.modbus import ModbusWire, modbus_board
from edge.devices.polled import GAP_S, Manner, PolledBoard
from gate.devices import digest
from gate.devices.board import DeviceFailed, Level, Reading, Relay, Sensor
from simulator.devices import gpio, http_relay, modbus
from simulator.devices.http_relay import HttpTwin
from simulator.devices.modbus import ModbusTwin
from simulator.devices.trouble import Trouble
from simulator.stage.ports import free_port
from tests.edge.board_ear import Ear
from tests.edge.board_world import World


@pytest.fixture
def world() -> Iterator[World]:
    """Where the twins live."""
    made = World()
    yield made
    made.end()


@pytest.fixture
def relay(world: World) -> Iterator[HttpTwin]:
    """An HTTP board without credentials."""
    twin = world.call(lambda: HttpTwin(free_port(), world.loop))
    world.run(twin.open_line())
    yield twin
    world.run(twin.cut_line())


def http(twin: HttpTwin, **changes: Any) -> HttpBoard:
    """How it is wired."""
    url = f"http://{twin.host}:{twin.port}"
    return HttpBoard(url=url, relays=http_relay.RELAYS, inputs=http_relay.INPUTS, **changes)


class Slow:
    """A wire whose answers a test lets through; the board has started when the first one came."""

    def __init__(self) -> None:
        self.levels = dict.fromkeys(Sensor, Level.OFF)
        self.gate, self.asked = threading.Semaphore(0), threading.Semaphore(0)
        self.hung_up = threading.Event()

    def read(self) -> Mapping[Sensor, Level]:
        self.asked.release()
        self.gate.acquire()
        if self.hung_up.is_set():
            raise DeviceFailed("hung up")
        return dict(self.levels)

    def counted(self) -> int | None:
        return None

    def close_relay(self, relay: Relay) -> None:
        raise DeviceFailed(relay)

    def open_relay(self, relay: Relay) -> None:
        """It is open."""

    def hang_up(self) -> None:
        self.hung_up.set()
        self.gate.release()


def slow_board() -> tuple[Slow, PolledBoard, Ear]:
    """A board on a slow wire, started and reported."""
    wire, ear = Slow(), Ear()
    board = PolledBoard(Manner("slow", 0.01, 0.1, opens_itself=False), lambda: wire)
    board.start(ear)
    wire.gate.release()
    ear.all_levels()
    return wire, board, ear


def test_what_differs_after_a_gap_in_polling_is_no_edge() -> None:
    wire, board, ear = slow_board()
    assert wire.asked.acquire(timeout=5)
    assert wire.asked.acquire(timeout=5)
    threading.Event().wait(GAP_S + 0.05)
    wire.levels[Sensor.EXIT] = Level.ON
    wire.gate.release()
    assert ear.next() == Reading(Sensor.EXIT, Level.ON, edge=False)
    wire.levels[Sensor.EXIT] = Level.OFF
    wire.gate.release()
    assert ear.next() == Reading(Sensor.EXIT, Level.OFF, edge=True)
    board.stop()


def test_a_board_that_never_ends_its_answer_is_hung_up_on() -> None:
    wire, board, ear = slow_board()
    assert ear.next() == "lost: no answer"
    assert wire.hung_up.wait(5)
    board.stop()


def test_a_relay_that_cannot_be_closed_is_a_board_that_is_lost_and_the_order_is_gone() -> None:
    wire, board, ear = slow_board()
    wire.gate.release(1_000)
    board.pulse(Relay.RAISE)
    assert ear.next() == "lost: DeviceFailed: raise"
    wire.hung_up.clear()
    ear.all_levels()
    assert ear.losses == 1
    board.stop()


def test_a_redirect_is_refused(relay: HttpTwin) -> None:
    relay.redirect = f"http://127.0.0.1:{relay.port}/elsewhere"
    wire = HttpWire(http(relay))
    with pytest.raises(DeviceFailed, match="answered 302"):
        wire.read()
    wire.hang_up()
    assert relay.asked == []


def test_wrong_credentials_are_said_without_telling_them(world: World) -> None:
    twin = world.call(lambda: HttpTwin(free_port(), world.loop, login=digest.Login("admin", "right")))
    world.run(twin.open_line())
    wire = HttpWire(http(twin, auth=Auth.DIGEST, user="admin", password="wrong"))
    with pytest.raises(DeviceFailed, match=r"^answered 401$"):
        wire.read()
    wire.hang_up()
    world.run(twin.cut_line())


def test_a_power_cut_between_two_samples_is_a_loss(relay: HttpTwin, world: World) -> None:
    world.call(lambda: setattr(relay, "_started_at", world.loop.time() - 9_000))
    board, ear = http_board("in-1", http(relay)), Ear()
    board.start(ear)
    ear.all_levels()
    world.call(relay.restart)
    assert ear.next() == "lost: DeviceFailed: it has started anew"
    ear.all_levels()
    board.stop()


def test_a_modbus_board_that_refuses_is_lost_and_named(world: World) -> None:
    twin = world.call(lambda: ModbusTwin(free_port(), world.loop))
    world.run(twin.open_line())
    inputs = {sensor: number + 900 for sensor, number in modbus.INPUTS.items()}
    board = modbus_board("in-1", ModbusBoard(host=twin.host, port=twin.port, relays=modbus.COILS, inputs=inputs))
    ear = Ear()
    board.start(ear)
    assert "refused" in str(ear.next())
    board.stop()
    assert ear.losses == 1
    world.run(twin.cut_line())


@pytest.mark.parametrize(
    ("counter", "count"),
    [
        (CounterRegister(register=modbus.COUNTER), 0x1_0005),
        (CounterRegister(register=modbus.COUNTER, high_first=False), 0x5_0001),
        (CounterRegister(register=modbus.COUNTER + 1, words=1), 5),  # it began anew after 65,535, and says so
        (CounterRegister(register=modbus.COUNTER, table=Table.HOLDING), 0x1_0005),
    ],
)
def test_a_modbus_counter_is_read_as_its_words_are(world: World, counter: CounterRegister, count: int) -> None:
    twin = world.call(lambda: ModbusTwin(free_port(), world.loop))
    world.run(twin.open_line())
    world.call(lambda: twin.reset_counter(0x1_0005))
    config = ModbusBoard(host=twin.host, port=twin.port, relays=modbus.COILS, inputs=modbus.INPUTS, counter=counter)
    wire = ModbusWire(config)
    assert wire.counted() == count
    wire.hang_up()
    world.run(twin.cut_line())


def test_a_modbus_counter_that_is_not_there_is_said(world: World) -> None:
    twin = world.call(lambda: ModbusTwin(free_port(), world.loop))
    world.run(twin.open_line())
    nowhere = CounterRegister(register=900)
    config = ModbusBoard(host=twin.host, port=twin.port, relays=modbus.COILS, inputs=modbus.INPUTS, counter=nowhere)
    board, ear = modbus_board("in-1", config), Ear()
    board.start(ear)
    assert "counter: refused" in str(ear.next())
    board.stop()
    world.run(twin.cut_line())


def test_an_input_that_does_not_count_is_said(relay: HttpTwin) -> None:
    wire = HttpWire(http(relay, counter=0))
    with pytest.raises(DeviceFailed, match="counter: input 0 is not set up to count"):
        wire.counted()
    wire.hang_up()


def test_a_modbus_line_that_is_down_is_not_dialled_behind_our_back(world: World) -> None:
    twin = world.call(lambda: ModbusTwin(free_port(), world.loop))
    world.run(twin.open_line())
    wire = ModbusWire(ModbusBoard(host=twin.host, port=twin.port, relays=modbus.COILS, inputs=modbus.INPUTS))
    wire.read()
    world.run(twin.cut_line())
    for _ in range(2):
        with pytest.raises(Exception, match=r"closed|down|Connection"):
            wire.read()
    world.run(twin.open_line())
    with pytest.raises(DeviceFailed, match="the line is down"):
        wire.close_relay(Relay.RAISE)
    wire.hang_up()
    assert twin.closings[Relay.RAISE] == 0
    world.run(twin.cut_line())


def test_an_order_without_an_answer_is_sent_once(world: World) -> None:
    twin = world.call(lambda: ModbusTwin(free_port(), world.loop))
    world.run(twin.open_line())
    wire = ModbusWire(ModbusBoard(host=twin.host, port=twin.port, relays=modbus.COILS, inputs=modbus.INPUTS))
    twin.trouble = Trouble.MUTE
    with pytest.raises(ModbusIOException):
        wire.close_relay(Relay.RAISE)
    wire.hang_up()
    assert twin.writes == [(modbus.COILS[Relay.RAISE], 1)]
    world.run(twin.cut_line())


@pytest.mark.parametrize(
    ("pull", "idle", "active_low"),
    [(Pull.UP, "drive_high", True), (Pull.DOWN, "drive_low", False), (Pull.NONE, "drive_low", False)],
)
def test_pins_are_read_by_what_pulls_them(pull: Pull, idle: str, active_low: bool) -> None:  # noqa: FBT001
    factory = MockFactory()
    config = GpioBoard(relays=gpio.RELAYS, inputs=gpio.INPUTS, pull=pull, inverted=(Sensor.EXIT,), debounce_ms=0)
    pin = factory.pin(gpio.INPUTS[Sensor.SAFETY])
    wire = GpioWire(config, factory)
    getattr(pin, idle)()
    getattr(factory.pin(gpio.INPUTS[Sensor.EXIT]), idle)()
    assert (wire.read()[Sensor.SAFETY], wire.read()[Sensor.EXIT]) == (Level.OFF, Level.ON)
    pin.drive_low() if active_low else pin.drive_high()
    assert wire.read()[Sensor.SAFETY] is Level.ON
    wire.hang_up()


def test_relays_that_are_active_low_rest_high() -> None:
    factory = MockFactory()
    config = GpioBoard(relays=gpio.RELAYS, inputs=gpio.INPUTS, relays_active_low=True)
    wire = GpioWire(config, factory)
    pin = factory.pin(gpio.RELAYS[Relay.RAISE])
    assert pin.state is True
    wire.close_relay(Relay.RAISE)
    assert pin.state is False
    wire.hang_up()


def test_a_spike_shorter_than_the_debounce_is_no_change() -> None:
    factory = MockFactory()
    config = GpioBoard(relays=gpio.RELAYS, inputs=gpio.INPUTS, debounce_ms=200)
    wire = GpioWire(config, factory)
    pin = factory.pin(gpio.INPUTS[Sensor.SAFETY])
    assert wire.read()[Sensor.SAFETY] is Level.OFF
    pin.drive_low()
    assert wire.read()[Sensor.SAFETY] is Level.OFF
    pin.drive_high()
    assert wire.read()[Sensor.SAFETY] is Level.OFF
    wire.hang_up()


def test_pins_that_are_not_to_be_had_are_a_loss_that_says_why() -> None:
    factory, ear = MockFactory(), Ear()
    taken = GpioWire(GpioBoard(relays=gpio.RELAYS, inputs=gpio.INPUTS), factory)
    board = gpio_board("in-1", GpioBoard(relays=gpio.RELAYS, inputs=gpio.INPUTS), factory)
    board.start(ear)
    assert "GPIOPinInUse" in str(ear.next())
    taken.hang_up()
    ear.all_levels()
    board.stop()
