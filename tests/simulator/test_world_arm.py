"""The arm's physics, and the board that is wired to it."""

import heapq
import itertools
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.devices import tasmota
from gate.devices.board import Level, Relay, Sensor
from simulator.devices.arm import Arm, Fault, arrives_at, broken, limits, position, pulsed
from simulator.devices.barrier import PULSE_S
from simulator.devices.tasmota import TasmotaTwin

ORDERS = st.lists(st.tuples(st.floats(0, 3), st.sampled_from(Relay)), max_size=12)


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 100.0
        self._ticks = itertools.count()
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._dead: set[int] = set()

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], object]) -> "Timer":
        number = next(self._ticks)
        heapq.heappush(self._due, (when, number, callback))
        return Timer(self._dead, number)

    def turn(self, seconds: float) -> None:
        end = self.now + seconds
        while self._due and self._due[0][0] <= end:
            when, number, callback = heapq.heappop(self._due)
            self.now = max(self.now, when)
            if number not in self._dead:
                callback()
        self.now = end


class Timer:
    """What can be cancelled."""

    def __init__(self, dead: set[int], number: int) -> None:
        self._dead, self._number = dead, number

    def cancel(self) -> None:
        self._dead.add(self._number)


class Bench:
    """A board on a table: its clock, and what it published."""

    def __init__(self, arm: Arm | None = None) -> None:
        self.clock = Clock()
        self.said: list[tuple[str, bytes]] = []
        self.board = TasmotaTwin("in-1", lambda topic, payload: self.said.append((topic, payload)), self.clock, arm=arm)

    def pulse(self, relay: Relay) -> None:
        self.board.hear(tasmota.pulse_topic("in-1", relay), b"ON")

    def edges(self) -> list[tuple[Sensor, Level]]:
        heard = [reading for said in self.said for reading in tasmota.readings("in-1", *said)]
        return [(reading.sensor, reading.level) for reading in heard if reading.edge]


@given(ORDERS, st.floats(0, 5))
def test_never_both_limits_and_none_while_moving(orders: list[tuple[float, Relay]], later: float) -> None:
    arm, now = Arm(), 0.0
    for wait, relay in orders:
        now += wait
        arm = pulsed(arm, relay, now)
    read, place = limits(arm, now + later), position(arm, now + later)
    assert not (read.up and read.down)
    assert 0 <= place <= 1
    if 0 < place < 1:
        assert read == (False, False)


@given(ORDERS, st.floats(0, 5), st.floats(0, 0.5))
def test_an_arm_moves_no_faster_than_its_motor(orders: list[tuple[float, Relay]], later: float, step: float) -> None:
    arm, now = Arm(travel_s=1.3), 0.0
    for wait, relay in orders:
        now += wait
        before = position(arm, now)
        arm = pulsed(arm, relay, now)
        assert abs(position(arm, now) - before) <= 2e-9
    now += later
    assert abs(position(arm, now + step) - position(arm, now)) <= step / 1.3 + 2e-9


@given(ORDERS)
def test_an_arm_left_alone_reaches_its_last_order_when_it_said(orders: list[tuple[float, Relay]]) -> None:
    arm, now = Arm(), 0.0
    for wait, relay in orders:
        now += wait
        arm = pulsed(arm, relay, now)
    when = arrives_at(arm)
    assert arm.pulses == len(orders)
    assert when is None or now < when <= now + arm.travel_s
    read = limits(arm, now + 2 * arm.travel_s)
    assert (read.up, read.down) == (
        (orders[-1][1] is Relay.RAISE, orders[-1][1] is Relay.LOWER) if orders else (False, True)
    )


def test_a_stuck_arm_counts_pulses_and_stays() -> None:
    arm = pulsed(Arm(fault=Fault.STUCK), Relay.RAISE, 1.0)
    assert (arm.pulses, position(arm, 9.0), limits(arm, 9.0).down, arrives_at(arm)) == (1, 0.0, True, None)


def test_an_arm_that_sticks_on_its_way_closes_no_limit_and_goes_on_when_repaired() -> None:
    stuck = broken(pulsed(Arm(), Relay.RAISE, 0.0), Fault.STUCK, 0.5)
    assert limits(stuck, 60.0) == (False, False)
    assert arrives_at(broken(stuck, Fault.NONE, 60.0)) == pytest.approx(60.5)


