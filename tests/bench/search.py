"""`barie bench search`: plates looked for among many visits over HTTP, as the page of visits asks, on both databases.

The books are filled in bulk and not timed. A real `barie server` answers; a person types whole plates, plates with
look-alikes, with a character missing, parts of them, and nonsense. Every answer that has a next leaf is asked for it.
*Bare* is the sign-in page of the same server: what an answer costs that needs no visit.
"""

import base64
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.broker_rules import CENTRE_USER, centre_rules
from server.auth import add_user
from server.db import connect, migrate, transaction
from server.roles import Role
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.ports import free_port
from simulator.stage.processes import barie
from tests.bench import visits
from tests.bench.report import percentiles, report, rss_mb
from tests.harness.postgres import postgres

VISITS: Final = 1_000_000
PASSWORD: Final = "a word of the bench"
_BARE: Final = 50
_ALIKE: Final = {"0": "O", "8": "B", "5": "S", "1": "I", "2": "Z", "B": "8", "S": "5"}
_MORE: Final = 'class="more"><a href="'
_PART: Final = {"hx-request": "true"}


class Times(NamedTuple):
    """Of each answer its milliseconds, and those of the server's processor."""

    kind: list[str]
    wall: list[float]
    cpu: list[float]


def bench_search(count: int, searches: int) -> dict[str, Any]:
    """So many searches among so many visits on SQLite and PostgreSQL; milliseconds of an answer."""
    with tempfile.TemporaryDirectory(prefix="barie-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        running = stack.enter_context(postgres())
        urls = {"sqlite": f"sqlite:///{folder}/books.sqlite", "postgresql": stack.enter_context(running.database())}
        found = {name: measured(folder, url, write(url, count), searches) for name, url in urls.items()}
    worst = max(found, key=lambda name: found[name][0]["p95"])
    _, every, bare = found[worst]
    figures = {name: run for name, (run, _, _) in found.items()}
    return {**report("search", every, "ms", bare=bare), "visits": count, "worst": worst, **figures}


def write(url: str, count: int) -> list[str]:
    """Books with so many visits and one person who looks. Some plates that are in them."""
    engine = connect(url)
    migrate(engine)
    known = visits.write(engine, count)
    with transaction(engine) as session:
        add_user(session, "person", Role.MANAGER, PASSWORD, datetime.now(UTC))
    engine.dispose()
    return known


def measured(
    folder: Path, url: str, known: list[str], searches: int
) -> tuple[dict[str, Any], list[float], list[float]]:
    """The figures of the server's answers over these books, each answer's milliseconds, and those of bare ones."""
    place = Path(tempfile.mkdtemp(dir=folder))
    with Mosquitto(place / "broker", {CENTRE_USER: PASSWORD}, centre_rules([])) as broker:
        config = _config(place, url, broker.port)
        with barie("server", "--config", str(config)) as centre:
            centre.wait_for_line("broker connected", 120)
            address = f"http://127.0.0.1:{json.loads(config.read_text())['port']}"
            with httpx.Client(base_url=address, timeout=60) as browser:
                browser.post("/login", data={"name": "person", "password": PASSWORD})
                bare = [_timed(browser, "/login", centre.pid)[1] for _ in range(_BARE)]
                pages, parts = _asked(browser, centre.pid, list(_typed(known, searches)))
            memory = rss_mb(centre.pid)
    of_kind: dict[str, list[float]] = {}
    for kind, wall in zip(pages.kind, pages.wall, strict=True):
        of_kind.setdefault(kind, []).append(wall)
    figures = {
        **percentiles(pages.wall),
        "server_p50": round(statistics.median(pages.cpu), 3),
        "next_leaf": {**percentiles(parts.wall or [0.0]), "runs": len(parts.wall)},
        "p95_of": {kind: percentiles(walls)["p95"] for kind, walls in of_kind.items()},
        "rss_mb": memory,
    }
    return figures, pages.wall, bare


def _config(folder: Path, url: str, port: int) -> Path:
    config = {
        "database": url,
        "vault": f"{folder}/vault",
        "host": "127.0.0.1",
        "port": free_port(),
        "broker": {"host": "127.0.0.1", "port": port, "user": CENTRE_USER, "password": PASSWORD},
        "signing_key": base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode(),
        "sites": [],
        "boxes": [],
    }
    path = folder / "centre.json"
    path.write_text(json.dumps(config))
    return path


def _typed(known: list[str], count: int, seed: int = 7) -> Iterator[tuple[str, str]]:
    """What kind of search it is, and what is typed."""
    chance = random.Random(seed)
    for number in range(count):
        plate = chance.choice(known)
        place = chance.randrange(len(plate))
        match number % 5:
            case 0:
                yield "whole", f"{plate[:-5]}-{plate[-5:-2]}.{plate[-2:]}"
            case 1:
                yield "look-alikes", "".join(_ALIKE.get(each, each) for each in plate)
            case 2:
                yield "missing", plate[:place] + plate[place + 1 :]
            case 3:
                size = chance.randint(3, 6)
                start = chance.randrange(len(plate) - size + 1)
                yield "part", plate[start : start + size]
            case _:
                yield "nonsense", "".join(chance.choices("ABCDEFGHKLMNPSTUVXYZ0123456789", k=chance.randint(3, 12)))


def _asked(browser: httpx.Client, pid: int, typed: list[tuple[str, str]]) -> tuple[Times, Times]:
    """The pages of these searches, and the next leaf of those that have one, which the page asks for by itself."""
    pages, parts = Times([], [], []), Times([], [], [])
    for kind, text in typed:
        page = _search(pages, kind, browser, "/visits?" + str(httpx.QueryParams({"plate": text})), pid)
        if _MORE in page:
            _search(parts, kind, browser, page.split(_MORE)[1].split('"')[0].replace("&amp;", "&"), pid)
    return pages, parts


def _search(times: Times, kind: str, browser: httpx.Client, path: str, pid: int) -> str:
    answer, wall, cpu = _timed(browser, path, pid)
    times.kind.append(kind)
    times.wall.append(wall)
    times.cpu.append(cpu)
    return answer


def _timed(browser: httpx.Client, path: str, pid: int) -> tuple[str, float, float]:
    used, began = _cpu_ms(pid), time.perf_counter()
    answer = browser.get(path, headers=_PART if "after=" in path else {})
    took = (time.perf_counter() - began) * 1000
    answer.raise_for_status()
    return answer.text, took, _cpu_ms(pid) - used


def _cpu_ms(pid: int) -> float:
    """Of all threads of the process, as the kernel's scheduler counts them (proc(5), schedstat: nanoseconds)."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(each.read_text().split()[0]) for each in threads) / 1e6
