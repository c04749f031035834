"""The outbox: a named journal of facts, gapless, kept until the centre has committed them and a week more.

MQTT only carries; a broker's acknowledgement deletes nothing (promises.md 0.1).
"""

import os
import time
from typing import Final, NamedTuple

from edge.clock import Clock
from edge.store import Store
from gate.messages import Body, ClockQuality, Envelope
from gate.wire import encode

KEEP_S: Final = 7 * 24 * 3600.0


class Entry(NamedTuple):
    """One fact, as the bytes that go out; a resend is the same bytes."""

    sequence: int
    payload: bytes


class Outbox:
    """Facts of one box. Only the deciding thread records; whoever sends reads through `after`."""

    def __init__(self, store: Store, clock: Clock, site: str, box: str) -> None:
        self._store, self._clock, self._site, self._box = store, clock, site, box
        with store.transaction():
            self.journal = store.meta("journal") or os.urandom(8).hex()
            store.remember("journal", self.journal)
        row = store.run("SELECT max(sequence) FROM outbox").fetchone()
        self.last = max(int(row[0] or 0), int(store.meta("last_sequence") or 0))
        self.acknowledged = int(store.meta("acknowledged") or 0)

    def record(self, body: Body) -> Envelope:
        """Write a fact. It is durable when the surrounding transaction has committed."""
        envelope = Envelope(
            message_id=self._clock.new_id(),
            site=self._site,
            box=self._box,
            journal=self.journal,
            sequence=self.last + 1,
            boot=self._clock.boot,
            monotonic_ms=self._clock.monotonic_ms(),
            happened_at=self._clock.now(),
            clock_offset_ms=None,
            clock_quality=ClockQuality.UNKNOWN,
            body=body,
        )
        with self._store.transaction():
            self._store.run("INSERT INTO outbox VALUES (?, ?, ?)", envelope.sequence, encode(envelope), time.time())
        self.last = envelope.sequence
        return envelope

    def acknowledge(self, sequence: int) -> None:
        """The centre has committed everything up to here; a lower number takes the mark back."""
        if sequence > self.last or sequence == self.acknowledged:
            return
        self.acknowledged = sequence
        with self._store.transaction():
            self._store.remember("acknowledged", str(sequence))

    def prune(self) -> int:
        """Drop what the centre has had for a week. Says how many facts went."""
        old = time.time() - KEEP_S
        with self._store.transaction():
            self._store.remember("last_sequence", str(self.last))
            gone = self._store.run("DELETE FROM outbox WHERE sequence <= ? AND recorded_at < ?", self.acknowledged, old)
        return gone.rowcount


def after(store: Store, sequence: int, most: int) -> list[Entry]:
    """Facts behind `sequence`, in order. For the sending thread's own connection."""
    rows = store.run(
        "SELECT sequence, payload FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?", sequence, most
    )
    return [Entry(*row) for row in rows]
