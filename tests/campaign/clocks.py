"""Schedules of clocks that are wrong, jump, drift or start in 1970, over kills, power cuts and days without the centre.

A real box's store, outbox, visits and prices, and a real centre's books. The oracle is the truth of the schedule: which
vehicle came and went when. A stay is never negative; where the offsets are known it is as long, and as dear, as it
truly was, at the box and in the books; where they are not, a finding of its price says so.
"""

import random
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from msgspec.structs import replace
from sqlalchemy import Engine
from structlog.testing import capture_logs

from edge import boots
from edge.journal.outbox import Outbox, after
from edge.journal.store import Store
from edge.known.visits import Visits
from edge.lanes import facts
from edge.lanes.approach import Approach
from edge.lanes.decide import NoLease, quote
from gate.findings import Code
from gate.messages import Ack, ClockQuality, Direction, Quoted, VehiclePassed, VisitOpened
from gate.tariff import Turn, VatRate, price
from gate.topics import Channel, Topic
from gate.vehicle import VehicleClass
from gate.wire import encode
from server.clocks import CORRECTED
from server.db import connect, migrate, transaction
from server.derived import VisitRow
from server.facts import AnomalyRow
from server.ingest import Arrival, ingest
from server.register import TariffRow
from server.tariffs import Tariffs
from tests.campaign.result import Figure, Result, Say, missing
from tests.edge import desk
from tests.edge.clocks import BIRTH_OF_RTC, WrongClock
from tests.edge.fakes import MORNING
from tests.server.box import TARIFF, register
from tests.server.rows import rows

SCHEDULES: Final = 500
STEPS: Final = 60
SITE, BOX = "SPS", "sps-1"
DAY: Final = timedelta(days=1)
LEASED: Final = 0.8
"""Boxes that have a lease from the start; its date is past, and they know it."""
KNOWN_S: Final = 10.0
"""How far a stay between two synchronised moments may be off: each is known to two seconds, plus two answers' trips."""
FREE: Final = timedelta(hours=2)
PRICES: Final = replace(
    TARIFF,
    code="by-length",
    free_minutes=FREE // timedelta(minutes=1),
    turns={VehicleClass.CAR9: Turn(price=30_000, ceiling=30_000)},
    vat=(VatRate(since=TARIFF.since, rate_bp=800),),
)


class Inside(NamedTuple):
    """A vehicle, when it truly came in, and what the box then knew of its time."""

    visit: str
    entered: datetime
    quality: ClockQuality
    machine: str


class Left(NamedTuple):
    """A vehicle that left, truly after `stay`. `known`: both ends are on one machine's ticks, or synchronised.

    `age` is how long the schedule had run: a clock may have drifted for so long.
    """

    visit: str
    stay: timedelta
    known: bool
    quoted: Quoted
    age: timedelta


