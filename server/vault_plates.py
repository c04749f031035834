"""Plates that a person corrected. What the reader read stays as it was; the newest word is the plate."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func
from sqlmodel import Field, Session, SQLModel, col, select

from server.facts import moment
from server.vault import VaultReadRow

_AT_ONCE: Final = 900


class VaultPlateRow(SQLModel, table=True):
    """A vehicle's plate at one lane by a person's word. `was` is what it was held for until then."""

    __tablename__ = "vault_plate"

    approach: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    site: str = Field(index=True)
    plate: str = Field(index=True)
    was: str
    by: str
    note: str
    at: datetime = moment()


def words(session: Session, approaches: Iterable[str]) -> list[VaultPlateRow]:
    """All that people said of these plates, the oldest first."""
    found: list[VaultPlateRow] = []
    for some in _chunks(approaches):
        rows = select(VaultPlateRow).where(col(VaultPlateRow.approach).in_(some))
        found += session.exec(rows.order_by(col(VaultPlateRow.approach), col(VaultPlateRow.number)))
    return found


def said(session: Session, approaches: Iterable[str]) -> dict[str, str]:
    """The plates of these vehicles by people's newest word; without those of whom nobody said anything."""
    return {row.approach: row.plate for row in words(session, approaches)}


def plates(session: Session, approaches: Iterable[str]) -> dict[str, str]:
    """The plates of these vehicles as they are known now; without those that were not read and those erased."""
    names = list(approaches)
    found: dict[str, str] = {}
    for some in _chunks(names):
        reads = select(VaultReadRow.approach, VaultReadRow.plate).where(col(VaultReadRow.approach).in_(some))
        found |= dict(session.exec(reads).all())
    found |= said(session, names)
    return {approach: plate for approach, plate in found.items() if plate}


def known_as() -> Any:
    """The plate of a `VaultReadRow` of a query as it is known now: a person's newest word, else what was read."""
    newest = (
        select(VaultPlateRow.plate)
        .where(col(VaultPlateRow.approach) == col(VaultReadRow.approach))
        .order_by(col(VaultPlateRow.number).desc())
        .limit(1)
        .correlate(VaultReadRow)
        .scalar_subquery()
    )
    return func.coalesce(newest, VaultReadRow.plate)


def _chunks(approaches: Iterable[str]) -> Iterator[list[str]]:
    names = sorted({approach for approach in approaches if approach})
    return (names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE))
