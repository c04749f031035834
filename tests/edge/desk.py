"""A box's lanes at a desk: real store, outbox, visits and papers; twins of arm and board; time moves when told.

Nothing here is looser than at a gate: a board's words come after the call that caused them, never inside it; an arm
needs its time; a lane hears only what its board says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.config import BoxConfig, Broker, Engine, ReaderConfig
from edge.journal.outbox import Outbox, after
from edge.journal.owed import Owed
from edge.journal.pictures import Pictures
from edge.journal.store import Store
from edge.journal.trace import Trace
from edge.known.papers import Papers
from edge.known.tags import Tags
from edge.known.visits import Visits
from edge.lanes.approach import Look
from edge.lanes.lane import LaneKeeper
from edge.lanes.lane_config import LaneConfig, LaneKind
from edge.parts import Parts
from gate import signing
from gate.devices import tasmota
from gate.devices.board import Sensor
from gate.devices.screen import Page
from gate.lane import Phase
from gate.lease import Account, Lease, Policy, Unpaid
from gate.messages import (
    Action,
    ArmRaised,
    Body,
    Command,
    Direction,
    Envelope,
    Open,
    OpeningReason,
    Outcome,
    Refresh,
    Reply,
)
from gate.reading import PlateReading
from gate.tariff import Tariff, Turn, VatRate
from gate.vehicle import Profile, VehicleClass
from gate.wire import decode
from simulator.devices.arm import Fault
from simulator.devices.screen import ScreenTwin
from simulator.devices.tasmota import TasmotaTwin
from tests.edge.fakes import MORNING, DeskClock, DeskDevices, DeskEyes

Fact = TypeVar("Fact")

BOX = "sps-1"
CAR, MOTO, BUS = Profile(4_500, 1_500), Profile(1_900, 1_500), Profile(11_000, 3_300)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32))
SECRET = "a secret of sixteen or more"
TARIFF = Tariff(
    code="flat-1",
    since=datetime(2026, 1, 1, tzinfo=UTC),
    legal_basis="a decision of the province",
    turns={
        VehicleClass.MOTO: Turn(price=10_000, ceiling=10_000),
        VehicleClass.CAR9: Turn(price=30_000, ceiling=30_000),
        VehicleClass.BUS30: Turn(price=90_000, ceiling=90_000),
    },
    vat=(VatRate(since=datetime(2026, 1, 1, tzinfo=UTC), rate_bp=800),),
    free_minutes=5,
)


def box_config(folder: Path, **changes: Any) -> BoxConfig:
    """A box with an entry and an exit."""
    broker = Broker(host="127.0.0.1", port=1883, user=BOX, password=SECRET)
    settings: dict[str, Any] = {
        "site": "SPS",
        "box": BOX,
        "centre": broker,
        "site_broker": broker,
        "centre_url": "http://127.0.0.1:1",
        "box_token": SECRET,
        "centre_key": signing.public_text(KEY),
        "reference_key": SECRET,
        "data": str(folder),
        "reader": ReaderConfig(engine=Engine.NONE),
        "lanes": (lane_config("in-1"), lane_config("out-1")),
    }
    return BoxConfig(**{**settings, **changes})


def lane_config(name: str, **changes: Any) -> LaneConfig:
    """A lane whose name says its direction."""
    settings: dict[str, Any] = {
        "lane": name,
        "direction": Direction(name.partition("-")[0]),
        "kind": LaneKind.MIXED,
        "camera": f"http://127.0.0.1:1/{name}/snapshot.jpg",
    }
    return LaneConfig(**{**settings, **changes})


def lease(number: int = 1, **changes: Any) -> Lease:
    """A lease of the site for a day."""
    settings: dict[str, Any] = {
        "number": number,
        "site": "SPS",
        "box": BOX,
        "issued_at": MORNING,
        "expires_at": MORNING + timedelta(days=1),
        "tariff": TARIFF,
        "account": Account(bank="970436", number="1017595600", name="UBND PHUONG SA PA"),
        "policy": Policy(unpaid=Unpaid.BILL, patience_s=20),
        "capacity": 100,
    }
    return Lease(**{**settings, **changes})


def look(plate: str = "", picture: bytes = b"", error: str = "") -> Look:
    """What camera and reader give; no plate is an unread one."""
    reading = PlateReading(plate, 0.95, tuple((sign, 0.95) for sign in plate), (0, 0, 90, 30), 1, "white")
    return Look(reading if plate else None, picture, "rapid", 80, error)


@dataclass(frozen=True)
class Gear:
    """One lane's twins and how it was started."""

    board: TasmotaTwin
    screen: ScreenTwin


