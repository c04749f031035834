"""What a kind of board says and hears on MQTT; `gate.devices.tasmota` and `gate.devices.esphome` are two such.

Modules are the words: their functions are pure, and both ends of the line use them.
"""

from typing import Final, NamedTuple, Protocol

from gate.devices.board import Reading, Relay

COUNT_MAX: Final = 2**32 - 1
"""The counters of all firmwares that we know have 32 bits or fewer; more is no count."""


class Message(NamedTuple):
    """Something to publish."""

    topic: str
    payload: bytes


class Words(Protocol):
    """One kind of board. `ONLINE` and `OFFLINE` are its birth and its last will, retained at `will_topic`."""

    ONLINE: bytes
    OFFLINE: bytes

    def topics(self, board: str) -> tuple[str, ...]:
        """Where the board speaks, its birth and will included."""

    def will_topic(self, board: str) -> str:
        """Where the board's birth and last will are retained."""

    def question(self, board: str) -> Message:
        """What makes the board tell all levels."""

    def order(self, board: str, relay: Relay) -> tuple[Message, ...]:
        """What makes the relay pulse, in order: the other one opens first."""

    def readings(self, board: str, topic: str, payload: bytes) -> tuple[Reading, ...]:
        """The readings in a message of the board; none for words that are not about inputs, or not understood.

        Those of an answer to `question` have `edge` False.
        """

    def counted(self, board: str, topic: str, payload: bytes) -> int | None:
        """The count of trailing edges of the exit input in an answer to `question`; None where it says none."""


def count(said: object) -> int | None:
    """A count as a board says it; None for what is none: no whole number, below zero, or too large."""
    return said if isinstance(said, int) and not isinstance(said, bool) and 0 <= said <= COUNT_MAX else None
