"""Days as a form sends them."""

from datetime import date

from server.console.wrong import wrong
from server.days.spans import bounds


def typed_day(said: str, field: str = "day") -> date:
    """A day that books can have, of this field. 400 for anything else."""
    try:
        found = date.fromisoformat(said)
        bounds(found)
    except ValueError as error:
        raise wrong(field, "error.bad_day") from error
    return found


def maybe_day(said: str, field: str = "day") -> date | None:
    """The same; None where nothing was typed."""
    return typed_day(said, field) if said else None