class World:
    """One box over one schedule; what it says reaches the books when the line is up."""

    def __init__(self, folder: Path, chance: random.Random, engine: Engine, happened: Counter[str]) -> None:
        self._chance, self._engine, self._happened = chance, engine, happened
        self._folder, self._key = folder, chance.randbytes(16)
        self._config, self._lease = desk.lane_config("out-1"), desk.lease(tariff=PRICES)
        wall = chance.choice([MORNING, MORNING, MORNING - DAY, MORNING + DAY, BIRTH_OF_RTC, MORNING + 400 * DAY])
        self.clock = WrongClock(wall=wall, drift=chance.uniform(-500e-6, 500e-6))
        self.inside: list[Inside] = []
        self.left: list[Left] = []
        self._leased = chance.random() < LEASED
        self._sent = 0
        self._start()

    def _start(self) -> None:
        self._store = Store(self._folder / "box.db")
        self._outbox = Outbox(self._store, self.clock, SITE, BOX)
        self._visits = Visits(self._store, self.clock, SITE, self._key)
        if self._leased:
            self.clock.passed(self._lease.issued_at)

    def run(self) -> None:
        """The whole schedule; at its end the line is up."""
        what: list[tuple[Callable[[], None], int]] = [
            (self._passes_time, 30),
            (self._comes_in, 25),
            (self._leaves, 20),
            (self._is_answered, 20),
            (self._gets_a_false_answer, 3),
            (self._jumps, 8),
            (self._is_killed, 6),
            (self._loses_power, 5),
        ]
        for _ in range(STEPS):
            self._chance.choices([step for step, _ in what], [weight for _, weight in what])[0]()
        self._is_answered()
        self._is_answered()
        self._store.close()

    # --- what happens -------------------------------------------------------------------------------------

    def _passes_time(self) -> None:
        seconds = self._chance.choice([5, 60, 600, 3_600, 20_000])
        self.clock.go(self.clock.time() + self._chance.uniform(0, seconds))

    def _comes_in(self) -> None:
        visit = self._visits.open("24A12378", VehicleClass.CAR9, "in-1")
        approach, passage = self.clock.new_id(), self.clock.new_id()
        with self._store.transaction():
            self._outbox.record(
                VisitOpened(lane="in-1", approach=approach, visit=visit, vehicle_class=VehicleClass.CAR9, read=True)
            )
            self._outbox.record(
                VehiclePassed(lane="in-1", direction=Direction.IN, passage=passage, opening=None, visit=visit)
            )
            self._visits.entered(visit, self.clock.now())
        reading = self.clock.reading()
        self.inside.append(Inside(visit, self.clock.truth(), reading.quality, self.clock.machine))

    def _leaves(self) -> None:
        if not self.inside:
            return
        place = self._chance.randrange(len(self.inside))
        stay, now = self._visits.get(self.inside[place].visit), self.clock.now()
        assert stay is not None
        try:
            priced = quote(stay, self._lease, now)
        except NoLease:  # in 1970 no price list holds: the lane calls a person
            self._happened["calls for a person"] += 1
            return
        came = self.inside.pop(place)
        quoted = facts.price(self._config, Approach(self.clock.new_id()), priced)
        passed = VehiclePassed(
            lane="out-1", direction=Direction.OUT, passage=self.clock.new_id(), opening=None, visit=came.visit
        )
        with self._store.transaction():
            self._outbox.record(quoted)
            self._outbox.record(passed)
            self._visits.left(came.visit, now)
        both = {came.quality, self.clock.reading().quality} == {ClockQuality.SYNCHRONISED}
        same = came.machine == self.clock.machine
        self._happened["stays over power cuts" if not same else "stays of one machine"] += 1
        self._happened["stays of unknown length" if not (same or both) else "stays of known length"] += 1
        truth = self.clock.truth()
        self.left.append(Left(came.visit, truth - came.entered, same or both, quoted, truth - MORNING))

    def _is_answered(self) -> None:
        """A state and its answer, twice, and what waits goes up."""
        for _ in range(2):
            self._answer(timedelta(0))
            self.clock.go(self.clock.time() + 2)
        self._happened["measurements"] += 1
        self._send()

    def _gets_a_false_answer(self) -> None:
        if (
            not self.clock.is_measured()
        ):  # what nothing contradicts is believed: a lie that comes first is another matter
            return
        self._happened["false answers"] += 1
        self._answer(self._chance.choice([-DAY, DAY, timedelta(minutes=5)]))
        self._answer(timedelta(0))

    def _answer(self, wrong: timedelta) -> None:
        echo = self.clock.asked()
        there, back = self._chance.uniform(0, 1.2), self._chance.uniform(0, 1.2)
        self.clock.go(self.clock.time() + there)
        at = self.clock.truth() + wrong
        self.clock.go(self.clock.time() + back)
        ack = Ack(journal=self._outbox.journal, sequence=self._sent, at=at, echo_ms=echo)
        boots.answered(self._store, self.clock, ack)

    def _send(self) -> None:
        topic = Topic(SITE, BOX, Channel.EVENT)
        entries = after(self._store, self._sent, 1_000)
        arrivals = [Arrival(topic, entry.payload) for entry in entries]
        ingest(self._engine, Tariffs(self._engine), arrivals, self.clock.truth())
        self._sent += len(entries)

    def _jumps(self) -> None:
        self._happened["jumps of the wall"] += 1
        self.clock.jumps(self._chance.choice([-1, 1]) * self._chance.choice([timedelta(minutes=7), DAY, 400 * DAY]))

    def _is_killed(self) -> None:
        self._happened["kills"] += 1
        self._store.close()
        self.clock.killed()
        self.clock.boot = self.clock.new_id()
        self._start()

    def _loses_power(self) -> None:
        self._happened["power cuts"] += 1
        self._store.close()
        off = timedelta(seconds=self._chance.uniform(1, self._chance.choice([60, 3_600, 50_000])))
        self.clock.power_cut(off, self._chance.choice([None, None, BIRTH_OF_RTC]))
        self.clock.boot = self.clock.new_id()
        self._start()


