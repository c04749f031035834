"""The wire contract between boxes and the centre: events, commands, replies, state.

Golden messages in the tests and the JSON Schema under docs/ are made from these classes;
a change of a field shows there. Money is integer dong, durations carry their unit.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta

from gate.reading import flaw_of
from gate.topics import BOX, SITE
from gate.vehicle import VehicleClass
from gate.wire import Contract

_END: Final = r"$(?!\n)"  # a bare $ would let a line feed through behind the last character

Name = Annotated[str, Meta(min_length=1, max_length=64)]
NOTE_MAX: Final = 400
Note = Annotated[str, Meta(max_length=NOTE_MAX)]
BoxName = Annotated[str, Meta(pattern=f"^{BOX.pattern}{_END}")]
SiteCode = Annotated[str, Meta(pattern=f"^{SITE.pattern}{_END}")]
LaneName = Annotated[str, Meta(pattern=f"^[a-z][a-z0-9-]{{0,30}}{_END}")]
Reference = Annotated[str, Meta(pattern=f"^{SITE.pattern}[2-9A-HJKMNP-Z]{{8}}{_END}")]
JournalName = Annotated[str, Meta(pattern=f"^[0-9a-f]{{16}}{_END}")]
Sha256 = Annotated[str, Meta(pattern=f"^[0-9a-f]{{64}}{_END}")]
Moment = Annotated[datetime, Meta(tz=True)]
Dong = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Natural = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Place = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Share = Annotated[float, Meta(ge=0, le=1)]
Offset = Annotated[int, Meta(ge=-(2**53), le=2**53)]
PlateText = Annotated[str, Meta(min_length=1, max_length=16)]


class Direction(StrEnum):
    """Which way a lane leads."""

    IN = "in"
    OUT = "out"


class OpeningReason(StrEnum):
    """Why an arm went up. Every opening has exactly one; the last three are cases until a person says why."""

    ADMITTED = "admitted"  # entry, by the box's own rules
    PAID = "paid"  # exit, the charge is paid
    FREE = "free"  # exit, nothing to pay
    PASS = "pass"  # noqa: S105 - a row of the site's lists: monthly pass or exempt
    BILLED = "billed"  # exit, site policy lets out and bills
    CLAIMED = "claimed"  # exit, the driver showed a transfer that had not arrived: stays owing
    PERSON = "person"  # a person opened and gave a reason
    MODE = "mode"  # the lane is held open or free by a person's order
    BUTTON = "button"  # the push button at the lane, nobody's name
    BY_HAND = "by_hand"  # raised at the arm, no command
    FIRE = "fire"  # the fire input holds it up


class Why(StrEnum):
    """Why a lane wants a person."""

    UNREAD = "unread"
    NO_MATCH = "no_match"
    AMBIGUOUS = "ambiguous"
    UNPAID = "unpaid"
    FAULT = "fault"
    FULL = "full"
    DENIED = "denied"  # on the site's deny list


# --- bodies of events: facts, inserted once -------------------------------------------------------------


class FrameRead(Contract):
    """One frame of a vehicle: when, from its first look on, and how sure the reader was of it (0: nothing read).

    `voted`: it shows the vehicle's own plate; `agreed`: what it reads is what was decided; `kept`: it is the picture.
    """

    after_ms: Natural
    confidence: Share
    voted: bool
    agreed: bool
    kept: bool


class PlateRead(Contract, tag="plate_read", tag_field="kind"):
    """What the reader saw of one vehicle at one lane. `plate` empty: it was not read.

    `frames` empty: one frame. `travel`: `in` (nearer to the camera), `out`, `still` or `unknown`. `others`: what else
    the whole plate may be, each text once and none of them `plate`, with its probability; together no more than 1.
    """

    lane: LaneName
    approach: UUID
    direction: Direction
    plate: Annotated[str, Meta(max_length=16)]
    confidence: Share
    characters: tuple[tuple[Annotated[str, Meta(max_length=2)], Share], ...] = ()
    lines: Annotated[int, Meta(ge=0, le=2)] = 0
    colour: Annotated[str, Meta(max_length=10)] = "unknown"
    vehicle_class: VehicleClass | None = None
    picture: Sha256 | None = None
    engine: Annotated[str, Meta(max_length=40)] = ""
    took_ms: Natural = 0
    error: Annotated[str, Meta(max_length=200)] = ""
    frames: Annotated[tuple[FrameRead, ...], Meta(max_length=20)] = ()
    travel: Annotated[str, Meta(max_length=10)] = "unknown"
    others: Annotated[tuple[tuple[PlateText, Share], ...], Meta(max_length=8)] = ()

    def __post_init__(self) -> None:
        """Refuse a list that says one text twice, the plate itself, or more than there is to say."""
        if flaw := flaw_of(self.plate, self.others):
            raise ValueError(flaw)


class VisitOpened(Contract, tag="visit_opened", tag_field="kind"):
    """The box admitted a vehicle. `visit` is the reference that its payment will carry."""

    lane: LaneName
    approach: UUID
    visit: Reference
    vehicle_class: VehicleClass
    read: bool


class VisitMatched(Contract, tag="visit_matched", tag_field="kind"):
    """The vehicle at an exit is this visit's, by the box's ranking or by a person's word."""

    lane: LaneName
    approach: UUID
    visit: Reference
    by: Name
    probability: Share
    margin: Share


