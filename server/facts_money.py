"""Tables of facts about money beyond its notices: orders at providers, decisions of people, refunds, claims, cash."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from server.facts import moment


class OrderRow(SQLModel, table=True):
    """A payment that we asked a provider for. `order` is our own name of it, by which it is looked up for ever."""

    __tablename__ = "pay_order"
    __table_args__ = (Index("order_of_visit", "visit"),)

    order: str = Field(primary_key=True)
    provider: str
    site: str
    visit: str
    amount: int = Field(sa_type=BigInteger)
    created_at: datetime = moment()
    expires_at: datetime = moment()
    by: str


class OrderAnswerRow(SQLModel, table=True):
    """What a provider said of an order when it was made, asked for or given back: once by its bytes' hash."""

    __tablename__ = "pay_order_answer"

    order: str = Field(primary_key=True)
    sha256: str = Field(primary_key=True)
    about: str
    outcome: str
    received_at: datetime = moment()
    raw: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class DecisionRow(SQLModel, table=True):
    """What a rule or a person decided about money or a stay. It takes effect once it has all its approvals."""

    __tablename__ = "decision"
    __table_args__ = (Index("decision_of_payment", "payment"), Index("decision_of_visit", "visit"))

    decision: str = Field(primary_key=True)
    kind: str
    site: str
    visit: str
    payment: str
    amount: int = Field(sa_type=BigInteger)
    to_visit: str = ""
    by: str
    note: str
    made_at: datetime = moment()


class ApprovalRow(SQLModel, table=True):
    """A second person's word on a decision, a tariff or anything else that needs two."""

    __tablename__ = "approval"

    kind: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    by: str
    agrees: bool
    note: str
    at: datetime = moment()


class RefundRow(SQLModel, table=True):
    """Money to be sent back. `refund` is the reference that the transfer carries and the bank's debit line shows."""

    __tablename__ = "refund"

    refund: str = Field(primary_key=True)
    decision: str = Field(unique=True)
    site: str = Field(index=True)
    visit: str
    payment: str
    provider: str
    amount: int = Field(sa_type=BigInteger)
    made_at: datetime = moment()


class TransferFileRow(SQLModel, table=True):
    """A file of outgoing transfers as it was given to the bank."""

    __tablename__ = "transfer_file"

    file: str = Field(primary_key=True)
    account: str
    sha256: str
    refunds: str  # JSON list of references
    total: int = Field(sa_type=BigInteger)
    made_at: datetime = moment()
    by: str


class ClaimRow(SQLModel, table=True):
    """A driver showed a transfer that had not arrived and was let out."""

    __tablename__ = "claim"

    visit: str = Field(primary_key=True)
    site: str = Field(index=True)
    lane: str
    shift: str
    amount: int = Field(sa_type=BigInteger)
    by: str
    note: str
    made_at: datetime = moment()


class DepositRow(SQLModel, table=True):
    """Cash from a till on its way to the bank. `deposit` is the reference that the bank's line shows."""

    __tablename__ = "deposit"

    deposit: str = Field(primary_key=True)
    site: str = Field(index=True)
    shift: str
    amount: int = Field(sa_type=BigInteger)
    by: str
    made_at: datetime = moment()
