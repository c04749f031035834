"""Tables of facts from files: bank statements and providers' settlements, line by line."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from server.facts import moment


class StatementRow(SQLModel, table=True):
    """A file that was imported, once by its bytes. `kind`: bank or settlement; `source`: its account or provider."""

    __tablename__ = "statement"

    sha256: str = Field(primary_key=True)
    kind: str
    source: str = Field(index=True)
    name: str
    mapping: str
    lines: int
    since: date
    until: date
    opening: int | None = Field(default=None, sa_type=BigInteger)
    closing: int | None = Field(default=None, sa_type=BigInteger)
    imported_at: datetime = moment()
    by: str
    raw: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class BankLineRow(SQLModel, table=True):
    """A line of a bank statement, once by `digest`, whatever files it is in. Above zero is money that came.

    `digest`: of account, date, amount, the bank's reference, the text, and which of equal lines of its day it is.
    """

    __tablename__ = "bank_line"
    __table_args__ = (Index("bank_line_of_day", "account", "booked_on"),)

    digest: str = Field(primary_key=True)
    statement: str
    line: int
    account: str
    booked_on: date
    amount: int = Field(sa_type=BigInteger)
    bank_reference: str = Field(index=True)
    text: str
    recorded_at: datetime = moment()


class SettlementLineRow(SQLModel, table=True):
    """A line of a provider's settlement (vietnam.md 4.2), once by (provider, provider_ref, kind)."""

    __tablename__ = "settlement_line"
    __table_args__ = (
        Index("settlement_of_day", "provider", "session_date"),
        Index("settlement_of_order", "merchant_ref"),
    )

    provider: str = Field(primary_key=True)
    provider_ref: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    statement: str
    line: int
    settlement_id: str = Field(index=True)
    session_date: date
    txn_time: datetime = moment()
    merchant_ref: str
    bank_ref: str
    gross: int = Field(sa_type=BigInteger)
    fee: int = Field(sa_type=BigInteger)
    fee_vat: int = Field(sa_type=BigInteger)
    net: int = Field(sa_type=BigInteger)
    status: str
    site_code: str
    terminal_code: str
    payer_instrument: str
    raw_line: str
    recorded_at: datetime = moment()


class ExplanationRow(SQLModel, table=True):
    """What a bank line is: the payments, settlement, refund or deposit that it proves. One line, one explanation."""

    __tablename__ = "bank_explanation"

    digest: str = Field(primary_key=True)
    kind: str
    subject: str = Field(index=True)
    site: str
    amount: int = Field(sa_type=BigInteger)
    by: str
    at: datetime = moment()
