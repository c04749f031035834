"""Lanes without an agent: arms that are to rise do, read back and with three pulses at most; none ever comes down."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.devices.board_config import ModbusBoard
from edge.devices.modbus import ModbusWire
from edge.devices.site_devices import SiteDevices
from edge.lanes.lane_config import SafeState
from edge.watch.safe_state import Call, Rising, SafeStates
from gate.devices import tasmota
from gate.devices.board import DeviceFailed, Relay
from simulator.devices.arm import Arm, Fault
from simulator.devices.modbus import COILS, INPUTS, ModbusTwin
from simulator.devices.tasmota import TasmotaTwin
from simulator.stage.ports import free_port
from tests.edge.board_world import World
from tests.edge.desk import box_config, lane_config

GIVE_UP_S = 0.9


class WallClock:
    """The twins live in real time."""

    def time(self) -> float:
        return time.monotonic()

    def call_at(self, when: float, callback: Callable[[], object]) -> threading.Timer:
        timer = threading.Timer(max(0.0, when - time.monotonic()), callback)
        timer.daemon = True
        timer.start()
        return timer


@dataclass
class Bus:
    """The boards of a site as the supervisor reaches them. `away`: the broker is; `deaf`: boards that do not answer;
    `stuck`: a driver that never comes back from a call."""

    up: tuple[str, ...] = ()
    away: bool = False
    deaf: tuple[str, ...] = ()
    stuck: threading.Event | None = None
    travel_s: float = 0.1
    pulses: list[tuple[str, Relay]] = field(default_factory=list)
    boards: dict[str, TasmotaTwin] = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)

    def __call__(self, post: Callable[[Call], None]) -> "Bus":
        self._post = post
        return self

    def board(self, name: str, fault: Fault = Fault.NONE) -> TasmotaTwin:
        """A lane's board."""
        place = 1.0 if name in self.up else 0.0
        arm = Arm(place=place, heading=place, travel_s=self.travel_s, fault=fault)
        twin = TasmotaTwin(name, lambda topic, payload: self._said(name, topic, payload), WallClock(), arm=arm)
        self.boards[name] = twin
        return twin

    def _said(self, name: str, topic: str, payload: bytes) -> None:
        for reading in tasmota.readings(name, topic, payload):
            listener = self._listeners.get(name)
            if listener and name not in self.deaf and not self.away:
                self._post(lambda listener=listener, reading=reading: listener.board_said(reading))  # type: ignore[misc]

    def listen(self, board: str, listener: Rising) -> None:
        self._listeners = {**getattr(self, "_listeners", {}), board: listener}

    def start(self) -> None:
        for name in self._listeners:
            self.boards[name].hear(tasmota.status_topic(name), b"10")

    def pulse(self, board: str, relay: Relay) -> None:
        if self.away:
            raise DeviceFailed(f"{board}: away")
        if self.stuck:
            self.stuck.wait()
        self.pulses.append((board, relay))
        self.boards[board].hear(tasmota.pulse_topic(board, relay), b"ON")

    def stop(self) -> None:
        self.stopped.set()


def states(bus: Bus, *raised: str, stay: str = "out-1") -> SafeStates:
    lanes = [replace(lane_config(name), safe_state=SafeState.RAISE) for name in raised]
    return SafeStates((*lanes, lane_config(stay)), bus, give_up_s=GIVE_UP_S)


def nothing() -> None:
    """No watchdog here."""


def test_arms_that_are_to_rise_do_and_the_others_stay() -> None:
    bus = Bus()
    board, other = bus.board("in-1"), bus.board("out-1")
    began = time.monotonic()
    outcome = states(bus, "in-1").enter(nothing)
    assert outcome == ("lanes: in-1 raise: up after 1 pulse, out-1 stay", ("in-1",))
    assert board.is_up
    assert time.monotonic() - began < GIVE_UP_S, "it does not wait longer than the arm needs"
    assert (other.arm.pulses, bus.pulses) == (0, [("in-1", Relay.RAISE)])
    assert bus.stopped.wait(1), "the boards are the next agent's alone"


