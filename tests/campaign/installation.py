"""A whole installation as processes that can be killed one by one: brokers, a box, the centre, and the world around.

The parts and their files are those of the demo; sites that nobody asked for are left out.
"""

import contextlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

import httpx
import psutil
from sqlalchemy import create_engine, text

from simulator.demo.setup import Stage, set_up
from simulator.demo.sites import SITES, DemoSite
from simulator.stage.mosquitto import Mosquitto
from simulator.stage.ports import listening
from simulator.stage.processes import ROOT, Process, barie
from tests.campaign.set_aside import Case

READY_S: Final = 90.0
LOOK_S: Final = 0.25


class Part:
    """A process that comes back under the same name, with all it has said over its lives."""

    def __init__(self, *words: str) -> None:
        self._words = words
        self._process: Process | None = None
        self._earlier = ""

    @property
    def log(self) -> str:
        """All it has said."""
        return self._earlier + (self._process.log if self._process else "")

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.running

    def start(self) -> None:
        """Start it; it may still be on its way up when this returns."""
        assert not self.running, "it runs already"
        self._process = barie(*self._words)

    def kill(self) -> None:
        """kill -9 of it and all that it started, at once, as a power cut would."""
        if self._process:
            started = psutil.Process(self._process.pid).children(recursive=True)
            self._process.kill()
            for child in started:
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
            self._forget()

    def wait_for(self, text: str, after: int, within_s: float) -> None:
        """Until it says so behind that much of its log. Raises TimeoutError."""
        until = time.monotonic() + within_s
        while text not in self.log[after:]:
            if time.monotonic() > until:
                raise TimeoutError(f"{self._words[0]} did not say {text!r}\n{self.log[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Let it end."""
        if self._process:
            self._process.stop()
            self._forget()

    def _forget(self) -> None:
        self._earlier, self._process = self.log, None


Killable = Part | Mosquitto


class Installation:
    """`with Installation(folder, 1, ...) as here`: everything runs when the block begins, and ends with it.

    `parts` are what may be killed, by kind: box, site broker, centre broker, centre. `database`: the centre's, or
    its own SQLite file. `changes` go into each site's plan of the world.
    """

    def __init__(
        self,
        folder: Path,
        sites: int,
        *,
        seed: int,
        arrivals_s: float,
        drain_s: float,
        database: str | None = None,
        **changes: Any,
    ) -> None:
        self.folder = folder
        self.sites: Sequence[DemoSite] = SITES[:sites]
        self.stage: Stage = set_up(folder, arrivals_s=arrivals_s, seed=seed)
        world = json.loads(self.stage.world.read_text())
        names = {site.site for site in self.sites}
        world["sites"] = [{**site, **changes} for site in world["sites"] if site["site"] in names]
        world["drain_s"] = drain_s
        self.stage.world.write_text(json.dumps(world))
        if database:
            told = json.loads(self.stage.centre.read_text())
            self.stage.centre.write_text(json.dumps({**told, "database": database}))
        self._stack = ExitStack()
        self.parts: dict[str, list[Killable]] = {
            "centre broker": [self.stage.brokers[0]],
            "site broker": list(self.stage.brokers[1 : sites + 1]),
            "centre": [Part("server", "--config", str(self.stage.centre))],
            "box": [Part("edge", "--config", str(self.stage.box(site))) for site in self.sites],
        }
        self.world: Process | None = None

    def __enter__(self) -> Self:
        try:
            for kind, parts in self.parts.items():
                for number, part in enumerate(parts):
                    self._stack.callback(self._end, f"{kind}-{number}", part)
                    part.start()
                if kind == "centre":
                    self.wait(lambda: listening(self._port), "the centre")
            self.http = self._stack.enter_context(httpx.Client(base_url=self.stage.url, timeout=10, trust_env=False))
            self.wait(self.ready, "the boxes")
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _end(self, name: str, part: Killable) -> None:
        part.stop()
        (self.folder / f"{name.replace(' ', '-')}.log").write_text(part.log)

    @property
    def _port(self) -> int:
        return int(self.stage.url.rsplit(":", 1)[1])

    def begin_world(self) -> None:
        """Let vehicles come."""
        command = [sys.executable, "-P", "-m", "tests.campaign.bold_world", str(self.stage.world)]
        self.world = self._stack.enter_context(Process("world", command, env={"PYTHONPATH": str(ROOT)}))
        self.world.wait_for_line('"ready"', READY_S)

    def end_world(self, within_s: float) -> dict[str, Any]:
        """Wait until it has drained; the truth. Raises ProcessEnded with its last words."""
        assert self.world is not None
        code = self.world.wait(within_s)
        assert code == 0, f"the world broke (exit {code})\n{self.world.log[-3000:]}"
        truth: dict[str, Any] = json.loads(self.stage.truth.read_text())
        return truth

    def get(self, path: str) -> Any:
        """What the centre's interface answers; logs in again when it must."""
        answer = self.http.get(path)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            person = self.stage.people["administrator"]
            said = self.http.post("/v1/session", json={"user": person.name, "password": person.password})
            self.http.headers["Authorization"] = f"Bearer {said.raise_for_status().json()['token']}"
            answer = self.http.get(path)
        return answer.raise_for_status().json()

    def ready(self) -> bool:
        """Whether every box is heard, has its reader, and owes the centre nothing."""
        try:
            boxes = {box["box"]: box for box in self.get("/v1/boxes")["boxes"]}
        except httpx.HTTPError:
            return False
        mine = [boxes.get(site.box) for site in self.sites]
        return all(box and box["online"] and box["reader"] == "ready" and not box.get("waiting") for box in mine)

    def books(self) -> dict[str, Any]:
        """The books of all sites."""
        return {site.site: self.get(f"/v1/books/{site.site}") for site in self.sites}

    def device_faults(self) -> list[Case]:
        """Every device fault that the centre has booked."""
        engine = create_engine(json.loads(self.stage.centre.read_text())["database"])
        with engine.connect() as books:
            rows = books.execute(text("SELECT happened_at, body FROM event WHERE kind = 'device_fault'")).all()
        engine.dispose()
        return [_case(at, json.loads(body)) for at, body in rows]

    def wait(self, holds: Callable[[], bool], what: str, within_s: float = READY_S) -> None:
        """Wait for the parts. Raises TimeoutError."""
        until = time.monotonic() + within_s
        while not holds():
            if time.monotonic() > until:
                raise TimeoutError(f"{what}: not within {within_s:.0f} s; {self._told()}")
            time.sleep(LOOK_S)

    def _told(self) -> str:
        """What the parts say of themselves."""
        try:
            boxes = json.dumps(self.get("/v1/boxes"))
        except (httpx.HTTPError, AttributeError) as error:
            boxes = repr(error)
        logs = [f"{kind}: {part.log[-400:]}" for kind, parts in self.parts.items() for part in parts]
        return "\n".join([boxes, *logs])


def _case(at: datetime | str, body: dict[str, str]) -> Case:
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return Case(body["lane"], body["device"], moment if moment.tzinfo else moment.replace(tzinfo=UTC))
