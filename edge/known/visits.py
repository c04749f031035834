"""The box's own knowledge of who is inside; enough to decide with no network."""

import secrets
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from edge import boots
from edge.clock import Clock
from edge.journal.store import Store
from gate.lease import Delta, Inside, Lease, Receipt
from gate.matching import OpenVisit
from gate.messages import ClockQuality
from gate.reference import SPACE, first_number, mint
from gate.vehicle import VehicleClass

_INSIDE: Final = (
    "SELECT visit, plate, vehicle_class, texts FROM visit LEFT JOIN visit_others USING (visit) "
    "WHERE left_at IS NULL AND voided = 0 AND entered_at IS NOT NULL"
)
_OTHERS: Final = "CREATE TABLE IF NOT EXISTS visit_others (visit TEXT PRIMARY KEY, texts TEXT NOT NULL) STRICT"
"""What else the plate at the entry may be, as JSON: texts with their probabilities. Of who is inside alone."""

_RECEIPTS: Final = """CREATE TABLE IF NOT EXISTS visit_receipt (
    visit TEXT PRIMARY KEY, amount INTEGER NOT NULL, at TEXT NOT NULL) STRICT"""
_RECEIPTS_GONE: Final = (
    "DELETE FROM visit_receipt WHERE visit IN (SELECT visit FROM visit WHERE left_at IS NOT NULL OR voided = 1)"
)

Texts = tuple[tuple[str, float], ...]
"""Whole texts of a plate, each with its probability."""


class Stay(NamedTuple):
    """A visit as the box knows it. `entered_at` is by all that is known of the clocks now, and never later than now.

    `paid`: the centre said once that it owes nothing; `receipt`: how much it had paid then. `quoted_at`: the moment
    for which its last price was made since this program began.
    """

    visit: str
    plate: str
    vehicle_class: VehicleClass
    entered_at: datetime
    paid: bool
    receipt: Receipt | None = None
    quoted_at: datetime | None = None


