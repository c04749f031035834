"""Runs a demo: starts the parts in order, lets the world live, compares the books with the truth."""

import contextlib
import fcntl
import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from simulator.audit import all_differences
from simulator.demo.files import DRAIN_S
from simulator.demo.setup import Stage, set_up
from simulator.demo.sites import SITES
from simulator.stage.ports import listening
from simulator.stage.processes import Process, barie

READY_S: Final = 60.0
SETTLE_S: Final = 20.0
LOOK_S: Final = 0.25
MARK: Final = ".barie-demo"


class DemoFailed(RuntimeError):
    """A part did not come up or did not do its work; the message says which and shows its last words."""


class Ended(Exception):
    """A person or a supervisor ended the demo (Ctrl-C, SIGTERM)."""


def demo(folder: Path, *, seconds: float | None, seed: int, say: Any) -> dict[str, Any] | None:
    """Run the demo; the result of the comparison after `seconds` of arrivals, nothing when a person ends it.

    Raises DemoFailed. Whatever happens, every part is stopped before it returns.
    """
    with _alone(folder), _interrupts(say):
        try:
            return _run(folder, seconds, seed, say)
        except Ended as error:
            say("stopped")
            if seconds is not None:
                raise DemoFailed("ended before the books could be compared") from error
            return None


def _run(folder: Path, seconds: float | None, seed: int, say: Any) -> dict[str, Any] | None:
    _clear(folder)
    stage = set_up(folder, arrivals_s=seconds, seed=seed)
    with ExitStack() as parts:
        parts.callback(_keep_logs, stage, processes := [])
        for broker in stage.brokers:
            parts.enter_context(broker)
        processes.append(parts.enter_context(barie("server", "--config", str(stage.centre))))
        _wait_for(processes, lambda: listening(_port(stage)), "the centre")
        boxes = [parts.enter_context(barie("edge", "--config", str(stage.box(site)))) for site in SITES]
        processes += boxes
        with httpx.Client(base_url=stage.url, timeout=10, trust_env=False) as http:
            _log_in(stage, http, "administrator")
            _wait_for(processes, lambda: _boxes_are_ready(http), "the boxes")
            _greet(stage, say)
            world = parts.enter_context(barie("simulate", str(stage.world), "--progress"))
            processes.append(world)
            _live(processes, world, seconds, say)
            return _compared(stage, http, say) if seconds is not None else None


def _live(parts: list[Process], world: Process, seconds: float | None, say: Any) -> None:
    """Until the world is over: a line of progress a second, and an error at once when a part dies."""
    limit = time.monotonic() + (seconds + DRAIN_S + READY_S if seconds is not None else float("inf"))
    while world.running:
        for part in parts:
            if not part.running and part is not world:
                raise DemoFailed(_obituary(part))
        if time.monotonic() > limit:
            raise DemoFailed(f"the world did not end\n{_tail(world.log)}")
        _progress(world, say)
        with contextlib.suppress(subprocess.TimeoutExpired):
            world.wait(1.0)
    if world.wait() != 0:
        raise DemoFailed(_obituary(world))


def _clear(folder: Path) -> None:
    """Remove the demo before. What is no demo's folder is left alone."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise DemoFailed(f"{folder} is not empty and no demo's folder: name another")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One demo at a time in one folder: a second would pull the books from under the first."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoFailed(f"another demo runs in {folder}; end it first") from error
        yield


@contextmanager
def _interrupts(say: Any) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the demo wherever it is; while its parts are being stopped they are heard no more."""

    def end(*_: object) -> None:
        say("")
        say("stopping every part; some seconds")
        for number in kept:
            signal.signal(number, signal.SIG_IGN)
        raise Ended

    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in kept:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _compared(stage: Stage, http: httpx.Client, say: Any) -> dict[str, Any]:
    """What was and what the books say, once the boxes have nothing more to tell."""
    say("drained; comparing the books with what really happened")
    until = time.monotonic() + SETTLE_S
    truth = json.loads(stage.truth.read_text())
    while True:
        books = {site.site: http.get(f"/v1/books/{site.site}").raise_for_status().json() for site in SITES}
        found = all_differences(truth, books)
        if not found or time.monotonic() > until:
            break
        time.sleep(LOOK_S)
    complaints = truth.get("complaints", [])
    found += [{"site": each["site"], "what": each["what"], "item": each["vehicle"]} for each in complaints]
    sites = {
        site.site: {"truth": truth["sites"][site.site]["totals"], "books": books[site.site]["totals"]} for site in SITES
    }
    return {
        "sites": sites,
        "differences": found,
        "faults": truth.get("faults", {}),
        "attendant": truth.get("attendant", {}),
    }


def _keep_logs(stage: Stage, processes: list[Process]) -> None:
    for process, name in zip(processes, ["centre", *(site.box for site in SITES), "world"], strict=False):
        (stage.folder / f"{name}.log").write_text(process.log)


def _port(stage: Stage) -> int:
    return int(stage.url.rsplit(":", 1)[1])


def _log_in(stage: Stage, http: httpx.Client, role: str) -> None:
    person = stage.people[role]
    answer = http.post("/v1/session", json={"user": person.name, "password": person.password}).raise_for_status()
    http.headers["Authorization"] = f"Bearer {answer.json()['token']}"


def _boxes_are_ready(http: httpx.Client) -> bool:
    """Every box is heard and its reader has read its first picture."""
    boxes = http.get("/v1/boxes").raise_for_status().json()["boxes"]
    return len(boxes) == len(SITES) and all(box["online"] and box["reader"] == "ready" for box in boxes)


def _wait_for(parts: list[Process], holds: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + READY_S
    while not holds():
        for part in parts:
            if not part.running:
                raise DemoFailed(_obituary(part))
        if time.monotonic() > until:
            raise DemoFailed(
                f"{what} did not come up in {READY_S:.0f} s\n" + "\n".join(_tail(part.log) for part in parts)
            )
        time.sleep(LOOK_S)


def _greet(stage: Stage, say: Any) -> None:
    say("")
    say(f"console   {stage.url}/")
    for person in stage.people.values():
        say(f"login     {person.name:14} {person.password}")
    for site in SITES:
        say(f"driver    {stage.url}/car?site={site.site}")
    for screen in stage.screens:
        say(f"screen    {screen}")
    say(f"files     {stage.folder}")
    say("")


def _progress(world: Process, say: Any) -> None:
    line = world.newest('{"event": "progress"')
    if line is None:
        return
    told = json.loads(line)
    words = [
        f"{site} {figures['arrived']} came, {figures['inside']} inside, {figures['paid_vnd']:,} ₫ paid"
        for site, figures in told["sites"].items()
    ]
    say(f"{told['phase']}: " + " · ".join(words), live=True)


def _obituary(part: Process) -> str:
    return f"{part.name} ended by itself (exit {part.popen.poll()})\n{_tail(part.log)}"


def _tail(log: str) -> str:
    return "\n".join(log.splitlines()[-15:])


def seconds_of(text: str) -> float:
    """`60s`, `2m` or plain seconds. Raises ValueError."""
    unit = {"s": 1.0, "m": 60.0}.get(text[-1:], 0.0)
    try:
        value = float(text[:-1]) * unit if unit else float(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no time: say 60s or 2m") from error
    if not 1 <= value <= 86_400:
        raise ValueError(f"{text!r} is not between 1s and 1440m")
    return value


def main_folder() -> Path:
    """Where a demo keeps its files; the next one begins anew there."""
    return Path(__file__).resolve().parents[2] / ".barie" / "demo"
