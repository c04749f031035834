"""What a Vietnamese plate may look like, as a table of positions.

One row is one printed format: a class and, for each position, the characters it may hold. The classes of a text and
the reader's search both come from this table. It is a prior: a text outside it is unusual, never refused here.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple

from gate.plates.provinces import PROVINCES

DIGITS: Final = "0123456789"
FROM_ONE: Final = "123456789"
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SERIES: Final = "ABCDEFGHKLMNPSTUVXYZ"  # the 20 letters of white and yellow plates
SERIES_BLUE: Final = "ABCDEFGHKLM"
SERIES_SECOND: Final = "ABCDEFHKLMNPRSTUVXYZ"  # second letter of a motorbike since 15/08/2023: has R, no G
MARKS: Final = ("LD", "DA", "RM", "MK", "HC", "KT", "CD", "TD", "LB", "CT", "R", "T")
DIPLOMATIC: Final = ("NG", "QT", "CV", "NN")
FORCES: Final = "ABHKPQTV"  # first letter of a military unit (Circular 169/2021/TT-BQP)
CHINESE_PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
CHINESE_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
CHINESE_ENDINGS: Final = "挂学警港澳"

_SEPARATORS: Final = re.compile(r"[\s.\-_/·]+")
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff][A-HJ-NP-Z][A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳]")
# Đ of Vietnamese, and the two look-alikes (Icelandic eth, African D) that recognisers and keyboards give for it.
_TO_D: Final = str.maketrans({"Đ": "D", "Ð": "D", "Ɖ": "D"})


class PlateClass(StrEnum):
    """Kinds of plate (vietnam.md §1.6). A text may belong to several: colour and lines narrow them."""

    CAR = "CAR"
    CAR_BLUE = "CAR_BLUE"  # state bodies; only if the background is blue
    MOTO_NEW = "MOTO_NEW"  # two series letters, since 15/08/2023
    MOTO_OLD = "MOTO_OLD"  # a letter and a digit, four or five digits
    MOTO_SMALL = "MOTO_SMALL"  # two series letters and four digits: below 50 cm³, old order
    MOTO_EV = "MOTO_EV"  # MĐ
    SPECIAL = "SPECIAL"  # a mark in place of the series
    TEMPORARY = "TEMPORARY"
    DIPLO = "DIPLO"
    DIPLO_OLD = "DIPLO_OLD"
    MIL = "MIL"  # only if the background is red
    CN = "CN"


MOTORBIKES: Final = frozenset(
    {PlateClass.MOTO_NEW, PlateClass.MOTO_OLD, PlateClass.MOTO_SMALL, PlateClass.MOTO_EV},
)


class Pattern(NamedTuple):
    """One printed format: for each position the characters it may hold."""

    kind: PlateClass
    places: tuple[str, ...]
    head: int  # how many of them stand on the first line where the plate has two


def normalise(text: str) -> str:
    """The key form of a plate: upper case, Đ as D, without white space and separators. Idempotent, loses no letter."""
    if text.isascii() and text.isalnum():  # nothing to take out or to compose: an exit asks for all who are inside
        return text.upper()
    upper = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).upper())
    bare = _SEPARATORS.sub("", upper.translate(_TO_D))
    return unicodedata.normalize("NFC", bare)  # marks that a separator kept apart have an order of their own


def _digits(*counts: int) -> tuple[tuple[str, ...], ...]:
    return tuple((DIGITS,) * count for count in counts)


def _after_province() -> Iterator[tuple[PlateClass, tuple[str, ...], tuple[str, ...]]]:
    """Class, rest of the first line, second line."""
    for digits in _digits(4, 5):
        yield PlateClass.CAR, (SERIES,), digits
        yield PlateClass.CAR_BLUE, (SERIES_BLUE,), digits
        yield PlateClass.MOTO_OLD, (SERIES, FROM_ONE), digits
        yield PlateClass.TEMPORARY, ("T",), digits
        for mark in MARKS:
            yield PlateClass.SPECIAL, tuple(mark), digits
    (four,), (five,) = _digits(4), _digits(5)
    yield PlateClass.MOTO_NEW, (SERIES, SERIES_SECOND), five
    yield PlateClass.MOTO_SMALL, (SERIES, SERIES_SECOND), four
    yield PlateClass.MOTO_EV, ("M", "D", FROM_ONE), five
    for order in DIPLOMATIC:
        for digits in _digits(2, 3):
            yield PlateClass.DIPLO, _digits(3)[0], (*order, *digits)
        for digits in _digits(5, 6):
            yield PlateClass.DIPLO_OLD, tuple(order), digits


def _patterns() -> Iterator[Pattern]:
    codes = [("".join(unit[1] for unit in units), tens) for tens, units in groupby(sorted(PROVINCES), lambda c: c[0])]
    for units, tens in codes:
        for kind, head, tail in _after_province():
            yield Pattern(kind, (tens, units, *head, *tail), 2 + len(head))
        yield Pattern(PlateClass.TEMPORARY, ("T", tens, units, *_digits(5)[0]), 3)
    for digits in _digits(4, 5, 6):
        yield Pattern(PlateClass.MIL, (FORCES, LETTERS, *digits), 2)
    alnum = CHINESE_LETTERS + DIGITS
    for count in (4, 5):
        places = (CHINESE_PROVINCES, CHINESE_LETTERS, *(alnum,) * count, alnum + CHINESE_ENDINGS)
        yield Pattern(PlateClass.CN, places, 2)


PATTERNS: Final[tuple[Pattern, ...]] = tuple(_patterns())
_REGEX: Final = {
    kind: re.compile(
        "|".join("".join(f"[{place}]" for place in p.places) for p in PATTERNS if p.kind is kind),
    )
    for kind in PlateClass
} | {PlateClass.CN: _CHINESE}


@lru_cache(maxsize=4096)
def classes(text: str) -> frozenset[PlateClass]:
    """Every class whose format the text fits, whatever the colour; empty = unknown to the grammar, not wrong."""
    key = normalise(text)
    return frozenset(kind for kind, regex in _REGEX.items() if regex.fullmatch(key))


def narrow(kinds: Iterable[PlateClass], *, colour: str = "unknown", lines: int = 0) -> frozenset[PlateClass]:
    """Those kinds that also fit the background colour and the number of lines (0 = not known).

    Never narrows to nothing: where the evidence contradicts every kind, all of them stay.
    """
    kinds = frozenset(kinds)
    kept = frozenset(kind for kind in kinds if _fits_colour(kind, colour) and _fits_lines(kind, lines))
    return kept or kinds


def _fits_colour(kind: PlateClass, colour: str) -> bool:
    match colour:
        case "red":
            return kind is PlateClass.MIL
        case "blue":
            return kind not in {PlateClass.CAR, PlateClass.MIL, PlateClass.DIPLO, PlateClass.DIPLO_OLD}
        case "yellow":
            return kind in {PlateClass.CAR, PlateClass.SPECIAL, PlateClass.CN}
        case "white":
            return kind not in {PlateClass.CAR_BLUE, PlateClass.MIL, PlateClass.CN}
    return True


def _fits_lines(kind: PlateClass, lines: int) -> bool:
    return lines != 1 or kind not in MOTORBIKES  # a motorbike's plate always has two lines, a car's one or two