class Visits:
    """Visits of a site, minted here. Who is inside is kept in memory as well, just as the journal says it."""

    def __init__(self, store: Store, clock: Clock, site: str, key: bytes) -> None:
        self._store, self._clock, self._site, self._key = store, clock, site, key
        self._at_arm: dict[str, str] = {}
        self._inside: list[OpenVisit] | None = None  # None: to be read from the journal
        self._quoted: dict[str, datetime] = {}
        store.run(_RECEIPTS)
        store.run(_OTHERS)
        boots.begin(store, clock)
        store.when_ended(self._ended)

    def open(self, plate: str, kind: VehicleClass, lane: str, others: Texts = ()) -> str:
        """A new visit; its reference was never given before. `others`: what else the plate may be."""
        now = self._clock.now()
        number = int(self._store.meta("next_visit") or self._first_number())
        reference = mint(self._site, number, self._key)
        with self._store.transaction():
            self._store.remember("next_visit", str(number + 1))
            self._store.run(
                "INSERT INTO visit (visit, plate, vehicle_class, lane, opened_at) VALUES (?, ?, ?, ?, ?)",
                reference,
                plate,
                kind,
                lane,
                now.isoformat(),
            )
            if others:
                said = msgspec.json.encode(others).decode()
                self._store.run("INSERT INTO visit_others VALUES (?, ?)", reference, said)
            boots.began(self._store, self._clock, reference, now)
        return reference

    def _first_number(self) -> int:
        """Where a new journal begins to count. A clock that is known to be wrong says nothing of older journals."""
        reading = self._clock.reading()
        return secrets.randbelow(SPACE // 2) if reading.quality is ClockQuality.UNKNOWN else first_number(reading.at)

    def entered(self, visit: str, at: datetime) -> None:
        """The vehicle went past the entry's arm."""
        with self._changed(visit):
            outside = "SELECT 1 FROM visit WHERE visit = ? AND entered_at IS NULL"
            if self._store.run(outside, visit).fetchone():
                self._store.run("UPDATE visit SET entered_at = ? WHERE visit = ?", at.isoformat(), visit)
                boots.began(self._store, self._clock, visit, at)

    def left(self, visit: str, at: datetime) -> None:
        """The vehicle went past an exit's arm. Its entry is kept as what is known of it now."""
        stay = self.get(visit)
        with self._changed(visit):
            if stay is not None:
                entered = "UPDATE visit SET entered_at = ? WHERE visit = ? AND entered_at IS NOT NULL"
                self._store.run(entered, min(stay.entered_at, at).isoformat(), visit)
            self._store.run("UPDATE visit SET left_at = ? WHERE visit = ?", at.isoformat(), visit)
            self._ended_for_good(visit)
        self._quoted.pop(visit, None)

    def told(self, lease: Lease) -> None:
        """Stays that no box opened, plates that a person corrected, and stays that ended by a person's word. One that
        stands at an arm stays."""
        for stay in lease.inside:
            self._was_inside(stay)
        for visit in lease.gone:
            if self.get(visit) is not None and visit not in self._at_arm.values():
                self.left(visit, lease.issued_at)

    def _was_inside(self, stay: Inside) -> None:
        """One that is known stays as it is, it may have left since; but its plate is what the centre says."""
        known = self._store.run("SELECT plate FROM visit WHERE visit = ?", stay.visit).fetchone()
        if known is not None:
            if known[0] != stay.plate:
                self._corrected(stay)
            return
        since = stay.since.isoformat()
        with self._changed(stay.visit):
            self._store.run(
                "INSERT INTO visit (visit, plate, vehicle_class, lane, opened_at, entered_at) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                *(stay.visit, stay.plate, stay.vehicle_class, stay.lane, since, since),
            )

    def _corrected(self, stay: Inside) -> None:
        """A person says the plate: what else the reader held it to be is over."""
        with self._changed(stay.visit):
            self._store.run("UPDATE visit SET plate = ? WHERE visit = ?", stay.plate, stay.visit)
            self._store.run("DELETE FROM visit_others WHERE visit = ?", stay.visit)

    def voided(self, visit: str) -> None:
        """The vehicle backed out before it entered."""
        with self._changed(visit):
            self._store.run("UPDATE visit SET voided = 1 WHERE visit = ?", visit)
            self._ended_for_good(visit)

    def _ended_for_good(self, visit: str) -> None:
        boots.ended(self._store, visit)
        self._store.run("DELETE FROM visit_others WHERE visit = ?", visit)

    def paid(self, visit: str) -> None:
        """The centre says nothing is owed."""
        self._store.run("UPDATE visit SET paid = 1 WHERE visit = ?", visit)

    def settled(self, paper: Lease | Delta) -> None:
        """The centre's paper says who owes nothing, and what they paid; call it in the transaction that takes it."""
        self._store.run(_RECEIPTS_GONE)
        for visit in paper.paid:
            self.paid(visit)
        for each in paper.receipts:
            values = each.visit, each.amount, each.at.isoformat()
            self._store.run("INSERT OR REPLACE INTO visit_receipt VALUES (?, ?, ?)", *values)

    def quoted(self, visit: str, at: datetime) -> None:
        """Its price was made for a stay that ends at this moment."""
        self._quoted[visit] = at

    def get(self, visit: str) -> Stay | None:
        """A visit that is inside."""
        row = self._store.run(
            "SELECT visit, plate, vehicle_class, coalesce(entered_at, opened_at), paid, amount, at "
            "FROM visit LEFT JOIN visit_receipt USING (visit) WHERE visit = ? AND left_at IS NULL AND voided = 0",
            visit,
        ).fetchone()
        if row is None:
            return None
        began = boots.beginning(self._store, self._clock, visit, datetime.fromisoformat(row[3]))
        receipt = Receipt(visit=visit, amount=row[5], at=datetime.fromisoformat(row[6])) if row[6] else None
        return Stay(row[0], row[1], VehicleClass(row[2]), began, bool(row[4]), receipt, self._quoted.get(visit))

    def stands_at(self, lane: str, visit: str | None) -> None:
        """This visit is at the arm of this exit, or nobody is."""
        if visit is None:
            self._at_arm.pop(lane, None)
        else:
            self._at_arm[lane] = visit

    def is_elsewhere(self, lane: str, visit: str) -> bool:
        """Whether another exit has this visit at its arm: one stay leaves once."""
        return visit in self._elsewhere(lane)

    def _elsewhere(self, lane: str) -> set[str]:
        return {visit for other, visit in self._at_arm.items() if other != lane}

    def leaving(self, lane: str) -> list[OpenVisit]:
        """Everyone who may be leaving by this lane."""
        elsewhere = self._elsewhere(lane)
        inside = self.inside()
        return [stay for stay in inside if stay.visit not in elsewhere] if elsewhere else inside

    def inside(self) -> list[OpenVisit]:
        """Everyone who may leave, in the order of their references."""
        if self._inside is None:
            self._inside = [_open(row) for row in self._store.run(f"{_INSIDE} ORDER BY visit")]
        return list(self._inside)

    @contextmanager
    def _changed(self, visit: str) -> Iterator[None]:
        """Change what the journal says of this visit, and know it; where the journal fails, it is read again."""
        with self._store.transaction():
            yield
            if self._inside is None:
                return
            place = bisect_left(self._inside, visit, key=_reference)
            now = [_open(row) for row in self._store.run(f"{_INSIDE} AND visit = ?", visit)]
            known = self._inside[place : place + 1]
            self._inside[place : place + sum(stay.visit == visit for stay in known)] = now

    def _ended(self, done: bool) -> None:  # noqa: FBT001 - the store's own call
        if not done:
            self._inside = None


def _open(row: tuple[str, str, str, str | None]) -> OpenVisit:
    others = msgspec.json.decode(row[3], type=Texts) if row[3] else ()
    return OpenVisit(row[0], row[1], VehicleClass(row[2]), others)


def _reference(stay: OpenVisit) -> str:
    return stay.visit