def test_a_slow_arm_needs_six_times_as_long() -> None:
    assert arrives_at(pulsed(Arm(fault=Fault.SLOW), Relay.RAISE, 0.0)) == pytest.approx(6.0)


def test_an_arm_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no such arm: at 1\.5"):
        Arm(place=1.5)


def test_a_raise_is_seen_as_the_limits_see_it() -> None:
    bench = Bench()
    bench.pulse(Relay.RAISE)
    assert bench.edges() == [(Sensor.LIMIT_DOWN, Level.OFF)]
    bench.clock.turn(0.9)
    assert not bench.board.is_up
    bench.clock.turn(0.2)
    assert bench.edges()[1:] == [(Sensor.LIMIT_UP, Level.ON)]
    assert (bench.board.is_up, bench.board.ups) == (True, 1)


def test_a_rising_arm_says_when_it_will_be_up() -> None:
    bench = Bench()
    assert bench.board.up_in_s == 0
    bench.pulse(Relay.RAISE)
    bench.clock.turn(0.4)
    assert bench.board.up_in_s == pytest.approx(0.61)
    bench.clock.turn(bench.board.up_in_s)
    assert (bench.board.is_up, bench.board.up_in_s) == (True, 0)
    bench.pulse(Relay.LOWER)
    assert bench.board.up_in_s == 0


def test_an_on_while_the_relay_is_closed_is_no_second_pulse() -> None:
    bench = Bench()
    bench.pulse(Relay.RAISE)
    bench.clock.turn(PULSE_S / 2)
    bench.pulse(Relay.RAISE)
    assert bench.board.arm.pulses == 1
    bench.clock.turn(PULSE_S + 0.1)
    bench.pulse(Relay.RAISE)
    assert bench.board.arm.pulses == 2
    bench.clock.turn(1)
    told = [json.loads(payload).get("POWER1") for _, payload in bench.said]
    assert [said for said in told if said] == ["ON", "ON", "OFF", "ON", "OFF"]


def test_levels_are_answered_to_status_10_and_only_there() -> None:
    bench = Bench()
    bench.board.sense(Sensor.SAFETY, on=True)
    bench.said.clear()
    bench.board.hear(tasmota.status_topic("in-1"), b"11")
    bench.board.hear(tasmota.status_topic("in-2"), b"10")
    bench.board.hear("cmnd/in-1/Restart", b"1")
    assert bench.said == []
    bench.board.hear(tasmota.status_topic("in-1"), b"10")
    readings = tasmota.readings("in-1", *bench.said[0])
    on = {reading.sensor for reading in readings if reading.level is Level.ON}
    assert (len(readings), on) == (len(Sensor), {Sensor.SAFETY, Sensor.LIMIT_DOWN})


def test_a_level_that_stays_is_no_edge() -> None:
    bench = Bench()
    bench.board.sense(Sensor.ARMING, on=False)
    assert bench.edges() == []


@pytest.mark.parametrize("first", ["vehicle", "arm"])
def test_coming_down_over_a_vehicle_is_danger(first: str) -> None:
    bench = Bench(Arm(place=1.0, heading=1.0))
    dangers: list[None] = []
    bench.board.danger = lambda: dangers.append(None)
    if first == "vehicle":
        bench.board.sense(Sensor.SAFETY, on=True)
    bench.pulse(Relay.LOWER)
    if first == "arm":
        bench.clock.turn(0.4)
        bench.board.sense(Sensor.SAFETY, on=True)
    assert len(dangers) == 1


def test_a_vehicle_under_an_arm_that_is_down_or_up_is_no_danger() -> None:
    for arm in (Arm(), Arm(place=1.0, heading=1.0)):
        bench = Bench(arm)
        bench.board.danger = pytest.fail
        bench.board.sense(Sensor.SAFETY, on=True)
        bench.pulse(Relay.RAISE)
        bench.clock.turn(2)


def test_an_arm_turned_on_its_way_never_says_it_was_up() -> None:
    bench = Bench()
    bench.pulse(Relay.RAISE)
    bench.clock.turn(0.6)
    bench.pulse(Relay.LOWER)
    bench.clock.turn(5)
    assert bench.board.ups == 0
    assert bench.edges() == [(Sensor.LIMIT_DOWN, Level.OFF), (Sensor.LIMIT_DOWN, Level.ON)]
