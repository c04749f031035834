"""Tables of price lists before they hold: drafts, each edit a row of its own, and what was withdrawn."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from server.facts import moment


class TariffDraftRow(SQLModel, table=True):
    """A revision of a price list that somebody proposes. The last one counts; none is ever changed."""

    __tablename__ = "tariff_draft"

    site: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    body: str
    sha256: str
    by: str
    made_at: datetime = moment()


class TariffWithdrawalRow(SQLModel, table=True):
    """A draft that is given up, or a published version that never began to hold. Its code is not used again."""

    __tablename__ = "tariff_withdrawal"

    site: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    by: str
    note: str
    at: datetime = moment()
