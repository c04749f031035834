"""`barie bench gate`: a vehicle on the arming loop until the arm is commanded, through real processes and brokers.

The bench plays the board and the camera; the box is `barie edge`. Bare is a request and its reply through the
same broker, both QoS 1: what no box can beat.
"""

import base64
import json
import random
import secrets
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate import signing
from gate.broker_rules import CENTRE_USER, DEVICES_USER, centre_rules, site_rules
from gate.devices import profiler, tasmota
from gate.devices.board import Level, Relay, Sensor
from gate.messages import Command, Open, OpeningReason
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
from tests.bench.line import Line
from tests.bench.report import percentiles, report, rss_mb

LANE, BOX, SITE = "in-1", "bench-1", "SPS"
FACTS_OF_A_VEHICLE, FACTS_OF_AN_ORDER = 5, 3  # read, opened, raised, passed, lowered; raised, passed, lowered
STATE = str(Topic(SITE, BOX, Channel.STATE))
COMMAND = str(Topic(SITE, BOX, Channel.COMMAND))
CAR = Profile(4_500, 1_500)
UP = tasmota.pulse_topic(LANE, Relay.RAISE)
DOWN = tasmota.pulse_topic(LANE, Relay.LOWER)


def bench_gate(runs: int, plain_runs: int) -> dict[str, Any]:
    """Both with and without reading; `p50` and its fellows are with reading."""
    read, read_rss = _measured("rapid", runs)
    plain, plain_rss = _measured("none", plain_runs)
    beyond = [whole - part for whole, part in zip(read["loop_to_command"], read["reading"], strict=True)]
    return report(
        "gate",
        read["loop_to_command"],
        "ms",
        bare=plain["echo"],
        rss_mb=read_rss["agent"],
        reader_rss_mb=read_rss["reader"],
        supervisor_rss_mb=read_rss["supervisor"],
        reading=percentiles(read["reading"]),
        beyond_reading=percentiles(beyond),
        without_reading={**percentiles(plain["loop_to_command"]), "runs": plain_runs, "rss_mb": plain_rss["agent"]},
        command_round_trip={**percentiles(plain["order"]), "runs": len(plain["order"])},
        echo={**percentiles(plain["echo"]), "runs": len(plain["echo"])},
    )


def _measured(engine: str, runs: int) -> tuple[dict[str, list[float]], dict[str, float]]:
    with tempfile.TemporaryDirectory(prefix="barie-bench-") as name:
        folder = Path(name)
        key = Ed25519PrivateKey.generate()
        with _stage(folder, engine, key) as (cameras, site, centre, agent):
            times = {
                "echo": [_echo(site) for _ in range(runs)],
                "loop_to_command": [],
                "reading": [],
                "order": [],
            }
            source, rng = PlateSource(random.Random(7)), random.Random(7)
            state = _ready(centre, engine)
            for number in range(runs):
                if engine != "none":
                    _park(cameras, source, rng, number)
                times["loop_to_command"].append(_one_vehicle(site))
                if engine == "none":
                    facts = state.last_sequence + (number + 1) * FACTS_OF_A_VEHICLE + number * FACTS_OF_AN_ORDER
                    times["order"].append(_one_order(site, centre, key, state, facts))
            times["reading"] = _reading_times(folder)
            return times, _memory(agent)


@contextmanager
def _stage(folder: Path, engine: str, key: Ed25519PrivateKey) -> Iterator[tuple[CameraTwins, Line, Line, Process]]:
    secret = {name: secrets.token_urlsafe(18) for name in (CENTRE_USER, DEVICES_USER, "box", "spare")}
    up = Mosquitto(
        folder / "centre", {CENTRE_USER: secret[CENTRE_USER], BOX: secret["box"]}, centre_rules([(SITE, BOX)])
    )
    rules = site_rules(BOX) + "topic readwrite bench/#\n"
    near = Mosquitto(folder / "site", {DEVICES_USER: secret[DEVICES_USER], BOX: secret["box"]}, rules)
    cameras = CameraTwins(0, {LANE: View("empty", None, lambda: b"")})
    config = _config(engine, key, up.port, near.port, cameras.port, secret, folder)
    (folder / "box.json").write_text(json.dumps(config))
    with up, near:
        cameras.start()
        site = Line(near.port, DEVICES_USER, secret[DEVICES_USER], "bench-site")
        site.hear(UP, DOWN, "bench/echo")
        site.be_boards(LANE)
        centre = Line(up.port, CENTRE_USER, secret[CENTRE_USER], "bench-centre")
        centre.hear(STATE)
        with barie("edge", "--config", str(folder / "box.json")) as agent:
            site.next(tasmota.status_topic(LANE))
            yield cameras, site, centre, agent
        site.close()
        centre.close()
        cameras.stop()


