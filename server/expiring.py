"""What is older than the centre keeps it goes, in small bites: plates and pictures of `server.aged`, the audit by age.

A picture's file goes before its row, so that what was cut short is done the next time. Books are not touched.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import structlog
from sqlalchemy import ColumnElement, Engine, func
from sqlmodel import SQLModel, col, delete, select

from server import aged, plate_parts
from server.auditing import name_of
from server.auth import audit
from server.db import hold, reading, transaction
from server.facts import AuditRow
from server.keeping import Keeping
from server.listings import ListingRow, VaultListingRow
from server.uploads import path_of
from server.vault import VaultPictureRow, VaultReadRow
from server.vault_plates import VaultPlateRow, words

EVERY: Final = timedelta(hours=6)
BY: Final = "rule"
BITES_MAX: Final = 2_000
"""At once, of `aged.AT_ONCE` each; what is left waits for the next time."""
log = structlog.get_logger()


class Gone(NamedTuple):
    """How many reads, and vehicles of lists, went; reads that lost their picture; files, records of the audit."""

    reads: int = 0
    listed: int = 0
    unpictured: int = 0
    pictures: int = 0
    records: int = 0


class Expirer:
    """Does it again and again, as the centre's errand."""

    def __init__(
        self, engine: Engine, vault: Path, keeping: Keeping, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine, self._vault, self._keeping, self._now = engine, vault, keeping, now

    def go(self) -> Gone:
        """Let go what is due."""
        gone = expire(self._engine, self._vault, self._keeping, self._now())
        if any(gone):
            log.info("expired", **gone._asdict())
        return gone


def due(engine: Engine, keeping: Keeping, now: datetime) -> Gone:
    """What would go, and nothing does."""
    reads = sum(len(each) for each in _bites(engine, keeping.plates_days, now, seen=False))
    unpictured = sum(len(each) for each in _bites(engine, keeping.pictures_days, now, seen=True))
    with reading(engine) as session:
        listed, records = (
            session.exec(select(func.count()).select_from(table).where(old)).one() if old is not None else 0
            for table, old in ((VaultListingRow, _old_rows(keeping, now)), (AuditRow, _old_records(keeping, now)))
        )
    return Gone(reads, listed, unpictured, len(_files(engine, keeping, now)), records)


def expire(engine: Engine, vault: Path, keeping: Keeping, now: datetime) -> Gone:
    """Let go what is due. Twice is as good as once."""
    reads = sum(_forget(engine, each) for each in _bites(engine, keeping.plates_days, now, seen=False))
    unpictured = sum(_unpicture(engine, each) for each in _bites(engine, keeping.pictures_days, now, seen=True))
    pictures = _drop_files(engine, vault, _files(engine, keeping, now))
    listed = _drop(engine, VaultListingRow, _old_rows(keeping, now))
    gone = Gone(reads, listed, unpictured, pictures, _drop(engine, AuditRow, _old_records(keeping, now)))
    if any(gone):
        detail = {
            "reads": str(reads),
            "listed": str(listed),
            "pictures": str(pictures),
            "records": str(gone.records),
        }
        with transaction(engine) as session:
            audit(session, BY, "erased by age", "vault", now, detail)
    return gone


def _bites(engine: Engine, days: int, now: datetime, *, seen: bool) -> Iterator[list[str]]:
    """Approaches that may go after so many days, a bite at a time."""
    if not days:
        return
    cutoff = now - timedelta(days=days)
    with reading(engine) as session:
        whole = aged.closed_days(session, cutoff)
    left = BITES_MAX
    for day in whole:
        after, more = None, True
        while more:
            with reading(engine) as session:
                found = aged.leaf(session, day, cutoff, after, seen=seen)
                names = [row.approach for row in found.reads]
            if names:
                left -= 1
                yield names
            after, more = found.after, found.after is not None and left > 0
        if not left:
            return


def _forget(engine: Engine, approaches: list[str]) -> int:
    with transaction(engine) as session:
        hold(session, "erasing")
        reads = session.exec(select(VaultReadRow.plate).where(col(VaultReadRow.approach).in_(approaches)))
        gone = set(reads) | {each for word in words(session, approaches) for each in (word.plate, word.was)}
        for table in (VaultReadRow, VaultPlateRow):
            session.exec(delete(table).where(col(table.approach).in_(approaches)))
        plate_parts.forget(session, gone)
    return len(approaches)


def _unpicture(engine: Engine, approaches: list[str]) -> int:
    with transaction(engine) as session:
        for row in session.exec(select(VaultReadRow).where(col(VaultReadRow.approach).in_(approaches))):
            row.picture = None
            session.add(row)
    return len(approaches)


def _files(engine: Engine, keeping: Keeping, now: datetime) -> list[str]:
    """Pictures that no read shows any more, and that came before all that is kept."""
    days = keeping.pictures_days or keeping.plates_days
    if not days:
        return []
    shown = select(VaultReadRow.approach).where(col(VaultReadRow.picture) == col(VaultPictureRow.sha256))
    old = col(VaultPictureRow.arrived_at) < now - timedelta(days=days)
    with reading(engine) as session:
        rows = select(VaultPictureRow.sha256).where(old, ~shown.exists()).order_by(col(VaultPictureRow.sha256))
        return list(session.exec(rows.limit(BITES_MAX * aged.AT_ONCE)))


def _drop_files(engine: Engine, vault: Path, names: list[str]) -> int:
    for start in range(0, len(names), aged.AT_ONCE):
        some = names[start : start + aged.AT_ONCE]
        for sha256 in some:
            path_of(vault, sha256).unlink(missing_ok=True)
        with transaction(engine) as session:
            session.exec(delete(VaultPictureRow).where(col(VaultPictureRow.sha256).in_(some)))
    return len(names)


def _old_rows(keeping: Keeping, now: datetime) -> ColumnElement[bool] | None:
    """Rows of lists that were over before then."""
    if not keeping.plates_days:
        return None
    over = select(ListingRow.entry).where(col(ListingRow.until) < now - timedelta(days=keeping.plates_days))
    return col(VaultListingRow.entry).in_(over)


def _old_records(keeping: Keeping, now: datetime) -> ColumnElement[bool] | None:
    """Records of the audit from before then: their names rise with time."""
    if not keeping.audit_days:
        return None
    return col(AuditRow.id) < name_of(now - timedelta(days=keeping.audit_days))


def _drop(engine: Engine, table: type[SQLModel], old: ColumnElement[bool] | None) -> int:
    if old is None:
        return 0
    with transaction(engine) as session:
        return session.exec(delete(table).where(old)).rowcount
