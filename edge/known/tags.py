"""Which tag came in with which visit, so that the same tag finds it at the exit."""

from typing import Final

from edge.journal.store import Store

_TABLE: Final = "CREATE TABLE IF NOT EXISTS visit_tag (visit TEXT PRIMARY KEY, tag TEXT NOT NULL) STRICT"
_INDEX: Final = "CREATE INDEX IF NOT EXISTS visit_tag_tag ON visit_tag (tag)"


_GONE: Final = "DELETE FROM visit_tag WHERE visit IN (SELECT visit FROM visit WHERE left_at IS NOT NULL OR voided = 1)"


class Tags:
    """Tags of visits that are inside. A tag stays at the box, and not for long after its vehicle."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.run(_TABLE)
        store.run(_INDEX)

    def keep(self, visit: str, tag: str) -> None:
        """This visit came in with this tag; call it in the transaction that opens the visit."""
        self._store.run(_GONE)
        self._store.run("INSERT OR REPLACE INTO visit_tag VALUES (?, ?)", visit, tag)

    def of(self, visit: str) -> str:
        """The tag that the visit came in with; empty for none."""
        row = self._store.run("SELECT tag FROM visit_tag WHERE visit = ?", visit).fetchone()
        return str(row[0]) if row else ""

    def visits(self, tag: str) -> list[str]:
        """The visits that are inside with this tag; more than one only when a tag was used twice."""
        if not tag:
            return []
        found = (
            "SELECT visit FROM visit_tag JOIN visit USING (visit) "
            "WHERE tag = ? AND left_at IS NULL AND voided = 0 ORDER BY visit"
        )
        return [row[0] for row in self._store.run(found, tag)]
