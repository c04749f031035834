"""Which board a lane has, and how it is wired: the `board` of a lane in the box's file. Wiring is data."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Final
from urllib.parse import urlsplit

from msgspec import Meta

from edge import addresses
from gate.devices.board import Level, Relay, Sensor
from gate.wire import Contract

BoardName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{0,40}$(?!\n)")]
Port = Annotated[int, Meta(ge=1, le=65_535)]
Number = Annotated[int, Meta(ge=0, le=65_535)]
PollMs = Annotated[int, Meta(ge=10, le=200)]
PulseMs = Annotated[int, Meta(ge=100, le=5_000)]

MAY_BE_ABSENT: Final = (Sensor.FIRE, Sensor.BUTTON)
"""A lane can do without these where its file says so. Without the others no arm may ever be lowered."""

SPAN_MAX: Final = 2_000  # inputs in one request (Modbus application protocol 1.1b3, 6.2)


class OnBroker(Contract, tag_field="driver"):
    """A board on the site's broker. `name` empty: it has the lane's name. `absent`: inputs that it does not have."""

    name: BoardName = ""
    absent: tuple[Sensor, ...] = ()


class TasmotaBoard(OnBroker, tag="tasmota"):
    """A Tasmota board: Switch1 to Switch7 are the inputs in the order of `Sensor`."""


class EsphomeBoard(OnBroker, tag="esphome"):
    """An ESPHome board whose sensors bear the inputs' names."""


class Wired(Contract, tag_field="driver"):
    """A board whose wiring the box must be told. `inverted`: inputs whose contact opens when they sense something."""

    relays: dict[Relay, Number]
    inputs: dict[Sensor, Number]
    absent: tuple[Sensor, ...] = ()
    inverted: tuple[Sensor, ...] = ()
    pulse_ms: PulseMs = 500

    def level(self, sensor: Sensor, *, closed: bool) -> Level:
        """What the input's contact says."""
        return Level.ON if closed is not (sensor in self.inverted) else Level.OFF


class PulseRegisters(Contract):
    """Holding registers of a board that closes a relay for a time by itself: what is written is the time in units."""

    registers: dict[Relay, Number]
    unit_ms: Annotated[int, Meta(ge=1, le=1_000)] = 100


class Table(StrEnum):
    """Which registers."""

    HOLDING = "holding"  # function 3
    INPUT = "input"  # function 4


class CounterRegister(Contract):
    """Where a board keeps how often a vehicle has left its exit input: one register, or two for 32 bits."""

    register: Number
    words: Annotated[int, Meta(ge=1, le=2)] = 2
    table: Table = Table.INPUT
    high_first: bool = True


class ModbusBoard(Wired, kw_only=True, tag="modbus"):
    """Coils and discrete inputs over Modbus TCP, by their protocol addresses (the first is 0)."""

    host: Annotated[str, Meta(min_length=1, max_length=253)]
    port: Port = 502
    unit: Annotated[int, Meta(ge=0, le=255)] = 1
    poll_ms: PollMs = 40
    pulse: PulseRegisters | None = None
    counter: CounterRegister | None = None


class Pull(StrEnum):
    """What holds a pin while its contact is open."""

    UP = "up"  # the contact goes to ground
    DOWN = "down"  # the contact goes to 3.3 V
    NONE = "none"  # resistors outside; the contact goes to 3.3 V


class GpioBoard(Wired, kw_only=True, tag="gpio"):
    """Pins of this box itself, by their numbers at the chip (GPIO17 is 17, whatever its place on the header)."""

    pull: Pull = Pull.UP
    relays_active_low: bool = False
    debounce_ms: Annotated[int, Meta(ge=0, le=200)] = 20


class Style(StrEnum):
    """How a board over HTTP is spoken to."""

    SHELLY1 = "shelly1"  # /relay/0?turn=on&timer=0.5, /status
    SHELLY2 = "shelly2"  # /rpc/Switch.Set, /rpc/Shelly.GetStatus


class Auth(StrEnum):
    """How a board over HTTP knows us."""

    NONE = "none"
    BASIC = "basic"
    DIGEST = "digest"


class HttpBoard(Wired, kw_only=True, tag="http"):
    """Relays and inputs over HTTP. Only this host is ever asked; redirects are refused.

    `counter`: an input that counts, wired to the exit detector as well.
    """

    url: Annotated[str, Meta(pattern="^https?://")]
    style: Style = Style.SHELLY2
    auth: Auth = Auth.NONE
    user: str = ""
    password: str = ""
    poll_ms: Annotated[int, Meta(ge=50, le=200)] = 100
    counter: Number | None = None


WiredBoard = ModbusBoard | GpioBoard | HttpBoard
BoardConfig = TasmotaBoard | EsphomeBoard | ModbusBoard | GpioBoard | HttpBoard


class _Taken:
    """What boards hold, and who holds it."""

    def __init__(self) -> None:
        self._held: dict[str, str] = {}

    def take(self, what: str, who: str) -> None:
        """Hold it. Raises ValueError when somebody does."""
        if what in self._held:
            raise ValueError(f"{who}: {what} is taken by {self._held[what]}")
        self._held[what] = who


