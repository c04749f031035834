"""Days as a program says them."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator

from server.days.spans import bounds


def _of_books(on: date) -> date:
    bounds(on)
    return on


Day = Annotated[date, AfterValidator(_of_books)]
"""A local date that books can have; any other is refused with 422 and the field's name."""
