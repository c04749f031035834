"""A site for tests of a whole box: its broker, and at each lane the simulator's twins on the real wire."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Self, TypeVar

from edge.config import BoxConfig, Broker
from gate.broker_rules import DEVICES_USER, site_rules
from gate.devices import profiler, screen
from gate.devices.board import Relay, Sensor
from gate.devices.screen import Face
from gate.vehicle import Profile
from gate.wire import encode
from simulator.devices.arm import Arm
from simulator.devices.screen import ScreenTwin
from simulator.devices.tasmota import TasmotaTwin
from simulator.link import Link
from simulator.plan import BrokerPlan
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.processes import Process, barie
from tests.edge.desk import BOX, SECRET, box_config

PATIENCE_S = 20.0
Answer = TypeVar("Answer")


class Cabinet:
    """A lane's board with arm and loops, its profiler and its screen. Lives on the loop of its site."""

    def __init__(self, name: str, broker: Mosquitto) -> None:
        self.name = name
        self.screen = ScreenTwin()
        plan = BrokerPlan(host=broker.host, port=broker.port, user=DEVICES_USER, password=SECRET)
        self.link = Link(plan, name, self._hear)
        loop = asyncio.get_running_loop()
        self.board = TasmotaTwin(name, self.link.publish, loop, arm=Arm(travel_s=0.2))
        self.hurt: list[str] = []
        self.passages = 0
        self.board.danger = lambda: self.hurt.append(name)

    def _hear(self, topic: str, payload: bytes) -> None:
        if topic == screen.screen_topic(self.name):
            self.screen.hear(payload)
        else:
            self.board.hear(topic, payload)

    def rolls_up(self, outline: Profile) -> None:
        """A vehicle on the arming loop, and measured."""
        self.board.sense(Sensor.ARMING, on=True)
        self.link.publish(profiler.profile_topic(self.name), profiler.profile_payload(outline))

    async def drives_through(self) -> None:
        """Under the arm and over the exit loop."""
        for sensor, on in (
            (Sensor.SAFETY, True),
            (Sensor.ARMING, False),
            (Sensor.EXIT, True),
            (Sensor.SAFETY, False),
            (Sensor.EXIT, False),
        ):
            self.board.sense(sensor, on=on)
            await asyncio.sleep(0.05)  # a vehicle has its length
        self.passages += 1


class SiteTwin:
    """`with SiteTwin(folder, "in-1", "out-1") as site`: the devices of a site, on a thread of their own."""

    def __init__(self, folder: Path, *lanes: str) -> None:
        self.broker = Mosquitto(folder / "site", {BOX: SECRET, DEVICES_USER: SECRET}, acl=site_rules(BOX))
        self.lanes: dict[str, Cabinet] = {}
        self._names = lanes
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="site", daemon=True)

    def __enter__(self) -> Self:
        self.broker.start()
        self._thread.start()
        for name in self._names:
            self.lanes[name] = self._run(self._made(name))
        return self

    def __exit__(self, *_: object) -> None:
        for cabinet in self.lanes.values():
            self._run(cabinet.link.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.broker.stop()

    async def _made(self, name: str) -> Cabinet:
        cabinet = Cabinet(name, self.broker)
        await cabinet.link.open(10)
        return cabinet

    def _run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def call(self, act: Callable[[], object]) -> None:
        """Do something at the devices, on their loop."""

        async def once() -> None:
            act()

        self._run(once())

    def rolls_up(self, lane: str, outline: Profile) -> None:
        """A vehicle before the arm."""
        self.call(lambda: self.lanes[lane].rolls_up(outline))

    def drives_through(self, lane: str) -> None:
        """It goes."""
        self._run(self.lanes[lane].drives_through())

    def by_hand(self, lane: str, relay: Relay) -> None:
        """Somebody moves the arm at the arm."""
        self.call(lambda: self.lanes[lane].board.by_hand(relay))

    def wait_up(self, lane: str) -> None:
        """Until the arm is up."""
        board = self.lanes[lane].board
        until(lambda: board.is_up, f"{lane}: arm up")

    def wait_down(self, lane: str) -> None:
        """Until the arm is down again."""
        board = self.lanes[lane].board
        until(lambda: board.level(Sensor.LIMIT_DOWN).value == "on", f"{lane}: arm down")

    def wait_face(self, lane: str, face: Face) -> None:
        """Until the screen shows this."""
        seen = self.lanes[lane].screen
        until(lambda: seen.page is not None and seen.page.face is face, f"{lane}: {face}")

    @property
    def openings(self) -> int:
        """How often arms came up, in truth."""
        return sum(cabinet.board.ups for cabinet in self.lanes.values())

    @property
    def passages(self) -> int:
        """How many vehicles went through, in truth."""
        return sum(cabinet.passages for cabinet in self.lanes.values())

    @property
    def hurt(self) -> list[str]:
        """Where an arm came down over somebody."""
        return [where for cabinet in self.lanes.values() for where in cabinet.hurt]


def config(folder: Path, site: SiteTwin, centre: Mosquitto, password: str = SECRET) -> BoxConfig:
    """The box of this site and this centre."""
    return box_config(
        folder / "data",
        centre=Broker(host=centre.host, port=centre.port, user=BOX, password=password),
        site_broker=Broker(host=site.broker.host, port=site.broker.port, user=BOX, password=SECRET),
    )


def start_box(folder: Path, settings: BoxConfig) -> Process:
    """`barie edge` as a process."""
    path = folder / "box.json"
    path.write_bytes(encode(settings))
    return barie("edge", "--config", str(path))


def until(holds: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S) -> None:
    """Wait for something in the world."""
    end = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {timeout_s} s")
        time.sleep(0.01)
