"""A centre small enough to trust: it keeps each fact of a journal once, in order, and acknowledges its mark.

With faults: it loses events before it sees them, and says acknowledgements twice.
"""

import random
import threading
from collections.abc import Callable
from typing import Any, Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gate import signing
from gate.messages import Ack, Body, Envelope, Reply
from gate.presence import State
from gate.topics import Channel, Topic
from gate.wire import Contract, decode, encode
from simulator.stage.mosquitto import Mosquitto

PATIENCE_S: Final = 30.0


class FakeCentre:
    """`with FakeCentre(broker, "SPS", "sps-1", key) as centre`. All that it took is in `booked`, in order."""

    def __init__(
        self, broker: Mosquitto, site: str, box: str, key: Ed25519PrivateKey, *, loses: float = 0.0, repeats: int = 1
    ) -> None:
        self._site, self._box, self._key, self._broker = site, box, key, broker
        self._loses, self._repeats, self._chance = loses, repeats, random.Random(7)
        self._changed = threading.Condition()
        self.booked: dict[str, list[bytes]] = {}
        self.got = 0
        self.loses_next: set[int] = set()
        self.quarrels: list[str] = []
        self.replies: list[Reply] = []
        self.state: State | None = None
        self.online: list[bytes] = []
        self.acknowledges = True
        self.client = Client(CallbackAPIVersion.VERSION2, client_id="centre", protocol=MQTTProtocolVersion.MQTTv5)
        self.client.username_pw_set("centre", "centre-secret-long")
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = self._connected
        self.client.on_message = self._message

    def __enter__(self) -> Self:
        self.client.connect_async(self._broker.host, self._broker.port)
        self.client.loop_start()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    # --- what it says -------------------------------------------------------------------------------------

    def say(self, channel: Channel, payload: bytes, *, retain: bool = False) -> None:
        """Publish to the box; returns when the broker has it."""
        self.client.publish(str(self._topic(channel)), payload, qos=1, retain=retain).wait_for_publish(10)

    def sign(self, channel: Channel, value: Contract, *, retain: bool = False) -> None:
        """Publish a signed paper."""
        self.say(channel, signing.sign(value, self._key), retain=retain)

    def ack(self, journal: str, sequence: int) -> None:
        """Acknowledge, whatever it has."""
        for _ in range(self._repeats):
            self.client.publish(str(self._topic(Channel.ACK)), encode(Ack(journal=journal, sequence=sequence)), qos=1)

    # --- what came ----------------------------------------------------------------------------------------

    def envelopes(self) -> list[Envelope]:
        """All that is booked, in order; of one journal."""
        with self._changed:
            return [decode(payload, Envelope) for journal in self.booked.values() for payload in journal]

    def facts(self, kind: type[Any]) -> list[Any]:
        """The booked facts of a kind, in order."""
        bodies: list[Body] = [envelope.body for envelope in self.envelopes()]
        return [body for body in bodies if isinstance(body, kind)]

    def wait(self, holds: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S) -> None:
        """Wait until something holds; looked at after each message. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(holds, timeout_s):
                raise TimeoutError(f"{what}: not within {timeout_s} s; {self.got} events came, {self.quarrels}")

    def count(self) -> int:
        """How many facts are booked."""
        return sum(len(journal) for journal in self.booked.values())

    def _topic(self, channel: Channel) -> Topic:
        return Topic(self._site, self._box, channel)

    def _connected(self, client: Client, *_: Any) -> None:
        heard = (Channel.EVENT, Channel.REPLY, Channel.STATE, Channel.ONLINE)
        client.subscribe([(str(self._topic(channel)), 1) for channel in heard])

    def _message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        channel, payload = Topic.parse(message.topic).channel, bytes(message.payload)
        with self._changed:
            if channel is Channel.EVENT:
                self._event(payload)
            elif channel is Channel.REPLY:
                self.replies.append(decode(payload, Reply))
            elif channel is Channel.STATE:
                self.state = decode(payload, State)
            else:
                self.online.append(payload)
            self._changed.notify_all()

    def _event(self, payload: bytes) -> None:
        self.got += 1
        if self.got in self.loses_next or self._chance.random() < self._loses:
            return
        envelope = decode(payload, Envelope)
        journal = self.booked.setdefault(envelope.journal, [])
        if envelope.sequence == len(journal) + 1:
            journal.append(payload)
        elif envelope.sequence <= len(journal) and journal[envelope.sequence - 1] != payload:
            self.quarrels.append(f"{envelope.sequence} came again with other content")
        if self.acknowledges:
            self.ack(envelope.journal, len(journal))
