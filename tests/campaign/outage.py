"""`barie campaign outage`: a day without the centre, and then all of it, in lane order, within a minute.

The day is lived in compressed time by the box's real lanes, store and outbox, and killed three times in it. Then the
box's own process runs on what it left, with no broker to reach, until the centre and its broker come up. What the
centre's books say is compared with what the world saw.
"""

import base64
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import psutil
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace
from structlog.testing import capture_logs

from edge.config import Broker as EdgeBroker
from gate.broker_rules import CENTRE_USER, centre_rules
from gate.findings import Code
from gate.messages import Direction
from gate.wire import encode
from server.config import Broker
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.ports import free_port
from simulator.stage.processes import Process, barie
from tests.campaign.outage_day import DAY, IN, OUT, Day, Passed
from tests.campaign.result import Result, Say
from tests.console.scene import config as centre_config
from tests.edge.desk import BOX, KEY, SECRET, box_config, lane_config

PASSAGES: Final = 20_000
RESTARTS: Final = 3
WITHIN_S: Final = 60.0
RSS_MAX_MB: Final = 200.0
PATIENCE_S: Final = 600.0
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
"""Where the day is lived: a disk's syncs would make it last an hour. What follows is on the disk."""
SECRET_OF_CENTRE: Final = "the centre's own secret"
EXPECTED: Final = frozenset({Code.CLOCK_UNSURE, Code.WITNESS_MISSING})
"""What the centre rightly remarks: the box had nobody to compare its clock with, and facts still wait in it."""
_NEAR: Final = timedelta(seconds=2)


def run(seed: int, *, scale: float, say: Say) -> Result:
    """20,000 passages and three restarts at scale 1."""
    return outage(seed, max(8, round(PASSAGES * scale)), RESTARTS if scale >= 1 else 1, say)


def outage(seed: int, passages: int, restarts: int, say: Say) -> Result:
    """The day and its end."""
    with (
        tempfile.TemporaryDirectory(prefix="barie-outage-") as name,
        tempfile.TemporaryDirectory(prefix="barie-day-", dir=MEMORY if MEMORY.is_dir() else None) as quick,
        capture_logs(),
    ):
        day = Day(Path(quick) / "box", seed, passages, restarts)
        for passed in day.run():
            say(f"{passed} of {passages} passages")
        shutil.copytree(Path(quick) / "box", Path(name) / "box")
        return _merged(Path(name), seed, day, say)


def _merged(folder: Path, seed: int, day: Day, say: Say) -> Result:
    broker = Mosquitto(folder / "broker", {CENTRE_USER: SECRET_OF_CENTRE, BOX: SECRET}, centre_rules([("SPS", BOX)]))
    site = Mosquitto(folder / "site", {BOX: SECRET})
    books = folder / "centre.sqlite"
    with site, barie("edge", "--config", str(_box(folder, broker, site))) as box:
        box.wait_for_line("box runs")
        say("the box runs without its centre")
        with broker, barie("server", "--config", str(_centre(folder, broker))) as centre:
            centre.wait_for_line("broker connected")
            began = time.monotonic()
            took_s = _all_there(books, len(day.passed), began, centre, say)
        rss_mb = _peak_mb(box)
    facts, wrong = _judged(books, day.passed)
    figures = {
        "hours without the centre": round(day.hours, 1),
        "passages": len(day.passed),
        "restarts of the box": day.restarted,
        "facts": facts,
        "seconds from the centre's return": round(took_s, 1),
        "facts a second": round(facts / took_s),
        "peak memory of the box, MB": rss_mb,
        "load of the machine meanwhile": round(os.getloadavg()[0], 1),
    }
    if took_s > WITHIN_S:
        wrong.append(f"took {took_s:.1f} s, more than {WITHIN_S}")
    if rss_mb >= RSS_MAX_MB:
        wrong.append(f"the box took {rss_mb} MB, {RSS_MAX_MB} at most")
    if day.hours < DAY / timedelta(hours=1) or not day.restarted:
        wrong.append("no day, or no restart: this run proves nothing")
    return Result("outage", seed, dict(figures), wrong)


def _box(folder: Path, broker: Mosquitto, site: Mosquitto) -> Path:
    """The file of the box that lived the day."""
    to_centre = EdgeBroker(host=broker.host, port=broker.port, user=BOX, password=SECRET)
    config = box_config(
        folder / "box",
        centre=to_centre,
        site_broker=replace(to_centre, port=site.port),
        lanes=tuple(lane_config(name) for name in (*IN, *OUT)),
    )
    path = folder / "box.json"
    path.write_bytes(encode(config))
    return path


