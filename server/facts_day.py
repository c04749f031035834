"""Tables of facts about days and shifts: closes, hand-overs, and what people did about findings."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.facts import moment


class CloseRow(SQLModel, table=True):
    """A day that was closed, once for ever: its figures, signed, and chained to the close before it."""

    __tablename__ = "day_close"

    site: str = Field(primary_key=True)
    on: date = Field(primary_key=True)
    body: str
    previous: str
    sha256: str
    signature: str
    closed_at: datetime = moment()
    by: str


class FrozenRow(SQLModel, table=True):
    """What a closed day was made of: all its facts and what its export shows, as compressed JSON.

    `part`: `facts` or `rows`. The close names the sha256 of the JSON.
    """

    __tablename__ = "day_frozen"

    site: str = Field(primary_key=True)
    on: date = Field(primary_key=True)
    part: str = Field(primary_key=True)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class WriteOffRow(SQLModel, table=True):
    """A person said that nothing more of a box's day will come, and why: the day closes without its word."""

    __tablename__ = "box_write_off"

    box: str = Field(primary_key=True)
    on: date = Field(primary_key=True)
    site: str
    by: str
    note: str
    at: datetime = moment()


class ShiftRow(SQLModel, table=True):
    """A shift of an attendant at a site, with the cash that was in the till when it began."""

    __tablename__ = "shift"

    shift: str = Field(primary_key=True)
    site: str = Field(index=True)
    by: str
    opening_cash: int = Field(sa_type=BigInteger)
    began_at: datetime = moment()


class ReceiptRow(SQLModel, table=True):
    """Cash that an attendant took for a visit, and why it had to be cash. Numbers of a shift have no gap."""

    __tablename__ = "cash_receipt"
    __table_args__ = (Index("receipt_of_day", "site", "at"),)

    shift: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    site: str
    visit: str
    amount: int = Field(sa_type=BigInteger)
    by: str
    note: str
    at: datetime = moment()


class HandOverRow(SQLModel, table=True):
    """The end of a shift: what the till should hold and what was counted. `to` is who took over.

    `left_cash` stays in the till as change; the rest of what was counted must be deposited.
    """

    __tablename__ = "hand_over"

    shift: str = Field(primary_key=True)
    site: str = Field(index=True)
    to: str
    expected_cash: int = Field(sa_type=BigInteger)
    counted_cash: int = Field(sa_type=BigInteger)
    left_cash: int = Field(sa_type=BigInteger)
    note: str
    ended_at: datetime = moment()


class WorkRow(SQLModel, table=True):
    """What somebody did about a finding (`gate.working.What`), when it was worth `amount`. `number`: its place among
    the words about this finding, from 1."""

    __tablename__ = "finding_work"
    __table_args__ = (Index("work_of_day", "site", "at"), UniqueConstraint("subject", "code", "number"))

    work: str = Field(primary_key=True)
    code: str
    subject: str
    number: int
    site: str
    what: str
    by: str
    note: str
    amount: int = Field(sa_type=BigInteger)
    at: datetime = moment()


class AnchorRow(SQLModel, table=True):
    """Somebody counted the vehicles inside. `zone` empty: all of the site. `off`: how far the count may be off."""

    __tablename__ = "occupancy_anchor"
    __table_args__ = (Index("anchor_of_site", "site", "at"),)

    anchor: str = Field(primary_key=True)
    site: str
    zone: str
    count: int
    off: int
    by: str
    note: str
    at: datetime = moment()
