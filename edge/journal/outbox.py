"""The outbox: a named journal of facts, gapless, kept until the centre has committed them and a week more.

MQTT only carries; a broker's acknowledgement deletes nothing (promises.md 0.1).
"""

import os
from typing import Final, NamedTuple
from uuid import UUID

from edge import boots
from edge.clock import Clock, Reading
from edge.journal.store import Store
from gate.messages import Body, Envelope
from gate.wire import decode, encode

KEEP_S: Final = 7 * 24 * 3600.0
PAGES_MAX: Final = 250


class Entry(NamedTuple):
    """One fact, as the bytes that go out; a resend is the same bytes."""

    sequence: int
    payload: bytes


class Happening(NamedTuple):
    """The moment at which something happened, and the name that its fact will have."""

    message_id: UUID
    monotonic_ms: int
    reading: Reading


class Outbox:
    """Facts of one box. Only the deciding thread records; whoever sends reads through `after`.

    `last` is the newest fact on disk; `keep_s`: for how long a fact is kept that the centre has, counted in time that
    the box ran (`recorded_at`), which no wrong clock can shorten.
    """

    def __init__(self, store: Store, clock: Clock, site: str, box: str, *, keep_s: float | None = None) -> None:
        self._store, self._clock, self._site, self._box = store, clock, site, box
        self._keep_s = KEEP_S if keep_s is None else keep_s
        with store.transaction():
            self.journal = store.meta("journal") or os.urandom(8).hex()
            store.remember("journal", self.journal)
        boots.begin(store, clock)
        self._ran_before_s = self._ran_until_s() - clock.monotonic_s()
        row = store.run("SELECT max(sequence) FROM outbox").fetchone()
        self.last = self._written = max(int(row[0] or 0), int(store.meta("last_sequence") or 0))
        self.acknowledged = int(store.meta("acknowledged") or 0)
        store.when_ended(self._ended)

    def happening(self) -> Happening:
        """Something happens now."""
        return Happening(self._clock.new_id(), self._clock.monotonic_ms(), self._clock.reading())

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
                happened_at=happened.reading.at,
                clock_offset_ms=happened.reading.offset_ms,
                clock_quality=happened.reading.quality,
                body=body,
            )
            payload = encode(envelope)
            decode(payload, Envelope)
            self._store.run("INSERT INTO outbox VALUES (?, ?, ?)", envelope.sequence, payload, self._ran_s())
            self._written = envelope.sequence
        return envelope

    def _ran_s(self) -> float:
        """For how long the box has run with this journal, restarts left out."""
        return self._ran_before_s + self._clock.monotonic_s()

    def _ran_until_s(self) -> float:
        row = self._store.run("SELECT max(recorded_at) FROM outbox").fetchone()
        return max(float(row[0] or 0), float(self._store.meta("ran_s") or 0))

    def _ended(self, done: bool) -> None:  # noqa: FBT001 - the store's own call
        if done:
            self.last = self._written
        else:
            self._written = self.last

    def acknowledge(self, sequence: int) -> None:
        """The centre has committed everything up to here; a lower number takes the mark back."""
        if sequence > self.last or sequence == self.acknowledged:
            return
        with self._store.transaction():
            self._store.remember("acknowledged", str(sequence))
            if sequence < self.acknowledged:  # an older copy of the centre may lack pictures too: all are offered
                self._store.run("UPDATE picture SET sent = 0 WHERE sent = 1")
        self.acknowledged = sequence

    def prune(self) -> int:
        """Drop what the centre has had for a week. Says how many facts went."""
        ran_s = self._ran_s()
        old = ran_s - self._keep_s
        with self._store.transaction():
            self._store.remember("ran_s", str(ran_s))
            self._store.remember("last_sequence", str(self.last))
            self._store.run("DELETE FROM outbox WHERE sequence <= ? AND recorded_at < ?", self.acknowledged, old)
            gone = self._store.changed()
            self._store.give_back(PAGES_MAX)
        return gone


def after(store: Store, sequence: int, most: int) -> list[Entry]:
    """Facts behind `sequence`, in order. For the sending thread's own connection."""
    rows = store.run(
        "SELECT sequence, payload FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?", sequence, most
    )
    return [Entry(*row) for row in rows]
