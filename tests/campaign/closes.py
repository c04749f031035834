"""Business days that must each close exactly once and in order, whatever the centre goes through.

Two processes with engines of their own close one site's days at once, night after night. The world puts in the way:
downtime over midnight, whole days missed, clocks set back, restarts, a process killed in the middle of a close, boxes
that are heard late, money and vehicles that come after their day was closed. The judge is the world's own list of what
was charged and paid; of the product it asks only the closes.
"""

import random
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Engine, text
from sqlmodel import Session, col, select
from structlog.testing import capture_logs

from server.auto_close import Closer
from server.close_check import check
from server.closing import close
from server.db import connect, migrate, reading, transaction
from server.facts_day import CloseRow
from server.frozen import taken
from server.ingest import ingest
from server.reconcile import bounds
from server.register import SiteRow
from server.tariffs import Tariffs
from tests.campaign.result import Figure, Result, Say, missing
from tests.harness.postgres import postgres
from tests.server.box import Box, notice, paid, reference, register
from tests.server.closed import KEY, heard

DAYS: Final = 400
SITE: Final = "SPS"
FIRST: Final = date(2026, 3, 2)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PRICE: Final = 30_000
FAULTS: Final = (
    "nights without a centre",
    "days missed",
    "clocks set back",
    "restarts",
    "kills",
    "boxes heard late",
    "late payments",
    "late vehicles",
)
ROOT: Final = Path(__file__).resolve().parents[2]


def run(seed: int, *, scale: float, say: Say) -> Result:
    """On SQLite."""
    with tempfile.TemporaryDirectory(prefix="barie-closes-") as folder:
        return _run("closes", seed, scale, say, f"sqlite:///{folder}/books.sqlite")


def run_postgres(seed: int, *, scale: float, say: Say) -> Result:
    """On PostgreSQL."""
    with postgres() as server, server.database() as url:
        return _run("closes-postgres", seed, scale, say, url)


def _run(name: str, seed: int, scale: float, say: Say, url: str) -> Result:
    world = World(seed, url)
    days = max(8, round(DAYS * scale))
    with capture_logs():
        for number in range(days):
            world.day(FIRST + number * DAY, enough=days <= 20)
            if number % 50 == 49:
                say(f"{number + 1} days")
        world.end(FIRST + (days - 1) * DAY)
    failures = judge(world) + missing({fault: world.happened[fault] for fault in FAULTS})
    figures: dict[str, Figure] = {"business days": days, "closes": len(world.closes()), "tries": world.tries}
    figures |= {fault: world.happened[fault] for fault in FAULTS}
    figures |= {"visits charged": len(world.charged), "payments": len(world.paid)}
    world.stop()
    return Result(name, seed, figures, failures)


