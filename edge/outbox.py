"""The outbox: a named journal of facts, gapless, kept until the centre has committed them and a week more.

MQTT only carries; a broker's acknowledgement deletes nothing (promises.md 0.1).
"""

import os
import time
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from edge.clock import Clock
from edge.store import Store
from gate.messages import Body, ClockQuality, Envelope
from gate.wire import decode, encode

KEEP_S: Final = 7 * 24 * 3600.0


class Entry(NamedTuple):
    """One fact, as the bytes that go out; a resend is the same bytes."""

    sequence: int
    payload: bytes


class Happening(NamedTuple):
    """The moment at which something happened, and the name that its fact will have."""

    message_id: UUID
    monotonic_ms: int
    at: datetime


class Outbox:
    """Facts of one box. Only the deciding thread records; whoever sends reads through `after`.

    `last` is the newest fact on disk.
    """

    def __init__(self, store: Store, clock: Clock, site: str, box: str) -> None:
        self._store, self._clock, self._site, self._box = store, clock, site, box
        with store.transaction():
            self.journal = store.meta("journal") or os.urandom(8).hex()
            store.remember("journal", self.journal)
        row = store.run("SELECT max(sequence) FROM outbox").fetchone()
        self.last = self._written = max(int(row[0] or 0), int(store.meta("last_sequence") or 0))
        self.acknowledged = int(store.meta("acknowledged") or 0)
        store.when_ended(self._ended)

    def happening(self) -> Happening:
        """Something happens now."""
        return Happening(self._clock.new_id(), self._clock.monotonic_ms(), self._clock.now())

    def record(self, body: Body, when: Happening | None = None) -> Envelope:
        """Write a fact. It is durable when the surrounding transaction has committed.

        Raises Malformed for a body that the centre would refuse: it would stand in the way of all behind it.
        """
        happened = when or self.happening()
        with self._store.transaction():
            envelope = Envelope(
                message_id=happened.message_id,
                site=self._site,
                box=self._box,
                journal=self.journal,
                sequence=self._written + 1,
                boot=self._clock.boot,
                monotonic_ms=happened.monotonic_ms,
                happened_at=happened.at,
                clock_offset_ms=None,
                clock_quality=ClockQuality.UNKNOWN,
                body=body,
            )
            payload = encode(envelope)
            decode(payload, Envelope)
            self._store.run("INSERT INTO outbox VALUES (?, ?, ?)", envelope.sequence, payload, time.time())
            self._written = envelope.sequence
        return envelope

    def _ended(self, done: bool) -> None:  # noqa: FBT001 - the store's own call
        if done:
            self.last = self._written
        else:
            self._written = self.last

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
