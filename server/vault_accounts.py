"""Where refunds go: what a driver told us of an account, kept in the vault for this one purpose and erased with it."""

from datetime import datetime
from typing import Final

from sqlmodel import Field, SQLModel

from server.facts import moment
from server.types import UtcDateTime

PURPOSE: Final = "refund"
DRIVER: Final = "the driver"
"""Who gave an account on the page."""


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
    asked_by: str = ""
    given_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    given_by: str = ""


class VaultAccountChangeRow(SQLModel, table=True):
    """Another account in the place of one that is known. `number`: from 1 for each refund; one at a time waits.

    `was_*`: the account when it was asked for. `link_by`: who printed the link, for one that came through the page.
    It takes effect with the word of somebody else, or is refused; both accounts stay here either way.
    """

    __tablename__ = "vault_account_change"

    refund: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    purpose: str
    was_bank: str
    was_account: str
    was_name: str
    was_by: str
    bank: str
    account: str
    name: str
    by: str
    link_by: str = ""
    asked_at: datetime = moment()
    word_by: str = ""
    agrees: bool = False
    word_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
