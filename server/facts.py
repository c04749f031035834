"""Tables of facts: inserted once, never updated. Everything else can be rebuilt from them.

Plates and pictures are not here: they live in the vault (`server/vault.py`), which a visit knows by its approaches.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from server.types import UtcDateTime


def moment(*, index: bool = False) -> datetime:
    """A required moment column."""
    column: datetime = Field(sa_type=UtcDateTime, index=index)
    return column


FAULTS: Final = "kind = 'device_fault'"
"""Facts that tell of a fault, in the words of their index."""


def _faults() -> Index:
    """Few of all facts, of each box in the order of time."""
    return Index("event_fault", "box", "happened_at", sqlite_where=text(FAULTS), postgresql_where=text(FAULTS))


class EventRow(SQLModel, table=True):
    """What a box said, once: (box, journal, sequence) is the one key of deduplication."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("box", "journal", "sequence"), _faults())

    message_id: str = Field(primary_key=True)
    fingerprint: str
    site: str
    box: str
    journal: str
    sequence: int = Field(sa_type=BigInteger)
    kind: str
    boot: str
    monotonic_ms: int = Field(sa_type=BigInteger)
    happened_at: datetime = moment(index=True)
    recorded_at: datetime = moment()
    clock_offset_ms: int | None = Field(default=None, sa_type=BigInteger)
    clock_quality: str
    body: str  # JSON without the plate


class NoticeRow(SQLModel, table=True):
    """What a provider said: the raw bytes and headers, once by (provider, their id)."""

    __tablename__ = "notice"

    provider: str = Field(primary_key=True)
    provider_id: str = Field(primary_key=True)
    fingerprint: str
    received_at: datetime = moment()
    headers: str
    raw: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class PassageRow(SQLModel, table=True):
    """A vehicle went past an arm."""

    __tablename__ = "passage"
    __table_args__ = (Index("passage_of_day", "site", "happened_at"),)

    passage: str = Field(primary_key=True)
    site: str
    lane: str
    direction: str
    visit: str | None = Field(default=None, index=True)
    opening: str | None = None
    tailgate: bool
    happened_at: datetime = moment()
    journal: str
    sequence: int = Field(sa_type=BigInteger)


class ExplainedRow(SQLModel, table=True):
    """A passage without a visit was this one's: its picture was read while it drove on."""

    __tablename__ = "explained"

    passage: str = Field(primary_key=True)
    site: str
    visit: str = Field(index=True)
    approach: str
    happened_at: datetime = moment()


BY_HAND: Final = "reason IN ('person', 'claimed', 'button', 'by_hand', 'fire')"
"""Openings that no rule decided (`gate.messages.OpeningReason`), in the words of their index."""


def _by_hand(name: str, *first: str) -> Index:
    """Few of all openings, in the order of time: of all, of a person, of a site."""
    here = text(BY_HAND)
    return Index(name, *first, "happened_at", "opening", sqlite_where=here, postgresql_where=here)


class OpeningRow(SQLModel, table=True):
    """An arm was seen up: one reason."""

    __tablename__ = "opening"
    __table_args__ = (
        Index("opening_of_day", "site", "happened_at"),
        _by_hand("opening_by_hand"),
        _by_hand("opening_by_hand_of_person", "by"),
        _by_hand("opening_by_hand_at", "site"),
    )

    opening: str = Field(primary_key=True)
    site: str
    lane: str
    reason: str
    by: str
    note: str
    visit: str | None = None
    approach: str | None = None
    command: str | None = None
    took_ms: int
    happened_at: datetime = moment()


class ChargeRow(SQLModel, table=True):
    """What a visit costs, posted once for ever."""

    __tablename__ = "charge"
    __table_args__ = (Index("charge_of_day", "site", "happened_at"), Index("charge_recorded", "site", "recorded_at"))

    visit: str = Field(primary_key=True)
    site: str
    tariff: str
    vehicle_class: str
    total: int
    vat: int
    lines: str
    happened_at: datetime = moment()
    recorded_at: datetime = moment()


