"""Tables derived from the facts in the same transaction. Each may be dropped and rebuilt."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from server import long_stays
from server.facts import moment
from server.types import UtcDateTime

_VOIDED: Final = text("voided IS 1"), text("voided IS true")
"""Few; in the words of each database."""


class JournalMarkRow(SQLModel, table=True):
    """How far a box's journal is committed."""

    __tablename__ = "journal_mark"

    box: str = Field(primary_key=True)
    journal: str = Field(primary_key=True)
    sequence: int = Field(sa_type=BigInteger)
    updated_at: datetime = moment()


class VisitRow(SQLModel, table=True):
    """A stay as it stands now."""

    __tablename__ = "visit"
    __table_args__ = (
        Index("visit_open", "site", "left_at", "opened_at", "visit"),
        Index("visit_of_day", "site", "opened_at", "visit"),
        Index("visit_entry", "entry_approach"),
        Index("visit_exit", "exit_approach"),
        Index("visit_voided", "site", "opened_at", "visit", sqlite_where=_VOIDED[0], postgresql_where=_VOIDED[1]),
        long_stays.index(),
    )

    visit: str = Field(primary_key=True)
    site: str
    vehicle_class: str
    read: bool
    entry_lane: str
    entry_approach: str
    opened_at: datetime = moment()
    entered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    entry_passage: str | None = None
    exit_lane: str | None = None
    exit_approach: str | None = None
    matched_by: str | None = None
    match_probability: float | None = None
    quoted: int | None = None
    quoted_vat: int | None = None
    quoted_tariff: str | None = None
    quoted_lines: str | None = None
    recomputed: int | None = None
    payload: str | None = None
    left_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    exit_passage: str | None = None
    voided: bool = False


class StayMoneyRow(SQLModel, table=True):
    """What the ledger says of a stay, kept beside it with every entry so that a day is seen without adding it up.

    `charged`: its charge with its supplements, None before; `owed`: what stands on it as receivable; `odd`: an entry of
    it took more than its price and its money (`server.stay_money`); `paid_at`: when its last money was received.
    """

    __tablename__ = "stay_money"
    __table_args__ = ({"sqlite_with_rowid": False},)  # found by its name alone, and in one step

    visit: str = Field(primary_key=True)
    charged: int | None = Field(default=None, sa_type=BigInteger)
    charged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    owed: int = Field(default=0, sa_type=BigInteger)
    odd: bool = False
    paid_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class InClearingRow(SQLModel, table=True):
    """A payment that nothing but its notice has shown yet; gone when its bank line or settlement line is booked."""

    __tablename__ = "in_clearing"

    provider: str = Field(primary_key=True)
    provider_id: str = Field(primary_key=True)
    site: str = Field(index=True)


class LaneNowRow(SQLModel, table=True):
    """What a lane looks like now: the last vehicle, who decided, whether a person is wanted.

    `mode` and `sensors` (JSON: input to `on`, `off` or `unknown`) are as the box last said them.
    """

    __tablename__ = "lane_now"

    site: str = Field(primary_key=True)
    lane: str = Field(primary_key=True)
    box: str
    direction: str
    phase: str = "unknown"
    arm: str = "unknown"
    mode: str = "unknown"
    sensors: str = "{}"
    approach: str | None = None
    visit: str | None = None
    wants: str | None = None
    wants_approach: str | None = None
    wants_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    candidates: str = "[]"
    decided_by: str | None = None
    decided_reason: str | None = None
    price: int | None = None
    updated_at: datetime = moment()


class BoxNowRow(SQLModel, table=True):
    """What a box last said of itself. Its monotonic clock and when we heard it give commands their deadline."""

    __tablename__ = "box_now"

    box: str = Field(primary_key=True)
    site: str
    boot: str
    monotonic_ms: int = Field(sa_type=BigInteger)
    heard_at: datetime = moment()
    online: bool
    journal: str
    last_sequence: int = Field(sa_type=BigInteger)
    waiting: int = Field(sa_type=BigInteger)
    lease_number: int = Field(sa_type=BigInteger)
    delta_number: int = Field(sa_type=BigInteger)
    reader: str
    version: str
    clock_quality: str = "unknown"
    clock_offset_ms: int | None = Field(default=None, sa_type=BigInteger)


class FindingRow(SQLModel, table=True):
    """A case on somebody's screen: opened when reconciliation first saw it, closed when it no longer does.

    `less_money` and `less_certain` are its rank when it was last looked at (`server.ranks`), below nothing, so that
    whoever reads upwards has the most money first.
    """

    __tablename__ = "finding"
    __table_args__ = (
        Index(
            "finding_open", "site", "less_money", "less_certain", "due", "code", "subject",
            sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL"),
        ),
        Index(
            "finding_closed", "site", "closed_at",
            sqlite_where=text("closed_at IS NOT NULL"), postgresql_where=text("closed_at IS NOT NULL"),
        ),
    )  # fmt: skip

    code: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    site: str
    visit: str | None = None
    amount: int = Field(sa_type=BigInteger)
    due: datetime = moment()
    evidence: str
    opened_at: datetime = moment()
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    less_money: int = Field(default=0, sa_type=BigInteger)
    less_certain: int = 0