class Desk:
    """A box at a desk. `restart` is a kill: what was only in memory is gone, time and arms go on."""

    def __init__(self, folder: Path, *, lanes: tuple[str, ...] = ("in-1", "out-1"), unleased: bool = False) -> None:
        self.folder, self._names = folder, lanes
        self.clock = self._made_clock()
        self.gear: dict[str, Gear] = {}
        self.lane_changes: dict[str, dict[str, Any]] = {}
        self.lanes: dict[str, LaneKeeper] = {}
        self._deaf: set[str] = set()
        self._life = 0
        self.eyes = DeskEyes(self._later)
        self._make_gear()
        self._boot()
        if not unleased:
            self.papers.lease_came(signing.sign(lease(), KEY))
        self._learn()
        self.turn(0)

    def _made_clock(self) -> DeskClock:
        return DeskClock()

    def _make_gear(self) -> None:
        for name in self._names:
            board = TasmotaTwin(name, lambda topic, payload, name=name: self._said(name, topic, payload), self.clock)  # type: ignore[misc]
            self.gear[name] = Gear(board, ScreenTwin())

    def _boot(self) -> None:
        self.config = box_config(
            self.folder, lanes=tuple(lane_config(name, **self.lane_changes.get(name, {})) for name in self._names)
        )
        self.store = Store(self.folder / "box.db")
        self.outbox = Outbox(self.store, self.clock, "SPS", BOX)
        self.owed = Owed(self.store, self.outbox)
        self.papers = Papers(self.store, self.clock, BOX, KEY.public_key())
        self.visits = Visits(self.store, self.clock, "SPS", SECRET.encode())
        self.pictures = Pictures(self.config, self.store, self.folder / "box.db", self.folder / "pictures")
        self.replies: list[Reply] = []
        self.devices = DeskDevices(
            {name: gear.board for name, gear in self.gear.items()},
            {name: gear.screen for name, gear in self.gear.items()},
        )
        parts = Parts(
            clock=self.clock,
            store=self.store,
            outbox=self.outbox,
            owed=self.owed,
            visits=self.visits,
            tags=Tags(self.store),
            papers=self.papers,
            pictures=self.pictures,
            trace=Trace(self.folder / "trace.db", self.clock),
            devices=self.devices,
            eyes=self.eyes,
            later=self._later,
            reply=self.replies.append,
            secret=SECRET.encode(),
        )
        self.lanes = {lane.lane: LaneKeeper(lane, parts) for lane in self.config.lanes}
        for name in self._names:
            self.ask_levels(name)

    def _learn(self) -> None:
        for lane in self.lanes.values():
            if self.papers.lease:
                lane.has_patience(self.papers.lease.policy.patience_s)

    def _said(self, name: str, topic: str, payload: bytes) -> None:
        def hear() -> None:
            if name in self.lanes and name not in self._deaf:
                count = tasmota.counted(name, topic, payload)
                if count is not None:
                    self.lanes[name].board_counted(count)
                for reading in tasmota.readings(name, topic, payload):
                    self.lanes[name].board_said(reading)

        self._later(0, hear)

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call the box that runs now; one that was killed meanwhile hears nothing."""
        life = self._life
        self.clock.call_at(self.clock.time() + seconds, lambda: call() if life == self._life else None)

    # --- time ---------------------------------------------------------------------------------------------

    def turn(self, seconds: float) -> None:
        """Let time go on; whoever asked to be woken is."""
        end = self.clock.time() + seconds
        while (when := self._next()) is not None and when <= end:
            self.clock.go(when)
            for lane in self.lanes.values():
                if lane.lane.wake_at is not None and lane.lane.wake_at <= self.clock.time():
                    lane.wake()
        self.clock.go(end)

    def _next(self) -> float | None:
        wakes = [lane.lane.wake_at for lane in self.lanes.values() if lane.lane.wake_at is not None]
        due = self.clock.next_due()
        return min([*wakes, *([] if due is None else [due])], default=None)

    def killed(self) -> None:
        """kill -9."""
        self._life += 1
        self.lanes = {}
        self.store.close()

    def restart(self, *, after_s: float = 0.0, before_boards: Callable[[], None] = lambda: None) -> None:
        """kill -9, and a new start a while later. The clock's boot is another. No board has spoken when
        `before_boards` is called."""
        self.killed()
        self.turn(after_s)
        self.clock.boot = self.clock.new_id()
        self._boot()
        before_boards()
        self._learn()
        self.turn(0)

    # --- the lane's surroundings --------------------------------------------------------------------------

    def ask_levels(self, lane: str) -> None:
        """What the bus asks of a board that comes online."""
        self.gear[lane].board.hear(tasmota.status_topic(lane), b"10")

    def loses_board(self, lane: str) -> None:
        """The board's line is cut: nothing it says arrives."""
        self._deaf.add(lane)
        self.devices.away.add(lane)
        self.lanes[lane].board_lost()

    def has_board_again(self, lane: str) -> None:
        """The line stands again."""
        self._deaf.discard(lane)
        self.devices.away.discard(lane)
        self.ask_levels(lane)
        self.turn(0)

    def arrive(self, lane: str, plate: str = "", outline: Profile | None = CAR, **seen: Any) -> None:
        """A vehicle rolls on the arming loop, is measured and looked at."""
        self.eyes.will_see(lane, look(plate, **seen))
        self.rolls_up(lane, outline)

    def rolls_up(self, lane: str, outline: Profile | None = CAR) -> None:
        """Only the loop and the profiler."""
        self.sense(lane, Sensor.ARMING, on=True)
        if outline:
            self.lanes[lane].measured(outline)

    def sense(self, lane: str, sensor: Sensor, *, on: bool) -> None:
        """An input changes, and the box hears it."""
        self.gear[lane].board.sense(sensor, on=on)
        self.turn(0)

    def backs_out(self, lane: str) -> None:
        """The vehicle goes back the way it came."""
        self.sense(lane, Sensor.ARMING, on=False)

    def drives_through(self, lane: str, *, leaves_loop: bool = True) -> None:
        """Under the arm and over the exit loop, a second for each."""
        self.sense(lane, Sensor.SAFETY, on=True)
        if leaves_loop:
            self.sense(lane, Sensor.ARMING, on=False)
        for sensor, on in ((Sensor.EXIT, True), (Sensor.SAFETY, False), (Sensor.EXIT, False)):
            self.turn(1)
            self.sense(lane, sensor, on=on)

    def comes_in(self, plate: str, outline: Profile = CAR) -> str:
        """A whole entry; the visit's reference."""
        self.arrive("in-1", plate, outline)
        self.turn(2)
        approach = self.lanes["in-1"].approach
        assert approach is not None
        visit = approach.visit
        assert visit is not None
        self.drives_through("in-1")
        self.turn(3)
        assert self.phase("in-1") is Phase.IDLE
        return visit

    # --- people and papers --------------------------------------------------------------------------------

    def command(self, action: Action, *, seconds: float = 10.0, by: str = "an-attendant", **changes: Any) -> bytes:
        """A signed command, good for the present boot."""
        said: dict[str, Any] = {
            "command": self.clock.new_id(),
            "box": BOX,
            "boot": self.clock.boot,
            "deadline_ms": self.clock.monotonic_ms() + int(seconds * 1000),
            "by": by,
            "action": action,
        }
        return signing.sign(Command(**{**said, **changes}), KEY)

    def order(self, action: Action, **changes: Any) -> Reply | None:
        """The box gets a command; the last answer, if any."""
        command = self.papers.command_came(self.command(action, **changes))
        assert not isinstance(command.action, Refresh)
        self.lanes[command.action.lane].ordered(command)
        self.turn(0)
        return self.replies[-1] if self.replies and self.replies[-1].command == command.command else None

    def open_paid(self, visit: str, lane: str = "out-1") -> None:
        """The centre says: paid, let go."""
        self.order(Open(lane=lane, reason=OpeningReason.PAID, visit=visit), by="rule")

    # --- what came of it ----------------------------------------------------------------------------------

    def phase(self, lane: str) -> Phase:
        """Where the lane is."""
        return self.lanes[lane].lane.phase

    def page(self, lane: str) -> Page:
        """What the lane's screen shows."""
        page = self.gear[lane].screen.page
        assert page is not None
        return page

    def envelopes(self) -> list[Envelope]:
        """The journal."""
        return [decode(entry.payload, Envelope) for entry in after(self.store, 0, 100_000)]

    def facts(self, kind: type[Fact], lane: str | None = None) -> list[Fact]:
        """The facts of a kind, in order."""
        bodies: list[Body] = [envelope.body for envelope in self.envelopes()]
        return [body for body in bodies if isinstance(body, kind) and lane in {None, getattr(body, "lane", None)}]

    def reasons(self) -> list[OpeningReason]:
        """Why arms went up."""
        return [raised.reason for raised in self.facts(ArmRaised)]

    def outcomes(self) -> list[Outcome]:
        """What became of commands."""
        return [reply.outcome for reply in self.replies]

    def audit(self) -> None:
        """What must hold after anything: gapless journal, an opening for each time an arm came up, each named once."""
        assert [envelope.sequence for envelope in self.envelopes()] == list(range(1, self.outbox.last + 1))
        for name, gear in self.gear.items():
            assert gear.board.ups == len(self.facts(ArmRaised, name)), f"{name}: openings"
        openings = [raised.opening for raised in self.facts(ArmRaised)]
        assert len(openings) == len(set(openings))

    def watch(self, lane: str) -> list[str]:
        """Complaints of a bystander: the arm coming down over somebody."""
        complaints: list[str] = []
        self.gear[lane].board.danger = lambda: complaints.append(f"{lane} at {self.clock.time()}")
        return complaints

    def break_arm(self, lane: str, fault: Fault) -> None:
        """The lane's arm is stuck, slow, or well again."""
        self.gear[lane].board.break_arm(fault)


def with_policy(number: int, unpaid: Unpaid) -> bytes:
    """A signed lease with this policy for who does not pay."""
    return signing.sign(lease(number, policy=Policy(unpaid=unpaid, patience_s=20)), KEY)
