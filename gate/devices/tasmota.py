"""The words of a Tasmota relay board on MQTT, for both its ends.

Topics are the firmware's own (`cmnd/`, `stat/`, `tele/`), on the site's broker that only the box may use.
Relays 1 and 2 have a PulseTime; switches follow their inputs and are detached from the relays
(SetOption114), so that an edge comes as `stat/{board}/RESULT {"Switch3":{"Action":"ON"}}` and levels are answered to
`Status 10`, `StatusSNS {"Switch3":"ON","COUNTER":{"C1":7}}` where the exit input is wired to Counter1 as well.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gate.devices.board import Level, Reading, Relay, Sensor
from gate.devices.words import Message, count

RELAY_NUMBER: Final = {Relay.RAISE: 1, Relay.LOWER: 2}
SENSOR_NUMBER: Final = {sensor: number for number, sensor in enumerate(Sensor, 1)}
_SENSOR_OF: Final = {f"Switch{number}": sensor for sensor, number in SENSOR_NUMBER.items()}
_LEVEL_OF: Final = {"ON": Level.ON, "OFF": Level.OFF}

ONLINE: Final = b"Online"
OFFLINE: Final = b"Offline"


def pulse_topic(board: str, relay: Relay) -> str:
    """Where an ON makes the relay pulse."""
    return f"cmnd/{board}/POWER{RELAY_NUMBER[relay]}"


def order(board: str, relay: Relay) -> tuple[Message, ...]:
    """What makes the relay pulse: the other one opens first."""
    other = Relay.LOWER if relay is Relay.RAISE else Relay.RAISE
    return Message(pulse_topic(board, other), b"OFF"), Message(pulse_topic(board, relay), b"ON")


def relay_of(board: str, topic: str) -> Relay | None:
    """The relay that `topic` commands, if it does."""
    return next((relay for relay in Relay if topic == pulse_topic(board, relay)), None)


def status_topic(board: str) -> str:
    """Where a `10` asks for all levels."""
    return f"cmnd/{board}/Status"


def question(board: str) -> Message:
    """What makes the board tell all levels."""
    return Message(status_topic(board), b"10")


def levels_topic(board: str) -> str:
    """Where the answer to `Status 10` comes."""
    return f"stat/{board}/STATUS10"


def result_topic(board: str) -> str:
    """Where edges come."""
    return f"stat/{board}/RESULT"


def will_topic(board: str) -> str:
    """Where the board's birth and last will are retained."""
    return f"tele/{board}/LWT"


def topics(board: str) -> tuple[str, ...]:
    """Where the board speaks."""
    return result_topic(board), levels_topic(board), will_topic(board)


def edge_payload(sensor: Sensor, level: Level) -> bytes:
    """What a board publishes when an input changes."""
    return msgspec.json.encode({f"Switch{SENSOR_NUMBER[sensor]}": {"Action": level.name}})


def levels_payload(levels: Mapping[Sensor, Level], counted: int | None = None) -> bytes:
    """What a board answers to `Status 10`; `counted` is what its Counter1 says, where it has one."""
    switches = {f"Switch{SENSOR_NUMBER[sensor]}": level.name for sensor, level in levels.items()}
    counter = {} if counted is None else {"COUNTER": {"C1": counted}}
    return msgspec.json.encode({"StatusSNS": switches | counter})


def readings(board: str, topic: str, payload: bytes) -> tuple[Reading, ...]:
    """The readings in a message of the board; none for words that are not about inputs, or not understood."""
    try:
        if topic == result_topic(board):
            said = msgspec.json.decode(payload, type=dict[str, dict[str, str]])
            return _known({name: action.get("Action", "") for name, action in said.items()}, edge=True)
        if topic == levels_topic(board):
            return _known(_sensors(payload), edge=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    return ()


def counted(board: str, topic: str, payload: bytes) -> int | None:
    """What Counter1 says in an answer to `Status 10`; None where the board has none, or says no count.

    With `CounterType 1` it tells a time in seconds, which is no whole number.
    """
    if topic != levels_topic(board):
        return None
    try:
        counters = _sensors(payload).get("COUNTER")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return count(counters.get("C1")) if isinstance(counters, dict) else None


def _sensors(payload: bytes) -> dict[str, Any]:
    """All that the board's sensors say; other ones than switches may be among them."""
    return msgspec.json.decode(payload, type=dict[str, dict[str, Any]]).get("StatusSNS", {})


def _known(levels: Mapping[str, object], *, edge: bool) -> tuple[Reading, ...]:
    return tuple(
        Reading(_SENSOR_OF[name], _LEVEL_OF[level], edge)
        for name, level in levels.items()
        if name in _SENSOR_OF and isinstance(level, str) and level in _LEVEL_OF
    )
