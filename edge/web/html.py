"""HTML from templates: whatever is filled in is escaped, unless it is HTML that was made here."""

from collections.abc import Iterable
from html import escape
from string import Template


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()

    def __add__(self, other: str) -> "Html":
        """More of it; what is not HTML yet becomes it."""
        return Html(str(self) + str(safe(other)))


def safe(value: object) -> Html:
    """The value as HTML that shows it, quotes included."""
    return value if isinstance(value, Html) else Html(escape(str(value)))


def fill(template: Template, **values: object) -> Html:
    """The template with its values. Raises KeyError for one that is missing."""
    return Html(template.substitute({name: safe(value) for name, value in values.items()}))


def joined(parts: Iterable[Html], between: str = "") -> Html:
    """The parts one after another. (`str.join` would make them text again.)"""
    return Html(between.join(parts))
