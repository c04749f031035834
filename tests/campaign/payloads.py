"""Mutated messages on every topic of a real box and of a real centre: nothing falls, nothing changes, both serve on."""

import base64
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from gate import signing
from gate.broker_rules import DEVICES_USER
from gate.devices import profiler, tasmota
from gate.devices.board import Level, Sensor
from gate.lease import Delta, Lease
from gate.messages import Ack, ArmRaised, Command, VehiclePassed
from gate.topics import Channel, Topic
from gate.wire import Contract, decode, encode
from simulator.stage.mosquitto import EVERYTHING
from tests.campaign.barrage import Barrage, Target, decodes, vitals, worse
from tests.campaign.mutants import Mutator
from tests.campaign.payloads_centre import run_centre
from tests.campaign.result import Figure, Result, Say, missing
from tests.campaign.whole_box import LANES, SITE, USERS, WholeBox
from tests.edge.desk import BOX, CAR, KEY, SECRET
from tests.gate.samples import ACTIONS, DELTA, LEASE

MUTANTS: Final = 100_000
ROUND: Final = 2_500
GROWTH_MB: Final = 60
WORDS: Final = (tasmota.ONLINE, tasmota.OFFLINE)


def run(seed: int, *, scale: float, say: Say) -> Result:
    """10⁵ mutants at scale 1: half of them at the box, half at the centre."""
    half = max(200, round(MUTANTS * scale / 2))
    figures, failures = _run_box(random.Random(f"{seed}/box"), half, say)
    more, others = run_centre(random.Random(f"{seed}/centre"), half, say)
    total = Counter({name: count for name, count in figures.items() if isinstance(count, int)})
    kinds = {
        kind: total[f"box: {kind}"] + int(more.get(f"centre: {kind}", 0)) for kind in Mutator(random.Random(0)).kinds
    }
    return Result("payloads", seed, {**figures, **more}, [*failures, *others, *missing(kinds)])


def _run_box(rng: random.Random, count: int, say: Say) -> tuple[dict[str, Figure], list[str]]:
    with tempfile.TemporaryDirectory(prefix="barie-payloads-") as folder:
        whole = WholeBox(Path(folder), acl=EVERYTHING)
        with whole:
            whole.vehicle_comes_in()
            before = vitals(whole.box.pid)
            state = whole.centre.state
            assert state is not None
            papers = _papers(rng, whole)
            near = Barrage(whole.site.broker, DEVICES_USER, SECRET, rng, _devices())
            far = Barrage(whole.broker, "centre", USERS["centre"], rng, papers)
            failures: list[str] = []
            with near, far:
                while (sent := near.sent.total() + far.sent.total()) < 2 * count and not failures:
                    near.fire(min(ROUND, count) // 2)
                    far.fire(min(ROUND, count) // 2)
                    try:
                        failures += _box_is_well(whole)
                    except TimeoutError as error:
                        failures.append(f"the box serves no more: {error}; runs: {whole.box.running}")
                    say(f"box: {sent // 2:,} mutants")
            after = vitals(whole.box.pid)
            failures += worse("the box", before, after, GROWTH_MB)
            failures += [f"in the box: {line[:300]}" for line in whole.box.log.splitlines() if "work failed" in line]
        sent_all = near.sent + far.sent
        figures: dict[str, Figure] = {
            "box: mutants": sum(n for name, n in sent_all.items() if name.startswith("to ")),
            "box: still valid, not sent": near.held_back + far.held_back,
            **{f"box: {name}": n for name, n in sorted(sent_all.items())},
            "box: rss_mb before": before.rss_mb,
            "box: rss_mb after": after.rss_mb,
            "box: threads": after.threads,
        }
        return figures, failures


def _box_is_well(whole: WholeBox) -> Iterator[str]:
    """It is in service, moved no arm unasked, and serves the next vehicle as ever."""
    before, openings = whole.listener.raised(), whole.site.openings
    whole.catch_up()
    if not whole.box.running:
        yield f"the box fell: {whole.box.log[-2000:]}"
        return
    if (whole.listener.raised(), whole.site.openings) != (before, openings):
        yield "an arm moved"
    whole.vehicle_comes_in()
    centre = whole.centre
    centre.wait(lambda: len(centre.facts(VehiclePassed)) >= whole.site.passages, "all passages")
    truth = (whole.site.openings, whole.site.passages)
    booked = (len(centre.facts(ArmRaised)), len(centre.facts(VehiclePassed)))
    if truth != booked:
        yield f"openings and passages: {truth} in truth, {booked} told"
    if whole.listener.raised() != whole.site.openings:
        yield f"{whole.listener.raised()} orders to rise for {whole.site.openings} openings"


def _papers(rng: random.Random, whole: WholeBox) -> dict[str, Target]:
    """What the centre says; besides mutants of the paper there are mutants that the centre itself has signed."""
    state = whole.centre.state
    assert state is not None
    commands = [whole.command(action) for action in ACTIONS.values()]
    lease = [replace(LEASE, number=9, box=BOX)]
    delta = [replace(DELTA, lease=1, number=1, box=BOX)]
    ack = [encode(Ack(journal=state.journal, sequence=1))]
    return {
        "command": Target(_topic(Channel.COMMAND), _signed(rng, commands, Command), _opens(Command)),
        "lease": Target(_topic(Channel.LEASE), _signed(rng, lease, Lease), _opens(Lease)),
        "delta": Target(_topic(Channel.DELTA), _signed(rng, delta, Delta), _opens(Delta)),
        "ack": Target(_topic(Channel.ACK), ack, decodes(lambda data: decode(data, Ack))),
    }


def _signed(rng: random.Random, values: Sequence[Contract], kind: type[Contract]) -> list[bytes]:
    mutator, signed_junk = Mutator(rng), list[bytes]()
    while len(signed_junk) < 200:
        _, body = mutator.of(encode(rng.choice(values)))
        try:
            text = body.decode()
            decode(body, kind)
        except UnicodeDecodeError:
            continue
        except ValueError:
            signature = KEY.sign(body)
            signed_junk.append(
                encode(signing.Signed(body=text[:59_000], signature=base64.b64encode(signature).decode()))
            )
    return [*(signing.sign(value, KEY) for value in values), *signed_junk]


def _opens(kind: type[Contract]) -> Callable[[bytes], bool]:
    return decodes(lambda data: signing.opened(data, kind, KEY.public_key()))


def _topic(channel: Channel) -> str:
    return str(Topic(SITE, BOX, channel))


def _devices() -> dict[str, Target]:
    """What boards and profilers say."""
    found: dict[str, Target] = {}
    for lane in LANES:
        edges = [tasmota.edge_payload(sensor, level) for sensor in Sensor for level in (Level.ON, Level.OFF)]
        levels = [tasmota.levels_payload(dict.fromkeys(Sensor, level)) for level in (Level.ON, Level.OFF)]
        result, status = tasmota.result_topic(lane), tasmota.levels_topic(lane)
        found[f"edges of {lane}"] = Target(result, edges, _reads(lane, result))
        found[f"levels of {lane}"] = Target(status, levels, _reads(lane, status))
        found[f"birth of {lane}"] = Target(tasmota.will_topic(lane), WORDS, WORDS.__contains__)
        outline = [profiler.profile_payload(CAR)]
        found[f"outline at {lane}"] = Target(profiler.profile_topic(lane), outline, decodes(profiler.profile))
    return found


def _reads(lane: str, topic: str) -> Callable[[bytes], bool]:
    return decodes(lambda data: tasmota.readings(lane, topic, data))
