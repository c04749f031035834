"""Amounts, dates and words as banks and providers write them (vietnam.md 4.3).

What could be read in two ways is refused: a wrong figure in the books is worse than a file that is given back.
"""

import re
import unicodedata
from datetime import date, datetime, timedelta, timezone
from typing import Final

VIETNAM: Final = timezone(timedelta(hours=7))
"""The time of providers and banks that name no other (vietnam.md 4.2)."""
AMOUNT_MAX: Final = 10**15
FIRST_DAY: Final = date(2020, 1, 1)
"""Nothing of ours is older; an earlier date is a cell that holds something else."""
_PLAIN: Final = re.compile(r"[0-9]{1,16}")
_DECIMALS: Final = re.compile(r"(.*[0-9])([.,])([0-9]{2})")
_GROUPED: Final = re.compile(r"[0-9]{1,3}([., '])[0-9]{3}(?:\1[0-9]{3})*")
_CURRENCY: Final = re.compile(r"^(?:VND|VNĐ|₫|đ)\s*|\s*(?:VND|VNĐ|₫|đ)$", re.IGNORECASE)
_DAY: Final = re.compile(r"([0-9]{1,4})([-/.])([0-9]{1,2})\2([0-9]{1,4})")
_CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]{1,9})?)?\s*(Z|[+-][0-9]{2}:?[0-9]{2})?")


class NotWritten(ValueError):
    """The text is no amount or date; the message quotes it."""


def spaced(text: str) -> str:
    """The text composed (NFC), with single plain spaces: no-break and thin ones, tabs and line ends are spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def folded(text: str) -> str:
    """The text for comparing words: lower case, without diacritics, with single spaces."""
    parts = text.casefold()
    if not parts.isascii():
        parts = unicodedata.normalize("NFD", parts.replace("đ", "d"))
        parts = "".join(each for each in parts if not unicodedata.combining(each))
    return " ".join(parts.split())


def amount(text: str) -> int:
    """Dong: `1.500.000`, `1,500,000`, `1 500 000`, `1500000`, `1,500,000.00`, `(1,500,000)`, `-30000`.

    Three digits after a separator are a group, two after the last one are decimals and must be 00. Raises NotWritten.
    """
    bare, sign = _signed(_CURRENCY.sub("", spaced(text).replace("\u2212", "-")))
    if found := _DECIMALS.fullmatch(bare):
        bare, separator, decimals = found.groups()
        if decimals != "00":
            raise NotWritten(f"{_quoted(text)} has a fraction; there is none of a dong")
        if separator in bare:
            raise NotWritten(f"{_quoted(text)} is no amount")
    if not (_PLAIN.fullmatch(bare) or _GROUPED.fullmatch(bare)):
        raise NotWritten(f"{_quoted(text)} is no amount")
    value = int(re.sub(r"[^0-9]", "", bare))
    if value > AMOUNT_MAX:
        raise NotWritten(f"{_quoted(text)} is beyond any amount")
    return sign * value


def day(text: str, order: str = "dmy") -> date:
    """A date of the local calendar: `23/11/2026`, `2026-11-23`, `23-11-2026`; `order` where the year is last.

    Raises NotWritten.
    """
    found = _DAY.match(spaced(text))
    rest = spaced(text)[found.end() :] if found else ""
    if not found or (rest and not _CLOCK.fullmatch(rest.lstrip(" T"))):
        raise NotWritten(f"{_quoted(text)} is no date")
    return _date(text, order, found[1], found[3], found[4])


def moment(text: str, order: str = "dmy") -> datetime:
    """A date with its time; Vietnam's where no offset is written. Midnight without a time. Raises NotWritten."""
    on, at = day(text, order), _CLOCK.search(spaced(text))
    if at is None:
        return datetime(on.year, on.month, on.day, tzinfo=VIETNAM)
    try:
        zone = _zone(at[4])
        return datetime(on.year, on.month, on.day, int(at[1]), int(at[2]), int(at[3] or 0), tzinfo=zone)
    except ValueError as error:
        raise NotWritten(f"{_quoted(text)} is no time") from error


def sane(on: date, today: date) -> date:
    """The date itself if money of ours can have moved on it. Raises NotWritten."""
    if not FIRST_DAY <= on <= today + timedelta(days=1):
        raise NotWritten(f"{on:%d/%m/%Y} is not between {FIRST_DAY:%d/%m/%Y} and today, {today:%d/%m/%Y}")
    return on


def _signed(text: str) -> tuple[str, int]:
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1].strip(), -1
    if text.endswith("-"):
        return text[:-1].strip(), -1
    if text[:1] in {"-", "+"}:
        return text[1:].strip(), -1 if text[0] == "-" else 1
    return text, 1


def _date(text: str, order: str, first: str, second: str, third: str) -> date:
    if len(first) == 4:
        parts = (first, second, third)
    elif len(third) == 4:
        parts = (third, first, second) if order == "mdy" else (third, second, first)
    else:
        raise NotWritten(f"{_quoted(text)} is no date: its year has four digits")
    try:
        return date(*map(int, parts))
    except ValueError as error:
        raise NotWritten(f"{_quoted(text)} is no date") from error


def _zone(written: str | None) -> timezone:
    if written is None:
        return VIETNAM
    if written == "Z":
        return timezone(timedelta(0))
    hours, minutes = int(written[1:3]), int(written[-2:])
    shift = timedelta(hours=hours, minutes=minutes)
    return timezone(shift if written[0] == "+" else -shift)


def _quoted(text: str) -> str:
    shown = spaced(text)
    return repr(shown if len(shown) <= 60 else f"{shown[:60]}…")
