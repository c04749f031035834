"""One unit of work of ingest: rows gathered in memory, written in a few statements.

What an event needs to know of the past is fetched once for the whole batch; what it changes in the derived
tables is written back once. The books are the same as if each event had been written alone, in order.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec.structs import asdict
from sqlmodel import Session, SQLModel, col, select

from gate.ledger import Entry
from server import plate_parts
from server.clocks import Timed, entries
from server.db import columns, insert_many, upsert_many
from server.derived import JournalMarkRow, LaneNowRow, VisitRow
from server.facts import EventRow, PaymentRow
from server.now import LaneNow, VisitNow
from server.supplements import Price, prices
from server.vault import VaultReadRow


class Batch:
    """Facts to insert, and the derived rows as they will be after the batch."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session = session
        self.now = now
        self.charged: dict[str, Price] = {}  # what stays cost that were charged before this batch, or in it
        self.prepaid: set[str] = set()
        self.places: dict[tuple[str, str, int], str] = {}  # fingerprints of what this batch took
        self.entries: dict[str, Timed] = {}  # facts of the entries of visits that are priced here
        self._entries: list[Entry] = []
        self._used: set[str] = set()
        self._facts: dict[type[SQLModel], list[dict[str, Any]]] = defaultdict(list)
        self._visits: dict[str, VisitNow | None] = {}
        self._changed: dict[str, VisitNow] = {}
        self._lanes: dict[tuple[str, str], LaneNow] = {}
        self._touched: set[tuple[str, str]] = set()
        self._marks: dict[tuple[str, str], JournalMarkRow] = {}

    def know(self, visits: Iterable[str], lanes: Iterable[tuple[str, str]]) -> None:
        """Fetch what the events of this batch will ask about."""
        names = sorted(set(visits))
        self._visits.update(dict.fromkeys(names))
        find = self.session.exec
        stays = find(select(VisitRow).where(col(VisitRow.visit).in_(names)))
        self._visits.update({row.visit: VisitNow(**columns(row)) for row in stays})
        self.charged.update(prices(self.session, names))
        self._know_money(names)
        sites = {site for site, _ in lanes}
        here = find(select(LaneNowRow).where(col(LaneNowRow.site).in_(sites)))
        self._lanes.update({(row.site, row.lane): LaneNow(**columns(row)) for row in here})
        self.session.expunge_all()

    def know_entries(self, visits: set[str], boxes: set[str]) -> None:
        """Fetch when the visits came in that this batch prices."""
        if visits:
            self.entries.update(entries(self.session, sorted(visits), boxes))
            self.session.expunge_all()

    def _know_money(self, names: list[str]) -> None:
        early = select(PaymentRow.reference).where(col(PaymentRow.reference).in_(names))
        self.prepaid.update(reference for reference in self.session.exec(early) if reference)

    def remember(self, messages: set[str]) -> None:
        """Look up which of these message ids were used before."""
        used = select(EventRow.message_id).where(col(EventRow.message_id).in_(sorted(messages)))
        self._used.update(self.session.exec(used))

    def is_new(self, message: str) -> bool:
        """Whether this message id is used for the first time; it is used now."""
        if message in self._used:
            return False
        self._used.add(message)
        return True

    def fact(self, table: type[SQLModel], **values: Any) -> None:
        """A row to insert."""
        self._facts[table].append(values)

    def pend(self, entry: Entry) -> None:
        """An entry of the first phase of a charge, or of a supplement, posted with the batch."""
        self._entries.append(entry)

    def pended(self) -> list[Entry]:
        """The entries to post; they are given out once."""
        gathered, self._entries = self._entries, []
        return gathered

    def visit(self, visit: str | None) -> VisitNow | None:
        """The visit as it stands in this batch; whoever changes it says so with `changed`."""
        return self._visits.get(visit) if visit else None

    def changed(self, row: VisitNow) -> None:
        """The visit is new or another than before."""
        self._visits[row.visit] = self._changed[row.visit] = row

    def lane(self, site: str, lane: str, box: str, direction: str = "") -> LaneNow:
        """The lane as it stands in this batch, made when it was never heard of."""
        row = self._lanes.get((site, lane))
        if row is None:
            row = LaneNow(site=site, lane=lane, box=box, direction=direction, updated_at=self.now)
            self._lanes[site, lane] = row
        row.updated_at = self.now
        self._touched.add((site, lane))
        return row

    def mark(self, box: str, journal: str) -> JournalMarkRow:
        """How far this journal is."""
        row = self._marks.get((box, journal))
        if row is None:
            known = self.session.get(JournalMarkRow, (box, journal))
            row = known or JournalMarkRow(box=box, journal=journal, sequence=0, updated_at=self.now)
            if known:
                self.session.expunge(known)
            self._marks[box, journal] = row
        return row

    def forget_lanes(self) -> None:
        """What this batch did to lanes is not written."""
        self._lanes.clear()
        self._touched.clear()

    def flush(self) -> None:
        """Write everything gathered; the batch is empty of news afterwards."""
        for table, rows in self._facts.items():
            insert_many(self.session, table, rows)
        plate_parts.keep(self.session, (read["plate"] for read in self._facts.get(VaultReadRow, ())))
        self._facts.clear()
        upsert_many(self.session, VisitRow, [asdict(row) for row in self._changed.values()])
        self._changed.clear()
        upsert_many(self.session, LaneNowRow, [asdict(self._lanes[place]) for place in sorted(self._touched)])
        upsert_many(self.session, JournalMarkRow, [columns(row) for row in self._marks.values()])
