"""Workbooks. What the library sees is a copy that we measured: a small file can hold gigabytes."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import time, timedelta
from typing import Final

from python_calamine import CalamineError, CalamineWorkbook

from server.imports.cells import COLUMNS_MAX, LINES_MAX, Cell, Row
from server.imports.flaws import Flaws

UNPACKED_MAX: Final = 128 * 2**20
PARTS_MAX: Final = 500
ROWS_MAX: Final = LINES_MAX + 1_000
AREA_MAX: Final = 4_000_000
"""Cells of a sheet's rectangle, empty ones too: the library makes room for all of them."""
_PIECE: Final = 2**20
_NEEDED: Final = re.compile(r"(\[Content_Types\]\.xml|_rels/\.rels|xl/.*\.(xml|rels))", re.IGNORECASE)
_SHEET: Final = re.compile(r"xl/worksheets/[^/]*\.xml", re.IGNORECASE)
_PLACE: Final = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]{0,4})([0-9]{1,10})\s*["']""")
_FORMULA: Final = re.compile(
    rb"""<(?:\w+:)?c\b[^<>]{0,200}?\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["'][^<>]{0,200}>\s{0,9}<(?:\w+:)?f\b"""
)


def rows(raw: bytes, sheet: str, flaws: Flaws) -> Iterator[Row]:
    """The rows of the sheet of that name; of the first one with anything in it, where the name is empty.

    Raises BadFile.
    """
    copy = _measured(raw, flaws)
    try:
        with CalamineWorkbook.from_filelike(copy) as book:
            name = _chosen(book, sheet, flaws)
            found = book.get_sheet_by_name(name)
            computed = _computed(copy)
            yield from _numbered(found.iter_rows(), computed)
    except (CalamineError, ValueError, OSError) as error:
        if hasattr(error, "flaws"):
            raise
        raise flaws.refuse(f"is no workbook that can be read: {error}") from error


def _numbered(found: Iterable[Sequence[Cell]], computed: dict[int, frozenset[int]]) -> Iterator[Row]:
    for number, cells in enumerate(found, 1):
        plain = [str(cell) if isinstance(cell, (time, timedelta)) else cell for cell in cells]
        yield Row(number, plain, computed.get(number, frozenset()))


def _chosen(book: CalamineWorkbook, sheet: str, flaws: Flaws) -> str:
    names = list(book.sheet_names)
    if sheet in names:
        return sheet
    for name in names[:20]:
        if book.get_sheet_by_name(name).total_height:
            return name
    raise flaws.refuse("has no sheet with anything in it")


def _measured(raw: bytes, flaws: Flaws) -> io.BytesIO:
    """The same workbook, each part unpacked within the limit and stored plainly, sheets within theirs."""
    copy, left = io.BytesIO(), UNPACKED_MAX
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed, zipfile.ZipFile(copy, "w") as plain:
            parts = packed.infolist()
            if len(parts) > PARTS_MAX:
                raise flaws.refuse(f"is a workbook of {len(parts)} parts, at most {PARTS_MAX} are read")
            for part in parts:
                if not _NEEDED.fullmatch(part.filename):
                    continue
                content = _unpacked(packed, part, left, flaws)
                left -= len(content)
                if _SHEET.fullmatch(part.filename):
                    _within(content, flaws)
                plain.writestr(part.filename, content)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise flaws.refuse(f"is no whole workbook: {error}") from error
    copy.seek(0)
    return copy


def _unpacked(packed: zipfile.ZipFile, part: zipfile.ZipInfo, left: int, flaws: Flaws) -> bytes:
    content = bytearray()
    with packed.open(part) as stream:
        while piece := stream.read(_PIECE):
            content += piece
            if len(content) > left:
                raise flaws.refuse(f"unpacks to more than {UNPACKED_MAX // 2**20} MiB")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise flaws.refuse("declares entities, which no bank does")
    return bytes(content)


def _within(sheet: bytes, flaws: Flaws) -> None:
    """No cell far out, and no large empty rectangle."""
    last_row = last_column = 0
    for found in _PLACE.finditer(sheet):
        row, column = int(found[2]), _column(found[1])
        if row > ROWS_MAX:
            raise flaws.refuse(f"has more than {ROWS_MAX} rows", row)
        if column >= COLUMNS_MAX:
            raise flaws.refuse(f"has more than {COLUMNS_MAX} columns", row, found[1].decode())
        last_row, last_column = max(last_row, row), max(last_column, column)
    if last_row * (last_column + 1) > AREA_MAX:
        raise flaws.refuse(f"has a sheet of {last_row} rows and {last_column + 1} columns")


def _computed(copy: io.BytesIO) -> dict[int, frozenset[int]]:
    """Where any sheet has formulas: their results are somebody's arithmetic, not the bank's figures."""
    places: dict[int, frozenset[int]] = {}
    with zipfile.ZipFile(copy) as plain:
        for name in plain.namelist():
            if _SHEET.fullmatch(name):
                for found in _FORMULA.finditer(plain.read(name)):
                    row = int(found[2])
                    places[row] = places.get(row, frozenset()) | {_column(found[1])}
    return places


def _column(letters: bytes) -> int:
    number = 0
    for each in letters.upper():
        number = number * 26 + each - 64
    return number - 1