def test_an_arm_that_is_up_is_not_asked_again() -> None:
    bus = Bus(up=("in-1",))
    bus.board("in-1")
    assert states(bus, "in-1").enter(nothing) == ("lanes: in-1 raise: was up, out-1 stay", ())
    assert bus.pulses == []


def test_an_arm_that_does_not_move_is_asked_three_times_and_said() -> None:
    bus = Bus()
    bus.board("in-1", Fault.STUCK)
    bus.board("in-2")
    outcome = states(bus, "in-1", "in-2").enter(nothing)
    said = "lanes: in-1 raise: not seen up after 3 pulses, in-2 raise: up after 1 pulse, out-1 stay"
    assert outcome == (said, ("in-1", "in-2"))
    assert bus.pulses.count(("in-1", Relay.RAISE)) == 3
    assert {relay for _, relay in bus.pulses} == {Relay.RAISE}


def test_a_board_that_does_not_say_where_its_arm_is_is_asked_all_the_same() -> None:
    bus = Bus(deaf=("in-1",))
    board = bus.board("in-1")
    outcome = states(bus, "in-1").enter(nothing)
    assert outcome.words == "lanes: in-1 raise: its board does not answer, after 3 pulses, out-1 stay"
    assert board.is_up


def test_a_board_out_of_reach_is_said() -> None:
    bus = Bus(away=True)
    bus.board("in-1")
    assert states(bus, "in-1").enter(nothing) == ("lanes: in-1 raise: its board is away, out-1 stay", ())


def test_a_relay_that_the_agent_left_closed_is_opened_and_nothing_is_raised() -> None:
    """The agent was killed in the midst of a pulse of a board that has no timer of its own."""
    world = World()
    twin = world.call(lambda: ModbusTwin(free_port(), world.loop))
    world.run(twin.open_line())
    board = ModbusBoard(host=twin.host, port=twin.port, relays=COILS, inputs=INPUTS)
    left = ModbusWire(board)
    left.close_relay(Relay.LOWER)
    left.hang_up()
    assert world.call(lambda: twin.is_closed(Relay.LOWER))
    lane = replace(lane_config("in-1"), board=board)
    config = box_config(Path("/nowhere"), lanes=(lane,))
    outcome = SafeStates((lane,), lambda post: SiteDevices(config, post), give_up_s=3.0).enter(nothing)
    try:
        assert outcome == ("lanes: in-1 stay", ())
        assert not world.call(lambda: twin.is_closed(Relay.LOWER))
        assert world.call(lambda: twin.closings) == {Relay.LOWER: 1, Relay.RAISE: 0}
    finally:
        world.run(twin.cut_line())
        world.end()


@pytest.mark.parametrize("lanes", [("in-1",), ()])
def test_boards_that_cannot_even_be_spoken_to_end_nothing(lanes: tuple[str, ...]) -> None:
    def broken(_post: Callable[[Call], None]) -> Bus:
        raise OSError("no pins here")

    made = SafeStates(tuple(replace(lane_config(lane), safe_state=SafeState.RAISE) for lane in lanes), broken)
    assert made.enter(nothing).raised == ()


def test_a_driver_that_hangs_holds_nobody_up_and_never_pulses_later() -> None:
    let_go = threading.Event()
    bus = Bus(stuck=let_go, deaf=("in-1", "in-2"))  # so that both are asked in one turn
    for name in ("in-1", "in-2"):
        bus.board(name, Fault.STUCK)
    ticks: list[float] = []
    began = time.monotonic()
    states(bus, "in-1", "in-2").enter(lambda: ticks.append(time.monotonic()))
    assert time.monotonic() - began < GIVE_UP_S + 1.5
    assert len(ticks) >= 4, "systemd hears that the supervisor lives"
    let_go.set()
    assert bus.stopped.wait(2)
    assert len(bus.pulses) == 1, "the one that hung; the agent has the lanes now"
