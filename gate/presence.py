"""What a box says of itself: its birth and will, and its lanes as they are now. Retained, so it carries no plate."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from gate.messages import (
    BoxName,
    ClockQuality,
    Direction,
    JournalName,
    LaneName,
    Moment,
    Name,
    Natural,
    Offset,
    Reference,
)
from gate.wire import Contract


class LaneState(Contract):
    """One lane as the box sees it now. No plates: this message is retained."""

    lane: LaneName
    direction: Direction
    kind: Name
    phase: Name
    arm: Name
    mode: Name
    sensors: dict[str, str]
    approach: UUID | None = None
    visit: Reference | None = None


class State(Contract):
    """The box as a whole."""

    box: BoxName
    boot: UUID
    monotonic_ms: Natural
    at: Moment
    version: Name
    journal: JournalName
    last_sequence: Natural
    waiting: Natural
    lease_number: Natural
    delta_number: Natural
    reader: Name
    lanes: Annotated[tuple[LaneState, ...], Meta(max_length=64)]
    clock_offset_ms: Offset | None = None
    clock_quality: ClockQuality = ClockQuality.UNKNOWN


class Online(Contract):
    """Birth, and last will. `boot` keeps an old will from speaking for a new birth."""

    box: BoxName
    boot: UUID
    online: bool
