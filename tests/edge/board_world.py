"""Where boards' twins live in tests, and what every rig of a driver and its twin can do."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from gate.broker_rules import DEVICES_USER, site_rules
from gate.devices.board import Board, Sensor
from simulator.devices.arm import Arm
from simulator.devices.barrier import Barrier
from simulator.stage.mosquitto import Mosquitto
from tests.edge.board_ear import PATIENCE_S, Changes, Ear

BOX, SECRET = "sps-1", "a secret of sixteen or more"
PULSE_MS: Final = 300
QUICK: Final = Arm(travel_s=0.15)
Answer = TypeVar("Answer")
Twin = TypeVar("Twin", bound=Barrier)


class World:
    """An event loop on a thread of its own, where twins live."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="world", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Do this there, and wait."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_S)

    def call(self, act: Callable[[], Answer]) -> Answer:
        """Do this there, and wait."""

        async def once() -> Answer:
            return act()

        return self.run(once())

    def soon(self, act: Callable[[], object]) -> None:
        """Do this there."""
        self.loop.call_soon_threadsafe(act)

    def end(self) -> None:
        """Stop turning."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


def site_broker(folder: Path) -> Mosquitto:
    """A site's broker with the site's own rules."""
    return Mosquitto(folder / "site", {BOX: SECRET, DEVICES_USER: SECRET}, acl=site_rules(BOX))


class Rig(ABC, Generic[Twin]):
    """A driver and its twin. The twin's line stands when the rig is made."""

    opens_what_was_left: bool  # the driver, not the board's own timer, is who opens a relay that was left closed
    counts = False  # the board has a counter at its exit input
    twin: Twin

    def __init__(self, world: World, broker: Mosquitto, name: str) -> None:
        self.world, self.broker, self.name, self.changes = world, broker, name, Changes()

    @abstractmethod
    def driver(self) -> Board:
        """A new driver for the twin."""

    @abstractmethod
    def cut(self) -> None:
        """The board's line is down."""

    @abstractmethod
    def mend(self) -> None:
        """Whatever was wrong is not any more."""

    @abstractmethod
    def mute(self) -> None:
        """The line stands, and nothing comes over it."""

    @abstractmethod
    def junk(self, ear: Ear, /) -> None:
        """Have the driver hear nonsense; return when it has, the board well again, and reported where it was lost."""

    def end(self) -> None:
        """Take it down."""
        self.cut()

    def sense(self, sensor: Sensor, *, on: bool) -> None:
        """An input changes."""
        self.world.call(lambda: self.twin.sense(sensor, on=on))

    def leaves(self, times: int = 1) -> None:
        """Vehicles go over the exit loop."""
        for _ in range(times):
            self.sense(Sensor.EXIT, on=True)
            self.sense(Sensor.EXIT, on=False)

    def rolls_on(self, behind: Sensor, ahead: Sensor) -> None:
        """A vehicle goes from one loop to the next, faster than anybody samples."""

        def go() -> None:
            self.twin.sense(ahead, on=True)
            self.twin.sense(behind, on=False)

        self.world.call(go)

    def until(self, holds: Callable[[Twin], bool], what: str) -> None:
        """Wait for something at the twin."""
        self.changes.until(lambda: holds(self.twin), what)
