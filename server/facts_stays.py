"""A table of facts about stays that people voided, merged or split. No plate is here."""

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from server.facts import moment


class StayChangeRow(SQLModel, table=True):
    """`void`: `visit` was no stay. `merge`: `other` was the same stay as `visit`, which goes on. `split`: what came in
    as `visit` is another vehicle than what left, and goes on as `other`.

    With a `tariff` the merged stay had no charge and got this one; without, no money moved.
    """

    __tablename__ = "stay_change"
    __table_args__ = (Index("stay_change_of_site", "site", "made_at"),)

    change: str = Field(primary_key=True)
    kind: str
    site: str
    visit: str = Field(index=True)
    other: str = Field(default="", index=True)
    tariff: str = ""
    total: int = Field(default=0, sa_type=BigInteger)
    vat: int = Field(default=0, sa_type=BigInteger)
    lines: str = "[]"
    by: str
    note: str
    made_at: datetime = moment()
