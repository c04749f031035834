"""What a box is told of one lane: where it leads, what drives there, which devices it has, how it behaves."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from edge.devices import camera_config, tag_reader
from edge.devices.board_config import BoardConfig, TasmotaBoard
from edge.devices.camera_config import CameraConfig
from gate.lane import Lane
from gate.messages import Direction, LaneName
from gate.wire import Contract


class LaneKind(StrEnum):
    """What drives through. Of motorbikes several under one opening are normal; of others the second tailgates."""

    CAR = "car"
    MOTORBIKE = "motorbike"
    MIXED = "mixed"


class Side(StrEnum):
    """Which end of a vehicle the camera sees. Motorbikes carry a plate behind only."""

    FRONT = "front"
    REAR = "rear"


class ReadPoint(StrEnum):
    """Where a vehicle is when its picture is taken."""

    ARMING = "arming"  # it stands on the arming loop
    ZONE = "zone"  # it is under the arm: for lanes whose arm is held up


class CountsBy(StrEnum):
    """What makes a passage."""

    EXIT = "exit"  # the trailing edge of the exit loop or beam
    LINE = "line"  # the camera's counting line


class SafeState(StrEnum):
    """What the supervisor does with a lane whose agent hangs. It never lowers an arm."""

    STAY = "stay"  # the arm stays as it is
    RAISE = "raise"  # the arm goes up and stays up until the agent is back


class Button(StrEnum):
    """What the push button at the lane does."""

    OPEN = "open"  # raises the arm; a case until a person says why
    READ = "read"  # has a vehicle read again whose stay was not found
    NOTHING = "nothing"


class Timers(Contract):
    """How long a lane waits. `moves_s`: for the arm to confirm a movement; then another pulse, at most three."""

    identify_s: Annotated[float, Meta(ge=1, le=600)] = 6.0
    moves_s: Annotated[float, Meta(ge=1.5, le=600)] = 4.0
    open_s: Annotated[float, Meta(ge=3, le=600)] = 20.0


Pixel = Annotated[int, Meta(ge=0, le=100_000)]
Extent = Annotated[int, Meta(ge=16, le=100_000)]


class LaneConfig(Contract):
    """One lane. Its board, screen and profiler on the site's broker bear the lane's name unless told otherwise.

    `roi`: x, y, width and height of the part of the camera's picture in which plates are looked for.
    """

    lane: LaneName
    direction: Direction
    kind: LaneKind
    camera: CameraConfig
    board: BoardConfig = TasmotaBoard()
    side: Side = Side.REAR
    roi: tuple[Pixel, Pixel, Extent, Extent] | None = None
    read_at: ReadPoint = ReadPoint.ARMING
    counts_by: CountsBy = CountsBy.EXIT
    button: Button = Button.NOTHING
    tag_reader: Annotated[str, Meta(pattern="^((tcp|serial)://.+)?$")] = ""
    safe_state: SafeState = SafeState.STAY
    profiler: bool = True
    timers: Timers = Timers()


def check(lane: LaneConfig) -> None:
    """What the types do not say. Raises ValueError with the key."""
    where = f"lanes: {lane.lane}"
    if lane.kind is not LaneKind.CAR and lane.side is Side.FRONT:
        raise ValueError(f"{where}: side: motorbikes have no plate in front; a {lane.kind} lane sees `rear`")
    try:
        camera_config.check(lane.camera)
    except ValueError as error:
        raise ValueError(f"{where}: camera: {error}") from error
    if lane.counts_by is CountsBy.LINE and not isinstance(camera_config.named(lane.camera), camera_config.PushConfig):
        raise ValueError(f"{where}: counts_by: `line` needs a camera that pushes")
    if lane.tag_reader:
        try:
            tag_reader.check(lane.tag_reader)
        except ValueError as error:
            raise ValueError(f"{where}: tag_reader: {error}") from error


def at_rest(config: LaneConfig, *, shut: bool) -> Lane:
    """The lane as its configuration makes it, nothing known yet."""
    by_line = config.counts_by is CountsBy.LINE
    return Lane(
        identify_s=config.timers.identify_s,
        moves_s=config.timers.moves_s,
        open_s=config.timers.open_s,
        shut=shut,
        by_line=by_line,
        directed=config.kind is LaneKind.CAR and not by_line,
    )
