"""Tables of planned events: what was planned, what was undone, and how far its lanes have come. Inserted once."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from server.facts import moment


class PlannedEventRow(SQLModel, table=True):
    """A match, a festival: from when until when, its price list, its lanes' modes and its people.

    `tariff`: the code of its list, empty where prices stay; `lanes`: JSON, a mode by lane; `staff`: JSON, see `Post`.
    """

    __tablename__ = "planned_event"
    __table_args__ = (Index("planned_event_when", "site", "since", "event", unique=True),)

    event: str = Field(primary_key=True)
    site: str
    name: str
    since: datetime = moment()
    until: datetime = moment(index=True)
    tariff: str
    lanes: str
    staff: str
    by: str
    made_at: datetime = moment()


class PlannedEventUndoneRow(SQLModel, table=True):
    """An event that was undone before it began."""

    __tablename__ = "planned_event_undone"

    event: str = Field(primary_key=True)
    by: str
    why: str
    at: datetime = moment()


class PlannedEventStepRow(SQLModel, table=True):
    """How far a lane has come with an event. `step`: `before`, with the mode that it had; `begun`; `ended`."""

    __tablename__ = "planned_event_step"

    event: str = Field(primary_key=True)
    lane: str = Field(primary_key=True)
    step: str = Field(primary_key=True)
    mode: str
    at: datetime = moment()
