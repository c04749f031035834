"""Text files: their encoding, their separator, their rows."""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Final

from server.imports.cells import COLUMNS_MAX, Row
from server.imports.flaws import Flaws

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS: Final = ",;\t|"
_SAMPLE: Final = 200
"""Rows that are looked at to tell the separator."""


def decoded(raw: bytes, flaws: Flaws) -> str:
    """The text in UTF-8, UTF-16 or the Vietnamese Windows page, by its mark or by trying. Raises BadFile."""
    for encoding in _likely(raw):
        try:
            said = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in said:
            break
        return said
    raise flaws.refuse("is neither text in UTF-8, UTF-16 or Windows-1258 nor a workbook")


def rows(text: str, flaws: Flaws) -> Iterator[Row]:
    """The rows of a text with separators. A cell in quotes may hold several lines. Raises BadFile."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if len(cells) > COLUMNS_MAX:
                raise flaws.refuse(f"{len(cells)} cells, at most {COLUMNS_MAX} are read", number)
            yield Row(number, cells)
    except csv.Error as error:
        raise flaws.refuse(f"is not readable as text with separators: {error}", number + 1) from error


def _likely(raw: bytes) -> list[str]:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return [encoding]
    head = raw[:400]
    if head[1::2].count(0) > len(head) // 4:
        return ["utf-16-le"]
    if head[0::2].count(0) > len(head) // 4:
        return ["utf-16-be"]
    return ["utf-8", "cp1258"]


def _separator(text: str) -> str:
    """The one that cuts most rows into the same number of cells, more than one."""
    sample = text[:65_536].splitlines()[:_SAMPLE]
    best, found = 0, ","
    for each in _SEPARATORS:
        counts = [line.count(each) for line in sample if line.count(each)]
        same = max((counts.count(count) * min(count, 20) for count in set(counts)), default=0)
        if same > best:
            best, found = same, each
    return found