class Books(NamedTuple):
    """What the centre has of the visits, and who is in a finding about clocks."""

    visits: dict[str, dict[str, object]]
    unsure: set[str]


def books(engine: Engine) -> Books:
    """All of it."""
    anomalies = [row for row in rows(engine, AnomalyRow) if row["code"] == Code.CLOCK_UNSURE]
    return Books(
        {row["visit"]: row for row in rows(engine, VisitRow)},
        {row["subject"] for row in anomalies if not row["subject"].endswith(CORRECTED)},
    )


def judge(left: Left, said: Books) -> list[str]:
    """What is wrong with one stay."""
    quoted, row = left.quoted, said.visits[left.visit]
    length = quoted.left_at - quoted.entered_at
    off = abs(length - left.stay)
    wrong = []
    if length < timedelta(0) or any(line.until < line.since for line in quoted.lines):
        wrong.append("negative at the box")
    if not row["entered_at"] or not row["left_at"] or row["entered_at"] > row["left_at"]:  # type: ignore[operator]
        wrong.append("negative in the books")
    if left.known and off > timedelta(seconds=KNOWN_S) + 1e-3 * left.stay:
        wrong.append(f"off by {off} though the clocks are known")
    at_the_edge = abs(left.stay - FREE) <= timedelta(seconds=KNOWN_S) + 1e-3 * left.age
    if quoted.total != _true_price(left.stay) and not at_the_edge and left.visit not in said.unsure:
        wrong.append(f"a wrong price of {length} instead of {left.stay} without a finding")
    if row["recomputed"] not in {None, quoted.total}:
        wrong.append(f"computed again as {row['recomputed']}, quoted {quoted.total}")
    return [f"{left.visit}: {why}" for why in wrong]


def _true_price(stay: timedelta) -> int:
    return price(PRICES, VehicleClass.CAR9, MORNING, MORNING + stay).total


def run(seed: int, *, scale: float = 1.0, say: Say = lambda _line: None) -> Result:
    """As many schedules as `scale` asks for; 1.0 is the promised number."""
    count, failures, happened = max(1, round(SCHEDULES * scale)), list[str](), Counter[str]()
    kinds = ("kills", "power cuts", "jumps of the wall", "false answers", "measurements", "stays over power cuts")
    happened.update(dict.fromkeys((*kinds, "stays of unknown length", "stays of known length"), 0))
    findings = 0
    for number in range(count):
        chance = random.Random(f"{seed}:{number}")
        with tempfile.TemporaryDirectory() as folder, capture_logs():
            engine = _centre(Path(folder))
            world = World(Path(folder), chance, engine, happened)
            world.run()
            said = books(engine)
            engine.dispose()
        failures += [f"schedule {number}: {wrong}" for left in world.left for wrong in judge(left, said)]
        findings += len(said.unsure)
        if number % 50 == 49:
            say(f"{number + 1} of {count} schedules, {len(failures)} failures")
    figures: dict[str, Figure] = {"schedules": count, **happened, "findings": findings}
    return Result("clocks", seed, figures, failures + missing({kind: happened[kind] for kind in kinds}))


def _centre(folder: Path) -> Engine:
    engine = connect(f"sqlite:///{folder / 'books.sqlite'}")
    migrate(engine)
    register(engine)
    with transaction(engine) as session:
        session.add(TariffRow(site=SITE, code=PRICES.code, since=PRICES.since, body=encode(PRICES).decode()))
    return engine
