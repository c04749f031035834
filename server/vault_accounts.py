"""Where refunds go: what a driver told us of an account, kept in the vault for this one purpose and erased with it."""

from datetime import datetime
from typing import Final

from sqlmodel import Field, SQLModel

from server.facts import moment
from server.types import UtcDateTime

PURPOSE: Final = "refund"


class VaultAccountRow(SQLModel, table=True):
    """The account that a refund goes to. The token of the driver's page is kept as a hash."""

    __tablename__ = "vault_account"

    refund: str = Field(primary_key=True)
    token_sha256: str = Field(unique=True)
    purpose: str
    bank: str = ""
    account: str = ""
    name: str = ""
    asked_at: datetime = moment()
    given_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
