"""The vault: plates by approach, pictures by hash; a visit names its two approaches.

Erasing a person deletes rows here and touches no book.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlmodel import Field, SQLModel

from server.facts import moment


class VaultReadRow(SQLModel, table=True):
    """What the reader saw of one vehicle at one lane. `visit` is never filled: a visit names its approaches."""

    __tablename__ = "vault_read"
    __table_args__ = (Index("vault_read_of_lane", "site", "lane", "happened_at"),)

    approach: str = Field(primary_key=True)
    site: str
    lane: str
    direction: str
    visit: str | None = Field(default=None, index=True)
    plate: str = Field(index=True)
    confidence: float
    characters: str
    lines: int
    colour: str
    vehicle_class: str | None = None
    picture: str | None = Field(default=None, index=True)
    engine: str
    took_ms: int
    happened_at: datetime = moment()
    others: str = ""
    """What else the plate may be, as JSON: texts with their probabilities; empty where the fact says nothing."""


class VaultPictureRow(SQLModel, table=True):
    """An evidence picture that has arrived; its bytes lie under its hash in the vault's folder."""

    __tablename__ = "vault_picture"

    sha256: str = Field(primary_key=True)
    box: str
    size: int
    arrived_at: datetime = moment()


class VaultParkedRow(SQLModel, table=True):
    """A fact that could not be read or booked, as it came; it may hold a plate, so it lies here."""

    __tablename__ = "vault_parked"

    box: str = Field(primary_key=True)
    journal: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    site: str
    raw: bytes = Field(sa_type=LargeBinary)
    why: str
    arrived_at: datetime = moment()