class World:
    """A car park, its bank, and the machines that its centre runs on. It keeps the truth."""

    def __init__(self, seed: int, url: str) -> None:
        self.url, self.chance = url, random.Random(seed)
        self.engine = connect(url)
        migrate(self.engine)
        register(self.engine)
        self.box, self.numbers = Box(SITE), iter(range(1, 10**6))
        self.now = bounds(FIRST)[0]
        self.charged: dict[str, datetime] = {}
        self.paid: dict[str, datetime] = {}
        self.owing: list[str] = []
        self.heard: dict[date, datetime] = {}
        self.happened: Counter[str] = Counter()
        self.tries = 0
        self.processes = [connect(url), connect(url)]
        with transaction(self.engine) as session:
            site = session.get_one(SiteRow, SITE)
            site.auto_close = True
            site.tolerance_vnd = 10**12  # statements are another campaign's
            session.add(site)

    def day(self, on: date, *, enough: bool) -> None:
        """A day of vehicles and money, and the night after it. enough: so few days that every fault must come soon."""
        often = 0.5 if enough else 0.08
        start, end = bounds(on)
        self._vehicles(start)
        self._late_money(start, often)
        wait = HOUR / 6
        if self.chance.random() < often:
            self.happened["boxes heard late"] += 1
            self._nights(end, wait)  # closers run and must refuse
            wait = self.chance.choice([3 * HOUR, 30 * HOUR])
        self._heard(on, end + wait)
        if on == FIRST:
            close(self.engine, SITE, on, KEY, by="chị Hoa", now=self.now + HOUR, first=True)
        elif self.chance.random() < often:
            self.happened["nights without a centre"] += 1
            self.happened["days missed"] += self.chance.random() < 0.5 or enough
        else:
            self._nights(self.now + HOUR / 6, wait, often)
        if self.chance.random() < often:
            self._late_vehicle(on)

    def end(self, on: date) -> None:
        """The night after an empty day: all is caught up with, what came late included."""
        on = max([on, *self.closes()]) + DAY
        self._heard(on, max(self.now, bounds(on)[1]) + HOUR)
        for _ in range(40):
            if on in self.closes():
                break
            self._both(self.now + 2 * HOUR)

    def _vehicles(self, start: datetime) -> None:
        for _ in range(self.chance.randint(1, 2)):
            at = start + self.chance.uniform(6, 20) * HOUR
            self._stay(at, at + HOUR / 2, at + HOUR)

    def _stay(self, entered: datetime, left: datetime, recorded: datetime) -> str:
        visit = reference(next(self.numbers), SITE)
        ingest(self.engine, Tariffs(self.engine), list(self.box.stays(visit, entered, left)), recorded)
        self.charged[visit] = left
        if self.chance.random() < 0.8:
            self._pay(visit, left, left + timedelta(seconds=20))
        else:
            self.owing.append(visit)
        return visit

    def _pay(self, visit: str, at: datetime, received: datetime) -> None:
        number = next(self.numbers)
        local = (at + 7 * HOUR).strftime("%Y-%m-%d %H:%M:%S")
        paid(self.engine, notice(number, visit, PRICE, transactionDate=local), received)
        self.paid[f"sepay {number}"] = received

    def _late_money(self, start: datetime, often: float) -> None:
        while self.owing and self.chance.random() < max(often, 0.4):
            self.happened["late payments"] += 1
            visit = self.owing.pop(0)
            self._pay(visit, self.charged[visit] + HOUR, start + 9 * HOUR)

    def _late_vehicle(self, on: date) -> None:
        """A box gives a fact of a day that is closed: it was written off, or its clock was put right."""
        newest = max(self.closes(), default=None)
        if newest is not None:
            self.happened["late vehicles"] += 1
            at = bounds(newest)[0] + 12 * HOUR
            self._stay(at, at + HOUR, max(self.now, bounds(on)[1]) + HOUR)

    def _heard(self, on: date, at: datetime) -> None:
        self.now = max(self.now, at)
        heard(self.engine, self.now, self.box)
        self.heard[on] = self.now

    # --- nights --------------------------------------------------------------------------------------------------

    def _nights(self, since: datetime, length: timedelta, often: float = 0.0) -> None:
        for step in range(3):
            now = since + length * step / 3
            if self.chance.random() < often:
                self.happened["clocks set back"] += 1
                now -= self.chance.choice([HOUR, 5 * HOUR, 26 * HOUR])
            if self.chance.random() < often:
                self.happened["restarts"] += 1
                self._restart()
            if step == 0 and self.chance.random() < often:
                self.happened["kills"] += 1
                self._killed(now)
            self._both(now)

    def _both(self, now: datetime) -> None:
        """Two processes at the same moment."""
        self.tries += 1
        closers = [Closer(engine, KEY, lambda: now) for engine in self.processes]
        threads = [threading.Thread(target=closer.go) for closer in closers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.now = max(self.now, now)

    def _restart(self) -> None:
        self.processes[0].dispose()
        self.processes[0] = connect(self.url)

    def _killed(self, now: datetime) -> None:
        """A third process, a true one, dies somewhere in its close."""
        command = [sys.executable, "-m", "tests.campaign.closer", self.url, now.isoformat()]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()  # it is about to begin
            try:
                child.wait(timeout=self.chance.uniform(0.0, 0.25))
            except subprocess.TimeoutExpired:
                child.kill()

    def closes(self) -> list[date]:
        """The days that are closed, in the order of their dates."""
        with reading(self.engine) as session:
            return list(session.exec(select(col(CloseRow.on)).order_by(col(CloseRow.on))))

    def stop(self) -> None:
        """Let go of the books."""
        for engine in (self.engine, *self.processes):
            engine.dispose()


# --- the judge -----------------------------------------------------------------------------------------------------


def judge(world: World) -> list[str]:
    """Every way in which the closes are not what the world knows."""
    with reading(world.engine) as session:
        rows = list(session.exec(select(CloseRow).order_by(col(CloseRow.on))))
        failures = _in_order(world, rows)
        failures += _facts(world, session)
        failures += [f"check: {each.on} {each.where} {each.what}" for each in _checked(session)]
    gross = sum(msgspec.json.decode(row.body)["money"]["gross"] for row in rows)
    received = sum(msgspec.json.decode(row.body)["money"]["received"] for row in rows)
    if gross != PRICE * len(world.charged):
        failures.append(f"the closes charged {gross}, the world {PRICE * len(world.charged)}")
    if received != PRICE * len(world.paid):
        failures.append(f"the closes received {received}, the world {PRICE * len(world.paid)}")
    return failures


def _checked(session: Session) -> list[Any]:
    return check(session, SITE, KEY.public_key()).wrong


def _in_order(world: World, rows: list[CloseRow]) -> list[str]:
    most = max(len(world.heard), len(rows))  # a box that was heard days later lets the empty days after close too
    wanted = [FIRST + number * DAY for number in range(most)]
    failures = [] if [row.on for row in rows] == wanted else [f"closed are {[str(row.on) for row in rows]}"]
    for row in rows:
        if row.closed_at < bounds(row.on)[1]:
            failures.append(f"{row.on} was closed at {row.closed_at}, before it was over")
        if not _heard_after(row):
            failures.append(f"{row.on} was closed at {row.closed_at}, before its box was heard")
    return failures


def _heard_after(row: CloseRow) -> bool:
    """Clocks go back in this world: what counts is what the close itself says of its box."""
    marks = msgspec.json.decode(row.body)["watermarks"]
    return all(datetime.fromisoformat(mark["heard_at"]) > bounds(row.on)[1] for mark in marks)


def _facts(world: World, session: Session) -> list[str]:
    held = taken(session, SITE)
    failures = []
    for kind, truth in (("charge", set(world.charged)), ("payment", set(world.paid))):
        found = {" ".join(key) for key in held[kind]}
        failures += [f"{kind} {name} is in no close" for name in sorted(truth - found)]
        failures += [f"{kind} {name} is not the world's" for name in sorted(found - truth)]
    rows = session.connection().execute(text("SELECT count(*) FROM day_frozen")).scalar()
    if rows != 2 * len(world.closes()):
        failures.append(f"{rows} frozen parts of {len(world.closes())} closes")
    return failures


def closers(engine: Engine, now: datetime) -> Closer:
    """One as a process has it."""
    return Closer(engine, KEY, lambda: now)