class BillLine(Contract):
    """One line of a bill: a part of the stay, what it is, what it costs."""

    since: Moment
    until: Moment
    what: Name
    amount: Dong


class Quoted(Contract, tag="quoted", tag_field="kind"):
    """The price that the box showed, with its lines; the charge is pended by this fact.

    `entry` is the row of the site's lists for which nothing is owed, None when the price list alone decided.
    """

    lane: LaneName
    approach: UUID
    visit: Reference
    tariff: Name
    vehicle_class: VehicleClass
    entered_at: Moment
    left_at: Moment
    total: Dong
    vat: Dong
    lines: tuple[BillLine, ...]
    payload: Annotated[str, Meta(max_length=300)] = ""
    entry: Name | None = None


class ArmRaised(Contract, tag="arm_raised", tag_field="kind"):
    """An arm was seen up: one opening, one reason. `by` is `rule` or a person's name.

    `entry` is the row of the site's lists that opened (reason `pass`): one use of it.
    """

    lane: LaneName
    opening: UUID
    reason: OpeningReason
    by: Name
    approach: UUID | None = None
    visit: Reference | None = None
    command: UUID | None = None
    note: Note = ""
    took_ms: Natural = 0
    entry: Name | None = None


class ArmLowered(Contract, tag="arm_lowered", tag_field="kind"):
    """The arm was seen down again; the opening is over."""

    lane: LaneName
    opening: UUID


class VehiclePassed(Contract, tag="vehicle_passed", tag_field="kind"):
    """The trailing edge of the exit loop, or a counting line crossed: one passage.

    `approach` is the vehicle's, where it was looked at; `visit` None may still be told by a PassageExplained.
    """

    lane: LaneName
    direction: Direction
    passage: UUID
    opening: UUID | None
    visit: Reference | None
    tailgate: bool = False
    approach: UUID | None = None


class PassageExplained(Contract, tag="passage_explained", tag_field="kind"):
    """A passage told before without a visit was this one's: its picture was read while it drove on."""

    lane: LaneName
    direction: Direction
    passage: UUID
    approach: UUID
    visit: Reference
    passed_at: Moment


class TagRead(Contract, tag="tag_read", tag_field="kind"):
    """A tag was before a lane's reader. `entry` is the row of the site's lists it stands in, None when in none.

    The tag itself stays at the box: `tag_sha256` recognises it again, keyed with the box's secret.
    """

    lane: LaneName
    approach: UUID
    direction: Direction
    tag_sha256: Sha256
    entry: Name | None


