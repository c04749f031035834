"""One value of each kind on the wire, written out in full. Golden files and mutants are made from these."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final
from uuid import UUID

from gate.lease import Account, Delta, Entry, Expired, Inside, Lease, Policy, Receipt, Standing, Unpaid
from gate.messages import (
    Ack,
    Action,
    ArmLowered,
    ArmRaised,
    BillLine,
    Body,
    ClockQuality,
    Close,
    Command,
    DeviceFault,
    Direction,
    Display,
    Envelope,
    LaneMode,
    Mode,
    Open,
    OpeningReason,
    Outcome,
    PassageExplained,
    PersonWanted,
    PlateRead,
    Quoted,
    Refresh,
    Reply,
    TagRead,
    VehiclePassed,
    VisitMatched,
    VisitOpened,
    VisitVoided,
    Why,
)
from gate.presence import LaneState, Online, State
from gate.tariff import (
    Basis,
    Boundary,
    Event,
    Falling,
    Hours,
    LunarDay,
    Per,
    Rate,
    Rounding,
    Season,
    Step,
    Tariff,
    Turn,
    VatRate,
    Way,
)
from gate.vehicle import VehicleClass
from gate.wire import Contract

APPROACH: Final = UUID("019ab01e-6c00-7a11-8b22-c33d44e55f66")
OPENING: Final = UUID("019ab01e-7000-7a11-8b22-c33d44e55f67")
PASSAGE: Final = UUID("019ab01e-7400-7a11-8b22-c33d44e55f68")
COMMAND: Final = UUID("019ab01e-7800-7a11-8b22-c33d44e55f69")
BOOT: Final = UUID("019ab000-0000-7a11-8b22-c33d44e55f6a")
MESSAGE: Final = UUID("019ab01e-6c01-7a11-8b22-c33d44e55f6b")
VISIT: Final = "SPSK7M2Q9AB"
OTHER_VISIT: Final = "SPSK7M2Q9AC"
JOURNAL: Final = "0123456789abcdef"
HANOI: Final = timezone(timedelta(hours=7))
ENTERED: Final = datetime(2026, 11, 23, 8, 15, 0, 250_000, tzinfo=UTC)
LEFT: Final = datetime(2026, 11, 23, 10, 45, tzinfo=UTC)

BODIES: Final[dict[str, Body]] = {
    "plate_read": PlateRead(
        lane="in-1",
        approach=APPROACH,
        direction=Direction.IN,
        plate="24A05678",
        confidence=0.75,
        characters=(
            ("2", 0.99),
            ("4", 0.98),
            ("A", 0.75),
            ("0", 0.9),
            ("5", 0.97),
            ("6", 0.96),
            ("7", 0.99),
            ("8", 0.995),
        ),
        lines=1,
        colour="white",
        vehicle_class=VehicleClass.CAR9,
        picture="0f" * 32,
        engine="rapid",
        took_ms=142,
    ),
    "visit_opened": VisitOpened(
        lane="in-1", approach=APPROACH, visit=VISIT, vehicle_class=VehicleClass.CAR9, read=True
    ),
    "visit_matched": VisitMatched(
        lane="out-1", approach=APPROACH, visit=VISIT, by="rule", probability=0.995, margin=0.9921875
    ),
    "quoted": Quoted(
        lane="out-1",
        approach=APPROACH,
        visit=VISIT,
        tariff="sps-2026",
        vehicle_class=VehicleClass.CAR9,
        entered_at=ENTERED,
        left_at=LEFT,
        total=30_000,
        vat=2_222,
        lines=(BillLine(since=ENTERED, until=LEFT, what="turn CAR9", amount=30_000),),
        payload="00020101021238540010A00000072701240006970436011010175956000208QRIBFTTA",
    ),
    "arm_raised": ArmRaised(
        lane="out-1",
        opening=OPENING,
        reason=OpeningReason.PERSON,
        by="lan",
        approach=APPROACH,
        visit=VISIT,
        command=COMMAND,
        note='Khách "quên ví", đã ghi nợ',
        took_ms=1_480,
    ),
    "arm_lowered": ArmLowered(lane="out-1", opening=OPENING),
    "vehicle_passed": VehiclePassed(
        lane="out-1", direction=Direction.OUT, passage=PASSAGE, opening=OPENING, visit=None, tailgate=True
    ),
    "passage_explained": PassageExplained(
        lane="out-1", direction=Direction.OUT, passage=PASSAGE, approach=APPROACH, visit=VISIT, passed_at=LEFT
    ),
    "tag_read": TagRead(
        lane="in-1", approach=APPROACH, direction=Direction.IN, tag_sha256="a5" * 32, entry="SPS-L000017"
    ),
    "visit_voided": VisitVoided(lane="in-1", visit=VISIT, why="backed out"),
    "person_wanted": PersonWanted(
        lane="out-1", approach=APPROACH, why=Why.AMBIGUOUS, candidates=((VISIT, 0.5), (OTHER_VISIT, 0.25))
    ),
    "device_fault": DeviceFault(lane="out-1", device="board", what="no answer for 5 s"),
}


def envelope(body: Body) -> Envelope:
    """An event with this body."""
    return Envelope(
        message_id=MESSAGE,
        site="SPS",
        box="sps-1",
        journal=JOURNAL,
        sequence=42,
        boot=BOOT,
        monotonic_ms=123_456,
        happened_at=LEFT,
        clock_offset_ms=-12,
        clock_quality=ClockQuality.SYNCHRONISED,
        body=body,
    )


ACTIONS: Final[dict[str, Action]] = {
    "open": Open(lane="out-1", reason=OpeningReason.PAID, visit=VISIT, approach=APPROACH),
    "close": Close(lane="out-1"),
    "mode": Mode(lane="out-1", mode=LaneMode.CLOSED),
    "display": Display(lane="out-1", approach=APPROACH, visit=VISIT),
    "refresh": Refresh(),
}


def command(action: Action) -> Command:
    """An order with this action."""
    return Command(command=COMMAND, box="sps-1", boot=BOOT, deadline_ms=133_456, by="lan", action=action)


ACK: Final = Ack(journal=JOURNAL, sequence=42)
REPLY: Final = Reply(command=COMMAND, box="sps-1", outcome=Outcome.REFUSED, position="up", why="zone not clear")
ONLINE: Final = Online(box="sps-1", boot=BOOT, online=False)
STATE: Final = State(
    box="sps-1",
    boot=BOOT,
    monotonic_ms=123_456,
    at=LEFT,
    version="0.1.0",
    journal=JOURNAL,
    last_sequence=42,
    waiting=3,
    lease_number=7,
    delta_number=2,
    reader="rapid",
    lanes=(
        LaneState(
            lane="out-1",
            direction=Direction.OUT,
            kind="car",
            phase="paying",
            arm="down",
            mode=LaneMode.NORMAL,
            sensors={"arming": "on", "safety": "off"},
            approach=APPROACH,
            visit=VISIT,
        ),
    ),
)
TARIFF: Final = Tariff(
    code="sps-2026",
    since=datetime(2026, 7, 1, tzinfo=HANOI),
    legal_basis="QĐ 12/2026/QĐ-UBND",
    turns={
        VehicleClass.MOTO: Turn(price=5_000, ceiling=5_000),
        VehicleClass.CAR9: Turn(price=30_000, ceiling=40_000),
    },
    vat=(
        VatRate(since=datetime(2025, 7, 1, tzinfo=HANOI), rate_bp=800),
        VatRate(since=datetime(2027, 1, 1, tzinfo=HANOI), rate_bp=1_000),
    ),
    until=datetime(2028, 1, 1, tzinfo=HANOI),
    free_minutes=10,
)
COMING: Final = Tariff(
    code="sps-tet-2027",
    since=datetime(2027, 2, 5, tzinfo=HANOI),
    legal_basis="QĐ 01/2027/QĐ-UBND",
    turns={VehicleClass.CAR9: Turn(price=40_000, ceiling=90_000, cap=80_000, lost=80_000)},
    vat=(VatRate(since=datetime(2027, 1, 1, tzinfo=HANOI), rate_bp=1_000),),
    until=datetime(2027, 2, 13, tzinfo=HANOI),
    free_minutes=10,
    grace_to_pay_minutes=3,
    grace_to_leave_minutes=20,
    per=Per.DAY_FROM_ENTRY,
    boundary=Boundary.LARGER,
    falling=Falling.LOWER,
    both_from_minutes=720,
    rates=(
        Rate(
            name="festival",
            rows={VehicleClass.CAR9: (Step(price=50_000, minutes=120), Step(price=20_000, every=60))},
            hours=Hours(start="06:00", end="18:00"),
            weekdays=(6, 7),
            season=Season(first="02-05", last="02-12"),
            events=("tet",),
        ),
    ),
    surcharges=(
        Rate(name="late", rows={VehicleClass.CAR9: (Step(price=20_000),)}, hours=Hours(start="22:00", end="06:00")),
    ),
    events=(Event(name="tet", dates=("2027-02-05",), lunar=LunarDay(month=1, day=1), before=1, after=3),),
    rounding=Rounding(to=1_000, way=Way.HALF_UP),
    basis=Basis(document="Quyết định về giá trông giữ xe", number="01/2027/QĐ-UBND", date="2027-01-05"),
)
LEASE: Final = Lease(
    number=7,
    site="SPS",
    box="sps-1",
    issued_at=ENTERED,
    expires_at=LEFT,
    tariff=TARIFF,
    account=Account(bank="970436", number="1017595600", name="BAI XE SA PA"),
    policy=Policy(unpaid=Unpaid.HOLD, patience_s=20, pass_when_full=False, expired=Expired.HOLD),
    capacity=420,
    paid=(VISIT,),
    coming=(COMING,),
    lists=(
        Entry(
            entry="SPS-L000017",
            standing=Standing.PASS,
            since=ENTERED,
            plate="24A05678",
            tag="E2801160600002",
            until=LEFT,
            vehicle_class=VehicleClass.CAR9,
        ),
        Entry(entry="SPS-L000018", standing=Standing.DENY, since=ENTERED, plate="30F12345"),
    ),
    receipts=(Receipt(visit=VISIT, amount=30_000, at=LEFT),),
    inside=(Inside(visit=OTHER_VISIT, plate="29D04512", vehicle_class=VehicleClass.VAN16, since=ENTERED, lane="in-1"),),
    gone=(OTHER_VISIT,),
)
DELTA: Final = Delta(
    lease=7,
    number=3,
    box="sps-1",
    paid=(OTHER_VISIT,),
    listed=(Entry(entry="SPS-L000019", standing=Standing.EXEMPT, since=LEFT, plate="24A00113"),),
    ended=("SPS-L000018",),
    capacity=380,
    receipts=(Receipt(visit=OTHER_VISIT, amount=5_000, at=LEFT),),
)

EVERYTHING: Final[dict[str, Contract]] = {
    **{f"event-{name}": envelope(body) for name, body in BODIES.items()},
    **{f"command-{name}": command(action) for name, action in ACTIONS.items()},
    "ack": ACK,
    "reply": REPLY,
    "online": ONLINE,
    "state": STATE,
    "lease": LEASE,
    "delta": DELTA,
}
