"""The words of an ESPHome relay board on MQTT, for both its ends.

Topics are the firmware's own under a `topic_prefix` of `stat/{board}` (states, birth and will), and two that its
configuration adds (docs/devices.md): commands under `cmnd/{board}`, where the site's broker lets the box speak, and
`levels`, all inputs at once, since a binary sensor tells its state only when it changes or the line was down; with
them what the board counted at the exit input, where its configuration counts.
What it tells when the line comes back is no change: only a level that differs from the known one is an edge.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gate.devices.board import Level, Reading, Relay, Sensor
from gate.devices.words import Message, count

ONLINE: Final = b"online"
OFFLINE: Final = b"offline"
_COUNT: Final = "exit_count"
_LEVEL_OF: Final = {b"ON": Level.ON, b"OFF": Level.OFF}
_LEVEL: Final = {True: Level.ON, False: Level.OFF}


def will_topic(board: str) -> str:
    """Where the board's birth and last will are retained."""
    return f"stat/{board}/status"


def relay_topic(board: str, relay: Relay) -> str:
    """Where an ON makes the relay pulse: a switch that turns itself off."""
    return f"cmnd/{board}/switch/{relay}/command"


def relay_of(board: str, topic: str) -> Relay | None:
    """The relay that `topic` commands, if it does."""
    return next((relay for relay in Relay if topic == relay_topic(board, relay)), None)


def order(board: str, relay: Relay) -> tuple[Message, ...]:
    """What makes the relay pulse: the other one opens first."""
    other = Relay.LOWER if relay is Relay.RAISE else Relay.RAISE
    return Message(relay_topic(board, other), b"OFF"), Message(relay_topic(board, relay), b"ON")


def question(board: str) -> Message:
    """What makes the board tell all levels."""
    return Message(f"cmnd/{board}/levels", b"ask")


def levels_topic(board: str) -> str:
    """Where the answer to `question` comes."""
    return f"stat/{board}/levels"


def state_topic(board: str, sensor: Sensor) -> str:
    """Where the binary sensor tells its changes."""
    return f"stat/{board}/binary_sensor/{sensor}/state"


def topics(board: str) -> tuple[str, ...]:
    """Where the board speaks."""
    return *(state_topic(board, sensor) for sensor in Sensor), levels_topic(board), will_topic(board)


def state_payload(level: Level) -> bytes:
    """What a binary sensor publishes."""
    return level.name.encode()


def levels_payload(levels: Mapping[Sensor, Level], counted: int | None = None) -> bytes:
    """What the board answers to `question`; `counted` where it counts the exit input's trailing edges."""
    counter = {} if counted is None else {_COUNT: counted}
    return msgspec.json.encode({sensor.value: level is Level.ON for sensor, level in levels.items()} | counter)


def readings(board: str, topic: str, payload: bytes) -> tuple[Reading, ...]:
    """The readings in a message of the board; none for words that are not about inputs, or not understood."""
    if topic == levels_topic(board):
        return _levels(payload)
    sensor = next((sensor for sensor in Sensor if topic == state_topic(board, sensor)), None)
    level = _LEVEL_OF.get(payload)
    return () if sensor is None or level is None else (Reading(sensor, level, edge=True),)


def counted(board: str, topic: str, payload: bytes) -> int | None:
    """What the board counted, in its answer to `question`; None where it counts nothing, or says no count."""
    return count(_said(payload).get(_COUNT)) if topic == levels_topic(board) else None


def _levels(payload: bytes) -> tuple[Reading, ...]:
    said = _said(payload)
    known = {sensor: said[sensor.value] for sensor in Sensor if isinstance(said.get(sensor.value), bool)}
    return tuple(Reading(sensor, _LEVEL[on], edge=False) for sensor, on in known.items())


def _said(payload: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(payload, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