class VisitVoided(Contract, tag="visit_voided", tag_field="kind"):
    """The vehicle backed out before it passed; its visit never was."""

    lane: LaneName
    visit: Reference
    why: Name


class PersonWanted(Contract, tag="person_wanted", tag_field="kind"):
    """A driver waits and the box may not decide alone. Candidates are visits, best first.

    `entry` is the row of the deny list that the vehicle stands in, or may stand in by an uncertain read.
    """

    lane: LaneName
    approach: UUID
    why: Why
    candidates: tuple[tuple[Reference, Share], ...] = ()
    entry: Name | None = None


class DeviceFault(Contract, tag="device_fault", tag_field="kind"):
    """A device did not do what it should. `lane` empty: the box itself."""

    lane: Annotated[str, Meta(max_length=31)]
    device: Name
    what: Note


Body = (
    PlateRead
    | VisitOpened
    | VisitMatched
    | Quoted
    | ArmRaised
    | ArmLowered
    | VehiclePassed
    | PassageExplained
    | TagRead
    | VisitVoided
    | PersonWanted
    | DeviceFault
)


class ClockQuality(StrEnum):
    """What the box knows of its own clock."""

    SYNCHRONISED = "synchronised"
    FREE = "free"
    UNKNOWN = "unknown"


class Envelope(Contract):
    """What every event carries, whatever it says. A resend is the same bytes."""

    message_id: UUID
    site: SiteCode
    box: BoxName
    journal: JournalName
    sequence: Place
    boot: UUID
    monotonic_ms: Natural
    happened_at: Moment
    clock_offset_ms: Offset | None
    clock_quality: ClockQuality
    body: Body

    def __post_init__(self) -> None:
        """Refuse years that no box's clock can show and that not every zone and every database can hold."""
        if not 1970 <= self.happened_at.year <= 2200:
            raise ValueError(f"happened_at: the year {self.happened_at.year} is outside 1970 to 2200")


class Ack(Contract):
    """All facts of `journal` up to `sequence` are committed. A lower one than was sent asks for a resend.

    An answer to a State also tells the centre's time `at`, with that State's `monotonic_ms` as `echo_ms`, so that
    the box can measure its clock's offset and how uncertain that is (half the round trip).
    """

    journal: JournalName
    sequence: Natural
    at: Moment | None = None
    echo_ms: Natural | None = None


# --- commands: one use, one deadline, never retained ------------------------------------------------------


class Open(Contract, tag="open", tag_field="action"):
    """Raise the arm for this approach or visit."""

    lane: LaneName
    reason: OpeningReason
    visit: Reference | None = None
    approach: UUID | None = None
    note: Note = ""


class Close(Contract, tag="close", tag_field="action"):
    """Lower the arm, if the zone is known to be clear."""

    lane: LaneName


class LaneMode(StrEnum):
    """How a lane works. All of them count; the last two let everyone through and bill by plate."""

    NORMAL = "normal"
    CLOSED = "closed"  # nobody is let in by the rules
    FREE = "free"  # the arm goes up for everyone, paid or not
    OPEN = "open"  # the arm is held up


class Mode(Contract, tag="mode", tag_field="action"):
    """Change how the lane works."""

    lane: LaneName
    mode: LaneMode


class Display(Contract, tag="display", tag_field="action"):
    """The vehicle at this approach is this visit: price it, show it, wait for its money."""

    lane: LaneName
    approach: UUID
    visit: Reference


class Refresh(Contract, tag="refresh", tag_field="action"):
    """Send state again."""


Action = Open | Close | Mode | Display | Refresh


class Command(Contract):
    """An order to one box. `deadline_ms` is on the monotonic clock of the box's `boot`, so a wrong clock cannot
    stretch it."""

    command: UUID
    box: BoxName
    boot: UUID
    deadline_ms: Natural
    by: Name
    action: Action


class Outcome(StrEnum):
    """What became of a command."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class Reply(Contract):
    """The box's answer, with the arm's confirmed position."""

    command: UUID
    box: BoxName
    outcome: Outcome
    position: Name
    why: Note = ""
