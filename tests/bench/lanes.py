"""`barie bench lanes`: eight lanes on one box, 600 vehicles an hour each, read by the reader of the day.

The bench plays every lane's board, profiler and camera; the box is `barie edge` with real brokers. Pictures are drawn
before the clock starts. Each vehicle arrives when chance says, waits for its arm, drives through, and the next comes.
"""

import heapq
import json
import queue
import random
import secrets
import sqlite3
import tempfile
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import psutil
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate import signing
from gate.broker_rules import CENTRE_USER, DEVICES_USER, centre_rules, site_rules
from gate.devices import profiler, tasmota
from gate.devices.board import Level, Relay, Sensor
from gate.presence import State
from gate.topics import Channel, Topic
from gate.vehicle import Profile
from gate.wire import decode
from simulator.devices.camera import CameraTwins, View
from simulator.draw.look import look
from simulator.draw.plates import PlateSource
from simulator.draw.scene import draw_scene, jpeg
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.processes import Process, barie
from tests.bench.decision import decisions
from tests.bench.line import Line
from tests.bench.report import percentiles, report

SITE, BOX, KIND = "SPS", "bench-1", "CAR9"
LANES: Final = tuple(f"in-{number}" for number in range(1, 9))
HEADWAY_S: Final = 6.0  # 600 an hour
PICTURES_MAX: Final = 600
LOST_S: Final = 20.0
CAR: Final = Profile(4_500, 1_500)
STATE: Final = str(Topic(SITE, BOX, Channel.STATE))
UP: Final = {tasmota.pulse_topic(lane, Relay.RAISE): lane for lane in LANES}
DOWN: Final = {tasmota.pulse_topic(lane, Relay.LOWER): lane for lane in LANES}
WAY: Final = (
    (Sensor.SAFETY, Level.ON),
    (Sensor.ARMING, Level.OFF),
    (Sensor.EXIT, Level.ON),
    (Sensor.SAFETY, Level.OFF),
    (Sensor.EXIT, Level.OFF),
)


class Served(NamedTuple):
    """One vehicle: which, where, when it stood on the loop and when its arm was commanded (seconds)."""

    lane: str
    plate: str
    came: float
    commanded: float


def bench_lanes(minutes: float) -> dict[str, Any]:
    """Loop to arm in ms over all lanes; beside it the reading, what is beyond it, and the decision alone."""
    pictures = _drawn(min(PICTURES_MAX, round(minutes * 60 / HEADWAY_S * len(LANES) * 1.3)))
    with tempfile.TemporaryDirectory(prefix="barie-bench-") as name, _stage(Path(name)) as (cameras, site, agent):
        traffic = _Traffic(site, cameras, pictures)
        traffic.run(minutes * 60)
        memory = _memory(agent)
        reads = _reads(Path(name))
    served = traffic.served
    whole = [(each.commanded - each.came) * 1000 for each in served]
    alone, beyond = _beyond(served, reads)
    missed = sum(not read["plate"] for lane in reads.values() for read in lane)
    right = sum(
        read["plate"] == each.plate
        for lane, mine in _by_lane(served).items()
        for read, each in zip(reads[lane], mine, strict=False)
    )
    return report(
        "lanes",
        whole,
        "ms",
        bare=[read["took_ms"] for lane in reads.values() for read in lane],
        lanes=len(LANES),
        minutes=minutes,
        vehicles_an_hour_and_lane=round(len(served) / len(LANES) / minutes * 60),
        vehicles=len(served),
        never_served=traffic.lost,
        reads=sum(len(lane) for lane in reads.values()),
        reads_missed=missed,
        plates_right=right,
        reading=percentiles([read["took_ms"] for lane in reads.values() for read in lane]),
        beyond_reading=percentiles(beyond),
        beyond_reading_alone={**percentiles(alone), "runs": len(alone)},
        decision=decisions(),
        rss_mb=memory,
    )