def check(boards: Mapping[str, BoardConfig], key: str = "lanes") -> None:
    """What the types do not say, of all boards of a box by their lanes. Raises ValueError with `key`, lane and key."""
    taken = _Taken()
    for lane, board in boards.items():
        try:
            _check(board)
        except ValueError as error:
            raise ValueError(f"{key}: {lane}: board: {error}") from error
        for what in _holds(lane, board):
            taken.take(what, f"{key}: {lane}: board")


def _check(board: BoardConfig) -> None:
    _check_absent(board)
    if isinstance(board, OnBroker):
        return
    _check_wiring(board)
    if isinstance(board, ModbusBoard):
        _check_modbus(board)
    if isinstance(board, GpioBoard):
        _each_once("relays and inputs", [*board.relays.items(), *board.inputs.items()])
    if isinstance(board, HttpBoard):
        _check_http(board)


def _check_absent(board: BoardConfig) -> None:
    for sensor in board.absent:
        if sensor not in MAY_BE_ABSENT:
            raise ValueError(f"absent: a lane cannot do without `{sensor}`")


def _check_wiring(board: WiredBoard) -> None:
    for relay in Relay:
        if relay not in board.relays:
            raise ValueError(f"relays: no `{relay}`")
    for sensor in Sensor:
        if sensor in board.inputs and sensor in board.absent:
            raise ValueError(f"absent: `{sensor}` is wired to input {board.inputs[sensor]}")
        if sensor not in board.inputs and sensor not in board.absent:
            way = f'; where the lane has none, say `"absent": ["{sensor}"]`' if sensor in MAY_BE_ABSENT else ""
            raise ValueError(f"inputs: no `{sensor}`{way}")
    for sensor in board.inverted:
        if sensor not in board.inputs:
            raise ValueError(f"inverted: `{sensor}` is not wired")
    _each_once("relays", board.relays.items())
    _each_once("inputs", board.inputs.items())


def _check_modbus(board: ModbusBoard) -> None:
    numbers = board.inputs.values()
    if max(numbers) - min(numbers) >= SPAN_MAX:
        raise ValueError(f"inputs: {min(numbers)} to {max(numbers)} are more than the {SPAN_MAX} of one request")
    if board.pulse is None:
        return
    for relay in Relay:
        if relay not in board.pulse.registers:
            raise ValueError(f"pulse: registers: no `{relay}`")
    _each_once("pulse: registers", board.pulse.registers.items())
    if board.pulse_ms % board.pulse.unit_ms:
        raise ValueError(f"pulse_ms: {board.pulse_ms} is not a whole number of units of {board.pulse.unit_ms} ms")


def _check_http(board: HttpBoard) -> None:
    try:
        addresses.check(board.url)
    except ValueError as error:
        raise ValueError(f"url: {error}") from error
    if "@" in board.url or board.url.rstrip("/").count("/") > 2 or "?" in board.url or "#" in board.url:
        raise ValueError("url: only http(s)://host or http(s)://host:port; who we are stands in `user` and `password`")
    if board.counter is not None and board.style is Style.SHELLY1:
        raise ValueError(f"counter: `{board.style}` has no input that counts")
    for sensor, number in board.inputs.items():
        if number == board.counter:
            raise ValueError(f"counter: input {number} is `{sensor}`, and an input that counts tells no level")
    if (board.auth is Auth.NONE) is bool(board.user or board.password):
        raise ValueError(f"auth: `{board.auth}` with{'' if board.user or board.password else 'out'} a user or password")


def _each_once(key: str, wires: Iterable[tuple[StrEnum, int]]) -> None:
    seen: dict[int, str] = {}
    for name, number in wires:
        if number in seen:
            raise ValueError(f"{key}: {seen[number]} and {name} are both {number}")
        seen[number] = name


def _holds(lane: str, board: BoardConfig) -> Iterator[str]:
    """What no second board may have."""
    match board:
        case OnBroker():
            yield f"the name {board.name or lane}"
        case ModbusBoard():
            where = f"{board.host.lower()}:{board.port} unit {board.unit}"
            yield from (f"coil {number} of {where}" for number in board.relays.values())
            if board.pulse:
                yield from (f"pulse register {number} of {where}" for number in board.pulse.registers.values())
            yield from (f"input {number} of {where}" for number in board.inputs.values())
            if board.counter:
                yield f"counter {board.counter.register} ({board.counter.table}) of {where}"
        case GpioBoard():
            yield from (f"pin {number}" for number in (*board.relays.values(), *board.inputs.values()))
        case HttpBoard():
            where = _same(board.url)
            yield from (f"relay {number} of {where}" for number in board.relays.values())
            counter = () if board.counter is None else (board.counter,)
            yield from (f"input {number} of {where}" for number in (*board.inputs.values(), *counter))


def _same(url: str) -> str:
    """One device has one name, however its address is written."""
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port not in {None, usual} else "")
