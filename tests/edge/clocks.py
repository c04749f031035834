"""A desk whose clocks are wrong: truth, wall and the machine's ticks apart, and a centre that tells its time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge import boots
from edge.clock import Earlier
from gate.messages import Ack, Quoted
from tests.edge.desk import Desk
from tests.edge.fakes import MORNING, DeskClock

DAY = timedelta(days=1)
BIRTH_OF_RTC = datetime(1970, 1, 1, tzinfo=UTC)


class WrongClock(DeskClock):
    """`drift`: its crystal counts that much too fast, for ticks and wall alike. The truth goes on by itself."""

    def __init__(self, wall: datetime = MORNING, drift: float = 0.0) -> None:
        self._drift, self._off, self._machine_began, self._machines = drift, timedelta(0), 0.0, 0
        super().__init__(wall=wall)
        self._name_machine()

    def truth(self) -> datetime:
        """What time it is."""
        return MORNING + timedelta(seconds=(self.time() - 50.0) / (1 + self._drift)) + self._off

    def tick_ms(self) -> int:
        return int((self.time() - self._machine_began) * 1000)

    def jumps(self, by: timedelta) -> None:
        """Somebody, or something, sets the wall."""
        self._wall += by

    def killed(self) -> None:
        """The program ends; what it knew is gone, the machine goes on."""
        self._estimate, self._earlier, self._latest = None, Earlier(), None
        self._asked.clear()

    def power_cut(self, off: timedelta, wall: datetime | None = None) -> None:
        """The machine was off; its wall went on, or begins again at `wall`."""
        self.killed()
        self._off += off
        self._wall = self._wall + off if wall is None else wall - timedelta(seconds=self.time())
        self._machine_began = self.time()
        self._name_machine()

    def _name_machine(self) -> None:
        self._machines += 1
        self.machine = f"machine-{self._machines}"


class ClockDesk(Desk):
    """A desk with that clock."""

    clock: WrongClock

    def __init__(self, folder: Path, clock: WrongClock | None = None) -> None:
        self._given = clock or WrongClock()
        super().__init__(folder)

    def _made_clock(self) -> DeskClock:
        return self._given

    def killed(self) -> None:
        """kill -9."""
        super().killed()
        self.clock.killed()

    def loses_power(self, off: timedelta, wall: datetime | None = None) -> None:
        """The whole machine was off for a while."""
        self.killed()
        self.clock.power_cut(off, wall)
        self.clock.boot = self.clock.new_id()
        self._boot()
        self._learn()
        self.turn(0)

    def hears_centre(self, trip_s: float = 0.02, wrong: timedelta = timedelta(0)) -> str:
        """The centre answers a state, its own clock `wrong`. What is to be told of it."""
        echo = self.clock.asked()
        self.turn(trip_s / 2)
        ack = Ack(journal=self.outbox.journal, sequence=0, at=self.clock.truth() + wrong, echo_ms=echo)
        self.turn(trip_s / 2)
        return boots.answered(self.store, self.clock, ack)

    def is_synchronised(self) -> None:
        """The centre answers until it is believed."""
        for _ in range(2):
            self.hears_centre()
            self.turn(2)

    def comes_to_exit(self, plate: str) -> Quoted:
        """It rolls up at the exit; the price that it is shown."""
        before = len(self.facts(Quoted))
        self.arrive("out-1", plate)
        self.turn(1)
        quoted = self.facts(Quoted)
        assert len(quoted) == before + 1
        return quoted[-1]


def stay(quoted: Quoted) -> timedelta:
    """How long it was, by the price."""
    return quoted.left_at - quoted.entered_at
