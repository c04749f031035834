"""A relay board at a lane: two pulse outputs move the arm, six inputs say what the lane senses.

The arm's own controller keeps people and cars safe (EN 12453); software only asks.
"""

from enum import StrEnum
from typing import NamedTuple, Protocol


class Relay(StrEnum):
    """A pulse output."""

    RAISE = "raise"
    LOWER = "lower"


class Sensor(StrEnum):
    """An input."""

    ARMING = "arming"  # loop before the arm: a vehicle wants something
    SAFETY = "safety"  # loop or light beam under the arm
    EXIT = "exit"  # loop behind the arm: its trailing edge counts
    LIMIT_UP = "limit_up"
    LIMIT_DOWN = "limit_down"
    FIRE = "fire"


class Level(StrEnum):
    """What an input says. UNKNOWN after every start and power event; unknown forbids lowering."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


class Reading(NamedTuple):
    """An input's level, and whether the board saw it change (an edge) or merely reports it.

    A level that is only reported OFF proves nothing: a loop that lost power over a standing car reads OFF
    until the next car (promises.md 0.4).
    """

    sensor: Sensor
    level: Level
    edge: bool


class Boards(Protocol):
    """The boards of a site, each by its name. What they sense comes as a `Reading` to whoever listens."""

    def pulse(self, board: str, relay: Relay) -> None:
        """Close the relay for the board's pulse time. Raises DeviceFailed when the order cannot be sent."""


class DeviceFailed(RuntimeError):
    """A device could not be reached or did not do as told."""