def _centre(folder: Path, broker: Mosquitto) -> Path:
    to_broker = Broker(host=broker.host, port=broker.port, user=CENTRE_USER, password=SECRET_OF_CENTRE)
    config = centre_config(folder, free_port(), to_broker, signing_key=_private_text(KEY), users=())
    path = folder / "centre.json"
    path.write_bytes(encode(config))
    return path


def _private_text(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.private_bytes_raw()).decode()


def _all_there(books: Path, passages: int, began: float, centre: Process, say: Say) -> float:
    """Wait until the books hold as many passages as the world saw; the seconds since `began`."""
    said = 0
    while time.monotonic() - began < PATIENCE_S:
        with _reading(books) as rows:
            (count,) = rows.execute("SELECT count(*) FROM passage").fetchone()
        if count >= passages:
            break
        if count >= said + 4_000:
            said = count
            say(f"{count} passages in the books")
        time.sleep(0.2)  # the books tell nobody that they grew
        assert centre.running, centre.log
    return time.monotonic() - began


def _peak_mb(box: Process) -> float:
    """The most that the box's processes have held, each at its worst."""
    me = psutil.Process(box.pid)
    peaks = [_peak_kb(each.pid) for each in (me, *me.children(recursive=True))]
    return round(sum(peaks) / 1024, 1)


def _peak_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


@contextmanager
def _reading(books: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{books}?mode=ro", uri=True, timeout=30)) as connection:
        yield connection


def _judged(books: Path, passed: list[Passed]) -> tuple[int, list[str]]:
    """The facts in the books, and where they are not what the world saw."""
    with _reading(books) as rows:
        (facts,) = rows.execute("SELECT count(*) FROM event").fetchone()
        (newest,) = rows.execute("SELECT max(sequence) FROM event").fetchone()
        (journals,) = rows.execute("SELECT count(DISTINCT journal) FROM event").fetchone()
        wrong = [*_lanes_wrong(rows, passed), *_stays_wrong(rows, passed)]
        findings = rows.execute("SELECT code, count(*) FROM anomaly GROUP BY code").fetchall()
    if journals != 1 or facts != newest:
        wrong.append(f"{facts} facts in {journals} journals, the newest is {newest}: there are gaps")
    wrong += [f"the centre complains: {count} times {code}" for code, count in findings if code not in EXPECTED]
    return facts, wrong


def _lanes_wrong(rows: sqlite3.Connection, passed: list[Passed]) -> list[str]:
    """Each lane's passages: the same vehicles in the same order at the same times."""
    wrong = []
    for lane in (*IN, *OUT):
        seen = [each for each in passed if each.lane == lane]
        booked = rows.execute(
            "SELECT passage.direction, vault_read.plate, passage.happened_at FROM passage "
            "LEFT JOIN visit ON visit.visit = passage.visit LEFT JOIN vault_read ON vault_read.approach = "
            "CASE passage.direction WHEN 'in' THEN visit.entry_approach ELSE visit.exit_approach END "
            "WHERE passage.lane = ? ORDER BY passage.sequence",
            (lane,),
        ).fetchall()
        order = [(direction, plate) for direction, plate, _ in booked]
        if order != [(each.direction, each.plate) for each in seen]:
            wrong.append(f"{lane}: {len(booked)} passages in the books, {len(seen)} in the world, or another order")
        late = sum(abs(_moment(at) - each.at) > _NEAR for (*_, at), each in zip(booked, seen, strict=False))
        if late:
            wrong.append(f"{lane}: {late} passages at another time")
    return wrong


def _stays_wrong(rows: sqlite3.Connection, passed: list[Passed]) -> list[str]:
    """Each vehicle that left has one stay, with its entry, its exit and one price."""
    stays: dict[str, list[Passed]] = {}
    for each in passed:
        stays.setdefault(each.plate, []).append(each)
    left = {plate for plate, ways in stays.items() if ways[-1].direction is Direction.OUT}
    booked = rows.execute(
        "SELECT vault_read.plate, visit.left_at, charge.total FROM visit "
        "JOIN vault_read ON vault_read.approach = visit.entry_approach LEFT JOIN charge ON charge.visit = visit.visit"
    ).fetchall()
    wrong = []
    if sorted(plate for plate, *_ in booked) != sorted(stays):
        wrong.append(f"{len(booked)} stays in the books, {len(stays)} vehicles in the world")
    if {plate for plate, left_at, _ in booked if left_at} != left:
        wrong.append("others are inside by the books than in the world")
    if sorted(plate for plate, _, total in booked if total is not None) != sorted(left):
        wrong.append("those who left and those who were charged are not the same")
    return wrong


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
