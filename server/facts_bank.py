"""Tables of facts from files: bank statements and providers' settlements, line by line, and what each line proves."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from server.facts import moment

_FEE_IS_OFF = text("fee_off <> 0")


class StatementRow(SQLModel, table=True):
    """A file that was imported, once by its bytes. `kind`: bank or settlement; `source`: its account or provider;
    `site`: where what concerns all of it is booked."""

    __tablename__ = "statement"

    sha256: str = Field(primary_key=True)
    site: str = Field(index=True)
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
    `fee`: the mapping's words say that it is the bank's own charge.
    """

    __tablename__ = "bank_line"
    __table_args__ = (Index("bank_line_of_day", "account", "booked_on"),)

    digest: str = Field(primary_key=True)
    site: str = Field(index=True)
    statement: str
    line: int
    account: str
    booked_on: date
    amount: int = Field(sa_type=BigInteger)
    bank_reference: str = Field(index=True)
    text: str
    fee: bool = False
    recorded_at: datetime = moment(index=True)


class SettlementLineRow(SQLModel, table=True):
    """A line of a provider's settlement (vietnam.md 4.2), once by (provider, provider_ref, kind).

    `site`: whose line it is, as it was known when it was imported. `fee_off`: how far its fee and VAT are from the
    contract's, where that is more than a dong.
    """

    __tablename__ = "settlement_line"
    __table_args__ = (
        Index("settlement_of_day", "provider", "session_date"),
        Index("settlement_of_order", "merchant_ref"),
        Index("settlement_fee_off", "site", sqlite_where=_FEE_IS_OFF, postgresql_where=_FEE_IS_OFF),
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
    site: str = Field(index=True)
    fee_off: int = Field(default=0, sa_type=BigInteger)
    recorded_at: datetime = moment(index=True)


class ExplanationRow(SQLModel, table=True):
    """What a bank line is: the payment, settlements, refund or deposit that it proves. One line, one explanation."""

    __tablename__ = "bank_explanation"

    digest: str = Field(primary_key=True)
    kind: str
    subject: str = Field(index=True)
    site: str
    amount: int = Field(sa_type=BigInteger)
    by: str
    at: datetime = moment(index=True)


class ProofRow(SQLModel, table=True):
    """What a bank line proves, once for ever: a payment, a settlement of a payout, a refund or a deposit has one
    line and no other. `kind` and `subject` as in its explanation, a row for each settlement of a merged payout."""

    __tablename__ = "bank_proof"

    kind: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    digest: str = Field(index=True)


class TwinRow(SQLModel, table=True):
    """A notice told of money that a statement's line had shown before: the line's payment is the notice's, once."""

    __tablename__ = "bank_twin"

    payment: str = Field(primary_key=True)
    notice: str = Field(unique=True)
    at: datetime = moment()


class ContractRow(SQLModel, table=True):
    """What a provider takes and where it pays to, from a date on. `instrument` empty: all that have no row.

    `rate_bp` and `vat_bp` are basis points; `rounding` one of gate.statements.Rounding; `payout_account` the bank
    account of its payouts; `words` what the bank writes of them, empty where that is not known.
    """

    __tablename__ = "provider_contract"

    provider: str = Field(primary_key=True)
    instrument: str = Field(primary_key=True)
    since: date = Field(primary_key=True)
    rate_bp: int
    fixed: int = Field(sa_type=BigInteger)
    vat_bp: int
    rounding: str
    payout_account: str
    words: str
    by: str
    entered_at: datetime = moment()
