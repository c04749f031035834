"""A whole box whose agent hangs at a gate: stopped in time, lanes safe, back in service, and a case for a person."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from msgspec.structs import replace

from edge.config import BoxConfig
from edge.lanes.lane_config import SafeState
from gate.broker_rules import centre_rules
from gate.devices.board import Sensor
from gate.messages import ArmRaised, DeviceFault, OpeningReason, VehiclePassed, VisitOpened
from gate.topics import Channel
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.processes import Process
from tests.edge.centre import FakeCentre
from tests.edge.desk import BOX, CAR, KEY, SECRET, lease
from tests.system.edge_site import SiteTwin, config, start_box, until

pytestmark = [pytest.mark.broker, pytest.mark.slow]
KILLED_S, BACK_S, CASE_S = 3.0, 15.0, 30.0


class Gate(NamedTuple):
    """A site, its centre and what its box is told."""

    folder: Path
    site: SiteTwin
    centre: FakeCentre
    settings: BoxConfig

    def told(self, **safe: SafeState) -> BoxConfig:
        """The lanes' safe states, by name."""
        lanes = (
            replace(lane, safe_state=safe.get(lane.lane.replace("-", "_"), SafeState.STAY))
            for lane in self.settings.lanes
        )
        return replace(self.settings, lanes=tuple(lanes))

    def car_under_the_arm(self) -> None:
        """One is let in and stands on the safety loop."""
        self.site.rolls_up("in-1", CAR)
        self.site.wait_up("in-1")
        board = self.site.lanes["in-1"].board
        self.site.call(lambda: board.sense(Sensor.SAFETY, on=True))

    def agent_faults(self) -> list[str]:
        """What the centre knows of agents that were stopped."""
        return [fault.what for fault in self.centre.facts(DeviceFault) if fault.device == "agent"]


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """No box yet."""
    users = {"centre": "centre-secret-long", BOX: SECRET}
    broker = Mosquitto(tmp_path / "centre", users, acl=centre_rules([("SPS", BOX)]))
    with broker, SiteTwin(tmp_path, "in-1", "out-1") as site, FakeCentre(broker, "SPS", BOX, KEY) as centre:
        until(centre.client.is_connected, "the centre")
        centre.sign(Channel.LEASE, lease(), retain=True)
        yield Gate(tmp_path, site, centre, config(tmp_path, site, broker))


def agent_of(box: Process) -> psutil.Process:
    """The one that decides now."""
    (agent,) = psutil.Process(box.pid).children()
    return agent


def hang(box: Process) -> tuple[float, float]:
    """Stop the agent as a kernel would that does not run it: seconds until it was killed, and until one decides."""
    box.wait_for_line("the agent decides")
    agent, before = agent_of(box), box.log.count("the agent decides")
    began = time.monotonic()
    agent.send_signal(signal.SIGSTOP)
    until(lambda: not agent.is_running() or agent.status() == psutil.STATUS_ZOMBIE, "killed")
    killed = time.monotonic() - began
    until(lambda: box.log.count("the agent decides") > before, "another one")
    return killed, time.monotonic() - began


def test_an_agent_that_hangs_with_a_car_under_the_arm(gate: Gate) -> None:
    with start_box(gate.folder, gate.told()) as box:
        gate.car_under_the_arm()
        pulses = gate.site.lanes["in-1"].board.arm.pulses
        began = time.monotonic()
        killed_s, back_s = hang(box)
        assert killed_s <= KILLED_S
        assert back_s <= BACK_S
        assert gate.site.lanes["in-1"].board.is_up, "never lowered"
        assert gate.site.lanes["in-1"].board.arm.pulses == pulses
        gate.centre.wait(lambda: len(gate.agent_faults()) == 1, "a case")
        assert time.monotonic() - began <= CASE_S
        gate.site.drives_through("in-1")
        gate.site.wait_down("in-1")  # the opening of before goes on: it was ours
        before = len(gate.centre.facts(VisitOpened))
        gate.site.rolls_up("in-1", CAR)
        gate.site.wait_up("in-1")
        gate.site.drives_through("in-1")
        gate.site.wait_down("in-1")
        gate.centre.wait(lambda: len(gate.centre.facts(VisitOpened)) > before, "the next car is served")
        gate.centre.wait(lambda: len(gate.centre.facts(VehiclePassed)) >= 2, "both are counted")
        assert time.monotonic() - began <= CASE_S
        assert box.stop() == 0
    (what,) = gate.agent_faults()
    assert what.startswith("stood still for 2.")
    assert what.endswith(" s; stopped by the supervisor; lanes: in-1 stay, out-1 stay")
    assert gate.site.hurt == []


def test_a_lane_that_is_to_be_raised_is_up_and_nobody_lowers_it(gate: Gate) -> None:
    with start_box(gate.folder, gate.told(out_1=SafeState.RAISE)) as box:
        gate.centre.wait(lambda: gate.centre.state is not None and gate.centre.state.lanes[1].arm == "down", "ready")
        began = time.monotonic()
        killed_s, back_s = hang(box)
        assert killed_s <= KILLED_S
        assert back_s <= BACK_S
        board = gate.site.lanes["out-1"].board
        assert board.is_up
        assert board.arm.pulses == 1
        gate.centre.wait(lambda: len(gate.centre.facts(ArmRaised)) == 1, "an opening with a reason")
        assert gate.centre.facts(ArmRaised)[0].reason is OpeningReason.BY_HAND
        gate.centre.wait(lambda: len(gate.agent_faults()) == 1, "a case")
        assert time.monotonic() - began <= CASE_S
        gate.site.drives_through("out-1")
        gate.centre.wait(lambda: len(gate.centre.facts(VehiclePassed)) == 1, "counted under the raised arm")
        assert board.is_up
        assert board.arm.pulses == 1, "not ours to lower"
        assert gate.site.lanes["in-1"].board.arm.pulses == 0
    assert gate.agent_faults()[0].endswith("lanes: in-1 stay, out-1 raise: up after 1 pulse")


def test_a_box_started_again_at_once_after_its_supervisor_was_killed_runs(gate: Gate) -> None:
    """As systemd does. The agent that was left ends by itself and holds the folder no longer than that."""
    box = start_box(gate.folder, gate.told())
    box.wait_for_line("the agent decides")
    left = agent_of(box)
    began = time.monotonic()
    os.kill(box.pid, signal.SIGKILL)
    with start_box(gate.folder, gate.told()) as again:
        until(lambda: not left.is_running(), "the one left ends")
        assert time.monotonic() - began <= KILLED_S
        again.wait_for_line("the agent decides")
        second = start_box(gate.folder, gate.told())
        assert second.wait() == 2, "two never run on one folder"
        assert "another box runs on this folder" in second.log
        second.kill()
    box.kill()
    assert "the supervisor is gone" in box.log
    assert gate.agent_faults() == []