class SupplementRow(SQLModel, table=True):
    """What a charged stay costs more because it did not leave within its grace: added to its charge, never changed.

    `quote` is the message that asked for it, `lines` those of the whole bill then; `vat` may be below nothing.
    """

    __tablename__ = "supplement"
    __table_args__ = (Index("supplement_of_day", "site", "happened_at"),)

    visit: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    site: str
    tariff: str
    vehicle_class: str
    total: int
    vat: int
    lines: str
    quote: str
    happened_at: datetime = moment()
    recorded_at: datetime = moment()


class PaymentRow(SQLModel, table=True):
    """Money that came in, once by (provider, their id). Which visit it settles is in the ledger."""

    __tablename__ = "payment"
    __table_args__ = (
        Index("payment_of_day", "site", "received_at"),
        Index("payment_of_visit", "reference", "received_at"),
    )

    provider: str = Field(primary_key=True)
    provider_id: str = Field(primary_key=True)
    site: str
    account: str
    amount: int = Field(sa_type=BigInteger)
    reference: str | None = None
    bank_reference: str
    happened_at: datetime = moment()
    received_at: datetime = moment()


class EntryRow(SQLModel, table=True):
    """A journal entry of the ledger; its key is unique for ever."""

    __tablename__ = "entry"
    __table_args__ = (
        Index("entry_of_day", "site", "kind", "happened_at"),
        Index("entry_of_visit", "visit", "kind"),
        Index("entry_of_payment", "payment", "kind"),
        Index("entry_recorded", "site", "recorded_at"),
    )

    key: str = Field(primary_key=True)
    kind: str
    site: str
    visit: str
    payment: str = ""
    party: str = ""
    happened_at: datetime = moment()
    recorded_at: datetime = moment()


class PostingRow(SQLModel, table=True):
    """One line of an entry: above zero debits, below credits. `visit` is the entry's."""

    __tablename__ = "posting"
    __table_args__ = (
        Index("posting_of_visit", "visit", "account", "amount"),  # what stands on a visit, from it alone
        {"sqlite_with_rowid": False},  # the lines of an entry lie together, found in one step
    )

    key: str = Field(primary_key=True, foreign_key="entry.key")
    line: int = Field(primary_key=True)
    account: str  # no index: there are few accounts, and a planner that took it would read all of one
    amount: int = Field(sa_type=BigInteger)
    visit: str = ""


class CommandRow(SQLModel, table=True):
    """An order to a box, stored with the reason for it before it is sent."""

    __tablename__ = "command"

    command: str = Field(primary_key=True)
    site: str
    box: str
    lane: str
    action: str
    visit: str | None = None
    by: str
    issued_at: datetime = moment()
    body: str


class ReplyRow(SQLModel, table=True):
    """What became of a command."""

    __tablename__ = "reply"

    command: str = Field(primary_key=True)
    outcome: str
    position: str
    why: str
    recorded_at: datetime = moment()


class AnomalyRow(SQLModel, table=True):
    """Trouble recorded when it happened; the same trouble about the same subject is one row."""

    __tablename__ = "anomaly"

    code: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    site: str = Field(index=True)
    amount: int = Field(sa_type=BigInteger)
    happened_at: datetime = moment(index=True)
    evidence: str


LOOKED: Final = "(substr(what, 1, 6) = 'looked' OR what IN ('exported with plates', 'asked for candidates'))"
"""Records of somebody who looked, in the words of their indexes."""


def _looks(name: str, *columns: str) -> Index:
    return Index(name, *columns, sqlite_where=text(LOOKED), postgresql_where=text(LOOKED))


class AuditRow(SQLModel, table=True):
    """What a person did or looked at. `site`: with what the subject begins, its site's code where it is about one."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("audit_of_person", "who", "id"),
        Index("audit_about", "subject", "id"),
        Index("audit_at", "site", "id"),
        Index("audit_of_person_at", "who", "site", "id"),
        _looks("audit_looks", "id"),
        _looks("audit_looks_of_person", "who", "id"),
        _looks("audit_looks_at", "site", "id"),
    )

    id: str = Field(primary_key=True)  # rises with time
    who: str
    what: str
    subject: str
    at: datetime = moment()
    detail: str
    site: str = ""
