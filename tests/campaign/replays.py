"""Orders to open that are replayed, stale, forged, for others, or kept by a broker: none moves an arm.

A real box between real brokers. The truth is what a listener hears on the site's broker: one order to rise for each
that a person gave, whatever was sent besides.
"""

import base64
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final
from uuid import uuid4

from gate import signing
from gate.devices import profiler, tasmota
from gate.devices.board import Level, Sensor
from gate.messages import Command, Open, OpeningReason
from gate.signing import Signed
from gate.topics import Channel, Topic
from gate.wire import decode, encode
from tests.campaign.result import Figure, Result, Say, missing
from tests.campaign.whole_box import LANES, SITE, WholeBox
from tests.edge.desk import BOX, CAR, KEY, STRANGER
from tests.system.edge_site import until

REPLAYS: Final = 10_000
COMMANDS: Final = str(Topic(SITE, BOX, Channel.COMMAND))
ROUND: Final = 250
"""Replays after each authorised opening."""


class Forger:
    """Somebody who has seen every paper so far and can write to the box's topic."""

    def __init__(self, whole: WholeBox, rng: random.Random) -> None:
        self.whole, self.rng = whole, rng
        self.seen: list[bytes] = [self._paper(deadline_ms=0)]
        self.before_restart: list[bytes] = []
        self.authorised = 0
        self.kinds: Mapping[str, Callable[[], bytes]] = {
            "replayed": lambda: self.rng.choice(self.seen),
            "from an earlier boot": lambda: self.rng.choice(self.before_restart or self.seen),
            "too late": lambda: self._paper(deadline_ms=0),
            "late by a hair": self._just_late,
            "for another boot": lambda: self._paper(boot=uuid4()),
            "for another box": lambda: self._paper(box="bht-1"),
            "signed by a stranger": lambda: signing.sign(self.command(), STRANGER),
            "with a flipped bit": self._flipped,
            "with another's signature": self._grafted,
            "with no signature": lambda: encode(Signed(body=self._body(), signature="")),
            "with the deadline moved": lambda: self._altered(deadline_ms=2**50),
            "with the lane changed": self._other_lane,
            "with a fresh number": lambda: self._altered(command=uuid4()),
            "unsigned": lambda: self._body().encode(),
        }

    def command(self, **changes: object) -> Command:
        """A good order of nobody's."""
        lane = self.rng.choice(LANES)
        return self.whole.command(Open(lane=lane, reason=OpeningReason.PERSON, note="x"), **changes)  # type: ignore[arg-type]

    def _paper(self, **changes: object) -> bytes:
        return signing.sign(self.command(**changes), KEY)

    def _just_late(self) -> bytes:
        state = self.whole.centre.state
        assert state is not None
        return self._paper(deadline_ms=state.monotonic_ms - 1)

    def _body(self) -> str:
        return encode(self.command()).decode()

    def _flipped(self) -> bytes:
        paper = bytearray(self._paper())
        place = self.rng.randrange(len(paper))
        paper[place] ^= 1 << self.rng.randrange(8)
        return bytes(paper)

    def _grafted(self) -> bytes:
        return encode(Signed(body=self._body(), signature=decode(self.rng.choice(self.seen), Signed).signature))

    def _altered(self, **changes: object) -> bytes:
        """A real order with something changed under its signature."""
        paper = decode(self.rng.choice(self.seen), Signed)
        command = decode(paper.body.encode(), Command)
        said = {name: getattr(command, name) for name in command.__struct_fields__} | changes
        return encode(Signed(body=encode(Command(**said)).decode(), signature=paper.signature))

    def _other_lane(self) -> bytes:
        return self._altered(action=Open(lane=self.rng.choice(LANES), reason=OpeningReason.PERSON, note="free"))