def _config(  # the parts of one file
    engine: str,
    key: Ed25519PrivateKey,
    centre_port: int,
    site_port: int,
    camera_port: int,
    secret: dict[str, str],
    folder: Path,
) -> dict[str, Any]:
    broker = {"host": "127.0.0.1", "user": BOX, "password": secret["box"]}
    camera = f"http://127.0.0.1:{camera_port}/{LANE}/snapshot.jpg"
    return {
        "site": SITE,
        "box": BOX,
        "centre": {**broker, "port": centre_port},
        "site_broker": {**broker, "port": site_port},
        "centre_url": "http://127.0.0.1:9",
        "box_token": secret["spare"],
        "centre_key": signing.public_text(key),
        "reference_key": base64.b64encode(secrets.token_bytes(16)).decode(),
        "data": str(folder / "data"),
        "lanes": [{"lane": LANE, "direction": "in", "kind": "mixed", "camera": camera}],
        "reader": {"engine": engine},
    }


def _ready(centre: Line, engine: str) -> State:
    want = "none" if engine == "none" else "ready"
    while True:
        state = decode(centre.next(STATE), State)
        if state.reader == want and state.lanes[0].phase == "idle":
            return state


def _echo(site: Line) -> float:
    began = time.perf_counter()
    site.say("bench/echo", b"1")
    site.next("bench/echo")
    site.say("bench/echo", b"2")
    site.next("bench/echo")
    return (time.perf_counter() - began) * 1000


def _one_vehicle(site: Line) -> float:
    """Milliseconds from the arming edge to the pulse; then the vehicle drives through."""
    began = time.perf_counter()
    _sense(site, Sensor.ARMING, Level.ON)
    site.say(profiler.profile_topic(LANE), profiler.profile_payload(CAR))
    site.next(UP)
    took = (time.perf_counter() - began) * 1000
    _drive_through(site)
    return took


def _drive_through(site: Line) -> None:
    _arm(site, up=True)
    for sensor, level in _WAY:
        _sense(site, sensor, level)
    site.next(DOWN)
    _arm(site, up=False)


_WAY = (
    (Sensor.SAFETY, Level.ON),
    (Sensor.ARMING, Level.OFF),
    (Sensor.EXIT, Level.ON),
    (Sensor.SAFETY, Level.OFF),
    (Sensor.EXIT, Level.OFF),
)


def _arm(site: Line, *, up: bool) -> None:
    leaving, reaching = (Sensor.LIMIT_DOWN, Sensor.LIMIT_UP) if up else (Sensor.LIMIT_UP, Sensor.LIMIT_DOWN)
    _sense(site, leaving, Level.OFF)
    _sense(site, reaching, Level.ON)


def _one_order(site: Line, centre: Line, key: Ed25519PrivateKey, state: State, facts: int) -> float:
    """Milliseconds from publishing a person's open at the centre to the pulse at the board."""
    _wait_until_idle(centre, facts)
    paper = _paper(Open(lane=LANE, reason=OpeningReason.PERSON, note="bench"), key, state)
    began = time.perf_counter()
    centre.say(COMMAND, paper)
    site.next(UP)
    took = (time.perf_counter() - began) * 1000
    _drive_through(site)
    return took


def _wait_until_idle(centre: Line, facts: int) -> None:
    """The arm's last edge travels on another broker than the order: wait until the box has told all `facts`."""
    while True:
        said = decode(centre.next(STATE), State)
        if said.lanes[0].phase == "idle" and said.last_sequence >= facts:
            return


def _paper(action: Open, key: Ed25519PrivateKey, state: State) -> bytes:
    deadline = state.monotonic_ms + 3_600_000
    command = Command(command=uuid4(), box=BOX, boot=state.boot, deadline_ms=deadline, by="bench", action=action)
    return signing.sign(command, key)


def _sense(site: Line, sensor: Sensor, level: Level) -> None:
    site.sense(LANE, sensor, level)


def _park(cameras: CameraTwins, source: PlateSource, rng: random.Random, number: int) -> None:
    picture = jpeg(draw_scene(source.draw("CAR9"), look(rng)))
    cameras.show(LANE, View(str(number), str(number), lambda: picture))


def _reading_times(folder: Path) -> list[float]:
    """What the box itself noted for each picture: camera and reader, as in its facts."""

    with sqlite3.connect(folder / "data" / "box.db") as store:
        rows = store.execute("SELECT payload FROM outbox ORDER BY sequence").fetchall()
    bodies = [json.loads(row[0])["body"] for row in rows]
    return [float(body["took_ms"]) for body in bodies if body["kind"] == "plate_read"]


def _memory(box: Process) -> dict[str, float]:
    """The supervisor's child is the agent, and the agent's child its reader."""
    agent = _children(box.pid)[0]
    readers = [rss_mb(child) for child in _children(agent)]
    return {"agent": rss_mb(agent), "reader": max(readers, default=0.0), "supervisor": rss_mb(box.pid)}


def _children(parent: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False)
    return [int(pid) for pid in listed.stdout.split()]
