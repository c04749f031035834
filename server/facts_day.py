"""Tables of facts about days and shifts: closes, hand-overs, and what people did about findings."""

from datetime import date, datetime

from sqlalchemy import BigInteger
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


class ShiftRow(SQLModel, table=True):
    """A shift of an attendant at a site, with the cash that was in the till when it began."""

    __tablename__ = "shift"

    shift: str = Field(primary_key=True)
    site: str = Field(index=True)
    by: str
    opening_cash: int = Field(sa_type=BigInteger)
    began_at: datetime = moment()


class HandOverRow(SQLModel, table=True):
    """The end of a shift: what the till should hold and what was counted. `to` is who took over."""

    __tablename__ = "hand_over"

    shift: str = Field(primary_key=True)
    site: str = Field(index=True)
    to: str
    expected_cash: int = Field(sa_type=BigInteger)
    counted_cash: int = Field(sa_type=BigInteger)
    note: str
    ended_at: datetime = moment()


class WorkRow(SQLModel, table=True):
    """What somebody did about a finding: took it, said why, dismissed it. The last word counts."""

    __tablename__ = "finding_work"

    work: str = Field(primary_key=True)
    code: str = Field(index=True)
    subject: str = Field(index=True)
    site: str
    what: str  # take, note, dismiss, reopen
    by: str
    note: str
    at: datetime = moment()
