"""A whole box as a process, with the twins of a site and a small centre over real brokers, and killed in the midst."""

import os
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from edge.config import BoxConfig
from gate.broker_rules import centre_rules
from gate.devices.board import Relay
from gate.devices.screen import Face
from gate.ids import uuid7
from gate.messages import (
    Action,
    ArmRaised,
    Command,
    DeviceFault,
    Display,
    Open,
    OpeningReason,
    Outcome,
    PersonWanted,
    Quoted,
    VehiclePassed,
    VisitOpened,
)
from gate.topics import Channel
from gate.vehicle import VehicleClass
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.processes import Process
from tests.edge.centre import FakeCentre
from tests.edge.desk import BOX, CAR, KEY, SECRET, TARIFF, lease
from tests.system.edge_site import SiteTwin, config, start_box, until

pytestmark = [pytest.mark.broker, pytest.mark.slow]
USERS = {"centre": "centre-secret-long", BOX: SECRET}
DAY = timedelta(days=1)
PRICED = type(TARIFF)(**{name: getattr(TARIFF, name) for name in TARIFF.__struct_fields__ if name != "free_minutes"})


class World(NamedTuple):
    """What a test moves in."""

    folder: Path
    broker: Mosquitto
    centre: FakeCentre
    site: SiteTwin
    settings: BoxConfig

    def box(self) -> Process:
        """Start the box."""
        return start_box(self.folder, self.settings)

    def give_lease(self, number: int = 1) -> None:
        """A lease for a day, on the shelf."""
        now = datetime.now(UTC)
        paper = lease(number, issued_at=now, expires_at=now + DAY, tariff=PRICED)
        self.centre.sign(Channel.LEASE, paper, retain=True)

    def order(self, action: Action, *, by: str = "chị Lan") -> Command:
        """Sign and send a command, good for ten seconds of the boot that the box last named."""
        self.centre.wait(lambda: self.centre.state is not None, "the box's state")
        state = self.centre.state
        assert state is not None
        command = Command(
            command=uuid7(datetime.now(UTC), os.urandom(10)),
            box=BOX,
            boot=state.boot,
            deadline_ms=state.monotonic_ms + 20_000,
            by=by,
            action=action,
        )
        self.centre.sign(Channel.COMMAND, command)
        return command

    def comes_in(self) -> str:
        """A whole entry; the visit."""
        before = len(self.centre.facts(VisitOpened))
        self.site.rolls_up("in-1", CAR)
        self.site.wait_up("in-1")
        self.site.drives_through("in-1")
        self.site.wait_down("in-1")
        self.centre.wait(lambda: len(self.centre.facts(VisitOpened)) > before, "the visit")
        visit: str = self.centre.facts(VisitOpened)[-1].visit
        return visit

    def leaves_paid(self, visit: str) -> Command:
        """Unread at the exit, shown by a person, paid, gone."""
        before = len(self.centre.facts(PersonWanted))
        self.site.rolls_up("out-1", CAR)
        self.centre.wait(lambda: len(self.centre.facts(PersonWanted)) > before, "a person is wanted")
        approach = self.centre.facts(PersonWanted)[-1].approach
        self.order(Display(lane="out-1", approach=approach, visit=visit))
        self.site.wait_face("out-1", Face.PAY)
        command = self.order(Open(lane="out-1", reason=OpeningReason.PAID, visit=visit), by="rule")
        self.site.wait_up("out-1")
        self.site.drives_through("out-1")
        self.site.wait_down("out-1")
        return command

    def settle(self) -> None:
        """Until the centre has as much as happened, then compare with the truth."""
        centre, site = self.centre, self.site
        centre.wait(lambda: len(centre.facts(ArmRaised)) >= site.openings, "all openings")
        centre.wait(lambda: len(centre.facts(VehiclePassed)) >= site.passages, "all passages")
        assert len(centre.facts(ArmRaised)) == site.openings
        assert len(centre.facts(VehiclePassed)) == site.passages
        assert site.hurt == []
        assert centre.quarrels == []
        assert len(centre.booked) == 1, "one journal"
        names = [envelope.message_id for envelope in centre.envelopes()]
        assert len(names) == len(set(names))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A centre with its broker, a site with two lanes; no box yet."""
    broker = Mosquitto(tmp_path / "centre", USERS, acl=centre_rules([("SPS", BOX)]))
    with broker, SiteTwin(tmp_path, "in-1", "out-1") as site, FakeCentre(broker, "SPS", BOX, KEY) as centre:
        until(centre.client.is_connected, "the centre")
        made = World(tmp_path, broker, centre, site, config(tmp_path, site, broker))
        made.give_lease()
        yield made


def test_a_vehicle_comes_the_box_is_killed_and_the_vehicle_leaves_paid(world: World) -> None:
    with world.box() as box:
        visit = world.comes_in()
        boots = {world.centre.state.boot} if world.centre.state else set[UUID]()
        assert box.kill() != 0
    world.centre.state = None
    with world.box() as box:
        command = world.leaves_paid(visit)
        world.settle()
        until(lambda: len(world.centre.replies) >= 2, "both replies")
        assert {reply.outcome for reply in world.centre.replies} == {Outcome.DONE}
        pulses = world.site.lanes["out-1"].board.arm.pulses
        for _ in range(3):  # somebody recorded the line and plays it again
            world.centre.sign(Channel.COMMAND, command)
        world.comes_in()
        world.settle()
        assert world.site.lanes["out-1"].board.arm.pulses == pulses
        assert "used before" in box.log
    first, second = world.centre.facts(VehiclePassed)[:2]
    assert (first.visit, second.visit) == (visit, visit)
    assert [raised.reason for raised in world.centre.facts(ArmRaised)[:2]] == ["admitted", "paid"]
    (quoted,) = world.centre.facts(Quoted)
    assert (quoted.visit, quoted.total, quoted.vehicle_class) == (visit, 30_000, VehicleClass.CAR9)
    assert len({envelope.boot for envelope in world.centre.envelopes()}) == 2
    assert boots


def test_killed_while_the_arm_is_up_nothing_is_lost_and_nothing_twice(world: World) -> None:
    with world.box() as box:
        world.site.rolls_up("in-1", CAR)
        world.site.wait_up("in-1")
        box.kill()
    with world.box() as box:
        box.wait_for_line("box runs")
        world.centre.wait(lambda: len(world.centre.facts(ArmRaised)) == 1, "the opening")
        world.centre.state = None
        world.centre.wait(
            lambda: world.centre.state is not None and world.centre.state.lanes[0].arm == "up", "the arm is seen"
        )
        world.site.drives_through("in-1")
        world.site.wait_down("in-1")
        world.settle()
        visit = world.centre.facts(VisitOpened)[0].visit
        assert [passed.visit for passed in world.centre.facts(VehiclePassed)] == [visit]
        world.leaves_paid(visit)
        world.settle()


def test_without_the_centres_broker_the_lane_works_and_all_comes_later(world: World) -> None:
    world.broker.stop()
    with world.box() as box:
        box.wait_for_line("broker out of reach")
        for _ in range(2):
            world.site.rolls_up("in-1", CAR)
            world.site.wait_up("in-1")
            world.site.drives_through("in-1")
            world.site.wait_down("in-1")
        assert world.centre.count() == 0
        world.broker.start()
        world.settle()
        assert box.stop() == 0, "and it ends when asked"


def test_refused_by_the_centres_broker_it_says_so_and_works_on(world: World) -> None:
    settings = config(world.folder, world.site, world.broker, password="not the password")
    with start_box(world.folder, settings) as box:
        line = box.wait_for_line("broker refuses us")
        assert str(world.broker.port) in line
        assert BOX in line
        assert "not the password" not in box.log
        world.site.rolls_up("in-1", CAR)
        world.site.wait_up("in-1")
        world.site.drives_through("in-1")
        world.site.wait_down("in-1")


def test_junk_on_every_topic_and_a_command_on_the_shelf_move_nothing(world: World) -> None:
    with world.box():
        visit = world.comes_in()
        state = world.centre.state
        assert state is not None
        command = Command(
            command=uuid7(datetime.now(UTC), os.urandom(10)),
            box=BOX,
            boot=state.boot,
            deadline_ms=state.monotonic_ms + 60_000,
            by="x",
            action=Open(lane="in-1", reason=OpeningReason.PERSON),
        )
        pulses = world.site.lanes["in-1"].board.arm.pulses
        for channel in (Channel.COMMAND, Channel.DELTA, Channel.LEASE, Channel.ACK):
            for junk in (b"", b"\xff", b"{}", b"[" * 30_000, os.urandom(500), b'{"body":"","signature":""}'):
                world.centre.say(channel, junk)
        world.centre.sign(Channel.COMMAND, command, retain=True)  # live for who listens now: obeyed once
        until(lambda: world.site.lanes["in-1"].board.arm.pulses == pulses + 1, "the live one")
        world.site.drives_through("in-1")
        world.site.wait_down("in-1")
        world.broker.stop()
        world.broker.start()  # the shelf survives; the box subscribes anew and gets it again
        world.leaves_paid(visit)
        world.settle()
        assert world.site.lanes["in-1"].board.arm.pulses == pulses + 2, "up and down, once"


def test_an_arm_raised_by_hand_is_a_case_and_stays_up(world: World) -> None:
    with world.box() as box:
        box.wait_for_line("box runs")
        world.comes_in()
        world.site.by_hand("in-1", Relay.RAISE)
        world.site.drives_through("in-1")
        world.settle()
        assert world.centre.facts(ArmRaised)[-1].reason is OpeningReason.BY_HAND
        world.site.by_hand("in-1", Relay.LOWER)
        world.comes_in()
        world.settle()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB; skipped where nobody may mount one."""
    place = tmp_path / "data"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("nobody may mount a disk here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_said_and_work_goes_on_when_there_is_room(world: World, small_disk: Path) -> None:
    with world.box() as box:
        visit = world.comes_in()
        ballast = small_disk / "ballast"
        with ballast.open("wb", buffering=0) as file:
            size = 65_536
            while size:
                try:
                    file.write(b"x" * size)
                except OSError:
                    size //= 2
        world.site.rolls_up("in-1", CAR)
        box.wait_for_line("the disk does not take facts")
        assert world.site.openings == 1, "no fact, no movement"
        ballast.unlink()
        world.site.wait_up("in-1")
        world.site.drives_through("in-1")
        world.site.wait_down("in-1")
        world.leaves_paid(visit)
        world.settle()
        faults = [fault.device for fault in world.centre.facts(DeviceFault)]
        assert "disk" in faults


def test_a_read_only_disk_is_exit_2_with_its_path(world: World, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    began = time.monotonic()
    box = world.box()
    assert box.wait() == 2
    assert str(small_disk) in box.log
    assert "Read-only" in box.log
    assert len(box.log.splitlines()) == 1
    assert time.monotonic() - began < 20
    box.kill()
