"""What becomes of the lanes while no agent decides: each stays as it is or its arm goes up. None comes down.

A relay that an agent closed itself stays closed when it is killed in the midst of a pulse: such a board is called once,
so that its driver opens what is closed, long before the next agent would.

The boards are spoken to on a thread of its own, which may hang with them: the supervisor waits for so long only.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple, Protocol

from edge.devices.board_config import BoardConfig, GpioBoard, ModbusBoard
from edge.lanes.lane_config import LaneConfig, SafeState
from gate.devices.board import DeviceFailed, Level, Reading, Relay, Sensor
from gate.lane import PULSES_MAX
from gate.vehicle import Profile

RAISE_S: Final = 6.0  # for all pulses; a board that does not say where its arm is gets the first after a sixth of it
TICK_S: Final = 0.2

Call = Callable[[], None]


def concerned(lanes: Iterable[LaneConfig]) -> tuple[LaneConfig, ...]:
    """The lanes whose boards are spoken to when an agent was stopped."""
    return tuple(lane for lane in lanes if lane.safe_state is SafeState.RAISE or holds_relays(lane.board))


def holds_relays(board: BoardConfig) -> bool:
    """Whether nothing but the box ends a pulse."""
    return isinstance(board, GpioBoard) or (isinstance(board, ModbusBoard) and board.pulse is None)


class Rising:
    """One lane's arm on its way up; hears the board. For one thread only. `wanted` False: it is only let go of."""

    def __init__(self, lane: str, *, wanted: bool = True) -> None:
        self.lane, self.wanted, self.pulses = lane, wanted, 0
        self._levels = dict.fromkeys(Sensor, Level.UNKNOWN)

    @property
    def up(self) -> bool:
        """Whether the limit switches say so."""
        return self._levels[Sensor.LIMIT_UP] is Level.ON and self._levels[Sensor.LIMIT_DOWN] is not Level.ON

    @property
    def heard(self) -> bool:
        """Whether the board has told where the arm is."""
        return self._levels[Sensor.LIMIT_UP] is not Level.UNKNOWN

    def board_said(self, reading: Reading) -> None:
        """An input changed or was reported."""
        self._levels[reading.sensor] = reading.level

    def board_counted(self, count: int) -> None:
        """Of no interest here."""

    def board_lost(self) -> None:
        """The board is away."""
        self._levels = dict.fromkeys(Sensor, Level.UNKNOWN)

    def measured(self, profile: Profile) -> None:
        """Of no interest here."""

    def is_done(self, for_s: float, patience_s: float) -> bool:
        """Whether there is no more to do after so long."""
        return self.up if self.wanted else self.heard or for_s >= patience_s

    def words(self) -> str:
        """What became of it."""
        asked = f"after {self.pulses} pulse{'s' if self.pulses > 1 else ''}"
        if self.up:
            return f"up {asked}" if self.pulses else "was up"
        if not self.pulses:
            return "its board is away"
        return f"not seen up {asked}" if self.heard else f"its board does not answer, {asked}"


class Devices(Protocol):
    """What of a site's devices is needed here."""

    def listen(self, board: str, listener: Rising) -> None:
        """Whom the lane's board speaks to; before `start`."""

    def start(self) -> None:
        """Begin."""

    def pulse(self, board: str, relay: Relay) -> None:
        """Close the relay for its pulse time. Raises DeviceFailed."""

    def stop(self) -> None:
        """Let go."""


Factory = Callable[[Callable[[Call], None]], Devices]
"""Makes the devices; they post what their boards say."""


class Outcome(NamedTuple):
    """words: of each lane, for people; raised: lanes whose arm was asked up."""

    words: str
    raised: tuple[str, ...] = ()


class SafeStates:
    """Puts every lane in its safe state."""

    def __init__(self, lanes: Sequence[LaneConfig], factory: Factory | None, *, give_up_s: float = RAISE_S) -> None:
        """`factory`: None where no lane is `concerned`."""
        self._lanes, self._factory, self._give_up_s = lanes, factory, give_up_s

    def enter(self, tick: Call) -> Outcome:
        """Do it, calling `tick` now and again; returns when all arms are up, or after a while."""
        rising = {
            lane.lane: Rising(lane.lane, wanted=lane.safe_state is SafeState.RAISE) for lane in concerned(self._lanes)
        }
        if rising and self._factory:
            raiser = _Raiser(tuple(rising.values()), self._factory, self._give_up_s)
            raiser.start()
            end = time.monotonic() + self._give_up_s + 1.0
            while raiser.is_alive() and time.monotonic() < end:
                raiser.join(TICK_S)
                tick()
            raiser.give_up.set()
        said = (f"{lane.lane} {lane.safe_state}{_colon(rising.get(lane.lane))}" for lane in self._lanes)
        return Outcome(f"lanes: {', '.join(said)}", tuple(each.lane for each in rising.values() if each.pulses))


def _colon(arm: Rising | None) -> str:
    return f": {arm.words()}" if arm and arm.wanted else ""


class _Raiser(threading.Thread):
    """Speaks to the boards. `give_up` set: never pulses again."""

    def __init__(self, arms: tuple[Rising, ...], factory: Factory, seconds: float) -> None:
        super().__init__(name="raise", daemon=True)
        self._arms, self._factory, self._seconds = arms, factory, seconds
        self._inbox: queue.SimpleQueue[Call] = queue.SimpleQueue()
        self.give_up = threading.Event()

    def run(self) -> None:
        try:
            devices = self._factory(self._inbox.put)
        except Exception:  # noqa: BLE001 - then the words say that no board was reached
            return
        for arm in self._arms:
            devices.listen(arm.lane, arm)
        devices.start()
        self._raise(devices, time.monotonic())
        devices.stop()

    def _raise(self, devices: Devices, began: float) -> None:
        due = {arm.lane: began + self._seconds / 6 for arm in self._arms}
        while (now := time.monotonic()) < began + self._seconds and not self.give_up.is_set():
            waiting = [arm for arm in self._arms if not arm.is_done(now - began, self._seconds / 6)]
            if not waiting:
                return
            for arm in waiting:
                if self.give_up.is_set():
                    return
                if arm.wanted and arm.pulses < PULSES_MAX and (now >= due[arm.lane] or (arm.heard and not arm.pulses)):
                    due[arm.lane] = now + (self._seconds / PULSES_MAX if _pulsed(devices, arm) else TICK_S)
            self._hear()

    def _hear(self) -> None:
        try:
            call = self._inbox.get(timeout=TICK_S / 2)
        except queue.Empty:
            return
        call()


def _pulsed(devices: Devices, arm: Rising) -> bool:
    try:
        devices.pulse(arm.lane, Relay.RAISE)
    except DeviceFailed:  # its broker or the board is away just now
        return False
    arm.pulses += 1
    return True
