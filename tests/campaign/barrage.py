"""Somebody with a broker's password who publishes mutants: what is still valid is held back, the rest is counted."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Self

import psutil
from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from simulator.stage.mosquitto import Mosquitto
from tests.campaign.mutants import Mutator

BATCH: Final = 500
RETAINED: Final = 0.05
ELSEWHERE: Final = 0.03
ODD_TOPICS: Final = (
    "barie/v1/SPS/sps-1/event/more",
    "barie/v1//sps-1/event",
    "barie/v1/sps/SPS-1/EVENT",
    "barie/v2/SPS/sps-1/event",
    "barie/v1/SPL/spl-1/event",
    "barie/v1/SPS/spl-1/event",
    "barie/v1/SPS/bht-1/state",
    "barie/v1/SPS/sps-1/command",
    "barie/v1/SPS/" + "a" * 2_000 + "/event",
    "barie/v1/SPS/\u0111\u01b0\u1eddng-1/event",
    "stat/in-1/RESULT/more",
    "stat//RESULT",
    "tele/in-9/LWT",
    "$SYS/broker/uptime",
)


class Target(NamedTuple):
    """A topic, valid messages for it, and whether a message is valid there: those change things by right."""

    topic: str
    samples: Sequence[bytes]
    is_valid: Callable[[bytes], bool]


class Barrage:
    """`with Barrage(broker, user, password, rng, targets) as barrage: barrage.fire(1_000)`."""

    def __init__(
        self, broker: Mosquitto, user: str, password: str, rng: random.Random, targets: Mapping[str, Target]
    ) -> None:
        self.sent: Counter[str] = Counter()
        self.held_back = 0
        self._rng, self._targets, self._mutator = rng, targets, Mutator(rng)
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=f"attacker-{user}", protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.username_pw_set(user, password)
        self._client.max_inflight_messages_set(200)
        self._broker = broker

    def __enter__(self) -> Self:
        self._client.connect(self._broker.host, self._broker.port)
        self._client.loop_start()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def fire(self, count: int) -> None:
        """Publish so many mutants, and return when the broker has them."""
        last: MQTTMessageInfo | None = None
        for number in range(count):
            last = self._one()
            if number % BATCH == BATCH - 1:
                last.wait_for_publish(30)
        if last is not None:
            last.wait_for_publish(30)

    def _one(self) -> MQTTMessageInfo:
        while True:
            name = self._rng.choice(tuple(self._targets))
            target = self._targets[name]
            kind, data = self._mutator.of(self._rng.choice(target.samples))
            if not target.is_valid(data):
                break
            self.held_back += 1
        topic = target.topic
        if self._rng.random() < ELSEWHERE:
            topic, name = self._rng.choice(ODD_TOPICS), "elsewhere"
        retain = self._rng.random() < RETAINED
        self.sent[f"to {name}"] += 1
        self.sent[kind] += 1
        self.sent["retained"] += retain
        return self._client.publish(topic, data, qos=1, retain=retain)


def decodes(decode: Callable[[bytes], Any]) -> Callable[[bytes], bool]:
    """Whether a message means anything: `decode` takes it, or gives something at all."""

    def is_valid(data: bytes) -> bool:
        try:
            return bool(decode(data))
        except ValueError:
            return False

    return is_valid


class Vitals(NamedTuple):
    """What a process and all that it started hold: megabytes in memory, threads, and who they are."""

    rss_mb: int
    threads: int
    pids: frozenset[int]


def vitals(pid: int) -> Vitals:
    """Of a process that runs. Raises psutil.NoSuchProcess when it does not."""
    top = psutil.Process(pid)
    family = [top, *top.children(recursive=True)]
    rss = sum(each.memory_info().rss for each in family)
    return Vitals(rss // 2**20, sum(each.num_threads() for each in family), frozenset(each.pid for each in family))


def worse(what: str, before: Vitals, after: Vitals, growth_mb: int) -> Iterator[str]:
    """How it has fared: what died and was started again, what lost a thread, what grew."""
    if gone := before.pids - after.pids:
        yield f"{what} lost {len(gone)} of its {len(before.pids)} processes"
    if after.rss_mb > before.rss_mb + growth_mb:
        yield f"{what} grew from {before.rss_mb} to {after.rss_mb} MB"
    if after.threads < before.threads:
        yield f"{what} had {before.threads} threads and has {after.threads}"
