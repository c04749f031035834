"""Forms and programs' requests that were sent: what makes a second sending harmless."""

from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Field, SQLModel

from server.facts import moment

FORM_LIFE: Final = timedelta(days=1)
"""Longer than any session: a page that is older cannot send anything, so its tokens may be forgotten."""


class FormRow(SQLModel, table=True):
    """A form that a person sent, under the token that its page gave it, or a request under a program's own id.

    Of a request also what it said, as a SHA-256, and its answer, so that the same again is answered as before.
    Forgotten once no page can hold it any more.
    """

    __tablename__ = "form_sent"

    by: str = Field(primary_key=True)
    token: str = Field(primary_key=True)
    path: str
    content: str = ""
    answer: str = ""
    at: datetime = moment(index=True)
