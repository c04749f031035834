"""Tables of facts about stays that people put right: proposed pairs, corrections, lost entries, the first day.

No plate is here: an approach leads to the vault.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.facts import moment


class PairingRow(SQLModel, table=True):
    """A proposal, once a pair: this exit's passage ended this stay. `difference` is what the driver would owe, in dong.

    `evidence` is JSON of words; the parts in nats are those of `gate.assignment.Evidence`.
    """

    __tablename__ = "pairing"
    __table_args__ = (Index("pairing_of_site", "site", "proposed_at"),)

    passage: str = Field(primary_key=True)
    visit: str = Field(primary_key=True)
    site: str
    approach: str
    probability: float
    margin: float
    difference: int = Field(sa_type=BigInteger)
    evidence: str
    proposed_at: datetime = moment()


class PairingWordRow(SQLModel, table=True):
    """What became of a proposal: `accepted` or `dismissed` by a person, `overtaken` by what happened since."""

    __tablename__ = "pairing_word"

    passage: str = Field(primary_key=True)
    visit: str = Field(primary_key=True)
    site: str = Field(index=True)
    word: str
    by: str
    note: str
    at: datetime = moment()


class CorrectionRow(SQLModel, table=True):
    """A passage belongs to a visit, by somebody's word. `before` is the visit that it was booked on, empty for none.

    With a `tariff` the visit had no charge and got this one; without, no money moved.
    """

    __tablename__ = "correction"

    passage: str = Field(primary_key=True)
    site: str = Field(index=True)
    visit: str = Field(index=True)
    before: str
    approach: str
    lane: str
    left_at: datetime = moment()
    tariff: str
    total: int = Field(sa_type=BigInteger)
    vat: int = Field(sa_type=BigInteger)
    lines: str
    by: str
    note: str
    made_at: datetime = moment()


class ShownRow(SQLModel, table=True):
    """Who was shown which visits for a vehicle at an exit. `subject` is its approach."""

    __tablename__ = "candidates_shown"
    __table_args__ = (Index("candidates_shown_for", "subject", "by"),)

    shown: str = Field(primary_key=True)
    site: str
    subject: str
    by: str
    candidates: str  # JSON: visit and probability, best first
    shown_at: datetime = moment()


class LostEntryRow(SQLModel, table=True):
    """An exit without an entry, charged by the tariff's row for it. `shown` names the candidates that did not fit.

    `came_at` is when the vehicle came to the exit: all that is known of its stay.
    """

    __tablename__ = "lost_entry"

    visit: str = Field(primary_key=True)
    site: str = Field(index=True)
    approach: str = Field(unique=True)
    lane: str
    vehicle_class: str
    tariff: str
    total: int = Field(sa_type=BigInteger)
    vat: int = Field(sa_type=BigInteger)
    lines: str
    payload: str
    shown: str
    by: str
    note: str
    came_at: datetime = moment()
    made_at: datetime = moment()


class InsideFileRow(SQLModel, table=True):
    """A list of vehicles that were inside on the first day, taken once."""

    __tablename__ = "inside_file"

    site: str = Field(primary_key=True)
    sha256: str = Field(primary_key=True)
    name: str
    vehicles: int
    by: str
    taken_at: datetime = moment()


class InsideRow(SQLModel, table=True):
    """A vehicle of such a list, and the visit that it got."""

    __tablename__ = "inside"
    __table_args__ = (UniqueConstraint("site", "sha256", "line"),)

    visit: str = Field(primary_key=True)
    site: str = Field(index=True)
    sha256: str
    line: int
    approach: str
    vehicle_class: str
    lane: str
    since: datetime = moment()
    taken_at: datetime = moment()
