"""Local dates and moments as people type and read them."""

from datetime import date, datetime
from typing import Final

import typer

from server.days.spans import ZONE

FORMS: Final = ("%Y-%m-%d", "%d/%m/%Y")


def typed_date(said: str) -> datetime:
    """A date in either form. Raises typer.BadParameter with an example of each."""
    for form in FORMS:
        try:
            return datetime.strptime(said.strip(), form)  # noqa: DTZ007 - a date alone
        except ValueError:
            continue
    raise typer.BadParameter(f"{said!r} is no date: write 2026-11-23 or 23/11/2026 (day/month/year)")


def swapped(first: date, last: date) -> str:
    """What to say of a range that ends before it begins; nothing where it does not."""
    return f"--from {first} is after --to {last}: the two dates are swapped" if last < first else ""


def moment_shown(at: datetime) -> str:
    """A moment in local time, as people here write it."""
    return f"{at.astimezone(ZONE):%H:%M %d/%m/%Y}"