def _drawn(count: int) -> list[tuple[str, bytes]]:
    """Plates and pictures of vehicles, none twice."""
    source, rng = PlateSource(random.Random(11)), random.Random(11)
    subjects = [source.draw(KIND) for _ in range(count)]
    return [(subject.key, jpeg(draw_scene(subject, look(rng)))) for subject in subjects]


class _Traffic:
    """Vehicles at all lanes, on one thread: it waits for the box's next word or for the next arrival."""

    def __init__(self, site: Line, cameras: CameraTwins, pictures: list[tuple[str, bytes]]) -> None:
        self._site, self._cameras = site, cameras
        self._pictures, self._number = pictures, 0
        self._rng = random.Random(13)
        self._here: dict[str, tuple[str, float]] = {}
        self._queue: dict[str, deque[float]] = {lane: deque() for lane in LANES}
        self.served: list[Served] = []
        self.lost = 0

    def run(self, seconds: float) -> None:
        """Let vehicles come for so long, then serve those who came."""
        began = time.perf_counter()
        coming = [(began + self._rng.expovariate(1 / HEADWAY_S), lane) for lane in LANES]
        heapq.heapify(coming)
        while coming or any(self._queue.values()) or self._here:
            now = time.perf_counter()
            if coming and coming[0][0] <= now:
                at, lane = heapq.heappop(coming)
                self._arrives(lane)
                if at - began < seconds:
                    heapq.heappush(coming, (at + self._rng.expovariate(1 / HEADWAY_S), lane))
                continue
            self._hear(min(LOST_S, coming[0][0] - now) if coming else LOST_S, last=not coming)

    def _hear(self, wait_s: float, *, last: bool) -> None:
        try:
            topic, _ = self._site.came.get(timeout=max(0.0, wait_s))
        except queue.Empty:
            if last:  # nobody says anything any more
                self.lost += len(self._here) + sum(len(waiting) for waiting in self._queue.values())
                self._here.clear()
                self._queue.clear()
            return
        now = time.perf_counter()
        if topic in UP and UP[topic] in self._here:
            plate, came = self._here[UP[topic]]
            self.served.append(Served(UP[topic], plate, came, now))
            self._drive(UP[topic])
        elif topic in DOWN:
            self._is_down(DOWN[topic])

    def _arrives(self, lane: str) -> None:
        if lane in self._here:
            self._queue[lane].append(time.perf_counter())
        else:
            self._rolls_up(lane)

    def _rolls_up(self, lane: str) -> None:
        plate, picture = self._pictures[self._number % len(self._pictures)]
        self._number += 1
        self._cameras.show(lane, View(f"{lane}/{self._number}", plate, lambda: picture))
        self._here[lane] = plate, time.perf_counter()
        self._sense(lane, Sensor.ARMING, Level.ON)
        self._site.say(profiler.profile_topic(lane), profiler.profile_payload(CAR))

    def _drive(self, lane: str) -> None:
        self._sense(lane, Sensor.LIMIT_DOWN, Level.OFF)
        self._sense(lane, Sensor.LIMIT_UP, Level.ON)
        for sensor, level in WAY:
            self._sense(lane, sensor, level)

    def _is_down(self, lane: str) -> None:
        self._sense(lane, Sensor.LIMIT_UP, Level.OFF)
        self._sense(lane, Sensor.LIMIT_DOWN, Level.ON)
        self._here.pop(lane, None)
        if self._queue[lane]:
            self._queue[lane].popleft()
            self._rolls_up(lane)

    def _sense(self, lane: str, sensor: Sensor, level: Level) -> None:
        self._site.sense(lane, sensor, level)


