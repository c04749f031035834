"""Tables of a site's lists: rows and their ends are facts, uses follow from facts, plates and names are the vault's."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from server.facts import moment


class ListingRow(SQLModel, table=True):
    """A row of a site's lists. `change` counts rows and ends of a site: how far a box was told."""

    __tablename__ = "listing"
    __table_args__ = (Index("listing_change", "site", "change", unique=True),)

    entry: str = Field(primary_key=True)
    site: str
    change: int
    standing: str
    vehicle_class: str | None = None
    since: datetime = moment()
    until: datetime = moment(index=True)
    reason: str
    by: str
    listed_at: datetime = moment()


class ListingEndedRow(SQLModel, table=True):
    """A row was ended before its time."""

    __tablename__ = "listing_ended"
    __table_args__ = (Index("listing_ended_change", "site", "change", unique=True),)

    entry: str = Field(primary_key=True)
    site: str
    change: int
    reason: str
    by: str
    ended_at: datetime = moment()


class ListingUseRow(SQLModel, table=True):
    """A box acted by a row: an arm that it opened (`opening`), a driver whom it kept waiting (`denied`)."""

    __tablename__ = "listing_use"

    message_id: str = Field(primary_key=True)
    entry: str = Field(index=True)
    site: str
    lane: str
    kind: str
    happened_at: datetime = moment()


class VaultListingRow(SQLModel, table=True):
    """Whose row it is: plate, tag and owner. Erasing a person deletes this and leaves the row without a vehicle."""

    __tablename__ = "vault_listing"

    entry: str = Field(primary_key=True)
    plate: str
    tag: str
    owner: str
