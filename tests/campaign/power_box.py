"""A box that lives over a disk whose power is cut, and what the world knows of its facts."""

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from edge.journal.outbox import Happening, Outbox, after
from edge.journal.owed import NoRoom, Owed
from edge.journal.store import Store
from gate.messages import Body, DeviceFault, Envelope
from gate.wire import encode
from tests.campaign.power_disk import Image, PowerDisk, Wired
from tests.edge.fakes import DeskClock

FILE: Final = "box.db"
KEPT_MAX: Final = 1_000_000
_SIZES: Final = (0, 40, 380)


class Truth:
    """What was acknowledged to whoever recorded it: its transaction had returned before the power went."""

    def __init__(self) -> None:
        self.journal = ""
        self.sure: dict[int, bytes] = {}
        self.tried: list[list[bytes]] = []  # transactions behind the last sure one; a cut may leave one, whole
        self.marks = {0}  # the centre's mark: as it was and as it is being written
        self.dropped = self.dropping = 0
        self.last = 0

    def copy(self) -> "Truth":
        """As it is now."""
        same = Truth()
        same.__dict__.update(self.__dict__)
        same.sure, same.tried, same.marks = dict(self.sure), [list(facts) for facts in self.tried], set(self.marks)
        return same

    def written(self, facts: list[bytes]) -> None:
        """These are acknowledged now."""
        for fact in facts:
            self.last += 1
            self.sure[self.last] = fact
        self.tried = []

    def forget(self, dropped: int) -> None:
        """The box need not have these any more."""
        self.dropped = self.dropping = dropped
        self.sure = {number: fact for number, fact in self.sure.items() if number > dropped}

    def goes_on(self, store: Store, outbox: Outbox) -> None:
        """A life begins with what a cut left, which was judged: what was on its way is there or is not."""
        there = after(store, self.last, KEPT_MAX)
        self.written([entry.payload for entry in there])
        self.marks = {outbox.acknowledged}
        first = store.run("SELECT min(sequence) FROM outbox").fetchone()[0]
        self.forget(outbox.last if first is None else first - 1)


class Watched(Outbox):
    """An outbox whose every fact the world sees on its way; a row of another table goes with each."""

    def __init__(self, store: Store, truth: Truth) -> None:
        super().__init__(store, DeskClock(), "SPS", "sps-1", keep_s=-1.0)
        self._truth, self._rows = truth, store
        self._trying: list[bytes] = []
        store.when_ended(self._over)

    def record(self, body: Body, when: Happening | None = None) -> Envelope:
        """The same, and watched."""
        with self._rows.transaction():
            envelope = super().record(body, when)
            self._rows.run(
                "INSERT INTO visit (visit, plate, vehicle_class, lane, opened_at) VALUES (?, '', '', '', '')",
                str(envelope.sequence),
            )
            if not self._trying:
                self._truth.tried.append(self._trying)
            self._trying.append(encode(envelope))
        return envelope

    def _over(self, done: bool) -> None:  # noqa: FBT001 - the store's own call
        trying, self._trying = self._trying, []
        if done and trying:
            self._truth.written(trying)


class Life:
    """A box from its start to its end, on a disk that was left by the life before."""

    def __init__(
        self,
        folder: Path,
        image: Image,
        truth: Truth,
        chance: random.Random,
        said: Callable[[str], str],
        before: "Callable[[Life], None]",
    ) -> None:
        self.truth, self._chance, self._said = truth, chance, said
        self.disk = PowerDisk(folder, image, lambda: before(self))
        self._file = folder / FILE
        self.did: Counter[str] = Counter()
        self._reading: Iterator[Any] = iter(())

    def start(self) -> None:
        """The box starts."""
        self._store, self._other = self._opened(writing=True), self._opened(writing=False)
        self._store.run(f"PRAGMA wal_autocheckpoint = {self._chance.choice((8, 30, 4000))}").fetchall()
        self._outbox = Watched(self._store, self.truth)
        self._owed = Owed(self._store, self._outbox)
        self.truth.journal = self.truth.journal or self._outbox.journal
        self.truth.goes_on(self._store, self._outbox)

    def _opened(self, *, writing: bool) -> Store:
        return Store(self._file, writing=writing, connect=lambda path: Wired(path, self.disk, self._said))

    def end(self) -> None:
        """The process ends as it does when it is told to."""
        self.disk.full = False
        self._reading = iter(())
        self._other.close()
        self._store.close()

    def step(self) -> None:
        """One thing that a box does; a disk that has no room refuses some."""
        deeds = (self._decide, self._witness, self._hear, self._prune, self._read, self._checkpoint, self._room)
        deed = self._chance.choices((*deeds, self._restart), (50, 15, 10, 6, 6, 5, 5, 1))[0]
        self.did[deed.__name__.strip("_")] += 1
        try:
            deed()
        except (NoRoom, sqlite3.Error):
            if not self.disk.full:
                raise
            self.did["refused for want of room"] += 1

    def _facts(self, most: int) -> Callable[[], None]:
        facts = [
            DeviceFault(lane="", device="test", what=f"{self._chance.random():.8f}" + "x" * self._chance.choice(_SIZES))
            for _ in range(self._chance.randint(1, most))
        ]

        def write() -> None:
            for fact in facts:
                self._outbox.record(fact)

        return write

    def _decide(self) -> None:
        self._owed.decide(self._facts(4))

    def _witness(self) -> None:
        self._owed.witness(self._facts(3))

    def _hear(self) -> None:
        """The centre acknowledges."""
        mark = self._chance.randint(self.truth.dropped, self.truth.last)
        self.truth.marks.add(mark)
        self._outbox.acknowledge(mark)
        self.truth.marks = {mark}

    def _prune(self) -> None:
        self.truth.dropping = max(self._outbox.acknowledged, self.truth.dropped)
        self._outbox.prune()
        self.truth.forget(self.truth.dropping)

    def _read(self) -> None:
        """The sending thread; one that is in the middle of reading keeps the log from starting anew."""
        self._reading = iter(self._other.run("SELECT sequence FROM outbox"))
        next(self._reading, None)
        if self._chance.random() < 0.5:
            self._reading = iter(())

    def _checkpoint(self) -> None:
        self._reading = iter(())
        self._other.run(f"PRAGMA wal_checkpoint({self._chance.choice(('PASSIVE', 'TRUNCATE'))})").fetchall()

    def _room(self) -> None:
        self.disk.full = not self.disk.full

    def _restart(self) -> None:
        self.end()
        self.start()
