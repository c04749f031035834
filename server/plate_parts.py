"""Where a plate is found by a part of it: a table of each plate's endings, written with the vault and gone with it.

What looks alike is written as one (`O` as `0`, `B` as `8`), so that a part of a plate, and a plate with look-alikes in
it, is one range of the index: the endings that begin with what was typed.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import Column, Engine, String
from sqlmodel import Field, Session, SQLModel, col, delete, select

from gate.plate import normalise
from gate.plates.confusable import DIGIT_FOR
from server.db import insert_many, reading, transaction
from server.vault import VaultReadRow
from server.vault_plates import VaultPlateRow

SHORTEST: Final = 3
"""Characters; an ending that is shorter tells nothing."""
LONGEST: Final = 16
_AT_ONCE: Final = 500
_FOLD: Final = str.maketrans(dict(DIGIT_FOR))
_BYTES: Final = String().with_variant(String(collation="C"), "postgresql")
"""Compared byte by byte: a language's own order has other ranges."""


class PlatePartRow(SQLModel, table=True):
    """A folded ending of a plate that lies in the vault, of three characters and more."""

    __tablename__ = "plate_part"
    __table_args__ = ({"sqlite_with_rowid": False},)  # the table is its own index

    part: str = Field(sa_column=Column(_BYTES, primary_key=True))
    plate: str = Field(primary_key=True)


def folded(text: str) -> str:
    """The key form with what looks alike as one."""
    return normalise(text).translate(_FOLD)


def endings(plate: str) -> Iterator[str]:
    """What a plate is found by; of one that is shorter than any ending, itself."""
    whole = folded(plate)[:LONGEST]
    for start in range(max(1, len(whole) - SHORTEST + 1)):
        yield whole[start:]


def keep(session: Session, plates: Iterable[str]) -> None:
    """These plates are in the vault now; whoever puts them there says so in the same transaction."""
    fresh = sorted({plate for plate in plates if plate})
    insert_many(session, PlatePartRow, [{"part": part, "plate": plate} for plate in fresh for part in endings(plate)])


def forget(session: Session, plates: Iterable[str]) -> None:
    """Rows of the vault were erased: of these plates, those that none of its rows has any more are not found again."""
    for plate in sorted({plate for plate in plates if plate}):
        if not any(_has(session, table, plate) for table in (VaultReadRow, VaultPlateRow)):
            parts = col(PlatePartRow.part).in_(list(endings(plate)))
            session.exec(delete(PlatePartRow).where(parts, col(PlatePartRow.plate) == plate))


def _has(session: Session, table: Any, plate: str) -> bool:
    return session.exec(select(table.approach).where(table.plate == plate).limit(1)).first() is not None


def made_again(session: Session) -> None:
    """All of it anew, from what is in the vault."""
    session.exec(delete(PlatePartRow))
    for table in (VaultReadRow, VaultPlateRow):
        after = ""
        while some := _next(session, table, after):
            keep(session, some)
            after = some[-1]


def fill(engine: Engine) -> bool:
    """Books from before this table get it, once. Says whether there was anything to do."""
    with reading(engine) as session:
        if session.exec(select(PlatePartRow.part).limit(1)).first() or not _next(session, VaultReadRow, ""):
            return False
    with transaction(engine) as session:
        made_again(session)
    return True


def _next(session: Session, table: Any, after: str) -> list[str]:
    plates = select(table.plate).where(table.plate > after).distinct().order_by(table.plate).limit(_AT_ONCE)
    return list(session.exec(plates))