@contextmanager
def _stage(folder: Path) -> Iterator[tuple[CameraTwins, Line, Process]]:
    secret = {name: secrets.token_urlsafe(18) for name in (CENTRE_USER, DEVICES_USER, "box", "spare")}
    up = Mosquitto(
        folder / "centre", {CENTRE_USER: secret[CENTRE_USER], BOX: secret["box"]}, centre_rules([(SITE, BOX)])
    )
    near = Mosquitto(folder / "site", {DEVICES_USER: secret[DEVICES_USER], BOX: secret["box"]}, site_rules(BOX))
    cameras = CameraTwins(0, {lane: View(f"empty {lane}", None, lambda: b"") for lane in LANES})
    (folder / "box.json").write_text(json.dumps(_config(folder, up.port, near.port, cameras.port, secret)))
    with up, near:
        cameras.start()
        site = Line(near.port, DEVICES_USER, secret[DEVICES_USER], "bench-site")
        site.hear(*UP, *DOWN)
        site.be_boards(*LANES)
        centre = Line(up.port, CENTRE_USER, secret[CENTRE_USER], "bench-centre")
        centre.hear(STATE)
        with barie("edge", "--config", str(folder / "box.json")) as agent:
            site.next(tasmota.status_topic(LANES[-1]))
            while not _is_ready(decode(centre.next(STATE), State)):
                pass
            yield cameras, site, agent
        site.close()
        centre.close()
        cameras.stop()


def _is_ready(state: State) -> bool:
    return state.reader == "ready" and all(lane.phase == "idle" for lane in state.lanes)


def _config(folder: Path, centre_port: int, site_port: int, camera_port: int, secret: dict[str, str]) -> dict[str, Any]:
    broker = {"host": "127.0.0.1", "user": BOX, "password": secret["box"]}
    camera = f"http://127.0.0.1:{camera_port}"
    return {
        "site": SITE,
        "box": BOX,
        "centre": {**broker, "port": centre_port},
        "site_broker": {**broker, "port": site_port},
        "centre_url": "http://127.0.0.1:9",
        "box_token": secret["spare"],
        "centre_key": signing.public_text(Ed25519PrivateKey.generate()),
        "reference_key": secret["spare"],
        "data": str(folder / "data"),
        "lanes": [
            {"lane": lane, "direction": "in", "kind": "mixed", "camera": f"{camera}/{lane}/snapshot.jpg"}
            for lane in LANES
        ],
    }


def _reads(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The reads that the box noted, by lane, in order."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with sqlite3.connect(folder / "data" / "box.db") as store:
        rows = store.execute("SELECT payload FROM outbox ORDER BY sequence").fetchall()
    for row in rows:
        body = json.loads(row[0])["body"]
        if body["kind"] == "plate_read":
            found[body["lane"]].append(body)
    return found


def _by_lane(served: list[Served]) -> dict[str, list[Served]]:
    found: dict[str, list[Served]] = defaultdict(list)
    for each in served:
        found[each.lane].append(each)
    return found


def _beyond(served: list[Served], reads: dict[str, list[dict[str, Any]]]) -> tuple[list[float], list[float]]:
    """What each vehicle waited beyond its own reading, in ms: of those alone at the reader, and of all."""
    alone: list[float] = []
    every: list[float] = []
    for lane, mine in _by_lane(served).items():
        for each, read in zip(mine, reads[lane], strict=False):
            beyond = (each.commanded - each.came) * 1000 - float(read["took_ms"])
            every.append(beyond)
            if not any(o is not each and o.came < each.commanded and each.came < o.commanded for o in served):
                alone.append(beyond)
    return alone, every


def _memory(agent: Process) -> dict[str, float]:
    """Megabytes of each process of the box, by what it is."""
    top = psutil.Process(agent.pid)
    held: dict[str, float] = defaultdict(float, supervisor=top.memory_info().rss / 2**20)
    for each in top.children(recursive=True):
        held[_role(each.cmdline())] += each.memory_info().rss / 2**20
    return {role: round(size, 1) for role, size in held.items()}


def _role(words: list[str]) -> str:
    said = " ".join(words)
    for part, role in (("agent_process", "agent"), ("reader", "reader"), ("decoder", "decoder")):
        if part in said:
            return role
    return "other"
