"""The site's lists at the box: passes, exemptions and denials, as rows of its own store."""

from collections.abc import Iterable
from typing import Final

from edge.journal.store import Store
from gate.lease import Entry, Standing
from gate.plate import normalise
from gate.wire import decode, encode

_TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS listed (
        entry TEXT PRIMARY KEY, standing TEXT NOT NULL, plate TEXT NOT NULL, tag TEXT NOT NULL, body TEXT NOT NULL
        ) STRICT""",
    "CREATE INDEX IF NOT EXISTS listed_plate ON listed (plate) WHERE plate != ''",
    "CREATE INDEX IF NOT EXISTS listed_tag ON listed (tag) WHERE tag != ''",
)


class Lists:
    """Rows by plate and by tag. Changed by `edge.known.papers` alone, in the transaction of the paper that says so."""

    def __init__(self, store: Store) -> None:
        self._store = store
        for statement in _TABLES:
            store.run(statement)

    def replace(self, entries: Iterable[Entry]) -> None:
        """A snapshot: these rows and no others."""
        self._store.run("DELETE FROM listed")
        self.add(entries)

    def add(self, entries: Iterable[Entry]) -> None:
        """New rows; one whose name is known takes its place."""
        for entry in entries:
            row = (entry.entry, entry.standing, normalise(entry.plate), entry.tag, encode(entry).decode())
            self._store.run("INSERT OR REPLACE INTO listed VALUES (?, ?, ?, ?, ?)", *row)

    def end(self, names: Iterable[str]) -> None:
        """These rows are over; a name that is not known is no matter."""
        for name in names:
            self._store.run("DELETE FROM listed WHERE entry = ?", name)

    def of(self, plate: str, tag: str) -> list[Entry]:
        """Rows of exactly this plate or this tag, over or not begun included."""
        found = "SELECT body FROM listed WHERE (plate = ? AND plate != '') OR (tag = ? AND tag != '') ORDER BY entry"
        return self._read(found, normalise(plate), tag)

    def denials(self, length: int) -> list[Entry]:
        """Denied plates of so many characters."""
        found = "SELECT body FROM listed WHERE standing = ? AND length(plate) = ? ORDER BY entry"
        return self._read(found, Standing.DENY, length)

    def __len__(self) -> int:
        """How many rows there are."""
        return int(self._store.run("SELECT count(*) FROM listed").fetchone()[0])

    def _read(self, statement: str, *values: object) -> list[Entry]:
        return [decode(row[0].encode(), Entry) for row in self._store.run(statement, *values)]
