"""Tables of facts about money beyond its notices: orders at providers, decisions of people, refunds, claims, cash."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from server.facts import moment
from server.types import UtcDateTime


class OrderRow(SQLModel, table=True):
    """A payment that we asked a provider for. `order` is our own name of it, by which it is looked up for ever."""

    __tablename__ = "pay_order"
    __table_args__ = (Index("order_of_visit", "visit"), Index("order_made", "site", "created_at"))

    order: str = Field(primary_key=True)
    provider: str
    site: str
    visit: str
    amount: int = Field(sa_type=BigInteger)
    created_at: datetime = moment()
    expires_at: datetime = moment()
    by: str


class OrderAskedRow(SQLModel, table=True):
    """That we asked a provider, written down before it was sent. `about`: `create`, `query`, `refund:` and a name."""

    __tablename__ = "pay_order_asked"

    order: str = Field(primary_key=True)
    about: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    amount: int = Field(sa_type=BigInteger)


class OrderAnswerRow(SQLModel, table=True):
    """What a provider said of an order when it was made, asked for or given back, or in a notice.

    `about` as in what was asked, or `notice`; `outcome` as `server.providers.contract.Outcome`; `transaction` is the
    provider's own number of the payment, where it tells of one.
    """

    __tablename__ = "pay_order_answer"

    order: str = Field(primary_key=True)
    about: str = Field(primary_key=True)
    received_at: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    sha256: str = Field(primary_key=True)
    outcome: str
    transaction: str = ""
    raw: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class DecisionRow(SQLModel, table=True):
    """What a rule or a person decided about money or a stay. It takes effect with the last word that it needs.

    `payment` is `provider:provider_id`; `to_visit` whose debt the money settles; `undoes` the decision taken back.
    """

    __tablename__ = "decision"
    __table_args__ = (
        Index("decision_of_payment", "payment"),
        Index("decision_of_visit", "visit"),
        Index("decision_made", "made_at", "decision"),
        Index("decision_of_person", "by", "made_at", "decision"),
        Index("decision_at", "site", "made_at", "decision"),
    )

    decision: str = Field(primary_key=True)
    kind: str
    site: str
    visit: str
    payment: str
    amount: int = Field(sa_type=BigInteger)
    to_visit: str = ""
    undoes: str = ""
    by: str
    note: str
    made_at: datetime = moment()


class ApprovalRow(SQLModel, table=True):
    """The second person's word on a tariff, or on anything else that needs just one."""

    __tablename__ = "approval"

    kind: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    by: str
    agrees: bool
    note: str
    at: datetime = moment()


class WordRow(SQLModel, table=True):
    """Another person's word on a decision about money: each person has one."""

    __tablename__ = "decision_word"

    decision: str = Field(primary_key=True)
    by: str = Field(primary_key=True)
    site: str = Field(index=True)
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
    form: str  # csv or xlsx
    account: str
    sha256: str
    refunds: str  # JSON list of references
    total: int = Field(sa_type=BigInteger)
    made_at: datetime = moment()
    by: str


class TransferRow(SQLModel, table=True):
    """That a refund went into a file of transfers: into one only."""

    __tablename__ = "transfer"

    refund: str = Field(primary_key=True)
    file: str = Field(index=True)


class RefundSentRow(SQLModel, table=True):
    """That a refund left us: the bank's debit line (`way` bank, `proof` its digest) or a provider's answer."""

    __tablename__ = "refund_sent"

    refund: str = Field(primary_key=True)
    site: str = Field(index=True)
    way: str
    proof: str
    amount: int = Field(sa_type=BigInteger)
    happened_at: datetime = moment()
    recorded_at: datetime = moment()


class SlipRow(SQLModel, table=True):
    """A piece of a transfer's text that looks like a reference with a slip; the rest of the text is not kept here."""

    __tablename__ = "slip"

    payment: str = Field(primary_key=True)
    piece: str = Field(primary_key=True)


class TakenBackRow(SQLModel, table=True):
    """That a provider takes a payment back: a chargeback, which people contest or accept, or its own reversal."""

    __tablename__ = "taken_back"

    payment: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)  # chargeback or reversal
    site: str = Field(index=True)
    visit: str
    amount: int = Field(sa_type=BigInteger)
    note: str
    by: str
    happened_at: datetime = moment()
    recorded_at: datetime = moment()


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
