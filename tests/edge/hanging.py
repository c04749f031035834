"""A small agent that hangs when told: `python -m tests.edge.hanging FOLDER`, started by a real supervisor.

Its beat, its line and its journal are the product's own; only lanes are left out. It writes `lives` (a line with its
process id at each start). SIGUSR1: its deciding thread turns in one spot; SIGUSR2: it waits for a lock that nobody
gives back; SIGHUP: more work comes than it can do. Files that tell it more: `exit` (a code, at the start),
`silent` (gives no sign after its start), `forgets` (does not say that it recorded).
"""

import heapq
import itertools
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from edge.clock import Clock
from edge.journal.outbox import Outbox
from edge.journal.store import Store
from edge.watch import handover
from edge.watch.heartbeat import Heartbeat
from edge.watch.lifeline import Lifeline
from edge.watch.signs import TOOK

Call = Callable[[], None]


class SmallAgent:
    """A deciding thread with nothing to decide."""

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[Call] = queue.SimpleQueue()
        self._timers: list[tuple[float, int, Call]] = []
        self._ticket = itertools.count()
        self._stopping = False

    def later(self, seconds: float, call: Call) -> None:
        """Call back on this thread."""
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._ticket), call))

    def post(self, call: Call) -> None:
        """The same, behind all that waits."""
        self._work.put(call)

    def hears_boards(self) -> bool:
        """It has none."""
        return True

    def stop(self) -> None:
        """End the loop."""
        self._work.put(self._end)

    def _end(self) -> None:
        self._stopping = True

    def run(self) -> None:
        """Turn, as the agent does: one piece of work, then the timers that are due."""
        while not self._stopping:
            with suppress(queue.Empty):
                self._work.get(timeout=0.1)()
            while self._timers and self._timers[0][0] <= time.monotonic():
                heapq.heappop(self._timers)[2]()


def turn_in_one_spot() -> None:
    """Busy, and never done."""
    while True:
        pass


def wait_for_a_lock() -> None:
    """Two locks taken the wrong way round."""
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def main(folder: Path) -> int:
    """Live."""
    with (folder / "lives").open("a") as lives:
        lives.write(f"{os.getpid()} {'NOTIFY_SOCKET' in os.environ}\n")
    if (folder / "exit").exists():
        return int((folder / "exit").read_text())
    helper = subprocess.Popen(["sleep", "60"])  # as a decoder: whatever the agent started ends with it
    (folder / "helper").write_text(str(helper.pid))
    line = Lifeline.given()
    assert line is not None
    store = Store(folder / "box.db")
    outbox = Outbox(store, Clock(), "SPS", "sps-1")
    agent = SmallAgent()
    heartbeat = Heartbeat(folder, agent, line)

    def stop() -> None:
        agent.post(heartbeat.leave)
        agent.stop()

    def flood() -> None:
        for _ in range(20_000):
            agent.post(lambda: time.sleep(0.001))

    signal.signal(signal.SIGTERM, lambda *_: stop())
    for number, hang in ((signal.SIGUSR1, turn_in_one_spot), (signal.SIGUSR2, wait_for_a_lock), (signal.SIGHUP, flood)):
        signal.signal(number, lambda *_, hang=hang: agent.post(hang))
    line.watch(stop)
    with store.transaction():
        handover.record(handover.received(), store, outbox)
    if not (folder / "forgets").exists():
        line.say(TOOK)
    if not (folder / "silent").exists():
        agent.post(heartbeat.beat)
    agent.run()
    with (folder / "left").open("a") as left:
        left.write(f"{os.getpid()}\n")
    helper.kill()
    helper.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
