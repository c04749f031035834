"""One vehicle before one arm, from the arming loop to the exit loop."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from edge.lanes.decide import Quote
from gate.messages import FrameRead, OpeningReason, Why
from gate.reading import PlateReading
from gate.vehicle import VehicleClass


@dataclass
class Look:
    """What camera and reader gave: the best reading or none, the picture, what went wrong.

    Of several `frames` the reading is their vote and the picture the best of them. `sharpness` and `brightness` are
    the picture's (`edge.reader.figures`), 0 where nobody measured.
    """

    reading: PlateReading | None
    picture: bytes
    engine: str
    took_ms: int
    error: str = ""
    frames: tuple[FrameRead, ...] = ()
    travel: str = "unknown"
    sharpness: float = 0.0
    brightness: float = 0.0


@dataclass
class Grant:
    """Why the arm may go up, and by whose word."""

    reason: OpeningReason
    by: str
    command: UUID | None = None
    note: str = ""
    entry: str | None = None  # the row of the site's lists


@dataclass
class Approach:
    """What is known of the vehicle so far.

    `asked`: why a person was called; `refused`: why it was not let in by the rules; `read_told`: its read is a fact;
    `passage`: it went through and is not explained yet.
    """

    approach: UUID
    look: Look | None = None
    vehicle_class: VehicleClass | None = None
    visit: str | None = None
    quoted: Quote | None = None
    grant: Grant | None = None
    asked: Why | None = None
    refused: Why | None = None
    read_told: bool = False
    photo: str = ""
    tag: str = ""
    passage: UUID | None = None
    passed_at: datetime | None = None

    @property
    def plate(self) -> str:
        """The plate as read, or nothing."""
        return self.look.reading.text if self.look and self.look.reading else ""

    @property
    def others(self) -> tuple[tuple[str, float], ...]:
        """What else the plate may be."""
        return self.look.reading.others if self.look and self.look.reading else ()


@dataclass
class Opening:
    """One opening of the arm: why, who it is for, and how many went through.

    `ours`: software raised it, and no hand and no fire since; no other arm is lowered by software on its own.
    """

    opening: UUID
    visit: str | None
    passages: int = 0
    reason: OpeningReason = OpeningReason.BY_HAND
    ours: bool = False
