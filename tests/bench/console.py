"""`barie bench console`: what fifty open live pages cost the centre, and how soon a lane's change is on them.

A real broker and a real `barie server`; the box says five times a second what its lanes do. *Bare* is the same without
a page. A page is a client over HTTP that reads the stream of cards, packed as browsers ask for it.
"""

import asyncio
import os
import tempfile
import threading
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx

from gate.devices.board import Sensor
from gate.messages import ClockQuality, Direction
from gate.presence import LaneState, State
from gate.topics import Channel, Topic
from gate.wire import encode
from server.auth import add_user
from server.db import connect, transaction
from server.roles import Role
from simulator.stage.processes import barie
from tests.bench.ingest import BOX, SITE, _set_up
from tests.bench.line import Line
from tests.bench.report import percentiles, report, rss_mb

PAGES: Final = 50
EACH_S: Final = 0.2
LANES: Final = 8
PASSWORD: Final = "a word of the bench"
STATE: Final = str(Topic(SITE, BOX, Channel.STATE))
LEVELS: Final = {each.value: "off" for each in Sensor}
HEADERS: Final = {"accept-encoding": "gzip"}


def bench_console(seconds: float) -> dict[str, Any]:
    """Shares of one core, and milliseconds from publishing to the bytes at each page."""
    with tempfile.TemporaryDirectory(prefix="barie-bench-") as name:
        broker, config, password = _set_up(Path(name))
        with broker, barie("server", "--config", str(config)) as centre:
            centre.wait_for_line("broker connected")
            _people(Path(name))
            line = Line(broker.port, BOX, password, BOX)
            url = f"http://127.0.0.1:{_port(config)}"
            try:
                _saying(line, 2.0, lambda _: None)
                bare = _cost(centre.pid, lambda: _saying(line, seconds, lambda _: None))
                cost, late, sent = asyncio.run(_watched(url, centre.pid, line, seconds))
            finally:
                line.close()
            memory = rss_mb(centre.pid)
    figures = report("console", [cost], "share of a core", bare=[bare], rss_mb=memory)
    times = percentiles(late)
    more = {"pages": PAGES, "pages_cost": round(cost - bare, 4), "changes_seen": len(late), "bytes_a_page_s": sent}
    return {**figures, **more, "screen_ms": times}


def _people(folder: Path) -> None:
    engine = connect(f"sqlite:///{folder}/centre.db")
    with transaction(engine) as session:
        for each in range(PAGES):
            role = Role.MANAGER if each % 2 else Role.ATTENDANT
            add_user(session, f"person{each}", role, PASSWORD, datetime.now(UTC))
    engine.dispose()


def _port(config: Path) -> int:
    import json  # noqa: PLC0415

    return int(json.loads(config.read_text())["port"])


def _state(number: int) -> State:
    """What the box says the `number`th time: one lane has changed, and its loops say which time it was."""
    lanes = tuple(
        LaneState(
            lane=f"in-{each}",
            direction=Direction.IN,
            kind="car",
            phase="idle",
            arm="up" if (number // LANES + (each < number % LANES)) % 2 else "down",
            mode="normal",
            sensors=LEVELS,
        )
        for each in range(LANES)
    )
    return State(
        box=BOX, boot=UUID(int=1), monotonic_ms=number, at=datetime.now(UTC), version="0.1.0",
        journal="00000000000000be", last_sequence=0, waiting=0, lease_number=0, delta_number=0, reader="ready",
        clock_quality=ClockQuality.SYNCHRONISED, clock_offset_ms=0, lanes=lanes,
    )  # fmt: skip


def _saying(line: Line, seconds: float, said: Callable[[int], None]) -> None:
    for number in range(round(seconds / EACH_S)):
        began = time.perf_counter()
        said(number % LANES)
        line.say(STATE, encode(_state(number)))
        time.sleep(max(0.0, EACH_S - (time.perf_counter() - began)))


def _cost(pid: int, work: Callable[[], None]) -> float:
    began, used = time.perf_counter(), _cpu_s(pid)
    work()
    return (_cpu_s(pid) - used) / (time.perf_counter() - began)


def _cpu_s(pid: int) -> float:
    """Of all threads of the process, seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class _Screen:
    """One page: when it saw each lane's card last changed, and how many bytes came."""

    def __init__(self, owed: dict[int, float]) -> None:
        self.ready, self.late, self.size = asyncio.Event(), list[float](), 0
        self._owed, self._seen = owed, dict[int, float]()

    async def look(self, browser: httpx.AsyncClient, cookies: httpx.Cookies) -> None:
        """Read the stream until cancelled."""
        unpack = zlib.decompressobj(16 + zlib.MAX_WBITS)
        request = browser.build_request("GET", "/live/cards", headers=HEADERS, cookies=cookies)
        answer = await browser.send(request, stream=True)
        async for packed in answer.aiter_raw():
            self.size += len(packed)
            plain, now = unpack.decompress(packed), time.perf_counter()
            self.ready.set()
            for lane, said in list(self._owed.items()):
                if self._seen.get(lane) != said and f'id="card-{SITE}-in-{lane}"'.encode() in plain:
                    self._seen[lane] = said
                    self.late.append((now - said) * 1000)


async def _watched(url: str, pid: int, line: Line, seconds: float) -> tuple[float, list[float], int]:
    owed: dict[int, float] = {}
    screens = [_Screen(owed) for _ in range(PAGES)]
    limits = httpx.Limits(max_connections=PAGES + 5)
    async with httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(60), limits=limits) as browser:
        looking = []
        for each, screen in enumerate(screens):
            browser.cookies.clear()
            answer = await browser.post("/login", data={"name": f"person{each}", "password": PASSWORD})
            cookies = httpx.Cookies(answer.cookies)
            cookies.set("lang", "en" if each % 4 > 1 else "vi")
            browser.cookies.clear()
            looking.append(asyncio.create_task(screen.look(browser, cookies)))
            await asyncio.wait_for(screen.ready.wait(), 30)
        await asyncio.sleep(1)  # what each page begins with has come
        before = sum(screen.size for screen in screens)

        def said(lane: int) -> None:
            owed[lane] = time.perf_counter()

        costs: list[float] = []
        work = threading.Thread(target=lambda: costs.append(_cost(pid, lambda: _saying(line, seconds, said))))
        work.start()
        await asyncio.to_thread(work.join)
        await asyncio.sleep(1)
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)
    late = [each for screen in screens for each in screen.late]
    return costs[0], late, round((sum(screen.size for screen in screens) - before) / PAGES / seconds)
