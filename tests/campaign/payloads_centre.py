"""The centre's half: a real server with its broker, mutants of all that boxes say, and between them a true journal."""

import queue
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Self

import httpx
from msgspec.structs import replace

from gate.broker_rules import CENTRE_USER
from gate.messages import Ack, Envelope, Reply
from gate.presence import Online, State
from gate.topics import Channel, Topic
from gate.wire import Contract, decode, encode
from simulator.demo import files
from simulator.demo.sites import SITES
from simulator.stage.mosquitto import EVERYTHING, Mosquitto
from simulator.stage.ports import free_port
from simulator.stage.processes import Process, barie
from tests.bench.line import Line
from tests.bench.traffic import journal
from tests.campaign.barrage import Barrage, Target, decodes, vitals, worse
from tests.campaign.result import Figure, Say
from tests.gate.samples import BODIES, ONLINE, REPLY, STATE, envelope

SITE: Final = SITES[0]
ROUND: Final = 2_500
FACTS: Final = 11  # of one vehicle that comes and goes
PATIENCE_S: Final = 120.0
GROWTH_MB: Final = 120
COUNTED: Final = ("openings", "passages", "visits", "charges", "payments")


class RealCentre:
    """A server, a broker that lets everyone say everything, and a box that tells the truth."""

    def __init__(self, folder: Path) -> None:
        users = {CENTRE_USER: files.password(), SITE.box: files.password(), "attacker": files.password()}
        self.users = users
        self.broker = Mosquitto(folder / "broker", users, EVERYTHING)
        port = free_port()
        self.centre = files.centre_for(f"http://127.0.0.1:{port}", [SITE])
        told = files.centre_file(
            self.centre,
            [SITE],
            database=f"sqlite:///{folder}/centre.db",
            vault=f"{folder}/vault",
            host="127.0.0.1",
            port=port,
            bus=files.broker("127.0.0.1", self.broker.port, CENTRE_USER, users[CENTRE_USER]),
        )
        self.file = folder / "centre.json"
        files.write(self.file, told)
        self.port, self.told = port, 0
        self.facts = journal(SITE.site, SITE.box, 40_000)
        self._stack = ExitStack()
        self.first_presence: Any = None
        self.server: Process
        self.box: Line

    def __enter__(self) -> Self:
        try:
            self._stack.enter_context(self.broker)
            self.server = self._stack.enter_context(barie("server", "--config", str(self.file)))
            self.server.wait_for_port(self.port, 60)
            self.box = Line(self.broker.port, SITE.box, self.users[SITE.box], "true-box")
            self._stack.callback(self.box.close)
            self.box.hear(_topic(Channel.ACK))
            self.http = self._stack.enter_context(httpx.Client(base_url=self.centre.url, timeout=30, trust_env=False))
            person = self.centre.people["administrator"]
            said = self.http.post("/v1/session", json={"user": person.name, "password": person.password})
            self.http.headers["Authorization"] = f"Bearer {said.raise_for_status().json()['token']}"
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def vehicle_comes_and_goes(self) -> None:
        """The true box tells of one more vehicle, and the centre has it. Raises TimeoutError."""
        until = time.monotonic() + PATIENCE_S
        self.told += FACTS
        for fact in self.facts[self.told - FACTS : self.told]:
            self.box.say(_topic(Channel.EVENT), fact)
        while time.monotonic() < until:
            ack = decode(self.box.next(_topic(Channel.ACK)), Ack)
            if ack.sequence >= self.told and ack.journal == self._journal:
                return
        raise TimeoutError("the centre acknowledges nothing more")

    @property
    def _journal(self) -> str:
        return decode(self.facts[0], Envelope).journal

    def presence(self) -> Any:
        """What boxes say of themselves, as the centre shows it: the true box says nothing of itself."""
        boxes = self.http.get("/v1/boxes").raise_for_status().json()["boxes"]
        lanes = self.http.get("/v1/lanes").raise_for_status().json()["lanes"]
        return boxes, {lane["phase"] for lane in lanes}

    def books(self) -> dict[str, Any]:
        """What the site's books hold."""
        said: dict[str, Any] = self.http.get(f"/v1/books/{SITE.site}").raise_for_status().json()
        return said


def run_centre(rng: random.Random, count: int, say: Say) -> tuple[dict[str, Figure], list[str]]:
    """`count` mutants at the centre. Figures and failures."""
    failures: list[str] = []
    with tempfile.TemporaryDirectory(prefix="barie-payloads-") as folder, RealCentre(Path(folder)) as here:
        here.vehicle_comes_and_goes()
        here.first_presence = here.presence()
        before = vitals(here.server.pid)
        with Barrage(here.broker, "attacker", here.users["attacker"], rng, targets()) as barrage:
            while (sent := _sent(barrage)) < count and not failures:
                barrage.fire(min(ROUND, count))
                failures += _centre_is_well(here)
                say(f"centre: {sent:,} mutants")
        after = vitals(here.server.pid)
        failures += worse("the centre", before, after, GROWTH_MB)
        failures += [f"in the centre: {line[:300]}" for line in here.server.log.splitlines() if "batch failed" in line]
    figures: dict[str, Figure] = {
        "centre: mutants": _sent(barrage),
        "centre: still valid, not sent": barrage.held_back,
        **{f"centre: {name}": n for name, n in sorted(barrage.sent.items())},
        "centre: rss_mb before": before.rss_mb,
        "centre: rss_mb after": after.rss_mb,
        "centre: threads": after.threads,
        "centre: true facts between": here.told,
    }
    return figures, failures


def _sent(barrage: Barrage) -> int:
    return sum(n for name, n in barrage.sent.items() if name.startswith("to "))


def _centre_is_well(here: RealCentre) -> Iterator[str]:
    """It runs, books the true box's facts, and its books hold nothing else."""
    try:
        here.vehicle_comes_and_goes()
    except (TimeoutError, queue.Empty) as error:
        yield f"the centre books nothing more: {error!r}; runs: {here.server.running}"
        return
    if here.presence() != here.first_presence:
        yield f"what the centre knows of its boxes changed: {here.presence()}"
    vehicles = here.told // FACTS
    books = here.books()
    found = {name: len(books[name]) for name in COUNTED}
    truth = {"openings": 2, "passages": 2, "visits": 1, "charges": 1, "payments": 0}
    if found != {name: times * vehicles for name, times in truth.items()}:
        yield f"after {vehicles} vehicles the books hold {found}"


def targets() -> dict[str, Target]:
    """What a box says, of the very site and box that are true."""
    return {
        "event": Target(_topic(Channel.EVENT), [encode(envelope(body)) for body in BODIES.values()], _is(Envelope)),
        "state": Target(_topic(Channel.STATE), [encode(replace(STATE, box=SITE.box))], _is(State)),
        "reply": Target(_topic(Channel.REPLY), [encode(replace(REPLY, box=SITE.box))], _is(Reply)),
        "online": Target(_topic(Channel.ONLINE), [encode(replace(ONLINE, box=SITE.box))], _is(Online)),
    }


def _is(kind: type[Contract]) -> Any:
    return decodes(lambda data: decode(data, kind))


def _topic(channel: Channel) -> str:
    return str(Topic(SITE.site, SITE.box, channel))
