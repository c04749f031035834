"""The same days as campaign `lanes`, lived by the box's whole lane: keeper, witness, visits, outbox, store in memory.

A restart is a new keeper on the store as it was. Beyond what the table promises: every fact is in the journal, gapless,
each opening is named once, and no work of a lane ends in an exception.
"""

import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

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
from edge.lanes.lane_config import LaneKind
from edge.parts import Parts
from gate import signing
from gate.devices.board import DeviceFailed, Reading, Relay
from gate.devices.screen import Page
from gate.messages import ArmRaised, Close, Command, Envelope, LaneMode, Mode, Open, OpeningReason, VehiclePassed
from gate.sensing import position
from gate.vehicle import Profile
from gate.wire import decode
from tests.campaign.lane_day import LaneDay
from tests.campaign.lanes import REST, lived
from tests.campaign.result import Result, Say
from tests.edge.desk import BOX, KEY, SECRET, box_config, lane_config, lease, look
from tests.edge.fakes import MORNING, DeskClock

STEPS: Final = 100_000
STEPS_A_DAY: Final = 1_000
MODES: Final = {"shut": LaneMode.CLOSED, "normal": LaneMode.NORMAL, "held": LaneMode.OPEN}
OUTLINES: Final = (Profile(4_500, 1_500), Profile(1_900, 1_500), Profile(11_000, 3_300), Profile(0, 99_999))


def run(seed: int, *, scale: float, say: Say) -> Result:
    """10⁵ steps at scale 1; what each costs is mostly the journal."""
    return lived("box-lanes", BoxLane, seed, round(STEPS * scale), STEPS_A_DAY, say)


class DayClock(DeskClock):
    """A boot that lives by the day's time."""

    def __init__(self, day: LaneDay) -> None:
        self._day = day
        super().__init__()

    def monotonic_s(self) -> float:
        return self._day.time.now

    def monotonic_ms(self) -> int:
        return int(self._day.time.now * 1000)

    def wall(self) -> datetime:
        return MORNING + timedelta(seconds=self._day.time.now)


class BoxLane:
    """A lane of a box under the day's faults. Devices, eyes and later calls are the day's."""

    remembers = True

    def __init__(self, day: LaneDay) -> None:
        self._day, self._rng, self.steps, self._life = day, day.rng, 0, 0
        name = self._rng.choice(("in-1", "out-1"))
        kind = LaneKind.CAR if day.cars_only else LaneKind.MIXED
        self._config = lane_config(name, kind=kind)
        self._folder = Path(tempfile.gettempdir())
        self._store = Store(Path(":memory:"))
        self._boot()
        self._papers.lease_came(signing.sign(lease(issued_at=MORNING, expires_at=MORNING + timedelta(days=400)), KEY))

    def _boot(self) -> None:
        clock = DayClock(self._day)
        self._outbox = Outbox(self._store, clock, "SPS", BOX)
        self._papers = Papers(self._store, clock, BOX, KEY.public_key())
        pictures = Pictures(box_config(self._folder), self._store, Path(":memory:"), self._folder)
        self._clock = clock
        self._keeper = LaneKeeper(
            self._config,
            Parts(
                clock=clock,
                store=self._store,
                outbox=self._outbox,
                owed=Owed(self._store, self._outbox),
                visits=Visits(self._store, clock, "SPS", SECRET.encode()),
                tags=Tags(self._store),
                papers=self._papers,
                pictures=pictures,
                devices=self,
                eyes=self,
                later=self._later,
                reply=lambda _reply: None,
                secret=SECRET.encode(),
                trace=Trace(self._folder / "no trace is written before it is started", clock),
            ),
        )

    # --- what the lane has around it ------------------------------------------------------------------------

    def pulse(self, _lane: str, relay: Relay) -> None:
        """The arm is asked to move."""
        if not self._day.line.pulse(relay):
            raise DeviceFailed("the site's broker is away")

    def show(self, _lane: str, _page: Page) -> None:
        """Nobody reads it here."""

    def look(self, _lane: str, done: Callable[[Look], None]) -> None:
        """Camera and reader answer late, wrongly or not at all; the profiler too."""
        self._day.oracle.granted()
        plate = self._rng.choice(("", "81A12345", f"24A{self._rng.randrange(100):05}"))
        error = self._rng.choice(("", "", "camera: timed out"))
        if self._rng.random() < 0.95:
            self._later(self._rng.uniform(0.1, 8.0), lambda: done(look(plate, error=error)))
        if self._rng.random() < 0.9:
            outline = self._rng.choice(OUTLINES)
            self._later(self._rng.uniform(0, 3.0), lambda: self._keeper.measured(outline))

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        life = self._life

        def come() -> None:
            if life == self._life and self._day.alive:
                self.steps += 1
                call()

        self._day.time.after(seconds, come)

    # --- what it is told ------------------------------------------------------------------------------------

    def said(self, reading: Reading) -> None:
        """An input."""
        self.steps += 1
        self._keeper.board_said(reading)

    def lost(self) -> None:
        """The board is away."""
        self.steps += 1
        self._keeper.board_lost()

    def wake_at(self) -> float | None:
        """As its table says."""
        return self._keeper.lane.wake_at

    def wake(self) -> None:
        """Time is over."""
        self.steps += 1
        self._keeper.wake()

    def restart(self) -> None:
        """A new process on the store as it was."""
        self.steps += 1
        self._life += 1
        self._boot()

    def order(self, what: str) -> None:
        """A person's order, as it comes out of a signed paper."""
        self.steps += 1
        lane = self._config.lane
        if what == "down":
            action: Close | Open | Mode = Close(lane=lane)
        elif what == "open":
            action = Open(lane=lane, reason=OpeningReason.PERSON, note="x")
        else:
            action = Mode(lane=lane, mode=MODES[what])
        paper = Command(
            command=self._clock.new_id(),
            box=BOX,
            boot=self._clock.boot,
            deadline_ms=self._clock.monotonic_ms() + 1_000,
            by="chị Lan",
            action=action,
        )
        self._keeper.ordered(paper)

    # --- what came of it --------------------------------------------------------------------------------------

    def at_rest(self) -> bool:
        """In service, and its journal whole."""
        lane = self._keeper.lane
        self._audit()
        return lane.phase in REST and position(lane) == "down"

    def describe(self) -> str:
        """The lane."""
        return str(self._keeper.lane)

    def _audit(self) -> None:
        facts = [decode(entry.payload, Envelope) for entry in after(self._store, 0, 10**6)]
        broken = self._day.oracle.broken
        if [fact.sequence for fact in facts] != list(range(1, self._outbox.last + 1)):
            broken.append("the journal has gaps")
        named: list[UUID] = [fact.body.opening for fact in facts if isinstance(fact.body, ArmRaised)]
        if len(named) != len(set(named)):
            broken.append("an opening is named twice")
        self._day.happened["facts in the journal"] += len(facts)
        self._day.happened["openings told"] += len(named)
        self._day.happened["passages told"] += sum(isinstance(fact.body, VehiclePassed) for fact in facts)
        self._store.close()
