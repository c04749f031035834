"""A relay board over Modbus TCP: coils are the relays, discrete inputs what the lane senses.

All inputs are one request, so that they are of one moment. Nothing is ever repeated by the library: a coil that is
written twice is a second pulse.
"""

import logging
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import reduce
from typing import Final

from pymodbus.client import ModbusTcpClient
from pymodbus.pdu import ModbusPDU

from edge.devices.board_config import ModbusBoard, Table
from edge.devices.polled import Manner, PolledBoard
from gate.devices.board import DeviceFailed, Level, Relay, Sensor

TIMEOUT_S: Final = 1.0
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)  # what fails is told by whoever asked


def modbus_board(name: str, config: ModbusBoard) -> PolledBoard:
    """The board of this configuration."""
    manner = Manner(name, config.poll_ms / 1000, config.pulse_ms / 1000, opens_itself=config.pulse is not None)
    return PolledBoard(manner, lambda: ModbusWire(config), config.absent)


class ModbusWire:
    """A connection to the board. Raises DeviceFailed where there is none."""

    def __init__(self, config: ModbusBoard) -> None:
        self._config = config
        self._first = min(config.inputs.values())
        self._count = max(config.inputs.values()) - self._first + 1
        self._client = ModbusTcpClient(config.host, port=config.port, timeout=TIMEOUT_S, retries=0)
        self._client.connect()  # type: ignore[no-untyped-call]
        if self._client.socket is None:
            raise DeviceFailed(f"{config.host}:{config.port} does not answer")
        self._line = self._client.socket
        self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self) -> Mapping[Sensor, Level]:
        """All inputs in one answer."""
        answer = self._asked(
            lambda: self._client.read_discrete_inputs(self._first, count=self._count, device_id=self._config.unit)
        )
        if len(answer.bits) < self._count:
            raise DeviceFailed(f"{len(answer.bits)} inputs instead of {self._count}")
        wires = self._config.inputs.items()
        return {sensor: self._config.level(sensor, closed=answer.bits[at - self._first]) for sensor, at in wires}

    def counted(self) -> int | None:
        """What its counter says; one of a single register begins anew after 65,535."""
        counter = self._config.counter
        if counter is None:
            return None
        ask = self._client.read_input_registers if counter.table is Table.INPUT else self._client.read_holding_registers
        answer = self._asked(
            lambda: ask(counter.register, count=counter.words, device_id=self._config.unit), "counter: "
        )
        if len(answer.registers) != counter.words:
            raise DeviceFailed(f"counter: {len(answer.registers)} registers instead of {counter.words}")
        high_first = answer.registers if counter.high_first else reversed(answer.registers)
        return reduce(lambda high, low: high << 16 | low, high_first)

    def close_relay(self, relay: Relay) -> None:
        """Close the coil, or have the board close it for its time."""
        pulse, unit = self._config.pulse, self._config.unit
        if pulse is None:
            self._write_coil(relay, value=True)
        else:
            units = self._config.pulse_ms // pulse.unit_ms
            self._asked(lambda: self._client.write_register(pulse.registers[relay], units, device_id=unit))

    def open_relay(self, relay: Relay) -> None:
        """Open the coil."""
        self._write_coil(relay, value=False)

    def hang_up(self) -> None:
        """End the connection under whoever reads from it."""
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self._line.close()

    def _write_coil(self, relay: Relay, *, value: bool) -> None:
        coil, unit = self._config.relays[relay], self._config.unit
        self._asked(lambda: self._client.write_coil(coil, value, device_id=unit))

    def _asked(self, ask: Callable[[], ModbusPDU], what: str = "") -> ModbusPDU:
        if self._client.socket is not self._line:  # the library would dial anew, and nobody would know of the gap
            raise DeviceFailed("the line is down")
        answer = ask()
        if answer.isError():
            raise DeviceFailed(f"{what}refused: {answer}")
        return answer
