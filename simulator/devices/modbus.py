"""A Modbus TCP board's twin: pymodbus' own server, wired to the arm and the loops.

Coils 0 and 1 raise and lower for as long as they are closed; holding registers 0 and 1 close the same relays for a
time that the board keeps, in tenths of a second. Discrete inputs 10 to 16 are the inputs in the order of `Sensor`.
Input registers 2 and 3 are the 32 bits of its counter, the high ones first; holding register 3 is the low ones alone.
"""

import random
from collections.abc import Sequence
from typing import Final

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from gate.devices.board import Level, Relay, Sensor
from simulator.devices.arm import Arm
from simulator.devices.barrier import Barrier, Clock
from simulator.devices.trouble import Trouble

COILS: Final = {Relay.RAISE: 0, Relay.LOWER: 1}
INPUTS: Final = {sensor: number for number, sensor in enumerate(Sensor, 10)}
COUNTER: Final = 2
_TENTH_S: Final = 0.1
_READ_COILS, _READ_INPUTS, _WRITE_COIL, _WRITE_REGISTER = 1, 2, 5, 6
_READ_HOLDING, _READ_REGISTERS = 3, 4


class ModbusTwin(Barrier):
    """One board of one lane, on a port of this machine. Lives on its event loop."""

    host: Final = "127.0.0.1"

    def __init__(self, port: int, clock: Clock, *, arm: Arm | None = None, inverted: Sequence[Sensor] = ()) -> None:
        super().__init__(clock, arm)
        self.port = port
        self.trouble = Trouble.NONE
        self.writes: list[tuple[int, int]] = []
        self._inverted = inverted
        self._chance = random.Random(port)
        self._server: ModbusTcpServer | None = None

    async def open_line(self) -> None:
        """Listen."""
        blank = [SimData(0, count=64, values=False, datatype=DataType.BITS)]
        registers = [SimData(0, count=4, values=0, datatype=DataType.REGISTERS)]
        device = SimDevice(1, (blank, blank, registers, registers), action=self._accessed)
        self._server = ModbusTcpServer(device, address=(self.host, self.port), trace_packet=self._packet)
        await self._server.serve_forever(background=True)

    async def cut_line(self) -> None:
        """Listen no more; whoever is connected is hung up on."""
        if self._server is not None:
            await self._server.shutdown()  # type: ignore[no-untyped-call]
            self._server = None

    async def _accessed(
        self,
        function: int,
        _start: int,
        address: int,
        _count: int,
        registers: list[int],
        values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """The server is about to read or write; bits are packed as its store has them, sixteen in a register."""
        if values is not None and function in {_WRITE_COIL, _WRITE_REGISTER}:
            self.writes.append((address, int(values[0])))
            self._written(function, address, int(values[0]))
        elif function == _READ_INPUTS:
            for at in range(len(registers)):
                registers[at] = 0
            for sensor, number in INPUTS.items():
                closed = (self.level(sensor) is Level.ON) is not (sensor in self._inverted)
                registers[number // 16] |= closed << (number % 16)
        elif function in {_READ_HOLDING, _READ_REGISTERS}:
            registers[COUNTER : COUNTER + 2] = self.counter >> 16 & 0xFFFF, self.counter & 0xFFFF
        elif function in {_READ_COILS, _WRITE_COIL}:
            registers[0] = sum(self.is_closed(relay) << number for relay, number in COILS.items())
        return None

    def _written(self, function: int, address: int, value: int) -> None:
        relay = next((relay for relay, number in COILS.items() if number == address), None)
        if relay is None:
            return
        if function == _WRITE_REGISTER:
            self.close(relay, value * _TENTH_S)
        elif value:
            self.close(relay)
        else:
            self.open(relay)

    def _packet(self, sending: bool, data: bytes) -> bytes:  # noqa: FBT001 - pymodbus' own call
        if sending and self.trouble is Trouble.MUTE:
            return b""
        if sending and self.trouble is Trouble.JUNK:
            return self._chance.randbytes(self._chance.randrange(1, 40))
        return data
