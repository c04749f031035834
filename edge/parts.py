"""What every lane of a box shares."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from edge.clock import Clock
from edge.journal.outbox import Outbox
from edge.journal.owed import Owed
from edge.journal.pictures import Pictures
from edge.journal.store import Store
from edge.journal.trace import Trace
from edge.known.papers import Papers
from edge.known.tags import Tags
from edge.known.visits import Visits
from edge.lanes.approach import Look
from gate.devices.board import Boards
from gate.devices.screen import Screens
from gate.messages import Body, Reply

Call = Callable[[], None]


class Devices(Boards, Screens, Protocol):
    """The lanes' boards and screens."""


class Eyes(Protocol):
    """Camera and reader of a lane."""

    def look(self, lane: str, done: Callable[[Look], None]) -> None:
        """Take a picture and read it; `done` is called on the deciding thread, whatever happens."""


@dataclass(frozen=True)
class Parts:
    """Handed to each lane. `later` calls back on the deciding thread; `secret` is the box's own."""

    clock: Clock
    store: Store
    outbox: Outbox
    owed: Owed
    visits: Visits
    tags: Tags
    papers: Papers
    pictures: Pictures
    trace: Trace
    devices: Devices
    eyes: Eyes
    later: Callable[[float, Call], None]
    reply: Callable[[Reply], None]
    secret: bytes

    def record(self, *facts: Body) -> None:
        """Write the facts of a decision together. Raises NoRoom, and nothing is written."""

        def write() -> None:
            for fact in facts:
                self.outbox.record(fact)

        self.owed.decide(write)

    def witness(self, *facts: Body, also: Call) -> None:
        """Write the facts of what has happened, with its moment, and `also` what goes with them: as soon as the disk
        takes all of it.
        """
        happened = [(fact, self.outbox.happening()) for fact in facts]

        def write() -> None:
            also()
            for fact, when in happened:
                self.outbox.record(fact, when)

        self.owed.witness(write)
