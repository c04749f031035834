"""A relay board at a lane: two pulse outputs move the arm, its inputs say what the lane senses.

The arm's own controller keeps people and cars safe (EN 12453); software only asks.
"""

from enum import StrEnum
from typing import NamedTuple, Protocol


class Relay(StrEnum):
    """A pulse output."""

    RAISE = "raise"
    LOWER = "lower"


class Sensor(StrEnum):
    """An input. A light beam is wired in a loop's place: it senses the same thing."""

    ARMING = "arming"  # loop before the arm: a vehicle wants something
    SAFETY = "safety"  # loop or light beam under the arm
    EXIT = "exit"  # loop or light beam behind the arm: its trailing edge counts
    LIMIT_UP = "limit_up"
    LIMIT_DOWN = "limit_down"
    FIRE = "fire"
    BUTTON = "button"  # the attendant's push button at the lane


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


class BoardListener(Protocol):
    """Who hears a board. Called on any thread of the driver; it must only hand over."""

    def said(self, reading: Reading) -> None:
        """An input changed or was reported."""

    def counted(self, count: int) -> None:
        """How many trailing edges of the exit input the board itself has counted, since it was made or reset.

        It goes on counting while nobody listens. Said before a first report of all levels and at each answer later on;
        while the exit input is not OFF, at an answer that comes 0.25 s or more after the first, once it holds no edge
        that the board still debounces; and never before an edge that it holds, nor after one that it lacks. A board
        that was reset, or whose counter wraps, says a smaller number. One without a counter never says any.
        """

    def lost(self, why: str) -> None:
        """The board is away: nothing it said holds any more."""


class Board(Protocol):
    """One lane's board. Every driver passes the same conformance suite, each with its twin:

    - After `start`, and after each return from being away, all inputs are reported with `edge` False;
      then each change comes once with `edge` True, in the order in which the inputs changed. Of changes that a
      driver sees at once those to ON come first: a vehicle that rolls from one loop to the next is never nowhere.
    - What the driver cannot vouch for (the first sample, a gap in polling, a change that the board did not tell of
      by itself) is never an edge. An input that is configured as absent is reported OFF; one of which the board
      says nothing is reported UNKNOWN.
    - A board that does not answer, or stops answering, is `lost` within 3 s, once, and comes back by itself. One
      that has started anew is lost too: its inputs may have been without power.
    - A pulse is one closing of the relay that opens by itself; at most once, never queued for later. Another one
      while the relay is still closed prolongs that closing. Never both relays at the same time: a pulse first opens
      the other relay, since lifting again must not wait.
    - No thread of a driver ends by what a board says; `stop` lets a running pulse end, leaves no relay closed and
      no thread behind. What an earlier life left closed is opened as soon as the board answers.
    """

    def start(self, listener: BoardListener) -> None:
        """Begin to watch; returns at once, whether or not the board answers."""

    def pulse(self, relay: Relay) -> None:
        """Close the relay for the board's pulse time; returns at once. Raises DeviceFailed when the board is away."""

    def stop(self) -> None:
        """Let go of the board."""


class Boards(Protocol):
    """The boards of a site, each by its lane's name."""

    def pulse(self, lane: str, relay: Relay) -> None:
        """Close the relay for the board's pulse time. Raises DeviceFailed when the order cannot be sent."""


class DeviceFailed(RuntimeError):
    """A device could not be reached or did not do as told."""
