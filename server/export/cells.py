"""How a value of a row is shown: moments local, codes as words."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final

from server.export.evidence import in_a_line
from server.export.sheets import Column, Kind, Value
from server.export.words import MIXED, chosen
from server.language import Language
from server.reconcile import ZONE

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def local(micros: int) -> datetime:
    """The local moment."""
    return (_EPOCH + timedelta(microseconds=micros)).astimezone(ZONE)


def worded(column: Column, language: Language) -> Callable[[Value], str]:
    """Codes, one or several with spaces between them, as words; a text that holds anything else stays as it is."""
    words = chosen(column.words or {}, language)

    def said(value: Value) -> str:
        text = "" if value is None else str(value)
        codes = text.split(" ")
        return ", ".join(words[code] for code in codes) if all(code in words for code in codes) else text

    return said


def rate(value: Value, language: Language) -> str:
    """`8%`; a ticket of several rates has none."""
    if value is None:
        return ""
    if not isinstance(value, int) or value < 0:
        return MIXED[language is Language.EN]
    whole, part = divmod(value, 100)
    sign = "," if language is Language.VI else "."
    return f"{whole}{f'{sign}{part:02d}'.rstrip('0') if part else ''}%"


def as_date(value: Value) -> date | None:
    """A date out of its ISO text."""
    return date.fromisoformat(str(value)) if value else None


def text_of(column: Column, language: Language) -> Callable[[Value], str]:
    """How the column's values read as text: dates and moments as people here write them, numbers plain."""
    if column.kind is Kind.CODE:
        return worded(column, language)
    if column.kind is Kind.EVIDENCE:
        return lambda value: in_a_line(str(value or ""), language)
    if column.kind is Kind.RATE:
        return lambda value: rate(value, language)
    if column.kind is Kind.MOMENT:
        return lambda value: "" if value is None else local(int(value)).strftime("%d/%m/%Y %H:%M")
    if column.kind is Kind.DATE:
        return lambda value: f"{day:%d/%m/%Y}" if (day := as_date(value)) else ""
    return lambda value: "" if value is None else str(value)