def run(seed: int, *, scale: float, say: Say) -> Result:
    """10,000 replays at scale 1."""
    rng, sent, failures = random.Random(f"{seed}/replays"), Counter[str](), list[str]()
    rounds = max(2, round(REPLAYS * scale / ROUND))
    each = max(80, round(REPLAYS * scale / rounds))
    with tempfile.TemporaryDirectory(prefix="barie-replays-") as folder, WholeBox(Path(folder)) as whole:
        forger = Forger(whole, rng)
        for number in range(1, rounds + 1):
            try:
                failures += _round(whole, forger, each, sent)
                if number in {rounds // 2, rounds}:
                    failures += _shelves(whole, forger, sent)
            except TimeoutError as error:
                failures += [f"{error}: {whole.centre.state}", *_counted(whole, forger)]
            if failures:
                break
            say(f"{sum(sent.values()):,} replays")
        figures: dict[str, Figure] = {
            "replays": sum(sent.values()),
            **dict(sorted(sent.items())),
            "authorised openings": forger.authorised,
            "orders to rise on the wire": whole.listener.raised(),
            "arms up in truth": whole.site.openings,
        }
        failures += [f"in the box: {line[:300]}" for line in whole.box.log.splitlines() if "work failed" in line]
    return Result("replays", seed, figures, failures + missing({kind: sent[kind] for kind in forger.kinds}))


def _round(whole: WholeBox, forger: Forger, count: int, sent: Counter[str]) -> Iterator[str]:
    """One order that counts among many that do not: some before it, some with it, some after."""
    lane, share = forger.rng.choice(LANES), count // 4
    command = whole.command(Open(lane=lane, reason=OpeningReason.PERSON, note="mở cho xe khách"))
    paper = signing.sign(command, KEY)
    _send(whole, _drawn(forger, share), sent)
    forger.seen.append(paper)
    forger.authorised += 1
    whole.reply_to(command, lambda: _send(whole, [("", paper), *[("replayed", paper)] * 3], sent))
    _send(whole, _drawn(forger, share), sent)
    whole.drive_through(lane)
    _send(whole, _drawn(forger, count - 2 * share - 3), sent)
    whole.catch_up()
    yield from _counted(whole, forger)


def _drawn(forger: Forger, count: int) -> list[tuple[str, bytes]]:
    kinds = list(forger.kinds)
    return [(kind, forger.kinds[kind]()) for kind in (forger.rng.choice(kinds) for _ in range(count))]


def _send(whole: WholeBox, papers: Iterable[tuple[str, bytes]], sent: Counter[str]) -> None:
    """Publish; what has no kind is the order itself."""
    for kind, data in papers:
        whole.centre.client.publish(COMMANDS, data, qos=1)
        if kind:
            sent[kind] += 1


def _counted(whole: WholeBox, forger: Forger) -> Iterator[str]:
    raised = whole.listener.raised()
    if raised != forger.authorised or whole.site.openings != forger.authorised:
        yield f"{forger.authorised} authorised, {raised} orders to rise, {whole.site.openings} times up"
    if whole.site.hurt:
        yield f"an arm came down over somebody: {whole.site.hurt}"


def _shelves(whole: WholeBox, forger: Forger, sent: Counter[str]) -> Iterator[str]:
    """Both brokers keep junk, and a good order too; brokers and box start anew: nothing moves, and the box serves."""
    _shelf_of_the_centre(whole, forger, sent)
    _shelf_of_the_site(whole, forger, sent)
    raised = whole.listener.raised()
    for part in (whole.broker, whole.site.broker):
        part.stop()
        part.start()
    until(lambda: "broker lost" in whole.box.log or "site broker" in whole.box.log, "the box notices")
    whole.back_in_service()
    whole.catch_up()
    forger.before_restart += forger.seen
    whole.restart()
    whole.catch_up()
    if whole.listener.raised() != raised:
        yield f"what the brokers kept moved an arm: {whole.listener.raised() - raised} orders to rise"
    yield from _counted(whole, forger)


def _shelf_of_the_centre(whole: WholeBox, forger: Forger, sent: Counter[str]) -> None:
    """A good order is kept, as no centre would: it is obeyed once, live."""
    command = forger.command(deadline_ms=2**40)
    assert isinstance(command.action, Open)
    forger.authorised += 1
    for retained in (base64.b85encode(forger.rng.randbytes(200)), signing.sign(command, KEY)):
        whole.centre.say(Channel.COMMAND, retained, retain=True)
        sent["retained at the centre's broker"] += 1
    whole.drive_through(command.action.lane)


def _shelf_of_the_site(whole: WholeBox, forger: Forger, sent: Counter[str]) -> None:
    """While a vehicle stands there, its edge, its outline and the levels are kept by the site's broker."""
    lane, client = "in-1", whole.listener.client
    forger.authorised += 1
    whole.site.rolls_up(lane, CAR)
    whole.site.wait_up(lane)
    levels = dict.fromkeys(Sensor, Level.OFF) | dict.fromkeys((Sensor.ARMING, Sensor.LIMIT_UP), Level.ON)
    for topic, payload in (
        (tasmota.result_topic(lane), tasmota.edge_payload(Sensor.ARMING, Level.ON)),
        (tasmota.levels_topic(lane), tasmota.levels_payload(levels)),
        (profiler.profile_topic(lane), profiler.profile_payload(CAR)),
    ):
        client.publish(topic, payload, qos=1, retain=True).wait_for_publish(10)
        sent["retained at the site's broker"] += 1
    whole.drive_through(lane)
